using SoonShop.Auditing;
using SoonShop.Users;

namespace SoonShop.Privacy;

/// <summary>Finds data about a user outside the user's own grains. Keyed by user id; different keys run in parallel.</summary>
[Alias("soonshop.personal-data")]
public interface IPersonalDataGrain : IGrainWithGuidKey
{
    /// <summary>Lists stored events about the user, one page at a time. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("events")]
    Task<Result<Page<PersonalEvent>>> EventsAsync(PageRequest page);

    /// <summary>
    /// Lists the user's entries in the audit log: actions by and on the account. Error: <c>validation-failed</c> for an invalid cursor.
    /// </summary>
    [Alias("audit")]
    Task<Result<Page<PersonalAuditEntry>>> AuditAsync(PageRequest page);
}

/// <summary>An event about a user.</summary>
/// <param name="Id">The CloudEvents id.</param>
/// <param name="Type">The type, such as <c>order.confirmed</c>.</param>
/// <param name="Time">The time of the event.</param>
/// <param name="Data">Its data as JSON, without secrets.</param>
[GenerateSerializer, Immutable, Alias("soonshop.personal-event")]
public sealed record PersonalEvent(string Id, string Type, DateTimeOffset Time, string Data);

/// <summary>An entry of the audit log about a user.</summary>
/// <param name="At">The time.</param>
/// <param name="Actor">Who acted: an id, or a part of the shop.</param>
/// <param name="Action">The action.</param>
/// <param name="Subject">The object of the action.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Details">Further details as JSON; null for none.</param>
/// <param name="Address">The IP address of the user's own action. Null for others' actions, because the user may not know it.</param>
/// <param name="UserAgent">The User-Agent of the user's client.</param>
[GenerateSerializer, Immutable, Alias("soonshop.personal-audit-entry")]
public sealed record PersonalAuditEntry(
    DateTimeOffset At, string Actor, string Action, string Subject, AuditOutcome Outcome, string? Details, string? Address,
    string? UserAgent);

/// <summary>The data of an account, for its owner.</summary>
/// <param name="User">The profile.</param>
/// <param name="Addresses">The saved addresses, oldest first.</param>
/// <param name="Sessions">Open sessions.</param>
[GenerateSerializer, Immutable, Alias("soonshop.held-account")]
public sealed record AccountData(User User, ImmutableArray<SavedAddress> Addresses, ImmutableArray<SessionData> Sessions)
{
    /// <summary>A pending change of the e-mail address; null for none.</summary>
    [Id(0)] public EmailChangeData? EmailChange { get; init; }

    /// <summary>The e-mail address before the last change, while the change can be undone; null for none.</summary>
    [Id(1)] public FormerEmailData? FormerEmail { get; init; }

    /// <summary>The customer groups.</summary>
    [Id(2)] public ImmutableArray<string> CustomerGroups { get; init; } = [];

    /// <summary>Why the customer pays no tax; null for a customer who pays it.</summary>
    [Id(3)] public string? TaxExemptionReason { get; init; }
}

/// <summary>A pending change of the e-mail address.</summary>
/// <param name="NewEmail">The new address.</param>
/// <param name="ExpiresAt">Until when it can be confirmed.</param>
[GenerateSerializer, Immutable, Alias("soonshop.held-email-change")]
public sealed record EmailChangeData(string NewEmail, DateTimeOffset ExpiresAt);

/// <summary>The e-mail address before the last change.</summary>
/// <param name="Email">The address.</param>
/// <param name="UndoUntil">Until when it can undo the change. Then it is forgotten.</param>
[GenerateSerializer, Immutable, Alias("soonshop.held-former-email")]
public sealed record FormerEmailData(string Email, DateTimeOffset UndoUntil);

/// <summary>A session, without its secrets.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.held-session")]
public sealed record SessionData(
    Guid Id, DateTimeOffset CreatedAt, DateTimeOffset RenewedAt, DateTimeOffset ExpiresAt, string? UserAgent, string? Address);

/// <summary>The progress of an account's erasure.</summary>
/// <param name="UserId">The account.</param>
/// <param name="RequestedAt">When its owner requested it. Since then nobody can use the account.</param>
/// <param name="CompletedAt">When the erasure was completed; null while it is in progress.</param>
[GenerateSerializer, Immutable, Alias("soonshop.erasure-status")]
public sealed record ErasureStatus(Guid UserId, DateTimeOffset RequestedAt, DateTimeOffset? CompletedAt);

/// <summary>The data of an order's buyer that stays after the erasure of the account, because an invoice must contain it.</summary>
/// <param name="Name">The recipient's name.</param>
/// <param name="Address">The address, without a telephone number.</param>
/// <param name="Until">Until when it is retained.</param>
[GenerateSerializer, Immutable, Alias("soonshop.retained-buyer")]
public sealed record RetainedBuyer(string Name, Address Address, DateTimeOffset Until);

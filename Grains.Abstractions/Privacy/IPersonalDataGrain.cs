using SoonShop.Auditing;
using SoonShop.Users;

namespace SoonShop.Privacy;

/// <summary>Finds what is kept about a user outside the user's own grains. Keyed by user id; any number run side by side.</summary>
[Alias("soonshop.personal-data")]
public interface IPersonalDataGrain : IGrainWithGuidKey
{
    /// <summary>Events about the user that are still kept, a page at a time. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    [Alias("events")]
    Task<Result<Page<PersonalEvent>>> EventsAsync(PageRequest page);

    /// <summary>What the audit log holds of the user: acts by and on the account. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    [Alias("audit")]
    Task<Result<Page<PersonalAuditEntry>>> AuditAsync(PageRequest page);
}

/// <summary>An event about a user.</summary>
/// <param name="Id">The CloudEvents id.</param>
/// <param name="Type">Such as <c>order.confirmed</c>.</param>
/// <param name="Time">When it happened.</param>
/// <param name="Data">Its data, as JSON, without secrets.</param>
[GenerateSerializer, Immutable, Alias("soonshop.personal-event")]
public sealed record PersonalEvent(string Id, string Type, DateTimeOffset Time, string Data);

/// <summary>An entry of the audit log about a user.</summary>
/// <param name="At">When.</param>
/// <param name="Actor">Who; an id, or a part of the shop.</param>
/// <param name="Action">What.</param>
/// <param name="Subject">On whom or what.</param>
/// <param name="Outcome">How it went.</param>
/// <param name="Details">More, as JSON; null where there is none.</param>
/// <param name="Address">Where the user's own act came from; of others' acts that is not the user's to know.</param>
/// <param name="UserAgent">What the user's client called itself.</param>
[GenerateSerializer, Immutable, Alias("soonshop.personal-audit-entry")]
public sealed record PersonalAuditEntry(DateTimeOffset At, string Actor, string Action, string Subject, AuditOutcome Outcome, string? Details, string? Address, string? UserAgent);

/// <summary>What the account itself holds, for its owner.</summary>
/// <param name="User">The profile.</param>
/// <param name="Addresses">The address book, oldest first.</param>
/// <param name="Sessions">Open sessions.</param>
[GenerateSerializer, Immutable, Alias("soonshop.held-account")]
public sealed record AccountData(User User, ImmutableArray<SavedAddress> Addresses, ImmutableArray<SessionData> Sessions)
{
    /// <summary>A change of the e-mail address that waits to be confirmed; null for none.</summary>
    [Id(0)] public EmailChangeData? EmailChange { get; init; }

    /// <summary>The e-mail address before the last change, while it can come back; null for none.</summary>
    [Id(1)] public FormerEmailData? FormerEmail { get; init; }
}

/// <summary>A change of the e-mail address that waits to be confirmed.</summary>
/// <param name="NewEmail">The address that it would be.</param>
/// <param name="ExpiresAt">Until when it can be confirmed.</param>
[GenerateSerializer, Immutable, Alias("soonshop.held-email-change")]
public sealed record EmailChangeData(string NewEmail, DateTimeOffset ExpiresAt);

/// <summary>The e-mail address before the last change.</summary>
/// <param name="Email">The address.</param>
/// <param name="UndoUntil">Until when it can undo the change; then it is forgotten.</param>
[GenerateSerializer, Immutable, Alias("soonshop.held-former-email")]
public sealed record FormerEmailData(string Email, DateTimeOffset UndoUntil);

/// <summary>A session, without its secrets.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.held-session")]
public sealed record SessionData(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset RenewedAt, DateTimeOffset ExpiresAt, string? UserAgent, string? Address);

/// <summary>How far the erasure of an account is.</summary>
/// <param name="UserId">The account.</param>
/// <param name="RequestedAt">When its owner asked for it; it was of no use to anybody from then on.</param>
/// <param name="CompletedAt">When the last of it was erased; null while it goes on.</param>
[GenerateSerializer, Immutable, Alias("soonshop.erasure-status")]
public sealed record ErasureStatus(Guid UserId, DateTimeOffset RequestedAt, DateTimeOffset? CompletedAt);

/// <summary>What is kept of the buyer of an order after the account was erased: what an invoice must name.</summary>
/// <param name="Name">Who received it.</param>
/// <param name="Address">Where; without a telephone number.</param>
/// <param name="Until">Then it goes, too.</param>
[GenerateSerializer, Immutable, Alias("soonshop.retained-buyer")]
public sealed record RetainedBuyer(string Name, Address Address, DateTimeOffset Until);

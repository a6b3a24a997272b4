namespace SoonShop.Payments;

/// <summary>What reconciliation of the shop's payments with the provider's books has found. Any key.</summary>
[Alias("soonshop.reconciliation")]
public interface IReconciliationGrain : IGrainWithIntegerKey
{
    /// <summary>One page of discrepancies, the last seen first. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    [Alias("discrepancies")]
    Task<Result<Page<PaymentDiscrepancy>>> ListAsync(DiscrepancyFilter filter, PageRequest page, CancellationToken cancellation = default);

    /// <summary>Has a run begin as soon as may be; one that is under way begins again from where it is. Idempotent. Noted in the audit log.</summary>
    /// <param name="actor">Who wants it.</param>
    [Alias("request")]
    Task<ReconciliationStatus> RequestAsync(string actor);

    /// <summary>How the last run went, and when the next is due.</summary>
    [Alias("status")]
    Task<ReconciliationStatus> GetStatusAsync();
}

/// <summary>Which discrepancies; null means any.</summary>
/// <param name="Resolved">Resolved ones, or open ones.</param>
/// <param name="Kind">Of this kind.</param>
/// <param name="From">Last seen at or after.</param>
/// <param name="To">Last seen before.</param>
[GenerateSerializer, Immutable, Alias("soonshop.discrepancy-filter")]
public sealed record DiscrepancyFilter(bool? Resolved, DiscrepancyKind? Kind, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>Something in which the shop's books and the provider's, or payments and orders, differ or differed.</summary>
/// <param name="Id">Its own id.</param>
/// <param name="Kind">What differs.</param>
/// <param name="PaymentId">The payment, which is the order's id.</param>
/// <param name="Reference">The provider's id of the payment; empty where it is about the order.</param>
/// <param name="Ours">What the shop says.</param>
/// <param name="Theirs">What the provider says, or the order.</param>
/// <param name="FirstSeenAt">When it was found.</param>
/// <param name="LastSeenAt">When it was last there.</param>
/// <param name="TimesSeen">How often it was found.</param>
/// <param name="ResolvedAt">When it was found in order.</param>
/// <param name="Resolution">How it came to be.</param>
[GenerateSerializer, Immutable, Alias("soonshop.payment-discrepancy")]
public sealed record PaymentDiscrepancy(
    Guid Id, DiscrepancyKind Kind, Guid PaymentId, string Reference, string Ours, string Theirs,
    DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, int TimesSeen, DateTimeOffset? ResolvedAt, string? Resolution);

/// <summary>What differs.</summary>
[Alias("soonshop.discrepancy-kind")]
public enum DiscrepancyKind
{
    /// <summary>How far the payment is.</summary>
    Status,
    /// <summary>What was to be taken.</summary>
    Amount,
    /// <summary>What was taken.</summary>
    Captured,
    /// <summary>What was given back.</summary>
    Refunded,
    /// <summary>Whether there is a dispute.</summary>
    Dispute,
    /// <summary>The provider has a payment for the order that the shop does not know, and that takes or holds money, or may.</summary>
    Stray,
    /// <summary>The shop has a payment that the provider does not know.</summary>
    UnknownToProvider,
    /// <summary>Money was taken or is held, and its order is none that is to be delivered.</summary>
    PaidWithoutOrder,
    /// <summary>The order is to be delivered, and its money was neither taken nor is it held.</summary>
    OrderWithoutPayment,
}

/// <summary>How reconciliation goes.</summary>
/// <param name="IsRunning">True while a silo is at it.</param>
/// <param name="DueAt">When the next run begins.</param>
/// <param name="StartedAt">When the last run began.</param>
/// <param name="EndedAt">When the last run that came to its end did.</param>
/// <param name="Last">What that one did.</param>
/// <param name="Open">Discrepancies that are open now.</param>
[GenerateSerializer, Immutable, Alias("soonshop.reconciliation-status")]
public sealed record ReconciliationStatus(
    bool IsRunning, DateTimeOffset DueAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, ReconciliationReport? Last, long Open);

/// <summary>What one run did.</summary>
/// <param name="InBetween">Payments that were in between for too long, and were looked at.</param>
/// <param name="Payments">Payments of the provider's that were compared.</param>
/// <param name="Orders">Orders that were compared with their payments.</param>
/// <param name="Found">Discrepancies that were found.</param>
/// <param name="Settled">Those of them that it could settle.</param>
/// <param name="Resolved">Earlier ones that were found in order.</param>
/// <param name="Error">Why it ended early; null when it did not. The next run goes on from there.</param>
[GenerateSerializer, Immutable, Alias("soonshop.reconciliation-report")]
public sealed record ReconciliationReport(int InBetween, int Payments, int Orders, int Found, int Settled, int Resolved, string? Error);

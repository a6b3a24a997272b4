namespace SoonShop.Payments;

/// <summary>The results of comparing the shop's payments with the provider's transactions. Any key addresses it.</summary>
[Alias("soonshop.reconciliation")]
public interface IReconciliationGrain : IGrainWithIntegerKey
{
    /// <summary>Lists discrepancies, most recently seen first. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("discrepancies")]
    Task<Result<Page<PaymentDiscrepancy>>> ListAsync(DiscrepancyFilter filter, PageRequest page, CancellationToken cancellation = default);

    /// <summary>
    /// Requests a run as soon as possible. If a run is in progress, another one follows it at once. Idempotent. Recorded in the audit log.
    /// </summary>
    /// <param name="actor">Who requests it.</param>
    [Alias("request")]
    Task<ReconciliationStatus> RequestAsync(string actor);

    /// <summary>Returns the result of the last run, and when the next one is due.</summary>
    [Alias("status")]
    Task<ReconciliationStatus> GetStatusAsync();
}

/// <summary>A filter for discrepancies; null matches everything.</summary>
/// <param name="Resolved">True for resolved ones, false for open ones.</param>
/// <param name="Kind">Discrepancies of this kind.</param>
/// <param name="From">Discrepancies last seen at or after this time.</param>
/// <param name="To">Discrepancies last seen before this time.</param>
[GenerateSerializer, Immutable, Alias("soonshop.discrepancy-filter")]
public sealed record DiscrepancyFilter(bool? Resolved, DiscrepancyKind? Kind, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>A difference, current or past, between the shop's payments and the provider's, or between payments and orders.</summary>
/// <param name="Id">The id of the discrepancy.</param>
/// <param name="Kind">What differs.</param>
/// <param name="PaymentId">The payment's id, which is the order's id.</param>
/// <param name="Reference">The provider's id of the payment; empty when the order differs.</param>
/// <param name="Ours">The value in the shop.</param>
/// <param name="Theirs">The value at the provider, or in the order.</param>
/// <param name="FirstSeenAt">When it was first found.</param>
/// <param name="LastSeenAt">When it was last found.</param>
/// <param name="TimesSeen">How often it was found.</param>
/// <param name="ResolvedAt">When the difference was gone.</param>
/// <param name="Resolution">How it was resolved.</param>
[GenerateSerializer, Immutable, Alias("soonshop.payment-discrepancy")]
public sealed record PaymentDiscrepancy(
    Guid Id, DiscrepancyKind Kind, Guid PaymentId, string Reference, string Ours, string Theirs,
    DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, int TimesSeen, DateTimeOffset? ResolvedAt, string? Resolution);

/// <summary>What differs.</summary>
[Alias("soonshop.discrepancy-kind")]
public enum DiscrepancyKind
{
    /// <summary>The status of the payment.</summary>
    Status,
    /// <summary>The amount to charge.</summary>
    Amount,
    /// <summary>The captured amount.</summary>
    Captured,
    /// <summary>The refunded amount.</summary>
    Refunded,
    /// <summary>Whether there is a dispute.</summary>
    Dispute,
    /// <summary>The provider has a payment for the order that the shop does not know, and that takes or holds money, or may.</summary>
    Stray,
    /// <summary>The shop has a payment that the provider does not know.</summary>
    UnknownToProvider,
    /// <summary>Money was captured or authorized for an order that has ended or does not exist.</summary>
    PaidWithoutOrder,
    /// <summary>The order is confirmed, but its money was neither captured nor authorized.</summary>
    OrderWithoutPayment,
}

/// <summary>The status of reconciliation.</summary>
/// <param name="IsRunning">True while a silo runs it.</param>
/// <param name="DueAt">When the next run begins.</param>
/// <param name="StartedAt">When the last run began.</param>
/// <param name="EndedAt">When the last completed run ended.</param>
/// <param name="Last">The result of that run.</param>
/// <param name="Open">The number of open discrepancies.</param>
[GenerateSerializer, Immutable, Alias("soonshop.reconciliation-status")]
public sealed record ReconciliationStatus(
    bool IsRunning, DateTimeOffset DueAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, ReconciliationReport? Last, long Open);

/// <summary>The result of a run.</summary>
/// <param name="InBetween">Payments that were unsettled for too long and were processed.</param>
/// <param name="Payments">Payments of the provider that were compared.</param>
/// <param name="Orders">Orders that were compared with their payments.</param>
/// <param name="Found">Discrepancies found.</param>
/// <param name="Settled">Found discrepancies that were settled.</param>
/// <param name="Resolved">Earlier discrepancies that are gone.</param>
/// <param name="Error">Why it ended early; null when it did not. The next run continues there.</param>
[GenerateSerializer, Immutable, Alias("soonshop.reconciliation-report")]
public sealed record ReconciliationReport(int InBetween, int Payments, int Orders, int Found, int Settled, int Resolved, string? Error);

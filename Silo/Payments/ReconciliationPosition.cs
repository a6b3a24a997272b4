using System.Text.Json.Serialization;

namespace SoonShop.Silo.Payments;

/// <summary>How far reconciliation is; written down after each page, so that whoever goes on begins there.</summary>
internal sealed record ReconciliationPosition
{
    /// <summary>The key of the last payment in between that was looked at; empty to begin anew.</summary>
    [JsonPropertyName("inBetweenAfter")] public string UnsettledAfter { get; init; } = "";

    /// <summary>Among payments of the provider's books that were compared before; null to begin anew.</summary>
    public ReconciliationWindow? Payments { get; init; }

    /// <summary>Among orders that were compared before; null to begin anew.</summary>
    public ReconciliationWindow? Orders { get; init; }

    /// <summary>Among payments that were never compared; null to begin anew.</summary>
    public ReconciliationWindow? NewPayments { get; init; }

    /// <summary>Among orders that were never compared; null to begin anew.</summary>
    public ReconciliationWindow? NewOrders { get; init; }

    /// <summary>Every payment that was made before was compared; null when none was.</summary>
    public DateTimeOffset? PaymentsComparedTo { get; init; }

    /// <summary>Every order that was placed before was compared; null when none was.</summary>
    public DateTimeOffset? OrdersComparedTo { get; init; }
}

/// <summary>A pass through books, page by page.</summary>
/// <param name="From">What was made at or after.</param>
/// <param name="To">What was made before.</param>
/// <param name="After">The last that was compared; null before the first.</param>
/// <param name="AfterTime">Its time, where the order goes by that.</param>
internal sealed record ReconciliationWindow(DateTimeOffset From, DateTimeOffset To, string? After = null, string? AfterTime = null)
{
    /// <summary>
    /// Through what was never compared: from where the last such pass ended, however long ago that is, and a little before, since clocks differ.
    /// What is too young may be about to be written down.
    /// </summary>
    public static ReconciliationWindow OfNew(DateTimeOffset? comparedTo, DateTimeOffset now, ReconciliationOptions options)
    {
        var to = now.AddSeconds(-options.TooLongSeconds);
        var from = comparedTo?.AddMinutes(-options.OverlapMinutes) ?? now.AddHours(-options.LookBackHours);
        return new ReconciliationWindow(from < to ? from : to, to);
    }

    /// <summary>Through what was compared before and may have changed since; null when that is nothing.</summary>
    /// <param name="newFrom">Where the pass through the new begins.</param>
    /// <param name="now">The time.</param>
    /// <param name="options">How far back.</param>
    public static ReconciliationWindow? OfOld(DateTimeOffset newFrom, DateTimeOffset now, ReconciliationOptions options) =>
        now.AddHours(-options.LookBackHours) is var from && from < newFrom ? new ReconciliationWindow(from, newFrom) : null;
}

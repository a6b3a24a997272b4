using System.Text.Json.Serialization;

namespace SoonShop.Silo.Payments;

/// <summary>The progress of reconciliation. It is stored after each page, so that another silo can continue there.</summary>
internal sealed record ReconciliationPosition
{
    /// <summary>The key of the last unsettled payment that was processed; empty to start over.</summary>
    [JsonPropertyName("inBetweenAfter")] public string UnsettledAfter { get; init; } = "";

    /// <summary>The window of provider payments that are compared again; null to start over.</summary>
    public ReconciliationWindow? Payments { get; init; }

    /// <summary>The window of orders that are compared again; null to start over.</summary>
    public ReconciliationWindow? Orders { get; init; }

    /// <summary>The window of new provider payments; null to start over.</summary>
    public ReconciliationWindow? NewPayments { get; init; }

    /// <summary>The window of new orders; null to start over.</summary>
    public ReconciliationWindow? NewOrders { get; init; }

    /// <summary>Every payment created before this time has been compared; null when none has.</summary>
    public DateTimeOffset? PaymentsComparedTo { get; init; }

    /// <summary>Every order placed before this time has been compared; null when none has.</summary>
    public DateTimeOffset? OrdersComparedTo { get; init; }
}

/// <summary>A period that is compared page by page.</summary>
/// <param name="From">The start of the period, inclusive.</param>
/// <param name="To">The end of the period, exclusive.</param>
/// <param name="After">The last item that was compared; null before the first.</param>
/// <param name="AfterTime">Its time, if items are ordered by time.</param>
internal sealed record ReconciliationWindow(DateTimeOffset From, DateTimeOffset To, string? After = null, string? AfterTime = null)
{
    /// <summary>
    /// Returns the window of new items. It starts a little before the end of the last one, because clocks differ, however long ago that is.
    /// The most recent items are excluded, because the shop may not have stored them yet.
    /// </summary>
    public static ReconciliationWindow OfNew(DateTimeOffset? comparedTo, DateTimeOffset now, ReconciliationOptions options)
    {
        var to = now.AddSeconds(-options.TooLongSeconds);
        var from = comparedTo?.AddMinutes(-options.OverlapMinutes) ?? now.AddHours(-options.LookBackHours);
        return new ReconciliationWindow(from < to ? from : to, to);
    }

    /// <summary>Returns the window of items that were compared and may have changed since; null when it is empty.</summary>
    /// <param name="newFrom">The start of the window of new items.</param>
    /// <param name="now">The current time.</param>
    /// <param name="options">Tells how far back to compare.</param>
    public static ReconciliationWindow? OfOld(DateTimeOffset newFrom, DateTimeOffset now, ReconciliationOptions options) =>
        now.AddHours(-options.LookBackHours) is var from && from < newFrom ? new ReconciliationWindow(from, newFrom) : null;
}

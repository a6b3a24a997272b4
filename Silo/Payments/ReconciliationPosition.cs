namespace SoonShop.Silo.Payments;

/// <summary>How far reconciliation is; written down after each page, so that whoever goes on begins there.</summary>
internal sealed record ReconciliationPosition
{
    /// <summary>The key of the last payment in between that was looked at; empty to begin anew.</summary>
    public string InBetweenAfter { get; init; } = "";

    /// <summary>In the provider's books; null to begin anew.</summary>
    public BooksPass? Payments { get; init; }

    /// <summary>In the shop's orders; null to begin anew.</summary>
    public BooksPass? Orders { get; init; }
}

/// <summary>A pass through books, page by page.</summary>
/// <param name="From">What was made at or after.</param>
/// <param name="To">What was made before.</param>
/// <param name="After">The last that was compared; null before the first.</param>
/// <param name="AfterTime">Its time, where the order goes by that.</param>
internal sealed record BooksPass(DateTimeOffset From, DateTimeOffset To, string? After = null, string? AfterTime = null);

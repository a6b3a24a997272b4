namespace SoonShop.Catalog;

/// <summary>Configuration section <c>Search</c>: what the shop learns from orders and from searches without results.</summary>
public sealed class SearchOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Search";

    /// <summary>The number of days of orders used to compute related products.</summary>
    public int RelatedDays { get; set; } = 90;

    /// <summary>How often new orders are counted for related products, in seconds.</summary>
    public double RelatedSeconds { get; set; } = 60;

    /// <summary>The number of days for which searches without results are kept; 0 records none.</summary>
    public int MissRetentionDays { get; set; } = 90;

    /// <summary>The maximum number of different searches without results that are recorded in a day.</summary>
    public int MaxMissesPerDay { get; set; } = 10_000;

    /// <summary>How often a silo writes the searches without results that it counted, in seconds.</summary>
    public double MissSeconds { get; set; } = 5;

    /// <summary>Returns what is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, value, min, max) in ((string, double, double, double)[])
        [
            (nameof(RelatedDays), RelatedDays, 1, 3650),
            (nameof(RelatedSeconds), RelatedSeconds, 0.1, 86_400),
            (nameof(MissRetentionDays), MissRetentionDays, 0, 3650),
            (nameof(MaxMissesPerDay), MaxMissesPerDay, 1, 1_000_000),
            (nameof(MissSeconds), MissSeconds, 0.1, 3600),
        ])
        {
            if (!(value >= min && value <= max))
                yield return FormattableString.Invariant($"{Section}:{name} is {value}; set {Section}__{name} to {min}–{max}.");
        }
    }
}

namespace SoonShop.Silo.Payments;

/// <summary>Configuration section <c>Payments:Reconciliation</c>: how the shop's payments are compared with the provider's.</summary>
public sealed class ReconciliationOptions
{
    /// <summary>False where another process of the cluster, or nobody, is to do it. What is asked for by hand waits until one may.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>From the end of one run to the next. While there is more that was never compared than one run takes, the next follows at once.</summary>
    public double IntervalSeconds { get; set; } = 300;

    /// <summary>How long a payment may be in between before it is looked at; nothing younger is compared.</summary>
    public double TooLongSeconds { get; set; } = 120;

    /// <summary>How far back payments and orders are compared again, because they may have changed since.</summary>
    public double LookBackHours { get; set; } = 72;

    /// <summary>How far before the end of the last pass the next begins: more than clocks differ.</summary>
    public double OverlapMinutes { get; set; } = 60;

    /// <summary>Payments or orders that are read at a time.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>The most pages of each kind in one run; the next goes on from there.</summary>
    public int MaxPagesPerRun { get; set; } = 50;

    /// <summary>The most requests a second to the provider.</summary>
    public double RequestsPerSecond { get; set; } = 5;

    /// <summary>
    /// True when payments at the provider that carry an order of the shop's, but are none of its, are adopted or given back; false when they
    /// are only reported. Where two shops share an account (a copy of the database, say), one would give back what the other took.
    /// </summary>
    public bool SettleStrays { get; set; } = true;

    /// <summary>How long resolved discrepancies are kept.</summary>
    public int KeepResolvedDays { get; set; } = 90;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, value, min, max) in Limits())
        {
            if (!(value >= min && value <= max))
                yield return $"Payments:Reconciliation:{name} is {value}; set Payments__Reconciliation__{name} to {min}–{max}.";
        }
    }

    private IEnumerable<(string Name, double Value, double Min, double Max)> Limits() =>
    [
        (nameof(IntervalSeconds), IntervalSeconds, 1, 86_400),
        (nameof(TooLongSeconds), TooLongSeconds, 0.1, 86_400),
        (nameof(LookBackHours), LookBackHours, 0.01, 24 * 90),
        (nameof(OverlapMinutes), OverlapMinutes, 0, 24 * 60),
        (nameof(PageSize), PageSize, 1, 100),
        (nameof(MaxPagesPerRun), MaxPagesPerRun, 1, 10_000),
        (nameof(RequestsPerSecond), RequestsPerSecond, 0.1, 1000),
        (nameof(KeepResolvedDays), KeepResolvedDays, 1, 3650),
    ];
}

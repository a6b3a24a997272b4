namespace SoonShop.Silo.Payments;

/// <summary>Configuration section <c>Payments:Reconciliation</c>: how the shop's payments are compared with the provider's.</summary>
public sealed class ReconciliationOptions
{
    /// <summary>Runs reconciliation. One silo of the cluster runs it at a time.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// The time from the end of one run to the start of the next, in seconds. A run that leaves payments uncompared is followed by the next
    /// at once.
    /// </summary>
    public double IntervalSeconds { get; set; } = 300;

    /// <summary>The age, in seconds, from which an unfinished payment is looked into. Younger payments are not compared.</summary>
    public double TooLongSeconds { get; set; } = 120;

    /// <summary>How far back, in hours, payments and orders are compared once more, because they may have changed.</summary>
    public double LookBackHours { get; set; } = 72;

    /// <summary>How far before the end of the last run the next one begins, in minutes. It must exceed the difference of clocks.</summary>
    public double OverlapMinutes { get; set; } = 60;

    /// <summary>Payments or orders read in one page.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>The maximum number of pages of each kind in one run. The next run continues there.</summary>
    public int MaxPagesPerRun { get; set; } = 50;

    /// <summary>The maximum number of requests to the provider in a second.</summary>
    public double RequestsPerSecond { get; set; } = 5;

    /// <summary>
    /// Adopts or refunds payments that exist at the provider with an order id of this shop, but not in its database. With <c>false</c>,
    /// they are only reported. Set it to <c>false</c> where two databases may share one Stripe account.
    /// </summary>
    public bool SettleStrays { get; set; } = true;

    /// <summary>How long resolved discrepancies are kept, in days.</summary>
    public int KeepResolvedDays { get; set; } = 90;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
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

namespace SoonShop.Silo.Integrity;

/// <summary>
/// Configuration section <c>Audit</c>: the integrity check, which verifies the shop's promises over the whole database (<c>Silo audit</c>).
/// </summary>
public sealed class IntegrityOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Audit";

    /// <summary>
    /// The time from the end of one check to the start of the next, in minutes; 0 runs none. One silo of the cluster runs it.
    /// </summary>
    public double EveryMinutes { get; set; } = 60;

    /// <summary>How long after a breach was found it is looked at again before it is reported, in seconds; 0 reports it at once.</summary>
    public int ConfirmSeconds { get; set; } = 30;

    /// <summary>The longest time for a single check, in seconds. A check that takes longer fails; the others go on.</summary>
    public int StatementSeconds { get; set; } = 120;

    /// <summary>
    /// The longest time for all checks together, in minutes. During that time PostgreSQL cannot remove dead row versions.
    /// </summary>
    public double MaxMinutes { get; set; } = 15;

    /// <summary>The most rows that the report names for each check. <c>Silo audit --rows</c> may ask for up to 100,000.</summary>
    public int MaxRows { get; set; } = 20;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (EveryMinutes is not (0 or (>= 0.01 and <= 44_640)))
            yield return $"Audit:EveryMinutes is {EveryMinutes}; set Audit__EveryMinutes to 0.01–44640, or to 0 for never.";
        if (ConfirmSeconds is < 0 or > 3600)
            yield return $"Audit:ConfirmSeconds is {ConfirmSeconds}; set Audit__ConfirmSeconds to 0–3600.";
        if (StatementSeconds is < 1 or > 3600)
            yield return $"Audit:StatementSeconds is {StatementSeconds}; set Audit__StatementSeconds to 1–3600.";
        if (MaxMinutes is not (>= 0.1 and <= 1440))
            yield return $"Audit:MaxMinutes is {MaxMinutes}; set Audit__MaxMinutes to 0.1–1440.";
        if (MaxRows is < 1 or > 1000)
            yield return $"Audit:MaxRows is {MaxRows}; set Audit__MaxRows to 1–1000; 'Silo audit --rows' may name more.";
    }
}

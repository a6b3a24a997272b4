namespace SoonShop.Silo.Integrity;

/// <summary>
/// Configuration section <c>Integrity</c>: the integrity check, which verifies the shop's promises over the whole database
/// (<c>Silo check</c>).
/// </summary>
public sealed class IntegrityOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Integrity";

    /// <summary>The name that the section had before 1.0. A value in <see cref="Section"/> takes precedence.</summary>
    internal const string FormerSection = "Audit";

    /// <summary>
    /// The time from the end of one check to the start of the next, in minutes; 0 runs none. One silo of the cluster runs it.
    /// </summary>
    public double EveryMinutes { get; set; } = 60;

    /// <summary>The delay before a violation is re-checked and reported, in seconds; 0 reports it at once.</summary>
    public int ConfirmSeconds { get; set; } = 30;

    /// <summary>The longest time for a single check, in seconds. A check that takes longer fails; the others continue.</summary>
    public int StatementSeconds { get; set; } = 120;

    /// <summary>
    /// The longest time for all checks together, in minutes. During that time PostgreSQL cannot remove dead row versions.
    /// </summary>
    public double MaxMinutes { get; set; } = 15;

    /// <summary>
    /// The maximum number of rows that the report names for each check. <c>Silo check --rows</c> may ask for up to 100,000.
    /// </summary>
    public int MaxRows { get; set; } = 20;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (EveryMinutes is not (0 or (>= 0.01 and <= 44_640)))
            yield return $"Integrity:EveryMinutes is {EveryMinutes}; set Integrity__EveryMinutes to 0.01–44640, or to 0 for never.";
        if (ConfirmSeconds is < 0 or > 3600)
            yield return $"Integrity:ConfirmSeconds is {ConfirmSeconds}; set Integrity__ConfirmSeconds to 0–3600.";
        if (StatementSeconds is < 1 or > 3600)
            yield return $"Integrity:StatementSeconds is {StatementSeconds}; set Integrity__StatementSeconds to 1–3600.";
        if (MaxMinutes is not (>= 0.1 and <= 1440))
            yield return $"Integrity:MaxMinutes is {MaxMinutes}; set Integrity__MaxMinutes to 0.1–1440.";
        if (MaxRows is < 1 or > 1000)
            yield return $"Integrity:MaxRows is {MaxRows}; set Integrity__MaxRows to 1–1000; 'Silo check --rows' may name more.";
    }
}

namespace SoonShop.Silo.Integrity;

/// <summary>Configuration section <c>Audit</c>: how often the promises are checked over the whole database, and within which limits.</summary>
public sealed class AuditOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Audit";

    /// <summary>From the end of one audit to the next, by one silo of the cluster; 0 for none but those by hand.</summary>
    public double EveryMinutes { get; set; } = 60;

    /// <summary>How much later what is broken is looked at once more before it is told; 0 for not.</summary>
    public int ConfirmSeconds { get; set; } = 30;

    /// <summary>The longest that one check may take. One that takes longer fails alone.</summary>
    public int StatementSeconds { get; set; } = 120;

    /// <summary>The longest that an audit may take; checks for which no time is left fail. As long it keeps the database from removing old versions of rows.</summary>
    public double MaxMinutes { get; set; } = 15;

    /// <summary>The most rows that a report names for each check. Silos keep theirs in the database, in one row.</summary>
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

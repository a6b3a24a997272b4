using System.Globalization;
using System.Text;

namespace SoonShop.Silo.Integrity;

/// <summary>A row that breaks a promise.</summary>
/// <param name="Row">Which.</param>
/// <param name="Finding">What is wrong with it.</param>
internal sealed record BrokenRow(string Row, string Finding);

/// <summary>What one check has found.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Promise">The promise that it is part of.</param>
/// <param name="Says">What must be so.</param>
/// <param name="Breaches">How many rows say otherwise.</param>
/// <param name="Rows">The first of them.</param>
/// <param name="Remedy">What to do; null where nothing is wrong.</param>
/// <param name="Error">Why the check could not be made; null where it was. Nothing is known of it then; <paramref name="Breaches"/> is what
/// was known before.</param>
internal sealed record CheckResult(
    string Check, string Promise, string Says, long Breaches, ImmutableArray<BrokenRow> Rows, string? Remedy, string? Error = null);

/// <summary>What is on its way, and no breach.</summary>
internal sealed record Progress(string What, long Count, DateTimeOffset? Oldest);

/// <summary>How much of something was looked at.</summary>
internal sealed record Extent(string What, long Count);

/// <summary>What an integrity check found, all of it at one moment.</summary>
/// <param name="At">The moment, by the database's clock.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Database">Whose.</param>
/// <param name="Money">What payments were compared with.</param>
/// <param name="Breaches">Rows that break a promise.</param>
/// <param name="Extent">What was looked at.</param>
/// <param name="UnderWay">What is on its way.</param>
/// <param name="Checks">Each check's result.</param>
internal sealed record IntegrityReport(
    DateTimeOffset At, double Seconds, string Database, string Money, long Breaches,
    ImmutableArray<Extent> Extent, ImmutableArray<Progress> UnderWay, ImmutableArray<CheckResult> Checks)
{
    /// <summary>How many checks could not be made: of them nothing is known.</summary>
    public int Failed => Checks.Count(c => c.Error is not null);

    /// <summary>The checks that could not be made, in one line; null where all were.</summary>
    public string? Failures => Failed == 0 ? null : $"{Failed} check(s) could not be made: "
        + string.Join(
            "; ", Checks.Where(c => c.Error is not null).GroupBy(c => c.Error).Select(g =>
                $"{string.Join(", ", g.Select(c => c.Check))} ({g.Key})"));

    /// <summary>
    /// With what was known before of the checks that could not be made: a promise that was broken is not kept because nobody could look.
    /// </summary>
    /// <param name="known">Breaches by check.</param>
    public IntegrityReport WithKnown(IReadOnlyDictionary<string, long> known)
    {
        CheckResult[] checks = [.. Checks.Select(c => c.Error is null ? c : c with { Breaches = known.GetValueOrDefault(c.Check) })];
        return this with { Checks = [.. checks], Breaches = checks.Sum(c => c.Breaches) };
    }

    /// <summary>What is still so in a second look at what was broken: the rest came to an end by itself in between.</summary>
    /// <param name="again">The second look, at the broken checks.</param>
    public IntegrityReport ConfirmedBy(IntegrityReport again)
    {
        var second = again.Checks.ToDictionary(c => c.Check);
        CheckResult[] confirmed = [.. Checks.Select(
            c => c.Breaches > 0 && second.TryGetValue(c.Check, out var s) && s.Error is null ? Confirmed(c, s) : c)];
        return this with { Checks = [.. confirmed], Breaches = confirmed.Sum(c => c.Breaches) };
    }

    private static CheckResult Confirmed(CheckResult first, CheckResult second)
    {
        // Where there are more than are named, nobody can tell which are the same.
        if (first.Breaches > first.Rows.Length || second.Breaches > second.Rows.Length)
            return first.Breaches < second.Breaches ? first : second;
        var known = first.Rows.Select(r => r.Row).ToHashSet();
        BrokenRow[] both = [.. second.Rows.Where(r => known.Contains(r.Row))];
        return second with { Rows = [.. both], Breaches = both.Length, Remedy = both.Length > 0 ? second.Remedy : null };
    }

    /// <summary>For people.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture, $"Integrity check of {Database} as it was at {At:yyyy-MM-dd HH:mm:ss} UTC ({Seconds:0.0} s).");
        text.AppendLine(CultureInfo.InvariantCulture, $"Looked at {string.Join(", ", Extent.Select(e => $"{e.Count} {e.What}"))}. {Money}");
        foreach (var progress in UnderWay.Where(p => p.Count > 0))
            text.AppendLine(
                CultureInfo.InvariantCulture, $"  under way: {progress.Count} "
                    + $"{progress.What}{(progress.Oldest is { } oldest ? $", the oldest of {oldest:yyyy-MM-dd HH:mm:ss} UTC" : "")}");
        foreach (var check in Checks.Where(c => c.Error is null && c.Breaches > 0))
        {
            text.AppendLine();
            text.AppendLine(
                CultureInfo.InvariantCulture, $"BROKEN  {check.Check} ({check.Promise}): {check.Says}. {check.Breaches} row(s):");
            foreach (var row in check.Rows)
                text.AppendLine(CultureInfo.InvariantCulture, $"  {row.Row}: {row.Finding}");
            if (check.Breaches > check.Rows.Length)
                text.AppendLine(CultureInfo.InvariantCulture, $"  and {check.Breaches - check.Rows.Length} more (--rows shows more)");
            text.AppendLine(CultureInfo.InvariantCulture, $"  What to do: {check.Remedy}");
        }
        foreach (var check in Checks.Where(c => c.Error is not null))
        {
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"NOT MADE  {check.Check} ({check.Promise}): {check.Says}. {check.Error}");
        }
        text.AppendLine();
        text.Append(
            CultureInfo.InvariantCulture, $"{Checks.Count(c => c.Error is null && c.Breaches == 0)} checks kept, "
                + $"{Checks.Count(c => c.Error is null && c.Breaches > 0)} broken by {Breaches} row(s)");
        text.Append(CultureInfo.InvariantCulture, $"{(Failed == 0 ? "" : $", {Failed} not made")}.");
        return text.ToString();
    }
}

using System.Diagnostics;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>Counters that only rise, at one moment; or how much they have risen in a time.</summary>
/// <param name="Values">By name.</param>
/// <param name="Seconds">The moment, on a clock that begins anywhere; or the time.</param>
internal sealed record Reading(IReadOnlyDictionary<string, double> Values, double Seconds)
{
    public Reading(IReadOnlyDictionary<string, double> values) : this(values, Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency)
    {
    }

    /// <summary>What was counted since.</summary>
    public Reading Since(Reading earlier) =>
        new(Values.ToDictionary(v => v.Key, v => v.Value - earlier.Values.GetValueOrDefault(v.Key)), Seconds - earlier.Seconds);

    /// <summary>Without what the shop does in such a time by itself.</summary>
    public Reading Without(Reading idle) =>
        new(Values.ToDictionary(v => v.Key, v => v.Value - (idle.Values.GetValueOrDefault(v.Key) * Seconds / idle.Seconds)), Seconds);
}

/// <summary>A statement of the shop.</summary>
/// <param name="Id">Its number, and whether a client sent it (a function runs it otherwise).</param>
/// <param name="Text">What it says.</param>
/// <param name="Calls">How often.</param>
/// <param name="Milliseconds">How long in all.</param>
/// <param name="Rows">Rows that it answered or changed.</param>
internal sealed record Statement((long, bool Sent) Id, string Text, double Calls, double Milliseconds, double Rows);

/// <summary>What the statements of a shop took, at one moment; or in a time.</summary>
internal sealed record Statements(IReadOnlyList<Statement> All, double Seconds)
{
    public Statements(IReadOnlyList<Statement> all) : this(all, Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency)
    {
    }

    /// <inheritdoc cref="Reading.Since"/>
    public Statements Since(Statements earlier) => new(Less(earlier, 1), Seconds - earlier.Seconds);

    /// <inheritdoc cref="Reading.Without"/>
    public Statements Without(Statements idle) => new(Less(idle, Seconds / idle.Seconds), Seconds);

    /// <summary>Both together.</summary>
    public Statements With(Statements more) => new(Less(more, -1), Seconds + more.Seconds);

    private List<Statement> Less(Statements other, double factor)
    {
        var others = other.All.ToDictionary(s => s.Id);
        return
        [
            .. All.Select(s => others.Remove(s.Id, out var less) ? Less(s, less) : s),
            .. others.Values.Select(less => Less(less with { Calls = 0, Milliseconds = 0, Rows = 0 }, less)),
        ];

        Statement Less(Statement s, Statement less) => s with
        {
            Calls = s.Calls - (factor * less.Calls),
            Milliseconds = s.Milliseconds - (factor * less.Milliseconds),
            Rows = s.Rows - (factor * less.Rows),
        };
    }
}

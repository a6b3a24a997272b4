using Orleans.Concurrency;

namespace SoonShop.Logging;

/// <summary>
/// How much is logged beyond what is configured, by every process of the shop, until a time. Keyed by <see cref="LogLevels.Key"/>. Processes ask
/// every few seconds. Who may change it is the gateway's to check.
/// </summary>
[Alias("soonshop.log-levels")]
public interface ILogLevelsGrain : IGrainWithStringKey
{
    /// <summary>What holds now.</summary>
    [Alias("get"), AlwaysInterleave, Repeatable]
    Task<LogLevels> GetAsync();

    /// <summary>Takes the place of what held before. Idempotent, but for the time. Refused: <c>validation-failed</c>.</summary>
    [Alias("set"), Repeatable]
    Task<Result<LogLevels>> SetAsync(SetLogLevels command);
}

/// <summary>How much is logged beyond what is configured.</summary>
/// <param name="Levels">From which level on, by category or its beginning, such as <c>SoonShop.Silo.Events</c>; <c>Default</c> is all that has no other.</param>
/// <param name="Until">When it ends; null when nothing is set.</param>
[GenerateSerializer, Immutable, Alias("soonshop.log-level-settings")]
public sealed record LogLevels(ImmutableDictionary<string, LogDetail> Levels, DateTimeOffset? Until)
{
    /// <summary>The longest time.</summary>
    public const int MaxMinutes = 24 * 60;

    /// <summary>The key of the one grain that knows.</summary>
    public const string Key = "log-levels/shop";

    /// <summary>What is configured, and nothing else.</summary>
    public static LogLevels None { get; } = new(ImmutableDictionary<string, LogDetail>.Empty, null);
}

/// <summary>What is to be logged, for so long.</summary>
/// <param name="Levels">See <see cref="LogLevels.Levels"/>; none ends what was set before.</param>
/// <param name="Minutes">How long, 1–1440.</param>
[GenerateSerializer, Immutable, Alias("soonshop.set-log-levels")]
public sealed record SetLogLevels(ImmutableDictionary<string, LogDetail> Levels, int Minutes);

/// <summary>From which level on lines are logged.</summary>
[GenerateSerializer, Alias("soonshop.log-detail")]
public enum LogDetail
{
    /// <summary>Everything; of some categories thousands of lines a second.</summary>
    Trace,

    /// <summary>What helps to find a fault.</summary>
    Debug,

    /// <summary>What happens seldom enough to be told.</summary>
    Information,

    /// <summary>What is not as it should be.</summary>
    Warning,

    /// <summary>What failed.</summary>
    Error,

    /// <summary>What somebody must see to at once.</summary>
    Critical,

    /// <summary>Nothing.</summary>
    None,
}

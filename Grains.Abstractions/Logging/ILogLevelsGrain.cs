using Orleans.Concurrency;

namespace SoonShop.Logging;

/// <summary>
/// Temporary log levels, beyond the configured ones, for every process of the shop. Keyed by <see cref="LogLevels.Key"/>. Processes read
/// them every few seconds. The gateway checks who may change them.
/// </summary>
[Alias("soonshop.log-levels")]
public interface ILogLevelsGrain : IGrainWithStringKey
{
    /// <summary>Returns the levels in effect.</summary>
    [Alias("get"), AlwaysInterleave, Repeatable]
    Task<LogLevels> GetAsync();

    /// <summary>Replaces the levels in effect. Idempotent, except for the end time. Error: <c>validation-failed</c>.</summary>
    [Alias("set"), Repeatable]
    Task<Result<LogLevels>> SetAsync(SetLogLevels command);
}

/// <summary>Temporary log levels beyond the configured ones.</summary>
/// <param name="Levels">
/// The lowest logged level by category or its prefix, such as <c>SoonShop.Silo.Events</c>. <c>Default</c> applies to all other categories.
/// </param>
/// <param name="Until">When they end; null when none are set.</param>
[GenerateSerializer, Immutable, Alias("soonshop.log-level-settings")]
public sealed record LogLevels(ImmutableDictionary<string, LogDetail> Levels, DateTimeOffset? Until)
{
    /// <summary>The longest duration, in minutes.</summary>
    public const int MaxMinutes = 24 * 60;

    /// <summary>The key of the only grain.</summary>
    public const string Key = "log-levels/shop";

    /// <summary>No levels beyond the configured ones.</summary>
    public static LogLevels None { get; } = new(ImmutableDictionary<string, LogDetail>.Empty, null);
}

/// <summary>Log levels to set for a duration.</summary>
/// <param name="Levels">See <see cref="LogLevels.Levels"/>; an empty dictionary ends the levels in effect.</param>
/// <param name="Minutes">The duration in minutes, 1–1440.</param>
[GenerateSerializer, Immutable, Alias("soonshop.set-log-levels")]
public sealed record SetLogLevels(ImmutableDictionary<string, LogDetail> Levels, int Minutes);

/// <summary>The lowest level that is logged.</summary>
[GenerateSerializer, Alias("soonshop.log-detail")]
public enum LogDetail
{
    /// <summary>Everything; thousands of lines a second for some categories.</summary>
    Trace,

    /// <summary>Details that help to find a fault.</summary>
    Debug,

    /// <summary>Notable events that are not frequent.</summary>
    Information,

    /// <summary>Unexpected conditions.</summary>
    Warning,

    /// <summary>Failures.</summary>
    Error,

    /// <summary>Failures that need immediate attention.</summary>
    Critical,

    /// <summary>Nothing.</summary>
    None,
}

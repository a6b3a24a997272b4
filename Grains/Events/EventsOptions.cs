using System.Text.RegularExpressions;

namespace SoonShop.Events;

/// <summary>Configuration section <c>Events</c>: handling of events, retries, and how long events and their errors are kept.</summary>
public sealed class EventsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Events";

    /// <summary>The time limit of one attempt of an event handler, in seconds.</summary>
    public double AttemptSeconds { get; set; } = 5;

    /// <summary>
    /// The maximum number of delayed retries that a silo runs at the same time for one handler. Replays have a separate limit of the same
    /// size.
    /// </summary>
    public int RetriesAtATime { get; set; } = 8;

    /// <summary>The maximum number of dead letters that a silo replays in a second, of all handlers together.</summary>
    public int ReplayPerSecond { get; set; } = 100;

    /// <summary>Where failed attempts are stored.</summary>
    public ErrorStoreKind FailureRecord { get; set; }

    /// <summary>The connection string of StackExchange.Redis. Required when <c>Events:FailureRecord</c> is <c>Redis</c>.</summary>
    public string? Redis { get; set; }

    /// <summary>
    /// How long events are kept after all handlers are done with them, in days. Resolved and discarded dead letters are kept as long.
    /// </summary>
    public int RetentionDays { get; set; } = 30;

    /// <summary>The age, in days, at which an open dead letter is discarded.</summary>
    public int DeadLetterRetentionDays { get; set; } = 90;

    /// <summary>How long failed attempts are kept, in days.</summary>
    public int FailureRetentionDays { get; set; } = 30;

    /// <summary>The maximum number of failed attempts that are kept. In memory, 10,000 at most.</summary>
    public int MaxFailures { get; set; } = 1_000_000;

    /// <summary>How long the statistics of each minute are kept, in days (<c>GET /admin/events/stats</c>).</summary>
    public int StatsRetentionDays { get; set; } = 30;

    /// <summary>How long entries of the audit log are kept, in days.</summary>
    public int AuditRetentionDays { get; set; } = 365;

    /// <summary>
    /// An error rule assigns an error class to exceptions of one type or with one message. Rules take precedence over the built-in classes,
    /// and rules by type over rules by message.
    /// </summary>
    public Dictionary<string, ErrorRuleOptions> ErrorRules { get; set; } = [];

    /// <summary>
    /// A retry policy. The most specific policy applies: handler before event type before error class. It overrides a policy in code with
    /// the same specificity.
    /// </summary>
    public Dictionary<string, RetryPolicyOptions> Policies { get; set; } = [];

    /// <summary>Returns what is wrong, each with the value to set; also for the policies in handlers' attributes.</summary>
    public IEnumerable<string> Problems(EventTypes types, EventHandlers handlers)
    {
        if (AttemptSeconds is not (>= 0.05 and <= 8))
            yield return $"Events:AttemptSeconds is {AttemptSeconds}; set Events__AttemptSeconds to 0.05–8.";
        foreach (var (name, value, min, max) in Numbers())
        {
            if (value < min || value > max)
                yield return $"Events:{name} is {value}; set Events__{name} to {min}–{max}.";
        }
        if (!Enum.IsDefined(FailureRecord))
            yield return "Events:FailureRecord is not a valid store; set Events__FailureRecord to PostgreSql, Redis or Memory.";
        if (FailureRecord == ErrorStoreKind.Redis && string.IsNullOrWhiteSpace(Redis))
            yield return "Events:Redis is not set; set Events__Redis to a connection string such as 127.0.0.1:6379, or "
                + "Events__FailureRecord to PostgreSql.";
        foreach (var problem in ErrorRules.SelectMany(r => r.Value.Problems($"Events:ErrorRules:{r.Key}")))
            yield return problem;
        foreach (var problem in Policies.SelectMany(p => p.Value.Problems($"Events:Policies:{p.Key}", types, handlers)))
            yield return problem;
        foreach (var twin in Policies.GroupBy(p => (p.Value.Handler, p.Value.EventType, string.Join(',', p.Value.On.Order()))).Where(g =>
            g.Count() > 1))
            yield return $"Events:Policies has {string.Join(" and ", twin.Select(p => p.Key))} for the same; keep one.";
        foreach (var problem in handlers.All.SelectMany(
            h => h.RetryRules(types).SelectMany(r => r.Policy.Problems($"A [Retry] on {h.Grain.Name}"))))
            yield return problem;
    }

    /// <summary>Returns the error rules. Rules that name a type come before rules by message only.</summary>
    public IEnumerable<ErrorRule> ToErrorRules() => ErrorRules.Values.OrderBy(r => r.Exception is null).Select(r => r.ToRule());

    /// <summary>Returns the retry rules.</summary>
    public IEnumerable<RetryRule> ToRetryRules() => Policies.Values.Select(p => p.ToRule());

    private IEnumerable<(string Name, int Value, int Min, int Max)> Numbers() =>
    [
        (nameof(RetriesAtATime), RetriesAtATime, 1, 64),
        (nameof(ReplayPerSecond), ReplayPerSecond, 1, 10_000),
        (nameof(RetentionDays), RetentionDays, 1, 3650),
        (nameof(DeadLetterRetentionDays), DeadLetterRetentionDays, 1, 3650),
        (nameof(FailureRetentionDays), FailureRetentionDays, 1, 3650),
        (nameof(MaxFailures), MaxFailures, 1000, 100_000_000),
        (nameof(StatsRetentionDays), StatsRetentionDays, 1, 3650),
        (nameof(AuditRetentionDays), AuditRetentionDays, 1, 3650),
    ];
}

/// <summary>Where failed attempts are recorded.</summary>
public enum ErrorStoreKind
{
    /// <summary>In the shop's database.</summary>
    PostgreSql,

    /// <summary>In Redis.</summary>
    Redis,

    /// <summary>In the memory of each silo, for development: each silo knows only its own.</summary>
    Memory,
}

/// <summary>A class for errors of a type, or with a message.</summary>
public sealed class ErrorRuleOptions
{
    /// <summary>The exception's type, with or without namespace. Derived types match, too. Set this or <c>Message</c>.</summary>
    public string? Exception { get; set; }

    /// <summary>
    /// A regular expression that the exception's message matches, without backreferences and look-arounds. Set this or <c>Exception</c>.
    /// </summary>
    public string? Message { get; set; }

    /// <summary>The error class.</summary>
    public ErrorClass? Class { get; set; }

    internal IEnumerable<string> Problems(string path)
    {
        var variable = path.Replace(":", "__", StringComparison.Ordinal);
        if (Exception is null == Message is null)
            yield return $"{path} needs either an Exception or a Message; set {variable}__Exception or {variable}__Message.";
        if (Class is null)
            yield return $"{path}:Class is not set; set {variable}__Class to {string.Join(", ", Enum.GetNames<ErrorClass>())}.";
        if (Message is not null && Pattern() is null)
            yield return $"{path}:Message is not a regular expression without backtracking; set {variable}__Message.";
    }

    internal ErrorRule ToRule() =>
        Exception is not null ? ErrorRule.Named(Exception, Class!.Value) : ErrorRule.Matching(Pattern()!, Class!.Value);

    private Regex? Pattern()
    {
        try
        {
            return new Regex(Message!, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}

/// <summary>A retry policy in the configuration, and for what it is meant.</summary>
public sealed class RetryPolicyOptions : IRetrySettings
{
    /// <summary>The handler to which the policy applies; empty for all.</summary>
    public string? Handler { get; set; }

    /// <summary>The event type to which the policy applies; empty for all.</summary>
    public string? EventType { get; set; }

    /// <summary>
    /// The error classes to which the policy applies, such as <c>Network</c>; empty for all but <c>Permanent</c> and <c>Serialization</c>.
    /// </summary>
    public ErrorClass[] On { get; set; } = [];

    /// <inheritdoc/>
    public int Immediate { get; set; }

    /// <inheritdoc/>
    public Backoff Backoff { get; set; }

    /// <inheritdoc/>
    public int Retries { get; set; }

    /// <inheritdoc/>
    public double FirstSeconds { get; set; } = 1;

    /// <inheritdoc/>
    public double MaxSeconds { get; set; } = 300;

    /// <inheritdoc/>
    public double Factor { get; set; } = 2;

    /// <inheritdoc/>
    public double Jitter { get; set; }

    /// <inheritdoc/>
    public double[] DelaysSeconds { get; set; } = [];

    internal IEnumerable<string> Problems(string path, EventTypes types, EventHandlers handlers)
    {
        if (Handler is not null && handlers.Find(Handler) is null)
            yield return $"{path}:Handler is '{Handler}', which is not an event handler; set one of "
                + $"{string.Join(", ", handlers.All.Select(h => h.Name).Order())}.";
        if (EventType is not null && !types.Knows(EventType))
            yield return $"{path}:EventType is '{EventType}', which is not an event type; set one such as "
                + $"{string.Join(", ", types.All.Select(t => t.Key).Order().Take(3))}.";
        if (DelaysSeconds.Concat([FirstSeconds, MaxSeconds]).Any(s => !(s >= 0 && s <= RetryPolicy.LongestDelay.TotalSeconds)))
            yield return $"{path} has a delay that is negative or longer than {RetryPolicy.LongestDelay.TotalDays} days; set its "
                + "FirstSeconds, MaxSeconds or DelaysSeconds.";
        else
        {
            foreach (var problem in ToRule().Policy.Problems(path))
                yield return problem;
        }
    }

    internal RetryRule ToRule() => new(RetryPolicy.Of(this), Handler, EventType, [.. On], Configured: true);
}

namespace SoonShop.Events;

/// <summary>A retry policy and when it is meant.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Handler">For this handler; null for any.</param>
/// <param name="EventType">For events of this type; null for any.</param>
/// <param name="On">For errors of these classes; empty for any that is worth a retry.</param>
/// <param name="Configured">True when it comes from the configuration.</param>
public sealed record RetryRule(RetryPolicy Policy, string? Handler, string? EventType, ImmutableArray<ErrorClass> On, bool Configured = false)
{
    /// <summary>How closely the rule is meant: by handler before event type before class; of equals, the configured one.</summary>
    internal int Rank => (Handler is null ? 0 : 8) + (EventType is null ? 0 : 4) + (On.IsDefaultOrEmpty ? 0 : 2) + (Configured ? 1 : 0);

    /// <summary>
    /// True when it is meant for this. What is permanent, or cannot be read, is retried only where a rule names the class.
    /// </summary>
    internal bool IsFor(string handler, string eventType, ErrorClass error) =>
        (Handler is null || Handler == handler)
        && (EventType is null || EventType == eventType)
        && (On.IsDefaultOrEmpty ? error is not (ErrorClass.Permanent or ErrorClass.Serialization) : On.Contains(error));
}

/// <summary>
/// Says which retry policy counts: the most closely meant one; of two that are meant alike, the configuration's. An error
/// that no rule wants retried is a dead letter at once.
/// </summary>
public sealed class RetryPolicies
{
    private readonly RetryRule[] rules;

    /// <summary>The rules from attributes, registrations and configuration.</summary>
    public RetryPolicies(IEnumerable<RetryRule> rules) =>
        this.rules = [.. rules.Append(new RetryRule(RetryPolicy.Default, null, null, [])).OrderByDescending(r => r.Rank)];

    /// <summary>The policy for an error of a handler with an event.</summary>
    public RetryPolicy For(string handler, string eventType, ErrorClass error) =>
        Array.Find(rules, r => r.IsFor(handler, eventType, error))?.Policy ?? RetryPolicy.None;
}

/// <summary>
/// The retry policy of a handler, in code; may stand several times, for different event types and classes of errors. The
/// configuration (<c>Events:Policies</c>) wins over it.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class RetryAttribute : Attribute, IRetrySettings
{
    /// <summary>The classes of errors that it is for; none for all that are worth a retry.</summary>
    public RetryAttribute(params ErrorClass[] on) => On = on;

    /// <summary>The classes of errors.</summary>
    public ErrorClass[] On { get; }

    /// <summary>The event's class; null for all that the handler handles.</summary>
    public Type? Event { get; init; }

    /// <inheritdoc/>
    public int Immediate { get; init; }

    /// <inheritdoc/>
    public Backoff Backoff { get; init; }

    /// <inheritdoc/>
    public int Retries { get; init; }

    /// <inheritdoc/>
    public double FirstSeconds { get; init; } = 1;

    /// <inheritdoc/>
    public double MaxSeconds { get; init; } = 300;

    /// <inheritdoc/>
    public double Factor { get; init; } = 2;

    /// <inheritdoc/>
    public double Jitter { get; init; }

    /// <inheritdoc/>
    public double[] DelaysSeconds { get; init; } = [];

    /// <summary>The rule that this says.</summary>
    /// <param name="handler">The name of the handler that it stands on.</param>
    /// <param name="types">To find the event's name.</param>
    internal RetryRule ToRule(string handler, EventTypes types) => new(
        RetryPolicy.Of(this), handler, Event is null ? null : types.All.Single(t => t.Value == Event).Key, [.. On]);
}

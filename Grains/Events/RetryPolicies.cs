namespace SoonShop.Events;

/// <summary>A retry policy and the cases that it applies to.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Handler">The handler; null for any.</param>
/// <param name="EventType">The event type; null for any.</param>
/// <param name="On">The error classes; empty for all that are retried by default.</param>
/// <param name="Configured">True when it comes from the configuration.</param>
public sealed record RetryRule(
    RetryPolicy Policy, string? Handler, string? EventType, ImmutableArray<ErrorClass> On, bool Configured = false)
{
    /// <summary>The rule's precedence: handler before event type before error class; among equals, the configured one.</summary>
    internal int Rank => (Handler is null ? 0 : 8) + (EventType is null ? 0 : 4) + (On.IsDefaultOrEmpty ? 0 : 2) + (Configured ? 1 : 0);

    /// <summary>
    /// True when the rule applies. Permanent and serialization errors are retried only when a rule names their class.
    /// </summary>
    internal bool IsFor(string handler, string eventType, ErrorClass error) =>
        (Handler is null || Handler == handler)
        && (EventType is null || EventType == eventType)
        && (On.IsDefaultOrEmpty ? error is not (ErrorClass.Permanent or ErrorClass.Serialization) : On.Contains(error));
}

/// <summary>
/// Selects the retry policy: the most specific one; among equally specific ones, the configured one. An error without a matching rule
/// becomes a dead letter at once.
/// </summary>
public sealed class RetryPolicies
{
    private readonly RetryRule[] rules;

    /// <summary>Collects the rules from attributes, registrations and configuration.</summary>
    public RetryPolicies(IEnumerable<RetryRule> rules) =>
        this.rules = [.. rules.Append(new RetryRule(RetryPolicy.Default, null, null, [])).OrderByDescending(r => r.Rank)];

    /// <summary>Returns the policy for an error of a handler with an event.</summary>
    public RetryPolicy For(string handler, string eventType, ErrorClass error) =>
        Array.Find(rules, r => r.IsFor(handler, eventType, error))?.Policy ?? RetryPolicy.None;
}

/// <summary>
/// Sets the retry policy of a handler in code. It may occur several times, for different event types and error classes. The configuration
/// (<c>Events:Policies</c>) takes precedence.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class RetryAttribute : Attribute, IRetrySettings
{
    /// <summary>Creates a policy for these error classes; none for all that are retried by default.</summary>
    public RetryAttribute(params ErrorClass[] on) => On = on;

    /// <summary>The error classes.</summary>
    public ErrorClass[] On { get; }

    /// <summary>The event's class; null for all events of the handler.</summary>
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

    /// <summary>Returns the rule.</summary>
    /// <param name="handler">The name of the handler with the attribute.</param>
    /// <param name="types">Finds the event's name.</param>
    internal RetryRule ToRule(string handler, EventTypes types) => new(
        RetryPolicy.Of(this), handler, Event is null ? null : types.All.Single(t => t.Value == Event).Key, [.. On]);
}

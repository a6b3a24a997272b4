namespace SoonShop;

/// <summary>What travels with calls beside their arguments (Orleans' RequestContext).</summary>
public static class RequestKeys
{
    /// <summary>The trace id of the request that began it all.</summary>
    public const string CorrelationId = "soonshop.correlation-id";

    /// <summary>W3C trace context of the caller.</summary>
    public const string TraceParent = "soonshop.traceparent";

    /// <summary>The id of the command or event being handled.</summary>
    public const string CausationId = "soonshop.causation-id";

    /// <summary>A <see cref="CallDeadline"/>; from a front end to the first grain, and no further: what that has begun it brings to its end.</summary>
    public const string Deadline = "soonshop.deadline";
}

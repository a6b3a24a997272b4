namespace SoonShop;

/// <summary>Keys of values that calls carry besides their arguments (Orleans' RequestContext).</summary>
public static class RequestKeys
{
    /// <summary>The trace id of the original request.</summary>
    public const string CorrelationId = "soonshop.correlation-id";

    /// <summary>W3C trace context of the caller.</summary>
    public const string TraceParent = "soonshop.traceparent";

    /// <summary>The id of the command or event being handled.</summary>
    public const string CausationId = "soonshop.causation-id";

    /// <summary>
    /// The actor for the audit log: see <see cref="Auditing.Actors"/>. The gateway sets it from verified credentials. No rule may depend on
    /// it: what a command may do depends only on its arguments.
    /// </summary>
    public const string Actor = "soonshop.actor";

    /// <summary>The IP address of the request, behind trusted proxies.</summary>
    public const string Address = "soonshop.address";

    /// <summary>The client's User-Agent: cleaned and of bounded length, but not trustworthy.</summary>
    public const string UserAgent = "soonshop.user-agent";

    /// <summary>The token of a device with which somebody signed in before. Sent only with a login.</summary>
    public const string Device = "soonshop.device";

    /// <summary>A <see cref="CallDeadline"/> as front ends of the previous version send it.</summary>
    public const string Deadline = "soonshop.deadline";

    /// <summary>
    /// A <see cref="CallDeadline"/> as text. It applies only to the first grain that a front end calls; what that grain has begun is
    /// completed.
    /// </summary>
    public const string DeadlineText = "soonshop.deadline-text";

    /// <summary>The W3C trace context of an event's delivery, for its attempts; only when the trace is recorded.</summary>
    public const string DeliveryTrace = "soonshop.delivery-trace";
}

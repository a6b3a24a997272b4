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

    /// <summary>
    /// Who asked, for the audit log: see <see cref="Auditing.Actors"/>. The gateway sets it from checked credentials. No rule may
    /// decide by it: what a command may do follows from its arguments.
    /// </summary>
    public const string Actor = "soonshop.actor";

    /// <summary>The IP address that the request came from, behind trusted proxies.</summary>
    public const string Address = "soonshop.address";

    /// <summary>What the client calls itself; clean and of bounded length, but anybody's word.</summary>
    public const string UserAgent = "soonshop.user-agent";

    /// <summary>The token that a device was given when somebody signed in with it before; a login's alone.</summary>
    public const string Device = "soonshop.device";

    /// <summary>A <see cref="CallDeadline"/> as front ends of the version before send it.</summary>
    public const string Deadline = "soonshop.deadline";

    /// <summary>A <see cref="CallDeadline"/> as text; from a front end to the first grain, and no further: what that has begun it brings to its end.</summary>
    public const string DeadlineText = "soonshop.deadline-text";

    /// <summary>W3C trace context of an event's delivery, for the attempts that belong to it; only where it is recorded.</summary>
    public const string DeliveryTrace = "soonshop.delivery-trace";
}

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace SoonShop.Silo.Calls;

/// <summary>
/// Rejects a call that reaches its grain after its caller has given up, so that an overloaded silo does not work in vain. Work that has
/// begun is completed: the deadline applies only to the first grain of a call chain.
/// </summary>
internal sealed partial class CallDeadlines(IOptions<SiloMessagingOptions> messaging, TimeProvider time, ILogger<CallDeadlines> log)
{
    // Orleans drops a call that has waited longer than the front end's own time limit. That limit is unknown here, but three times this
    // silo's limit exceeds it.
    private readonly SenderClocks clocks = new(messaging.Value.ResponseTimeout * 3, time);

    /// <exception cref="UnavailableException">The caller has given up.</exception>
    public void ThrowIfOver(IIncomingGrainCallContext context)
    {
        if (Of(context) is not { } deadline)
            return;
        var delay = clocks.DelayOf(deadline.Sender, deadline.SentAtMs);
        if (delay.TotalMilliseconds < deadline.PatienceMs)
            return;
        LogLate(log, context.InterfaceName, context.MethodName, (long)delay.TotalMilliseconds, deadline.PatienceMs);
        throw new UnavailableException(ErrorText.Of("error.too-late", "The shop was too busy to do this in time. Nothing was done."));
    }

    private static CallDeadline? Of(IIncomingGrainCallContext context)
    {
        if (RequestContext.Get(RequestKeys.DeadlineText) is string text)
        {
            RequestContext.Remove(RequestKeys.DeadlineText);
            // A silo of the previous version does not know the deadline and forwards it with its own calls.
            return context.SourceId is { } source && source.IsClient() ? CallDeadline.Read(text) : null;
        }
        if (RequestContext.Get(RequestKeys.Deadline) is not CallDeadline deadline)
            return null;
        RequestContext.Remove(RequestKeys.Deadline);
        return deadline;
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "{Interface}.{Method} started {DelayMs} ms after it was sent; its caller waited only {PatienceMs} ms.")]
    private static partial void LogLate(ILogger log, string @interface, string method, long delayMs, int patienceMs);
}

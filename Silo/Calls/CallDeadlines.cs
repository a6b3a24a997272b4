using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace SoonShop.Silo.Calls;

/// <summary>
/// Knows of a call that comes to its grain when its caller has given up: an overloaded silo does not work for nobody. What has been begun
/// is brought to its end: the deadline goes no further than to the first grain.
/// </summary>
internal sealed partial class CallDeadlines(IOptions<SiloMessagingOptions> messaging, TimeProvider time, ILogger<CallDeadlines> log)
{
    // Orleans drops what has waited longer than a front end's own time limit, which is not known here: several times our own is more.
    private readonly SenderClocks clocks = new(messaging.Value.ResponseTimeout * 3, time);

    /// <exception cref="UnavailableException">Nobody waits for the answer any more.</exception>
    public void ThrowIfOver(IIncomingGrainCallContext context)
    {
        if (Of(context) is not { } deadline)
            return;
        var delay = clocks.DelayOf(deadline.Sender, deadline.SentAtMs);
        if (delay.TotalMilliseconds < deadline.PatienceMs)
            return;
        LogLate(log, context.InterfaceName, context.MethodName, (long)delay.TotalMilliseconds, deadline.PatienceMs);
        throw new UnavailableException("The shop was too busy to do this in time.");
    }

    private static CallDeadline? Of(IIncomingGrainCallContext context)
    {
        if (RequestContext.Get(RequestKeys.DeadlineText) is string text)
        {
            RequestContext.Remove(RequestKeys.DeadlineText);
            // A silo of the version before does not know it, and hands it on with its own calls.
            return context.SourceId is { } source && source.IsClient() ? CallDeadline.Read(text) : null;
        }
        if (RequestContext.Get(RequestKeys.Deadline) is not CallDeadline deadline)
            return null;
        RequestContext.Remove(RequestKeys.Deadline);
        return deadline;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Interface}.{Method} came {DelayMs} ms late; its caller waited for {PatienceMs} ms.")]
    private static partial void LogLate(ILogger log, string @interface, string method, long delayMs, int patienceMs);
}

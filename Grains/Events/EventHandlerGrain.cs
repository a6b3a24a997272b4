using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Serialization.Invocation;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace SoonShop.Events;

/// <summary>
/// An event handler without state. A subclass has attributes for its name and streams, and a method per event type:
/// <code>
/// [GrainType("order-log"), ImplicitStreamSubscription(ShopStreams.Orders)]
/// internal sealed class OrderLog(IOrderLog log) : EventHandlerGrain, IHandle&lt;OrderConfirmed&gt;
/// {
///     public Task HandleAsync(OrderConfirmed e, EventContext context) => log.WriteAsync(e.Order.Number, context.Cancellation);
/// }
/// </code>
/// The grain's key is the stream's key. A failed event is retried by the handler's policy (<see cref="RetryAttribute"/>,
/// <c>Events:Policies</c>) and finally becomes a dead letter. The activation skips a repeated event that it remembers. It may forget
/// events, so handling an event twice must be harmless.
/// </summary>
[MayInterleave(nameof(MayInterleave))]
public abstract class EventHandlerGrain : Grain, IEventHandler, IStreamSubscriptionObserver, IPipelineHandler
{
    private EventPipeline? pipeline;

    /// <summary>Called by Orleans: lets the handshake of streams interleave while the handler is busy.</summary>
    public static bool MayInterleave(IInvokable request) => StreamHandshake.Includes(request);

    private EventPipeline Pipeline =>
        pipeline ??= new EventPipeline(ServiceProvider.GetRequiredService<HandlerRuntime>(), this, this.GetGrainId());

    Task IStreamSubscriptionObserver.OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<CloudEvent>().ResumeAsync((e, _) => Pipeline.DeliverAsync(e));

    Task<AttemptResult> IEventHandler.RetryAsync(CloudEvent e, int attempt) => Pipeline.RetryAsync(e, attempt);

    Task IPipelineHandler.LoadAsync() => Task.CompletedTask;

    bool IPipelineHandler.IsHandled(string eventId) => false;

    void IPipelineHandler.Abandon() => DeactivateOnIdle();
}

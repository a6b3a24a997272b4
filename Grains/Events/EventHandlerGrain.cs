using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Serialization.Invocation;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace SoonShop.Events;

/// <summary>
/// An event handler without state of its own. A subclass names itself and its streams, and has a method per event type:
/// <code>
/// [GrainType("order-log"), ImplicitStreamSubscription(ShopStreams.Orders)]
/// internal sealed class OrderLog(IOrderLog log) : EventHandlerGrain, IHandle&lt;OrderConfirmed&gt;
/// {
///     public Task HandleAsync(OrderConfirmed e, EventContext context) => log.WriteAsync(e.Order.Number, context.Cancellation);
/// }
/// </code>
/// Its key is the stream's. What it throws is retried as its policy says (<see cref="RetryAttribute"/>, <c>Events:Policies</c>),
/// and ends in the dead letters. An event that it has handled is passed over when it comes again, as long as the
/// activation remembers; after that, doing it again must be harmless.
/// </summary>
[MayInterleave(nameof(MayInterleave))]
public abstract class EventHandlerGrain : Grain, IEventHandler, IStreamSubscriptionObserver, IPipelineHandler
{
    private EventPipeline? pipeline;

    /// <summary>For Orleans: streams may ask how this handler stands while it is busy.</summary>
    public static bool MayInterleave(IInvokable request) => StreamHandshake.Includes(request);

    private EventPipeline Pipeline => pipeline ??= new EventPipeline(ServiceProvider.GetRequiredService<HandlerRuntime>(), this, this.GetGrainId());

    Task IStreamSubscriptionObserver.OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<CloudEvent>().ResumeAsync((e, _) => Pipeline.DeliverAsync(e));

    Task<AttemptResult> IEventHandler.RetryAsync(CloudEvent e, int attempt) => Pipeline.RetryAsync(e, attempt);

    Task IPipelineHandler.LoadAsync() => Task.CompletedTask;

    bool IPipelineHandler.IsHandled(string eventId) => false;

    void IPipelineHandler.Abandon() => DeactivateOnIdle();
}

using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Serialization.Invocation;
using Orleans.Streams;
using Orleans.Streams.Core;
using SoonShop.Aggregates;

namespace SoonShop.Events;

/// <summary>
/// An event handler with state. A commit during an event stores the event's id together with the state, so that the event affects the state
/// exactly once, whatever fails. The state is injected with <see cref="LazyStateAttribute"/> and is available in event methods and in calls
/// of the grain's own interface:
/// <code>
/// [GrainType("order-count"), ImplicitStreamSubscription(ShopStreams.Orders)]
/// internal sealed class OrderCount([LazyState("order-count")] IPersistentState&lt;StateEnvelope&lt;Count&gt;&gt; state, TimeProvider time)
///     : EventHandlerGrain&lt;Count&gt;(state, time), IHandle&lt;OrderConfirmed&gt;
/// {
///     public Task HandleAsync(OrderConfirmed e, EventContext context) => CommitAsync((State ?? Count.None).Next());
/// }
/// </code>
/// </summary>
/// <typeparam name="TState">An immutable record.</typeparam>
[MayInterleave(nameof(MayInterleave))]
public abstract class EventHandlerGrain<TState>
    : AggregateGrain<TState>, IEventHandler, IStreamSubscriptionObserver, IPipelineHandler, IIncomingGrainCallFilter
    where TState : class
{
    /// <summary>
    /// The number of processed events that an envelope remembers, at 14 bytes each in every write. Repeated deliveries follow soon: of an
    /// event that was not acknowledged, or of one whose retry was not recorded.
    /// </summary>
    internal const int Remembered = 128;

    private readonly IPersistentState<StateEnvelope<TState>> storage;
    private readonly ILazyState lazy;
    private EventPipeline? pipeline;
    private bool isProgress;

    /// <summary>Creates the handler with its state.</summary>
    /// <exception cref="ArgumentException">The state was not injected with <see cref="LazyStateAttribute"/>.</exception>
    protected EventHandlerGrain(IPersistentState<StateEnvelope<TState>> state, TimeProvider time) : base(state, time) =>
        (storage, lazy) = (state, state as ILazyState ?? throw new ArgumentException(
            $"Ask for the state of {GetType()} with [LazyState(\"name\")].", nameof(state)));

    /// <inheritdoc cref="EventHandlerGrain.MayInterleave"/>
    public static bool MayInterleave(IInvokable request) => StreamHandshake.Includes(request);

    /// <inheritdoc/>
    protected override string Aggregate => this.GetGrainId().Type.ToString()!;

    /// <inheritdoc/>
    protected override string StreamKeyOf(TState state) => GrainKey;

    private EventPipeline Pipeline =>
        pipeline ??= new EventPipeline(ServiceProvider.GetRequiredService<HandlerRuntime>(), this, this.GetGrainId());

    /// <summary>
    /// Commits an intermediate step, for a handler that does several things for one event and stores which are done. The event stays
    /// unprocessed, and a retry finds this state. Every other commit within <c>HandleAsync</c> records the event as processed: it must be
    /// the last commit for the event, and what fails after it is not repeated.
    /// </summary>
    /// <exception cref="InvalidOperationException">The event is already committed as processed.</exception>
    /// <exception cref="OperationCanceledException">The attempt timed out before the write.</exception>
    protected async Task CommitProgressAsync(TState next, params IReadOnlyList<IShopEvent> events)
    {
        isProgress = true;
        try
        {
            await CommitAsync(next, events);
        }
        finally
        {
            isProgress = false;
        }
    }

    private protected override IReadOnlyList<string>? ProcessedEventsAfter(IReadOnlyList<string>? processed)
    {
        if (Attempt.Of(this) is not { } attempt)
            return processed;
        attempt.ThrowIfOver();
        if (attempt.Handled)
            throw new InvalidOperationException(
                $"{attempt.EventId} is already committed as processed: commit earlier steps with {nameof(CommitProgressAsync)}.");
        if (isProgress)
            return processed;
        attempt.Handled = true;
        return RecentEvents.Append(processed, attempt.EventId, Remembered);
    }

    private protected override void CommitFailed() => lazy.Forget();

    Task IStreamSubscriptionObserver.OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<CloudEvent>().ResumeAsync((e, _) => Pipeline.DeliverAsync(e));

    Task<AttemptResult> IEventHandler.RetryAsync(CloudEvent e, int attempt) => Pipeline.RetryAsync(e, attempt);

    /// <summary>Loads the state before calls of the grain's own interface. Attempts and Orleans' own calls do not need it.</summary>
    Task IIncomingGrainCallFilter.Invoke(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType is not { } called
            || called == typeof(IEventHandler)
            || called.IsAssignableTo(typeof(IGrainExtension)))
            return context.Invoke();
        var loaded = lazy.LoadAsync();
        return loaded.IsCompletedSuccessfully ? context.Invoke() : WhenLoadedAsync(loaded, context);
    }

    private static async Task WhenLoadedAsync(Task loaded, IIncomingGrainCallContext context)
    {
        await loaded;
        await context.Invoke();
    }

    Task IPipelineHandler.LoadAsync() => lazy.LoadAsync();

    private protected override bool NeedsState(string method) => false;

    bool IPipelineHandler.IsHandled(string eventId) => RecentEvents.Contains(storage.State.ProcessedEventIds, eventId);

    void IPipelineHandler.Abandon() => DeactivateOnIdle();
}

using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Notifications;

namespace SoonShop.Orders;

/// <summary>The orders whose links were mailed a moment ago.</summary>
public sealed record MailedOrderLinks
{
    /// <summary>Within this time, further requests for the same order mail nothing: somebody has clicked twice.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>The most orders that are remembered.</summary>
    private const int MaxRecords = 100;

    /// <summary>The latest orders, newest first.</summary>
    public ImmutableArray<MailedOrderLink> Recent { get; init; } = [];

    /// <summary>True when a link to the order was mailed a moment ago.</summary>
    public bool Has(Guid orderId, DateTimeOffset now) => Recent.Any(r => r.OrderId == orderId && now - r.At < Pause);

    /// <summary>Returns the state with one more order, without those that no longer count.</summary>
    public MailedOrderLinks With(Guid orderId, DateTimeOffset now) => new()
    {
        Recent = [new MailedOrderLink(orderId, now), .. Recent.Where(r => now - r.At < Pause).Take(MaxRecords - 1)],
    };
}

/// <summary>An order, and when its link was mailed.</summary>
public sealed record MailedOrderLink(Guid OrderId, DateTimeOffset At);

/// <summary>Finds the order of a lookup and has its link mailed. Keyed by a part of all numbers.</summary>
[GrainType("order-link"), ImplicitStreamSubscription(OrderLookupRequested.StreamNamespace)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class OrderLinkGrain(
    [LazyState("order-link")] IPersistentState<StateEnvelope<MailedOrderLinks>> storage, TimeProvider time,
    IGuestOrders orders, IEnumerable<INotificationChannel> channels, IOptions<CheckoutOptions> options)
    : EventHandlerGrain<MailedOrderLinks>(storage, time), IHandle<OrderLookupRequested>
{
    private readonly bool canMail = channels.Any(c => c.Name == ChannelName.Email);

    async Task IHandle<OrderLookupRequested>.HandleAsync(OrderLookupRequested e, EventContext context)
    {
        var expiresAt = context.Event.Time + TimeSpan.FromHours(options.Value.OrderLinkHours);
        var mailed = State ?? new MailedOrderLinks();
        // A link that expired while the request was delayed is useless.
        if (!canMail || expiresAt <= Now || await orders.FindAsync(e.Number, context.Cancellation) is not { } orderId
            || mailed.Has(orderId, Now))
            return;
        // If this grain dies before its commit, the mail is requested again under the same id, and is sent once.
        if (await GrainFactory.Reference<IOrderGrain>(orderId).MailLinkAsync(
            new OrderLinkRequest(context.EventId, context.Event.Time, expiresAt, e.EmailProof)))
            await CommitAsync(mailed.With(orderId, Now), []);
    }
}

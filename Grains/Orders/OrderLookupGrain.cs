using SoonShop.Aggregates;

namespace SoonShop.Orders;

/// <summary>The state of a grain that accepts lookups: it only counts them, because events are committed with a state.</summary>
/// <param name="Requests">The number of requests.</param>
public sealed record OrderLookups(long Requests);

[CollectionAgeLimit(Minutes = 5)]
internal sealed class OrderLookupGrain(
    [LazyState("order-lookup")] IPersistentState<StateEnvelope<OrderLookups>> storage, TimeProvider time, OrderTokens tokens)
    : AggregateGrain<OrderLookups>(storage, time), IOrderLookupGrain
{
    protected override string Aggregate => "order-lookup";

    protected override string StreamKeyOf(OrderLookups state) => GrainKey;

    async Task IOrderLookupGrain.RequestAsync(string number, string email)
    {
        if (OrderNumber.Normalize(number) is not { } normalized)
            return;
        var shard = (int)(Fold(normalized) % OrderLookupRequested.Shards);
        await CommitAsync(
            new OrderLookups((State?.Requests ?? 0) + 1),
            [new OrderLookupRequested(shard, normalized, await tokens.ProofOfAsync(email))]);
    }

    private static uint Fold(string number) => number.Aggregate(0u, (sum, c) => unchecked((sum * 31) + c));
}

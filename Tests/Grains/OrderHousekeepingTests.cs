using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SoonShop.Orders;
using SoonShop.Silo.Orders;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>What is done for orders without anybody asking.</summary>
[Collection(nameof(InProcessSilo))]
public sealed class OrderHousekeepingTests(InProcessSilo silo)
{
    private static readonly Caller Shop = new(null, null, IsAdmin: true);

    private OrderHousekeeping Housekeeping => silo.Services.GetServices<IHostedService>().OfType<OrderHousekeeping>().Single();

    /// <summary>An order that the last version shipped is one like any other: nothing but its state tells when that was.</summary>
    [Fact]
    public async Task a_delivery_that_nobody_notes_closes_by_itself_after_the_configured_days_and_only_then()
    {
        var (old, young) = (await ShippedAsync(), await ShippedAsync());
        // As if it had been placed and shipped 31 days ago, and the other placed then, but shipped 29 days ago.
        await BackdateAsync(old, placedDaysAgo: 31, shippedDaysAgo: 31);
        await BackdateAsync(young, placedDaysAgo: 31, shippedDaysAgo: 29);

        await Housekeeping.CloseDeliveriesAsync(TestContext.Current.CancellationToken);
        await Housekeeping.CloseDeliveriesAsync(TestContext.Current.CancellationToken);

        Assert.Equal(OrderStatus.Delivered, (await silo.Grains.GetGrain<IOrderGrain>(old).GetAsync(Shop)).Value!.Status);
        Assert.Equal(OrderStatus.Shipped, (await silo.Grains.GetGrain<IOrderGrain>(young).GetAsync(Shop)).Value!.Status);
        Assert.Equal("true", await ToldAsync(old));
        Assert.False((await silo.Grains.GetGrain<IOrderGrain>(young).DeliverAsync()).IsError);
        Assert.Equal("false", await ToldAsync(young));
    }

    [Fact]
    public async Task orders_that_the_last_version_wrote_are_found_by_address_and_sku_after_a_while()
    {
        var sku = await silo.CreateProductAsync();
        var order = await silo.PlaceOrderAsync(sku, $"{Guid.NewGuid():N}@Example.com");
        var email = (await silo.Grains.GetGrain<IOrderGrain>(order).GetAsync(Shop)).Value!.Email;
        await silo.QueryAsync<string>(
            "update grain_state_order set index = index - 'email' - 'skus' where grain_key = $1 returning grain_key", order.ToString("N"));
        Assert.Empty(await FindAsync(new OrderQuery(null, null, null, null, null, new PageRequest(10, null)) { Email = email }));

        await Housekeeping.CompleteIndexesAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            [order], await FindAsync(
                new OrderQuery(null, null, null, null, null, new PageRequest(10, null)) { Email = $" {email.ToUpperInvariant()} " }));
        Assert.Equal([order], await FindAsync(new OrderQuery(null, null, null, null, null, new PageRequest(10, null)) { Sku = sku }));
        Assert.False((await silo.Grains.GetGrain<IOrderGrain>(order).ShipAsync("DHL", "JD014")).IsError);
    }

    private Task<string> ToldAsync(Guid order) =>
        silo.QueryAsync<string>(
            "select string_agg(data ->> 'automatic', ',') from event where type = 'order.delivered' and subject = $1", order.ToString("N"));

    private async Task<IEnumerable<Guid>> FindAsync(OrderQuery query) =>
        (await silo.Grains.GetGrain<IOrderListGrain>(0).ListAsync(query, TestContext.Current.CancellationToken)).Value!.Items.Select(
            o => o.Id);

    private async Task<Guid> ShippedAsync()
    {
        var order = await silo.PlaceOrderAsync(await silo.CreateProductAsync(), "ada@example.com");
        Assert.False((await silo.Grains.GetGrain<IOrderGrain>(order).ShipAsync("DHL", "JD014")).IsError);
        return order;
    }

    private async Task BackdateAsync(Guid order, int placedDaysAgo, int shippedDaysAgo)
    {
        await silo.QueryAsync<string>("""
            update grain_state_order set version = version + 1,
              state = convert_to(jsonb_set(jsonb_set(convert_from(state, 'UTF8')::jsonb,
                '{state,order,timeline,0,at}',
                to_jsonb(to_char((now() - make_interval(days => $2)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'))),
                '{state,order,shipment,shippedAt}',
                to_jsonb(to_char((now() - make_interval(days => $3)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')))::text,
                'UTF8'),
              index = jsonb_set(index, '{placedAt}',
                  to_jsonb(to_char((now() - make_interval(days => $2)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".0000000Z"')))
            where grain_key = $1 returning grain_key
            """, order.ToString("N"), placedDaysAgo, shippedDaysAgo);
        // A mail that is being composed may have the order at work, and then it stays in memory as it was.
        await Until.TrueAsync($"order {order} is read again", TimeSpan.FromSeconds(30), async () =>
        {
            await silo.DeactivateAllAsync();
            return (await silo.Grains.GetGrain<IOrderGrain>(order).GetAsync(Shop)).Value!.Shipment!.ShippedAt
                < DateTimeOffset.UtcNow.AddDays(1 - shippedDaysAgo);
        });
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Tests.Rules;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>A silo whose calls are counted.</summary>
public sealed class CountingSilo : InProcessSilo
{
    internal ConcurrentDictionary<string, int> Calls { get; } = new();

    internal StoppableTime Time { get; } = new();

    /// <summary>Nothing but a test looks at an order.</summary>
    protected override Dictionary<string, string?> Settings => new() { ["Checkout:CheckoutDueSeconds"] = "3600" };

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<TimeProvider>(Time);
        silo.AddIncomingGrainCallFilter(context =>
        {
            Calls.AddOrUpdate($"{context.TargetId.Key}/{context.MethodName}", 1, (_, n) => n + 1);
            return context.Invoke();
        });
    }

    internal async Task<(Caller Buyer, string Sku)> BuyerAsync()
    {
        var sku = await CreateProductAsync();
        await Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).AdjustAsync(new AdjustStock("stock", 5, "delivery", null));
        var buyer = new Caller(null, Guid.NewGuid(), false);
        await Cart(buyer).OpenForGuestAsync();
        Assert.False((await Cart(buyer).SetItemAsync(buyer, sku, 1)).IsError);
        return (buyer, sku);
    }

    internal ICartGrain Cart(Caller buyer) => Grains.GetGrain<ICartGrain>(buyer.CartId!.Value);

    internal static PlaceOrder Command(Caller buyer, string paymentMethod = "pm_card_visa") =>
        new(buyer, Given.Address, null, paymentMethod, "ada@example.com", "fingerprint");
}

/// <summary>Who has the cart, from an order's first write to its end.</summary>
public sealed class CheckoutClaimTests(CountingSilo silo) : IClassFixture<CountingSilo>
{
    [Fact]
    public async Task an_order_that_could_not_be_written_leaves_the_cart_to_the_next()
    {
        var (buyer, _) = await silo.BuyerAsync();
        var (first, second) = (Order(), Order());
        await ExecuteAsync("alter table grain_state_order add constraint refused check (false) not valid");
        try
        {
            await Assert.ThrowsAsync<UnavailableException>(() => first.PlaceAsync(CountingSilo.Command(buyer)));
        }
        finally
        {
            await ExecuteAsync("alter table grain_state_order drop constraint refused");
        }

        var placed = (await second.PlaceAsync(CountingSilo.Command(buyer))).Result;

        Assert.Equal(OrderStatus.Confirmed, placed.Value?.Status);
        // Its key is no good any more: the cart was bought.
        Assert.True((await first.PlaceAsync(CountingSilo.Command(buyer))).Result.IsError);
    }

    [Fact]
    public async Task an_order_that_could_not_be_written_is_placed_when_it_is_asked_for_again()
    {
        var (buyer, _) = await silo.BuyerAsync();
        var order = Order();
        await ExecuteAsync("alter table grain_state_order add constraint refused check (false) not valid");
        try
        {
            await Assert.ThrowsAsync<UnavailableException>(() => order.PlaceAsync(CountingSilo.Command(buyer)));
        }
        finally
        {
            await ExecuteAsync("alter table grain_state_order drop constraint refused");
        }
        Assert.Equal(OrderStatus.Confirmed, (await order.PlaceAsync(CountingSilo.Command(buyer))).Result.Value?.Status);
    }

    /// <summary>Its first write may be on its way still: with the row taken, it comes too late.</summary>
    [Fact]
    public async Task an_order_that_is_superseded_before_it_is_there_cannot_be_placed_any_more()
    {
        var (buyer, _) = await silo.BuyerAsync();
        var order = Order();

        Assert.Equal(ErrorCode.NotFound, (await order.SupersedeAsync(Guid.NewGuid())).Error?.Code);

        var placed = (await order.PlaceAsync(CountingSilo.Command(buyer))).Result;
        Assert.Equal(ErrorCode.Conflict, placed.Error?.Code);
        Assert.False((await silo.Cart(buyer).BeginCheckoutAsync(buyer, Guid.NewGuid())).IsError);
    }

    [Fact]
    public async Task an_order_is_handed_over_once_however_far_it_goes()
    {
        var (buyer, sku) = await silo.BuyerAsync();
        var order = Order();
        Assert.Equal(OrderStatus.Confirmed, (await order.PlaceAsync(CountingSilo.Command(buyer))).Result.Value?.Status);

        Assert.False((await order.ShipAsync("DHL", "JD014")).IsError);
        Assert.False((await order.DeliverAsync()).IsError);
        await order.ResumeAsync();

        Assert.Equal(1, silo.Calls[$"{buyer.CartId:N}/{nameof(ICartGrain.EndCheckoutAsync)}"]);
        AssertSettledOnce(sku);
    }

    [Fact]
    public async Task refunds_of_units_that_are_not_shipped_sell_nothing_and_release_each_unit_once()
    {
        var (buyer, first) = await silo.BuyerAsync();
        var (_, second) = await silo.BuyerAsync();
        Assert.False((await silo.Cart(buyer).SetItemAsync(buyer, second, 1)).IsError);
        var order = Order();
        Assert.Equal(OrderStatus.Confirmed, (await order.PlaceAsync(CountingSilo.Command(buyer))).Result.Value?.Status);

        Assert.False((await order.RefundAsync(new RefundOrder("one", null, [new LineUnits(first, 1)], false, "broken"))).IsError);
        Assert.Equal(OrderStatus.Refunded, (await order.RefundAsync(new RefundOrder("rest", null, null, true, "broken"))).Value?.Status);
        await order.ResumeAsync();

        Assert.Equal(1, silo.Calls[$"{buyer.CartId:N}/{nameof(ICartGrain.EndCheckoutAsync)}"]);
        foreach (var sku in (string[])[first, second])
            AssertSettledOnce(sku);
        Assert.Equal(
            "Release, Release, Reservation, Reservation", await silo.QueryAsync<string>(
                "select string_agg(kind, ', ' order by kind) from stock_ledger where split_part(operation_id, '/', 1) = $1",
                order.GetPrimaryKey().ToString("N")));
    }

    /// <summary>
    /// What is asked where the silo of a checkout died is not asked of every checkout; nor is what the buyer was shown a second time.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_checkout_asks_its_cart_once_and_tells_it_once(bool expects)
    {
        var (buyer, _) = await silo.BuyerAsync();
        var (cart, command) = ((await silo.Cart(buyer).GetAsync(buyer)).Value!, CountingSilo.Command(buyer));
        var before = CartCalls(buyer);

        // An order that is slow asks again.
        silo.Time.Stop();
        try
        {
            var placed = await Order().PlaceAsync(expects ? command with { ExpectedCart = cart.ContentTag } : command);
            Assert.Equal(OrderStatus.Confirmed, placed.Result.Value?.Status);
        }
        finally
        {
            silo.Time.GoOn();
        }

        Assert.Equal(
            [nameof(ICartGrain.EndCheckoutAsync), nameof(ICartGrain.StartCheckoutAsync)],
            CartCalls(buyer).Except(before).Select(c => c.Key).Order());
        Assert.All([nameof(ICartGrain.StartCheckoutAsync), nameof(ICartGrain.EndCheckoutAsync)], m =>
            Assert.Equal(1, silo.Calls[$"{buyer.CartId:N}/{m}"]));
    }

    [Theory]
    [InlineData("pm_card_authenticationRequired", false)]
    [InlineData("pm_card_authenticationRequired", true)]
    public async Task an_order_that_was_superseded_has_its_cart_no_more(string paymentMethod, bool paid)
    {
        var (buyer, _) = await silo.BuyerAsync();
        var (first, second) = (Order(), Order());
        await first.PlaceAsync(CountingSilo.Command(buyer, paymentMethod));
        if (paid)
            await silo.QueryAsync<string>(
                "update simulated_payment set status = 'captured' where order_id = $1 returning status", first.GetPrimaryKey());

        var answer = (await second.PlaceAsync(CountingSilo.Command(buyer))).Result.Value!;

        Assert.Equal((paid ? first : second).GetPrimaryKey(), answer.Id);
        Assert.Equal(ErrorCode.CartEmpty, (await silo.Cart(buyer).BeginCheckoutAsync(buyer, Guid.NewGuid())).Error?.Code);
    }

    /// <summary>
    /// Another silo, whose clock is an hour behind, set the deadline; only the reminder, which the database's clock sends, ends the wait.
    /// </summary>
    [Fact]
    public async Task a_silo_for_whose_clock_it_is_too_late_takes_no_other_card_and_expires_nothing()
    {
        var (buyer, _) = await silo.BuyerAsync();
        var order = Order();
        await order.PlaceAsync(CountingSilo.Command(buyer, "pm_card_authenticationRequired"));
        var deadline = DateTimeOffset.UtcNow.AddHours(-1);
        // A handler of one of its events asks the order, which must not be in memory when its row changes.
        await Until.TrueAsync("its events are handled", TimeSpan.FromSeconds(30), async () => await silo.QueryAsync<long>(
            "select count(*) from event e join stream_queue q on q.id = e.queue where e.due_at is null and e.position > q.watermark") == 0);
        await silo.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero, TestContext.Current.CancellationToken);
        await ExecuteAsync($$"""
            update grain_state set state = convert_to(
              jsonb_set(convert_from(state, 'UTF8')::jsonb, '{state,order,paymentDeadline}', '"{{deadline:O}}"')::text, 'UTF8')
            where state_name = 'order' and grain_key = '{{order.GetPrimaryKey():N}}'
            """);

        Assert.Equal(ErrorCode.InvalidOrderState, (await order.PayAsync(buyer, "another", "pm_card_visa")).Error?.Code);
        await order.ResumeAsync();
        await order.ResumeAsync(deadline.AddSeconds(-1));
        Assert.Equal(OrderStatus.AwaitingPayment, (await order.GetAsync(buyer)).Value!.Status);

        await order.ResumeAsync(deadline);
        Assert.Equal(OrderStatus.Expired, (await order.GetAsync(buyer)).Value!.Status);
    }

    /// <summary>The stock was told once what became of an order's units; calls for orders of older versions were not made.</summary>
    private void AssertSettledOnce(string sku) => Assert.Equal((1, 0, 0), (
        silo.Calls.GetValueOrDefault($"{Sku.GrainKey(sku)}/{nameof(IInventoryItemGrain.SettleAsync)}"),
        silo.Calls.GetValueOrDefault($"{Sku.GrainKey(sku)}/{nameof(IInventoryItemGrain.CommitAsync)}"),
        silo.Calls.GetValueOrDefault($"{Sku.GrainKey(sku)}/{nameof(IInventoryItemGrain.ReturnAsync)}")));

    private Dictionary<string, int> CartCalls(Caller buyer) => typeof(ICartGrain).GetMethods().Select(m => m.Name)
        .ToDictionary(m => m, m => silo.Calls.GetValueOrDefault($"{buyer.CartId:N}/{m}"));

    private IOrderGrain Order() => silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid());

    private async Task ExecuteAsync(string sql)
    {
        await using var command = silo.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Storage;
using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Tests.Rules;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>
/// A silo in which the first write of an order can be held back, as by a silo that stands still. Once let go, it comes to the database, and
/// the activation that asked for it is no more: it never learns that.
/// </summary>
public sealed class LateSilo : InProcessSilo
{
    internal static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    internal ConcurrentDictionary<GrainId, Held> Writes { get; } = new();

    protected override void Configure(ISiloBuilder silo)
    {
        // A checkout that is held back is not to time out at its caller.
        silo.Services.PostConfigure<SiloMessagingOptions>(o => o.ResponseTimeout = Limit);
        var known = silo.Services.Last(s => s.ServiceType == typeof(IGrainStorage) && Equals(s.ServiceKey, "Default"));
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            "Default", (services, key) => new HoldingStorage((IGrainStorage)known.KeyedImplementationFactory!(services, key), Writes));
    }

    /// <summary>A write that is held back.</summary>
    internal sealed class Held
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource LetGo { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class HoldingStorage(IGrainStorage storage, ConcurrentDictionary<GrainId, Held> held)
        : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) => (storage as ILifecycleParticipant<ISiloLifecycle>)?.Participate(lifecycle);

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
            storage.ReadStateAsync(stateName, grainId, grainState);

        public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (!held.TryRemove(grainId, out var write))
            {
                await storage.WriteStateAsync(stateName, grainId, grainState);
                return;
            }
            write.Reached.SetResult();
            await write.LetGo.Task;
            await storage.WriteStateAsync(stateName, grainId, grainState);
            throw new UnavailableException("The silo was declared dead while it stood still.");
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
            storage.ClearStateAsync(stateName, grainId, grainState);
    }
}

/// <summary>
/// An order whose first write comes late, after the cart let another checkout begin that could not know of it. The reminder resumes it.
/// Whatever happens, the cart is bought once.
/// </summary>
public sealed class LateOrderTests(LateSilo silo) : IClassFixture<LateSilo>
{
    private const string Declined = "pm_card_visa_chargeDeclined";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task an_order_that_comes_late_is_not_bought_beside_another_of_its_cart(bool refilled)
    {
        var (buyer, sku) = await BuyerAsync();
        var late = await BeginAsync(buyer);
        var bought = await PlaceAsync(buyer);
        Assert.Equal(OrderStatus.Confirmed, await StatusAsync(bought, buyer));
        if (refilled)
            Assert.False((await Cart(buyer).SetItemAsync(buyer, sku, 1)).IsError);

        await late.ArriveAsync();
        await late.Order.ResumeAsync();

        Assert.Equal(OrderStatus.Cancelled, await StatusAsync(late.Order, buyer));
        Assert.Equal(OrderStatus.Confirmed, await StatusAsync(bought, buyer));
        Assert.Equal(1, await CapturedAsync(late.Order, bought));
        Assert.Equal((5, 1), await StockAsync(sku));
        // The cart lets the next checkout begin.
        Assert.False((await Cart(buyer).SetItemAsync(buyer, sku, 1)).IsError);
        Assert.Equal(OrderStatus.Confirmed, await StatusAsync(await PlaceAsync(buyer), buyer));
    }

    /// <summary>Its times say nothing: the silo that sold has a clock an hour behind.</summary>
    [Fact]
    public async Task nor_when_clocks_disagree()
    {
        var (buyer, sku) = await BuyerAsync();
        var late = await BeginAsync(buyer);
        var bought = await PlaceAsync(buyer);
        await silo.QueryAsync<string>("""
            update grain_state set state = convert_to(jsonb_set(convert_from(state, 'UTF8')::jsonb, '{state,ordered,0,placedAt}',
                '"2020-01-01T00:00:00+00:00"')::text, 'UTF8')
            where state_name = 'cart' and grain_key = $1 returning grain_key
            """, buyer.CartId!.Value.ToString("N"));

        await late.ArriveAsync();
        await late.Order.ResumeAsync();

        Assert.Equal(OrderStatus.Cancelled, await StatusAsync(late.Order, buyer));
        Assert.Equal(1, await CapturedAsync(late.Order, bought));
        Assert.Equal((5, 1), await StockAsync(sku));
    }

    [Fact]
    public async Task an_order_that_comes_late_leaves_the_cart_to_a_newer_one_that_waits_for_its_payment()
    {
        var (buyer, sku) = await BuyerAsync();
        var late = await BeginAsync(buyer);
        var newer = await PlaceAsync(buyer, Declined);
        Assert.Equal(OrderStatus.AwaitingPayment, await StatusAsync(newer, buyer));

        await late.ArriveAsync();
        await late.Order.ResumeAsync();

        Assert.Equal(OrderStatus.Cancelled, await StatusAsync(late.Order, buyer));
        Assert.Equal(OrderStatus.Confirmed, (await newer.PayAsync(buyer, "again", "pm_card_visa")).Value?.Status);
        Assert.Equal(1, await CapturedAsync(late.Order, newer));
        Assert.Equal((5, 1), await StockAsync(sku));
    }

    [Fact]
    public async Task an_order_that_comes_late_and_is_the_only_one_of_its_cart_is_bought()
    {
        var (buyer, sku) = await BuyerAsync();
        var late = await BeginAsync(buyer);

        await late.ArriveAsync();
        await late.Order.ResumeAsync();

        Assert.Equal(OrderStatus.Confirmed, await StatusAsync(late.Order, buyer));
        Assert.Equal((5, 1), await StockAsync(sku));
        Assert.Empty((await Cart(buyer).GetAsync(buyer)).Value!.Items);
    }

    /// <summary>
    /// Neither knows of the other before both are there: one is bought, and it is the newer, whoever is resumed first, or both at once.
    /// </summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task of_two_orders_that_come_late_the_newer_is_bought(bool newerFirst, bool atOnce)
    {
        var (buyer, sku) = await BuyerAsync();
        var older = await BeginAsync(buyer);
        var newer = await BeginAsync(buyer);
        await older.ArriveAsync();
        await newer.ArriveAsync();

        Late[] orders = newerFirst ? [newer, older] : [older, newer];
        if (atOnce)
            await Task.WhenAll(orders.Select(o => ResumeAsync(o.Order)));
        foreach (var order in orders)
            await ResumeAsync(order.Order);

        Assert.Equal(OrderStatus.Confirmed, await StatusAsync(newer.Order, buyer));
        Assert.Equal(OrderStatus.Cancelled, await StatusAsync(older.Order, buyer));
        Assert.Equal(1, await CapturedAsync(older.Order, newer.Order));
        Assert.Equal((5, 1), await StockAsync(sku));
    }

    /// <summary>While another checkout is under way nobody knows which is bought: the order waits, and ends when the other is.</summary>
    [Fact]
    public async Task an_order_that_comes_late_waits_while_another_is_being_placed()
    {
        var (buyer, sku) = await BuyerAsync();
        var late = await BeginAsync(buyer);
        var placing = Hold(buyer, out var place);
        await placing.Reached.Task.WaitAsync(LateSilo.Limit, TestContext.Current.CancellationToken);

        await late.ArriveAsync();
        await Assert.ThrowsAsync<UnavailableException>(() => late.Order.ResumeAsync());
        Assert.Equal(OrderStatus.Pending, await StatusAsync(late.Order, buyer));

        placing.LetGo.SetResult();
        await Assert.ThrowsAsync<UnavailableException>(() => place.Placing);
        await ResumeAsync(place.Order);
        await ResumeAsync(late.Order);

        Assert.Equal(
            (OrderStatus.Cancelled, OrderStatus.Confirmed), (await StatusAsync(late.Order, buyer), await StatusAsync(place.Order, buyer)));
        Assert.Equal(1, await CapturedAsync(late.Order, place.Order));
        Assert.Equal((5, 1), await StockAsync(sku));
    }

    /// <summary>An account's cart has the lines; the guest's cart, from which it was placed, is nobody's.</summary>
    [Fact]
    public async Task an_order_that_comes_late_does_not_follow_a_cart_that_went_to_an_account()
    {
        var (buyer, sku) = await BuyerAsync();
        var late = await BeginAsync(buyer);
        var account = new Caller(Guid.NewGuid(), null, false);
        Assert.Single(
            (await silo.Grains.GetGrain<ICartGrain>(account.UserId!.Value).MergeAsync(account, buyer.CartId!.Value)).Value!.Items);

        await late.ArriveAsync();
        await late.Order.ResumeAsync();

        Assert.Equal(OrderStatus.Cancelled, await StatusAsync(late.Order, buyer));
        Assert.Equal((5, 0), await StockAsync(sku));
    }

    /// <summary>A checkout under way whose silo stands still before the first write.</summary>
    private sealed record Late(IOrderGrain Order, LateSilo.Held Write, Task Placing)
    {
        /// <summary>The write comes to the database; the silo is gone.</summary>
        public async Task ArriveAsync()
        {
            Write.LetGo.SetResult();
            await Assert.ThrowsAsync<UnavailableException>(() => Placing);
        }
    }

    /// <summary>
    /// Begins a checkout that stands still, and forgets of its cart all that is not in the database, as if its silo had died.
    /// </summary>
    private async Task<Late> BeginAsync(Caller buyer)
    {
        var write = Hold(buyer, out var late);
        await write.Reached.Task.WaitAsync(LateSilo.Limit, TestContext.Current.CancellationToken);
        await silo.DeactivateAllAsync();
        return late;
    }

    private LateSilo.Held Hold(Caller buyer, out Late late)
    {
        var order = silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid());
        var write = new LateSilo.Held();
        silo.Writes[order.GetGrainId()] = write;
        late = new Late(order, write, order.PlaceAsync(Command(buyer)));
        return write;
    }

    private async Task<IOrderGrain> PlaceAsync(Caller buyer, string paymentMethod = "pm_card_visa")
    {
        var order = silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid());
        await order.PlaceAsync(Command(buyer, paymentMethod));
        return order;
    }

    /// <summary>As the reminder does, which comes again.</summary>
    private static async Task ResumeAsync(IOrderGrain order)
    {
        try
        {
            await order.ResumeAsync();
        }
        catch (UnavailableException)
        {
        }
    }

    private static PlaceOrder Command(Caller buyer, string paymentMethod = "pm_card_visa") =>
        new(buyer, Given.Address, null, paymentMethod, "ada@example.com", "fingerprint");

    private async Task<(Caller Buyer, string Sku)> BuyerAsync()
    {
        var sku = await silo.CreateProductAsync();
        await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).AdjustAsync(new AdjustStock("stock", 5, "delivery", null));
        var buyer = new Caller(null, Guid.NewGuid(), false);
        await Cart(buyer).OpenForGuestAsync();
        Assert.False((await Cart(buyer).SetItemAsync(buyer, sku, 1)).IsError);
        return (buyer, sku);
    }

    private ICartGrain Cart(Caller buyer) => silo.Grains.GetGrain<ICartGrain>(buyer.CartId!.Value);

    private static async Task<OrderStatus> StatusAsync(IOrderGrain order, Caller buyer) => (await order.GetAsync(buyer)).Value!.Status;

    private Task<long> CapturedAsync(IOrderGrain one, IOrderGrain other) => silo.QueryAsync<long>(
        "select count(*) from simulated_payment where order_id in ($1, $2) and status = 'captured'", one.GetPrimaryKey(),
        other.GetPrimaryKey());

    private async Task<(int, int)> StockAsync(string sku)
    {
        var level = (await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).GetAsync()).Value!;
        return (level.OnHand, level.Reserved);
    }
}

using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Pricing;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>A silo whose orders wait three seconds for their payment.</summary>
public sealed class ImpatientSilo : InProcessSilo
{
    protected override Dictionary<string, string?> Settings => new() { ["Checkout:PaymentWindowMinutes"] = "0.05" };
}

/// <summary>What an order that nobody pays does with the uses of its promotions.</summary>
public sealed class PromotionExpiryTests(ImpatientSilo silo) : IClassFixture<ImpatientSilo>
{
    private const string Id = "once", Code = "ONCE";

    [Fact]
    public async Task an_order_that_expires_gives_its_code_and_its_budget_back()
    {
        Assert.False((await silo.Grains.GetGrain<IPricingRulesGrain>(0).CreateAsync(PricingRule.Of(new Promotion
        {
            Id = Id,
            Name = "Once",
            Trigger = PromotionTrigger.Code,
            Code = Code,
            Action = new PromotionAction { Kind = PromotionActionKind.OrderDiscount, PercentPpm = 100_000 },
            MaxUses = 1,
            Budget = [new Money(100, "USD")],
        }))).IsError);
        var (buyer, cart) = await BuyerAsync();
        var order = silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid());
        var placed = (await order.PlaceAsync(CountingSilo.Command(buyer, "pm_card_authenticationRequired"))).Result.Value!;
        Assert.Equal((OrderStatus.AwaitingPayment, 100), (placed.Status, placed.Discount.Amount));

        await Until.TrueAsync("the order has expired", TimeSpan.FromSeconds(60), async () =>
            (await order.GetAsync(buyer)).Value!.Status == OrderStatus.Expired);

        var uses = silo.Grains.GetGrain<IPromotionUsesGrain>(Promotion.GrainKey(Id));
        await Until.TrueAsync("the use is given back", TimeSpan.FromSeconds(60), async () =>
        {
            var given = await uses.GetAsync();
            return (given.Reserved, given.Committed) == (0, 0) && given.Budgets.All(b => b.InAll == 0);
        });
        Assert.Equal("Reservation,Release", await silo.QueryAsync<string>(
            "select string_agg(kind, ',' order by sequence) from promotion_use where promotion_id = $1", Promotion.GrainKey(Id)));
        Assert.Equal(100, (await cart.GetAsync(buyer)).Value!.Prices!.Discount.Amount);
    }

    private async Task<(Caller Buyer, ICartGrain Cart)> BuyerAsync()
    {
        var sku = await silo.CreateProductAsync();
        await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).AdjustAsync(new AdjustStock("stock", 5, "delivery", null));
        var buyer = new Caller(null, Guid.NewGuid(), false);
        var cart = silo.Grains.GetGrain<ICartGrain>(buyer.CartId!.Value);
        await cart.OpenForGuestAsync();
        Assert.False((await cart.SetItemAsync(buyer, sku, 1)).IsError);
        // The silo learns of the promotion within a second.
        await Until.TrueAsync("the code is known", TimeSpan.FromSeconds(30), async () => !(await cart.AddCodeAsync(buyer, Code)).IsError);
        return (buyer, cart);
    }
}

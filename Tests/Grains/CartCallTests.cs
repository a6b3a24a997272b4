using Microsoft.Extensions.DependencyInjection;
using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Pricing;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>What a cart writes, and whom it asks.</summary>
public sealed class CartCallTests(CountingSilo silo) : IClassFixture<CountingSilo>
{
    private const string AskOffer = nameof(IProductGrain.GetOfferAsync);
    private const string AskStock = nameof(IInventoryItemGrain.GetAvailabilityAsync);

    private LocalGrainCache<PriceOffer> Offers => silo.Services.GetRequiredService<LocalGrainCache<PriceOffer>>();

    private LocalGrainCache<StockAvailability> Stocks => silo.Services.GetRequiredService<LocalGrainCache<StockAvailability>>();

    [Fact]
    public async Task a_merge_that_was_interrupted_still_takes_the_choices_of_the_guest()
    {
        var (buyer, sku) = await silo.BuyerAsync();
        await PromoteAsync();
        Assert.False((await silo.Cart(buyer).SetDestinationAsync(buyer, new Destination("DE", null, "10115"))).IsError);
        Assert.False((await silo.Cart(buyer).SetShippingMethodAsync(buyer, CheckoutPricing.ShippingMethodId)).IsError);
        Assert.False((await silo.Cart(buyer).SetCurrencyAsync(buyer, "CNY")).IsError);
        await Until.TrueAsync("the code is known", TimeSpan.FromSeconds(30), async () =>
            !(await silo.Cart(buyer).AddCodeAsync(buyer, Code)).IsError);
        var customer = new Caller(Guid.NewGuid(), null, IsAdmin: false);
        // The guest's cart is handed over, and then the customer's cart is never written.
        Assert.Single((await silo.Cart(buyer).TransferAsync(customer.UserId!.Value))!);
        Assert.True((await silo.Cart(buyer).GetAsync(buyer)).IsError);
        Assert.True((await silo.Cart(buyer).GetAsync(new Caller(Guid.NewGuid(), buyer.CartId, IsAdmin: false))).IsError);
        // From then on nobody changes what the customer's cart takes over.
        Assert.True((await silo.Cart(buyer).SetDestinationAsync(buyer, new Destination("FR"))).IsError);

        var merged = await silo.Grains.GetGrain<ICartGrain>(customer.UserId.Value).MergeAsync(customer, buyer.CartId!.Value);

        Assert.Equal(sku, merged.Value!.Items.Single().Sku);
        Assert.Equal(
            new CartChoices
            {
                Destination = new Destination("DE", null, "10115"),
                ShippingMethod = CheckoutPricing.ShippingMethodId,
                Currency = "CNY",
                Codes = [Code],
            }, merged.Value.Choices);
        // Whoever asks again gets the same, and does not undo what was chosen since.
        var mine = silo.Grains.GetGrain<ICartGrain>(customer.UserId.Value);
        Assert.False((await mine.SetDestinationAsync(customer, new Destination("FR"))).IsError);
        Assert.Equal("FR", (await mine.MergeAsync(customer, buyer.CartId!.Value)).Value!.Choices?.Destination?.Country);
    }

    [Fact]
    public async Task a_guest_who_has_only_chosen_keeps_the_choices_at_the_sign_in()
    {
        var guest = (await IssueAsync(1))[0];
        var cart = silo.Grains.GetGrain<ICartGrain>(guest);
        Assert.False((await cart.SetCurrencyAsync(Guest(guest), "CNY")).IsError);
        Assert.Equal(ErrorCode.ValidationFailed, (await cart.SetCurrencyAsync(Guest(guest), "QQQ")).Error?.Code);
        var customer = new Caller(Guid.NewGuid(), null, IsAdmin: false);

        var merged = await silo.Grains.GetGrain<ICartGrain>(customer.UserId!.Value).MergeAsync(customer, guest);

        Assert.Equal(("CNY", "CNY"), (merged.Value!.Choices?.Currency, merged.Value.Subtotal.Currency));
        Assert.True((await cart.GetAsync(Guest(guest))).IsError);
    }

    [Fact]
    public async Task a_merge_prices_the_guests_cart_for_nothing()
    {
        var (buyer, sku) = await silo.BuyerAsync();
        await CoolAsync([sku]);
        var before = Calls([sku]);
        var customer = new Caller(Guid.NewGuid(), null, IsAdmin: false);

        Assert.False((await silo.Grains.GetGrain<ICartGrain>(customer.UserId!.Value).MergeAsync(customer, buyer.CartId!.Value)).IsError);

        // The customer's cart alone is priced.
        Assert.All(Calls([sku]).Zip(before), pair => Assert.Equal(1, pair.First - pair.Second));
    }

    [Fact]
    public async Task to_issue_carts_writes_nothing_and_activates_none()
    {
        var rows = await RowsAsync();
        var issued = await IssueAsync(100);

        Assert.Equal(100, issued.Distinct().Count());
        Assert.Equal(rows, await RowsAsync());
        Assert.DoesNotContain(issued, id => silo.Calls.Keys.Any(k => k.StartsWith($"{id:N}/", StringComparison.Ordinal)));
        Assert.Null(await silo.Grains.GetGrain<ICartIdsGrain>(0).IssueAsync(0));
        Assert.Null(await silo.Grains.GetGrain<ICartIdsGrain>(0).IssueAsync(IssuedCarts.MaxCount + 1));
    }

    [Fact]
    public async Task who_looks_at_carts_that_were_never_filled_leaves_no_row_and_no_activation_behind()
    {
        var rows = await RowsAsync();
        var issued = await IssueAsync(100);
        await Task.WhenAll(
            issued.Select(async id => Assert.Empty((await silo.Grains.GetGrain<ICartGrain>(id).GetAsync(Guest(id))).Value!.Items)));

        Assert.Equal(rows, await RowsAsync());
        var keys = issued.Select(id => silo.Grains.GetGrain<ICartGrain>(id).GetGrainId()).ToHashSet();
        await Until.TrueAsync("those activations are gone", TimeSpan.FromSeconds(60), async () =>
            !(await silo.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics()).Any(s => keys.Contains(s.GrainId)));
    }

    [Fact]
    public async Task what_is_active_in_the_silo_is_not_called()
    {
        var skus = await ProductsAsync(3);
        await WarmAsync(skus);
        var (id, before) = ((await IssueAsync(1))[0], Calls(skus));
        var cart = silo.Grains.GetGrain<ICartGrain>(id);
        foreach (var sku in skus)
            Assert.False((await cart.SetItemAsync(Guest(id), sku, 2)).IsError);

        Assert.Equal(3, (await cart.GetAsync(Guest(id))).Value!.Items.Count(i => i is { Available: true, UnitPrice.Amount: 1000 }));
        Assert.Equal(3, (await cart.BeginCheckoutAsync(Guest(id), Guid.NewGuid())).Value.Length);
        Assert.Equal(before, Calls(skus));
    }

    [Fact]
    public async Task of_what_is_not_each_product_and_each_stock_is_asked_once()
    {
        var skus = await ProductsAsync(3);
        var id = (await IssueAsync(1))[0];
        foreach (var sku in skus)
            await silo.Grains.GetGrain<ICartGrain>(id).SetItemAsync(Guest(id), sku, 2);
        await CoolAsync(skus);
        var before = Calls(skus);

        Assert.False((await silo.Grains.GetGrain<ICartGrain>(id).SetItemAsync(Guest(id), skus[1], 3)).IsError);

        Assert.All(Calls(skus).Zip(before), pair => Assert.Equal(1, pair.First - pair.Second));
    }

    /// <summary>Who begins after a change was acknowledged finds it, wherever it is read.</summary>
    [Fact]
    public async Task a_change_is_seen_at_once()
    {
        var sku = (await ProductsAsync(1))[0];
        var id = (await IssueAsync(1))[0];
        var (cart, product, stock) = (
            silo.Grains.GetGrain<ICartGrain>(id), silo.Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku)),
            silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)));
        Assert.False((await cart.SetItemAsync(Guest(id), sku, 1)).IsError);
        for (var price = 1001; price < 1030; price++)
        {
            Assert.False((await product.UpdateAsync(Content(sku, price), null)).IsError);
            Assert.Equal(ErrorCode.Conflict, (await cart.BeginCheckoutAsync(Guest(id), Guid.NewGuid())).Error?.Code);
            Assert.Equal(price, (await cart.GetAsync(Guest(id))).Value!.Items[0].UnitPrice.Amount);
        }
        for (var units = 1; units <= 10; units++)
        {
            Assert.False((await stock.ReserveAsync(Guid.NewGuid(), 1, repeated: false)).IsError);
            Assert.Equal(units <= 8, (await cart.SetItemAsync(Guest(id), sku, 2)).Value!.Items[0].Available);
        }
        Assert.False((await product.ArchiveAsync(null)).IsError);
        Assert.Equal(ErrorCode.Conflict, (await cart.BeginCheckoutAsync(Guest(id), Guid.NewGuid())).Error?.Code);
    }

    [Fact]
    public async Task what_may_be_committed_or_not_is_read_nowhere_but_from_the_database()
    {
        var sku = (await ProductsAsync(1))[0];
        await WarmAsync([sku]);
        Assert.True(Offers.TryGetValue(sku, out _));
        await ExecuteAsync($"alter table grain_state_product add constraint refused check (grain_key <> 'sku/{sku}') not valid");
        try
        {
            await Assert.ThrowsAnyAsync<Exception>(
                () => silo.Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku)).UpdateAsync(Content(sku, 1), null));
        }
        finally
        {
            await ExecuteAsync("alter table grain_state_product drop constraint refused");
        }
        await Until.TrueAsync("the activation is gone", TimeSpan.FromSeconds(60), () => Task.FromResult(!Offers.TryGetValue(sku, out _)));
        Assert.Equal(1000, (await silo.Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku)).GetOfferAsync())!.Price.Amount);
        Assert.True(Offers.TryGetValue(sku, out var offer));
        Assert.Equal(1000, offer.Price.Amount);
    }

    [Fact]
    public async Task keys_are_changed_without_any_cart_being_lost()
    {
        var old = (await IssueAsync(1))[0];
        await ExecuteAsync("insert into cart_id_key (key, made_at) values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), "
            + "now() - interval '11 minutes')");
        await silo.RestartAsync();
        var issued = (await IssueAsync(1))[0];
        foreach (var id in (Guid[])[old, issued])
            Assert.False((await silo.Grains.GetGrain<ICartGrain>(id).GetAsync(Guest(id))).IsError);

        // One that was just made proves before it signs.
        await ExecuteAsync("delete from cart_id_key where number = (select min(number) from cart_id_key)");
        await ExecuteAsync("insert into cart_id_key (key) values (decode(repeat('ab', 32), 'hex'))");
        await silo.RestartAsync();
        var fresh = new CartIdKeys([.. Enumerable.Repeat((byte)0xab, CartIdKeys.KeyLength)]).Issue();
        Assert.False((await silo.Grains.GetGrain<ICartGrain>(fresh).GetAsync(Guest(fresh))).IsError);
        Assert.False((await silo.Grains.GetGrain<ICartGrain>(issued).GetAsync(Guest(issued))).IsError);
        Assert.True((await silo.Grains.GetGrain<ICartGrain>(old).GetAsync(Guest(old))).IsError);
        Assert.False(new CartIdKeys([.. Enumerable.Repeat((byte)0xab, CartIdKeys.KeyLength)]).Proves((await IssueAsync(1))[0]));
    }

    private const string Code = "MERGED";

    private async Task PromoteAsync() => Assert.False((await silo.Grains.GetGrain<IPricingRulesGrain>(0).CreateAsync(
        PricingRule.Of(new Promotion
        {
            Id = "merged",
            Name = "Merged",
            Trigger = PromotionTrigger.Code,
            Code = Code,
            Action = new PromotionAction { Kind = PromotionActionKind.OrderDiscount, PercentPpm = 100_000 },
        }))).IsError);

    private static Caller Guest(Guid id) => new(null, id, false);

    private static ProductContent Content(string sku, long price) =>
        new($"Product {sku}", "", "test", null, new Money(price, "USD"), new Dictionary<string, string>(), []);

    private async Task<ImmutableArray<Guid>> IssueAsync(int count) => (await silo.Grains.GetGrain<ICartIdsGrain>(0).IssueAsync(count))!.Ids;

    private async Task<string[]> ProductsAsync(int count)
    {
        var skus = new string[count];
        for (var i = 0; i < count; i++)
        {
            skus[i] = await silo.CreateProductAsync();
            await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(skus[i]))
                .AdjustAsync(new AdjustStock("stock", 10, "delivery", null));
        }
        return skus;
    }

    private async Task WarmAsync(string[] skus)
    {
        foreach (var sku in skus)
        {
            await silo.Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku)).GetOfferAsync();
            await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).GetAvailabilityAsync();
        }
    }

    private async Task CoolAsync(string[] skus)
    {
        await silo.DeactivateAllAsync();
        await Until.TrueAsync("those activations are gone", TimeSpan.FromSeconds(60), () =>
            Task.FromResult(!skus.Any(s => Offers.TryGetValue(s, out _) || Stocks.TryGetValue(s, out _))));
    }

    private int[] Calls(string[] skus) => [.. skus.SelectMany(s => (int[])[
        silo.Calls.GetValueOrDefault($"{Sku.GrainKey(s)}/{AskOffer}"), silo.Calls.GetValueOrDefault($"{Sku.GrainKey(s)}/{AskStock}")])];

    private Task<long> RowsAsync() => silo.QueryAsync<long>("select count(*) from grain_state_cart");

    private async Task ExecuteAsync(string sql)
    {
        await using var command = silo.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}

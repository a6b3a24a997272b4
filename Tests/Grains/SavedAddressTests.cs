using SoonShop.Addresses;
using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Tests.Rules;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Grains;

public sealed class SavedAddressTests(InProcessSilo silo) : IClassFixture<InProcessSilo>
{
    [Fact]
    public async Task an_address_from_before_these_rules_is_shown_as_it_is_and_refused_at_checkout_by_its_name()
    {
        var (userId, addressId) = (Guid.NewGuid(), Guid.NewGuid());
        var buyer = new Caller(userId, null, false);
        var user = silo.Grains.GetGrain<IUserGrain>(userId);
        Assert.False((await user.RegisterAsync(new RegisterUser($"{userId:N}@example.com", "correct horse", "Ada"))).IsError);
        Assert.False((await user.PutAddressAsync(addressId, Given.Address, mustExist: false)).IsError);
        await silo.DeactivateAllAsync();
        await using (var command = silo.Database.CreateCommand("""
            update grain_state set state = convert_to(replace(replace(convert_from(state, 'UTF8'), '"GB"', '"UK"'),
                'SW1Y 4LE', 'x'), 'UTF8')
            where state_name = 'user' and convert_from(state, 'UTF8') like '%SW1Y 4LE%'
            """))
            Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));

        Assert.Equal(
            [new SavedAddress(addressId, Given.Address with { Country = "UK", PostalCode = "x" })], await user.GetAddressesAsync());

        var sku = await silo.CreateProductAsync();
        await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).AdjustAsync(new AdjustStock("stock", 1, "delivery", null));
        Assert.False((await silo.Grains.GetGrain<ICartGrain>(userId).SetItemAsync(buyer, sku, 1)).IsError);
        var order = silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid());
        var refused = (await order.PlaceAsync(new PlaceOrder(buyer, null, addressId, "pm_card_visa", null, "fingerprint"))).Result.Error!;
        Assert.Equal(
            $"names the saved address {addressId}, whose country {AddressRules.NoCountry.English}", refused.Errors!["addressId"][0]);

        Assert.False((await user.PutAddressAsync(addressId, Given.Address, mustExist: true)).IsError);
        var placed = (await order.PlaceAsync(new PlaceOrder(buyer, null, addressId, "pm_card_visa", null, "fingerprint"))).Result.Value!;
        Assert.Equal((OrderStatus.Confirmed, Given.Address), (placed.Status, placed.ShippingAddress));
    }

    [Fact]
    public async Task what_an_older_front_end_lets_through_is_refused_by_the_grain()
    {
        var user = silo.Grains.GetGrain<IUserGrain>(Guid.NewGuid());
        var nowhere = Given.Address with { Country = "ZZ" };
        Assert.Equal(["country"], (await user.PutAddressAsync(Guid.NewGuid(), nowhere, mustExist: false)).Error!.Errors!.Keys);
        var order = silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid());
        var guest = new Caller(null, Guid.NewGuid(), false);
        var refused = await order.PlaceAsync(new PlaceOrder(guest, nowhere, null, "pm_card_visa", "ada@example.com", "fingerprint"));
        Assert.Equal(["shippingAddress.country"], refused.Result.Error!.Errors!.Keys);
    }
}

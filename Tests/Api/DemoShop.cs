using SoonShop.Silo.Seed;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>What <c>run.sh</c> starts: development's settings, the demo catalogue, its administrator and its customer.</summary>
internal static class DemoShop
{
    public const string AdminEmail = "admin@soonshop.dev";
    public const string AdminPassword = "Admin-Pa55word";
    public const string BuyerEmail = "buyer@soonshop.dev";
    public const string BuyerPassword = "Buyer-Pa55word";

    /// <summary>A fresh one, and the folder that its mail goes to.</summary>
    public static async Task<(Shop Shop, ApiClient Api, string Mail)> StartAsync(params (string Name, string Value)[] more)
    {
        var mail = Path.Combine(Repository.TestData, $"mail-{Guid.NewGuid():N}");
        (string, string)[] settings =
        [
            ("DOTNET_ENVIRONMENT", "Development"),
            ("Accounts__AdminEmail", AdminEmail), ("Accounts__AdminPassword", AdminPassword),
            ("Accounts__DemoEmail", BuyerEmail), ("Accounts__DemoPassword", BuyerPassword),
            ("Notifications__Email__Directory", mail),
            .. more,
        ];
        var (shop, api) = await Shop.StartAsync(settings);
        try
        {
            var seed = Path.Combine(Repository.Root, "Silo", "Seed");
            var pricing = await DemoPricing.ReadAsync(Path.Combine(seed, "pricing.json"), CancellationToken.None);
            await DemoCatalog.LoadAsync(shop.Grains, Path.Combine(seed, "catalogue.json"), pricing, "USD", CancellationToken.None);
            Assert.Empty(await pricing.StoreRulesAsync(shop.Grains));
            await DemoCatalog.EnsureCustomerAsync(shop.Grains, BuyerEmail, BuyerPassword);
            await shop.HasAccountAsync(AdminEmail);
            return (shop, api, mail);
        }
        catch
        {
            await shop.DisposeAsync();
            throw;
        }
    }
}

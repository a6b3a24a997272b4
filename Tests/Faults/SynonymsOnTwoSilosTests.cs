using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

public sealed class SynonymsOnTwoSilosTests
{
    /// <summary>Front ends spread searches over both silos; none of them is answered from memory.</summary>
    [Fact]
    public async Task a_change_is_in_force_on_all_silos()
    {
        await using var shop = await Shop.CreateAsync(null, ("Caching__Enabled", "false"));
        await shop.StartSiloAsync();
        await shop.StartSiloAsync();
        var apis = new[] { await shop.StartApiAsync(), await shop.StartApiAsync() };
        var admin = await apis[0].AsAdminAsync();
        var sku = await admin.CreateProductAsync();
        Expect.Status(200, await admin.PatchAsync($"/products/{sku}", new { name = "Plovdex couch" }));

        for (var round = 0; round < 3; round++)
        {
            var body = new { id = "plovdex", terms = new[] { "plovdex couch", $"plovdex sofa{round}" } };
            Expect.Status(round == 0 ? 201 : 200, round == 0
                ? await admin.PostAsync("/admin/search/synonyms", body)
                : await admin.PutAsync("/admin/search/synonyms/plovdex", body));
            for (var search = 0; search < 40; search++)
            {
                var found = Expect.Status(200, await apis[search % 2].GetAsync($"/products?q=plovdex%20sofa{round}"));
                Assert.Equal(sku, Assert.Single(found["items"]!.AsArray())!["sku"]!.GetValue<string>());
            }
        }
    }
}

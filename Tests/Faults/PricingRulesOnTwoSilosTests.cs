using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>How long a change takes is measured by <c>./test.sh bench PricingBenchmark</c>.</summary>
public sealed class PricingRulesOnTwoSilosTests
{
    private const int Changes = 5;
    private const int Quotes = 20;

    [Fact]
    public async Task a_change_of_rules_is_in_force_on_all_silos()
    {
        await using var shop = await TwoSiloShop.StartAsync();
        for (var change = 1; change <= Changes; change++)
        {
            var discount = 100 * change;
            await shop.ChangeAsync(discount);
            foreach (var cart in new[] { shop.BesideTheRules, shop.OnTheOtherSilo })
            {
                await Until.TrueAsync($"a cart has a discount of {discount}", TimeSpan.FromSeconds(60), async () =>
                    await TwoSiloShop.DiscountAsync(cart) == discount);
            }
            // From then on no silo quotes the rules from before.
            for (var quote = 0; quote < Quotes; quote++)
            {
                Assert.Equal(
                    (discount, discount),
                    (await TwoSiloShop.DiscountAsync(shop.BesideTheRules), await TwoSiloShop.DiscountAsync(shop.OnTheOtherSilo)));
            }
        }
    }
}

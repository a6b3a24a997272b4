using SoonShop.Pricing;
using static SoonShop.Tests.Pricing.GivenPrices;

namespace SoonShop.Tests.Pricing;

/// <summary>Section 6 of the specification: currencies and price lists.</summary>
public sealed class PriceListTests
{
    private static readonly PricingRules Listed = Shop with
    {
        PriceLists =
        [
            new PriceList { Id = "sale", Name = "Sale", Priority = 2 },
            new PriceList { Id = "trade", Name = "Trade", Priority = 1, CustomerGroups = ["trade"] },
            new PriceList { Id = "off", Name = "Off", Enabled = false },
            new PriceList { Id = "old", Name = "Old", To = Now },
        ],
    };

    private static readonly ProductPrice Base = new("USD", 1000);

    [Fact]
    public void s6_lists_come_by_priority_and_for_their_groups_then_the_base_price()
    {
        ProductPrice[] prices = [Base, Base with { ListId = "sale", Amount = 900 }, Base with { ListId = "trade", Amount = 950 }];

        Assert.Equal("900 sale", Unit(prices));
        Assert.Equal("950 trade", Unit(prices, groups: "trade"));
        var inactive = new[] { "off", "old", "gone" }.Select(list => Base with { ListId = list, Amount = 1 });
        Assert.Equal("1000 ", Unit([Base, .. inactive]));
    }

    [Fact]
    public void s6_in_a_list_the_largest_minimum_quantity_that_fits_counts()
    {
        ProductPrice[] prices =
        [
            Base, Base with { ListId = "sale", MinQuantity = 5, Amount = 900 },
            Base with { ListId = "sale", MinQuantity = 10, Amount = 800 },
            Base with { MinQuantity = 3, Amount = 990 },
        ];

        Assert.Equal(["1000 ", "990 ", "900 sale", "800 sale"], new[] { 1, 4, 9, 10 }.Select(quantity => Unit(prices, quantity)));
    }

    [Fact]
    public void s6_minimum_quantities_count_the_units_of_all_lines_of_the_product()
    {
        var product = Product("A", 1000) with { Prices = [Base, Base with { MinQuantity = 4, Amount = 500 }] };

        Assert.Equal([500L, 500L], Shop.Price(Cart(new PricingLine(product, 1), new(product, 3))).Lines.Select(l => l.UnitPrice!.Value));
    }

    [Fact]
    public void s6_of_prices_in_force_the_one_that_began_last_counts()
    {
        ProductPrice[] prices =
        [
            Base with { Amount = 1 }, Base with { From = Now, Amount = 800 }, Base with { From = Now.AddDays(-1), Amount = 700 },
            Base with { From = Now.AddTicks(1) },
        ];

        Assert.Equal("800 ", Unit(prices));
        Assert.Equal("1 ", Unit([prices[0], Base with { To = Now, From = Now.AddDays(-1), Amount = 5 }]));
    }

    [Theory]
    [InlineData("EUR", 1000)]
    [InlineData("USD", -1)]
    [InlineData("USD", PricingLimits.MaxPrice + 1)]
    public void s6_without_a_price_in_the_currency_a_product_cannot_be_bought(string currency, long amount)
    {
        var quote = Shop.Price(Cart(new PricingLine(Product("A", amount, currency: currency), 2), new(Product("B", 700), 1)));

        Assert.Null(quote.Lines[0].UnitPrice);
        var problem = Assert.Single(quote.Problems);
        Assert.Equal(("quote.no-price", 0, "A has no price in USD, so it cannot be bought in this currency."),
            (problem.Text.Key, problem.Line, problem.Text.English));
        Assert.Equal((false, 700, 1200), (quote.CanBeOrdered, quote.Subtotal, quote.Total));
    }

    [Fact]
    public void s6_a_price_of_0_is_a_price()
    {
        var quote = Shop.Price(Cart((1, 0)).NotSent());

        Assert.Equal((0L, 0L, true), (quote.Lines[0].UnitPrice, quote.Total, quote.CanBeOrdered));
    }

    private static string Unit(ProductPrice[] prices, int quantity = 1, params ImmutableArray<string> groups)
    {
        var cart = Cart(new PricingLine(Product("A", 0) with { Prices = [.. prices] }, quantity));
        var line = Listed.Price(cart with { Buyer = new Buyer { Groups = groups } }).Lines[0];
        return $"{line.UnitPrice} {line.PriceListId}";
    }
}

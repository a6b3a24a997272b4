using SoonShop.Pricing;
using static SoonShop.Tests.Pricing.GivenPrices;

namespace SoonShop.Tests.Pricing;

/// <summary>Section 3 of the specification: what promotions match, and what each action does.</summary>
public sealed class PromotionActionTests
{
    [Fact]
    public void an_amount_off_units_is_off_each_of_them_and_never_more_than_they_cost()
    {
        var rules = Shop.With(Promotion("off", PromotionAction.UnitAmount(Usd(150))));

        Assert.Equal(["off 300", "off 200"], rules.Price(Cart((2, 1000), (2, 100))).Lines.Select(l => l.Discounts()));
    }

    [Fact]
    public void buy_three_pay_two_makes_the_cheapest_units_free()
    {
        // Seven units are two sets: the two cheapest of all matching units are free.
        var rules = Shop.With(Promotion("set", PromotionAction.BuyXGetY(2, 1)));

        Assert.Equal(["", "", "set 600"], rules.Price(Cart((2, 1000), (2, 500), (3, 300))).Lines.Select(l => l.Discounts()));
        Assert.Equal("set 300", rules.Price(Cart((2, 1000), (1, 500), (2, 300))).Applied());
        Assert.Empty(rules.Price(Cart((2, 1000))).Promotions);
    }

    [Fact]
    public void buy_one_get_one_at_half_price_reduces_at_most_the_capped_units()
    {
        var rules = Shop.With(Promotion("set", PromotionAction.BuyXGetY(1, 1, 500_000)) with { MaxUnits = 2 });

        Assert.Equal("set 1000", rules.Price(Cart((10, 1000))).Applied());
    }

    [Fact]
    public void a_cap_on_units_reduces_the_most_expensive_ones()
    {
        var rules = Shop.With(Promotion("two", PromotionAction.UnitPercent(500_000)) with { MaxUnits = 2 });

        Assert.Equal(["two 500", "two 1000"], rules.Price(Cart((3, 1000), (1, 2000))).Lines.Select(l => l.Discounts()));
    }

    [Fact]
    public void the_largest_discount_caps_and_is_divided_like_the_discount()
    {
        var rules = Shop.With(Promotion("cap", PromotionAction.UnitPercent(500_000)) with { MaxDiscount = Usd(100) });

        Assert.Equal(["cap 67", "cap 33"], rules.Price(Cart((2, 1000), (1, 1000))).Lines.Select(l => l.Discounts()));
    }

    [Fact]
    public void a_category_has_its_subcategories_and_nothing_that_only_begins_like_it()
    {
        var rules = Shop.With(Promotion("k", PromotionAction.UnitPercent(100_000))
            .When(c => c with { Items = new ItemFilter { Categories = ["kitchen"] } }));
        var quote = rules.Price(Cart(
            new PricingLine(Product("A", 1000, "kitchen/drinkware"), 1), new(Product("B", 1000, "kitchen"), 1),
            new(Product("C", 1000, "kitchenware"), 1), new(Product("D", 1000, "kitchen/drinkware/mugs"), 1)));

        Assert.Equal(["k 100", "k 100", "", "k 100"], quote.Lines.Select(l => l.Discounts()));
    }

    [Fact]
    public void products_match_by_sku_category_or_attribute_unless_they_are_excluded()
    {
        var blue = Product("D", 1000, "books") with { Attributes = new Dictionary<string, string> { ["colour"] = "blue" } };
        var rules = Shop.With(Promotion("k", PromotionAction.UnitPercent(100_000)).When(c => c with
        {
            Items = new ItemFilter { Skus = ["C"], Categories = ["kitchen"], Attributes = [new("colour", "blue")], ExcludedSkus = ["B"] },
        }));
        var quote = rules.Price(Cart(
            new PricingLine(Product("A", 1000), 1), new(Product("B", 1000), 1), new(Product("C", 1000, "books"), 1), new(blue, 1),
            new(Product("E", 1000, "books"), 1)));

        Assert.Equal(["k 100", "", "k 100", "k 100", ""], quote.Lines.Select(l => l.Discounts()));
    }

    [Fact]
    public void an_order_discount_does_not_touch_products_that_its_filter_excludes()
    {
        var rules = Shop.With(Promotion("ten", PromotionAction.OrderPercent(100_000))
            .When(c => c with { Items = new ItemFilter { ExcludedSkus = ["B"] } }));

        Assert.Equal(["ten 100", ""], rules.Price(Cart((1, 1000), (1, 5000))).Lines.Select(l => l.Discounts()));
    }

    [Fact]
    public void a_minimum_of_a_line_promotion_counts_prices_before_discounts_and_one_of_the_order_counts_what_is_left()
    {
        // 60.00, less 10.00: the order's minimum of 55.00 is missed, the lines' is not.
        var min = Usd(5500);
        var rules = Shop.With(
            Promotion("a", PromotionAction.UnitAmount(Usd(1000))),
            Promotion("line", PromotionAction.UnitPercent(100_000)).When(c => c with { MinSubtotal = min }),
            Promotion("order", PromotionAction.OrderPercent(100_000)).When(c => c with { MinSubtotal = min }),
            Promotion("ship", PromotionAction.FreeShipping()).When(c => c with { MinSubtotal = min }));

        Assert.Equal("a 1000, line 500", rules.Price(Cart((1, 6000))).Applied());
    }

    [Fact]
    public void a_gift_is_a_line_of_its_own_that_costs_nothing()
    {
        var gift = Product("SPOON", 250);
        var rules = Shop.Taxed(Rate(190_000)).With(Promotion("gift", PromotionAction.Gift("SPOON", 2))
            .When(c => c with { MinSubtotal = Usd(1000) }));

        var quote = rules.Price(Cart((1, 1000)).NotSent() with { GiftProducts = [gift with { RequiresShipping = false }] });
        Assert.Equal((2, "SPOON", 2, 500L, 0L),
            (quote.Lines.Length, quote.Lines[1].Sku, quote.Lines[1].Quantity, quote.Lines[1].Discount, quote.Lines[1].Payable));
        Assert.Equal(("gift", "gift 500"), (quote.Lines[1].GiftOf, quote.Applied()));
        Assert.Equal((1500, 500, 190, 1190), (quote.Subtotal, quote.Discount, quote.Tax, quote.Total));
    }

    [Fact]
    public void gifts_do_not_count_for_other_promotions_and_not_for_the_price_of_shipping()
    {
        var perItem = Flat(0) with { Kind = ShippingPriceKind.PerItem, AmountPerItem = 100 };
        var rules = Shop.Sending(Method("post", perItem)).With(
            Promotion("gift", PromotionAction.Gift("SPOON")), Promotion("set", PromotionAction.BuyXGetY(1, 1)),
            Promotion("ten", PromotionAction.OrderPercent(100_000)));

        var quote = rules.Price(Cart((1, 1000)) with { GiftProducts = [Product("SPOON", 5000)] });
        Assert.Equal("gift 5000, ten 100", quote.Applied());
        Assert.Equal((100, 1000), (quote.ShippingCost, quote.Total));
    }
}

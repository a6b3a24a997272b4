using SoonShop.Pricing;
using static SoonShop.Tests.Pricing.GivenPrices;

namespace SoonShop.Tests.Pricing;

/// <summary>Section 3 of the specification: promotions.</summary>
public sealed class PromotionTests
{
    [Fact]
    public void s3_1_line_discounts_come_before_order_discounts_and_these_before_shipping_whatever_their_priority()
    {
        // 30.00; 10 % off units: 27.00; 10 % off the order: 24.30; shipping 5.00 at half the price.
        var quote = Shop.With(
            Promotion("ship", PromotionAction.ShippingPercent(500_000)) with { Priority = -5 },
            Promotion("order", PromotionAction.OrderPercent(100_000)) with { Priority = -1 },
            Promotion("units", PromotionAction.UnitPercent(100_000))).Price(Cart((3, 1000)));

        Assert.Equal("units 300, order 270, ship 250", quote.Applied());
        Assert.Equal((3000, 820, 500, 2680), (quote.Subtotal, quote.Discount, quote.ShippingCost, quote.Total));
    }

    [Fact]
    public void s3_1_within_a_stage_the_order_is_by_priority_then_by_id()
    {
        // 10.00 less 1.00 is 9.00, half of which is 4.50; half of 10.00 less 1.00 would be 4.00.
        var half = Promotion("b-half", PromotionAction.UnitPercent(500_000));
        var one = Promotion("a-one", PromotionAction.UnitAmount(Usd(100)));

        Assert.Equal("a-one 100, b-half 450", Shop.With(half, one).Price(Cart((1, 1000))).Applied());
        Assert.Equal("b-half 500, a-one 100", Shop.With(one, half with { Priority = -1 }).Price(Cart((1, 1000))).Applied());
    }

    [Fact]
    public void s3_2_of_promotions_that_exclude_each_other_the_best_for_the_customer_wins()
    {
        var small = Promotion("a", PromotionAction.UnitPercent(100_000)) with { Combines = PromotionStages.None };
        var large = Promotion("b", PromotionAction.OrderAmount(Usd(200))) with { Combines = PromotionStages.None };

        Assert.Equal("b 200", Shop.With(small, large).Price(Cart((1, 1000))).Applied());
        Assert.Equal("a 300", Shop.With(small, large).Price(Cart((1, 3000))).Applied());
    }

    [Fact]
    public void s3_2_ties_go_to_the_smaller_id()
    {
        var tied = Shop.With(
            Promotion("b", PromotionAction.OrderAmount(Usd(200))) with { Combines = PromotionStages.None, Priority = -9 },
            Promotion("a", PromotionAction.UnitPercent(200_000)) with { Combines = PromotionStages.None });

        Assert.Equal("a 200", tied.Price(Cart((1, 1000))).Applied());
    }

    [Fact]
    public void s3_2_a_combination_of_two_can_beat_one()
    {
        // Alone 30 % is the best; 20 % and then 15 % of the rest are 32 %.
        var quote = Shop.With(
            Promotion("alone", PromotionAction.UnitPercent(300_000)) with { Combines = PromotionStages.None },
            Promotion("line", PromotionAction.UnitPercent(200_000)) with { Combines = PromotionStages.Order },
            Promotion("order", PromotionAction.OrderPercent(150_000)) with { Combines = PromotionStages.Line }).Price(Cart((1, 10_000)));

        Assert.Equal("line 2000, order 1200", quote.Applied());
    }

    [Fact]
    public void s3_2_both_must_allow_the_stage_of_the_other()
    {
        var onesided = Shop.With(
            Promotion("line", PromotionAction.UnitPercent(100_000)) with { Combines = PromotionStages.All },
            Promotion("order", PromotionAction.OrderPercent(200_000)) with { Combines = PromotionStages.Shipping });

        Assert.Equal("order 200", onesided.Price(Cart((1, 1000))).Applied());
    }

    [Fact]
    public void s3_2_free_shipping_is_compared_with_a_discount_by_what_it_saves()
    {
        var rules = Shop.With(
            Promotion("ship", PromotionAction.FreeShipping()) with { Combines = PromotionStages.None },
            Promotion("ten", PromotionAction.OrderPercent(100_000)) with { Combines = PromotionStages.None });

        Assert.Equal("ship 500", rules.Price(Cart((1, 4000))).Applied());
        Assert.Equal("ten 600", rules.Price(Cart((1, 6000))).Applied());
        Assert.Equal("ten 400", rules.Price(Cart((1, 4000)) with { ShippingMethodId = null }).Applied());
    }

    [Fact]
    public void s3_3_an_order_discount_is_divided_by_value_after_line_discounts_and_stored_with_the_lines()
    {
        // 500 over 1000, 500 and 333: 272.77, 136.39 and 90.83. The two units that are left go to the largest remainders.
        var quote = Shop.With(
            Promotion("line", PromotionAction.UnitPercent(500_000)).When(c => c with { Items = new ItemFilter { Skus = ["A"] } }),
            Promotion("order", PromotionAction.OrderAmount(Usd(500)))).Price(Cart((2, 1000), (1, 500), (3, 111)).NotSent());

        Assert.Equal(["line 1000, order 273", "order 136", "order 91"], quote.Lines.Select(l => l.Discounts()));
        Assert.Equal(1333, quote.Total);
    }

    [Fact]
    public void s3_3_within_a_line_it_is_divided_over_the_units()
    {
        var quote = Shop.With(Promotion("order", PromotionAction.OrderAmount(Usd(100)))).Price(Cart((3, 1000)).NotSent());

        Assert.Equal([967, 967, 966], Units(quote, 0).Select(u => u.Total));
        Assert.Equal([33, 33, 34], Units(quote, 0).Select(u => u.Discount));
    }

    [Fact]
    public void s3_4_the_tax_base_is_what_is_left_after_discounts()
    {
        var quote = Shop.Taxed(Rate(190_000)).With(
            Promotion("order", PromotionAction.OrderPercent(100_000)), Promotion("ship", PromotionAction.FreeShipping()))
                .Price(Cart((1, 10_000)));

        Assert.Equal("vat 9000 1710", quote.TaxSummary());
        Assert.Equal(10_710, quote.Total);
    }

    [Theory]
    [InlineData("SAVE10")]
    [InlineData("  save10\t")]
    [InlineData("ｓａｖｅ１０")]
    [InlineData("Ｓave\u200B10")]
    [InlineData("\u00A0SAVE①⓪")]
    public void s3_5_codes_are_trimmed_and_compared_without_case_in_compatible_form(string entered)
    {
        var rules = Shop.With(Promotion("ten", PromotionAction.OrderPercent(100_000)).ByCode("Save10"));

        var quote = rules.Price(Cart((1, 1000)).With(entered));
        Assert.Equal(("ten 100", entered), (quote.Applied(), quote.Promotions[0].Code));
        Assert.Equal(entered, quote.Lines[0].Adjustments[0].Code);
        Assert.Empty(quote.RefusedCodes);
        Assert.Empty(rules.Price(Cart((1, 1000))).Promotions);
    }

    [Fact]
    public void s3_6_the_quote_says_which_counters_an_order_uses()
    {
        var rules = Shop.With(
            Promotion("all", PromotionAction.OrderPercent(100_000)) with { MaxUses = 5, Budget = Usd(10_000) },
            Promotion("own", PromotionAction.UnitPercent(100_000)) with { MaxUsesPerCustomer = 1 },
            Promotion("batch", PromotionAction.FreeShipping()) with { Trigger = PromotionTrigger.CodeBatch });

        var quote = rules.Price(Cart((1, 1000)) with { Codes = [new EnteredCode("X7F2", "batch")] });
        Assert.Equal(["own False True False False", "all True False True False", "batch False False False True"],
            quote.Promotions.Select(p => $"{p.Id} {p.LimitsUses} {p.LimitsUsesPerCustomer} {p.HasBudget} {p.IsSingleUseCode}"));
    }

    [Fact]
    public void s3_6_what_is_left_of_a_budget_caps_the_discount()
    {
        var rules = Shop.With(Promotion("order", PromotionAction.OrderPercent(100_000)) with { Budget = Usd(10_000) });
        PricingRequest Left(long budget) => Cart((1, 1000)) with
        {
            Availability = ImmutableDictionary<string, PromotionAvailability>.Empty.Add("order", new(BudgetMinor: budget)),
        };

        Assert.Equal("order 37", rules.Price(Left(37)).Applied());
        Assert.Equal("order 100", rules.Price(Cart((1, 1000))).Applied());
        Assert.Empty(rules.Price(Left(0)).Promotions);
    }

    [Fact]
    public void s3_8_two_promotions_for_free_shipping_do_not_make_it_negative()
    {
        var quote = Shop.With(
            Promotion("first", PromotionAction.FreeShipping()), Promotion("second", PromotionAction.FreeShipping()).ByCode("FREE"))
                .Price(Cart((1, 1000)).With("free"));

        Assert.Equal("first 500", quote.Applied());
        Assert.Equal((500, 500, 1000), (quote.ShippingCost, quote.Shipping!.Discount, quote.Total));
        Assert.Equal("promotion.nothing-left", quote.RefusedCodes[0].Reason.Key);
    }

    [Fact]
    public void s3_8_a_discount_of_100_percent_leaves_nothing_to_pay()
    {
        var quote = Shop.Taxed(Rate(190_000)).With(
            Promotion("all", PromotionAction.OrderPercent(1_000_000)), Promotion("ship", PromotionAction.FreeShipping()))
                .Price(Cart((3, 333), (1, 1)));

        Assert.Equal((0, 0, true), (quote.Total, quote.Tax, quote.CanBeOrdered));
        Assert.All(quote.Lines, l => Assert.Equal((l.Gross, 0), (l.Discount, l.Payable)));
    }

    [Fact]
    public void the_largest_cart_does_not_overflow()
    {
        var largest = Cart([.. Enumerable.Range(0, 100).Select(i => new PricingLine(Product($"SKU-{i:00}", PricingLimits.MaxPrice), 999))]);
        var rules = Shop.Taxed([.. Enumerable.Range(0, 8).Select(i => Rate(1_000_000, $"r{i}", compound: i >= 6))]).With(
            Promotion("a", PromotionAction.UnitPercent(1)), Promotion("b", PromotionAction.OrderPercent(1)),
            Promotion("c", PromotionAction.BuyXGetY(999, 999, 1)));
        foreach (var variant in (PricingRules[])[rules, rules.Inside(), rules.PerGroup(), rules.Inside().PerGroup()])
        {
            var quote = variant.Price(largest);
            Assert.Equal(100L * 999 * 1_000_000_000, quote.Subtotal);
            Assert.Equal(quote.Subtotal + 500 - quote.Discount + (quote.TaxInside ? 0 : quote.Tax), quote.Total);
            Assert.Equal(quote.Total, quote.Lines.Sum(l => l.Payable) + quote.Shipping!.Payable);
            Assert.Equal(quote.TaxInside ? [] : ["quote.too-large"], quote.ProblemKeys());
        }
    }

    [Fact]
    public void many_promotions_that_exclude_each_other_are_compared_in_bounded_time()
    {
        Promotion One(string id, PromotionAction action) => Promotion(id, action) with { Combines = PromotionStages.All & ~action.Stage };
        var quote = Shop.With([
            .. Enumerable.Range(1, 200).Select(i => One($"line-{i}", PromotionAction.UnitPercent(i * 1000))),
            .. Enumerable.Range(1, 200).Select(i => One($"order-{i}", PromotionAction.OrderPercent(i * 1000))),
            .. Enumerable.Range(1, 200).Select(i => One($"ship-{i}", PromotionAction.ShippingPercent(i * 1000)))]).Price(Cart((1, 1000)));

        // 19.9 % of the shipping costs are rounded to as much as 20 %: the smaller id wins.
        Assert.Equal("line-200 200, order-200 160, ship-199 100", quote.Applied());
    }

    private static IEnumerable<UnitShares> Units(Quote quote, int line) =>
        Enumerable.Range(0, quote.Lines[line].Quantity).Select(unit => quote.SharesOf(line, unit, 1));
}

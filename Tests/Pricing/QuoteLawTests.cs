using System.Text.Json;
using CsCheck;
using SoonShop.Aggregates;
using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>The laws of section 2 of the specification, for generated rules and carts.</summary>
public sealed class QuoteLawTests
{
    /// <summary>The number of cases of each law.</summary>
    private const int Cases = 10_000;

    [Fact]
    public void s2_the_total_is_lines_plus_shipping_plus_tax_unless_inside_minus_discounts() => Sample(c =>
    {
        var quote = c.Price();
        var taxOnTop = quote.TaxInside ? 0 : quote.Tax;
        var exact = quote.Lines.Sum(l => l.Gross) + quote.ShippingCost + taxOnTop - quote.Discount - quote.TaxDeducted;

        Assert.Equal(exact + quote.Rounding, quote.Total);
        Assert.Equal(quote.Subtotal, quote.Lines.Sum(l => l.Gross));
        Assert.Equal(quote.Discount, quote.Promotions.Sum(p => p.Discount));
        Assert.Equal(quote.Discount, quote.Lines.Sum(l => l.Discount) + (quote.Shipping?.Discount ?? 0));
        Assert.Equal(quote.Tax, quote.Lines.Sum(l => l.Tax) + (quote.Shipping?.Tax ?? 0));
        Assert.Equal(quote.Tax, quote.Taxes.Sum(t => t.Amount));
        Assert.Equal(quote.Total, quote.Lines.Sum(l => l.Payable) + (quote.Shipping?.Payable ?? 0));
    });

    [Fact]
    public void s2_nothing_is_below_zero() => Sample(c =>
    {
        var quote = c.Price();

        Assert.True(quote is { Subtotal: >= 0, Discount: >= 0, ShippingCost: >= 0, Tax: >= 0, TaxDeducted: >= 0, Total: >= 0 });
        Assert.All(quote.Lines, l => Assert.True(l is { Net: >= 0, Discount: >= 0, Tax: >= 0, TaxDeducted: >= 0, Payable: >= 0 }));
        Assert.All(quote.Lines.SelectMany(l => l.Adjustments), a => Assert.True(a.Amount > 0));
        Assert.All(quote.Lines.SelectMany(l => l.Taxes), t => Assert.True(t is { Amount: >= 0, Base: >= 0 }));
        if (quote.Shipping is { } shipping)
            Assert.True(shipping is { Discount: >= 0, Payable: >= 0 } && shipping.Discount <= shipping.Cost);
    });

    [Fact]
    public void s2_the_parts_of_a_line_add_up_to_it() => Sample(c =>
    {
        var quote = c.Price();

        Assert.All(quote.Lines, l => Assert.Equal((l.Discount, l.Tax), (l.Adjustments.Sum(a => a.Amount), l.Taxes.Sum(t => t.Amount))));
        foreach (var summary in quote.Taxes)
        {
            var all = quote.Lines.SelectMany(l => l.Taxes).Concat(quote.Shipping?.Taxes ?? []).Where(t => t.RateId == summary.RateId)
                .ToArray();
            Assert.Equal((summary.Base, summary.Amount), (all.Sum(t => t.Base), all.Sum(t => t.Amount)));
        }
        foreach (var promotion in quote.Promotions)
        {
            var all = quote.Lines.SelectMany(l => l.Adjustments).Concat(quote.Shipping?.Adjustments ?? [])
                .Where(a => a.PromotionId == promotion.Id);
            Assert.Equal(promotion.Discount, all.Sum(a => a.Amount));
        }
    });

    [Fact]
    public void s2_what_is_payable_can_be_charged_and_differs_from_the_exact_amount_by_less_than_a_step() => Sample(c =>
    {
        var quote = c.Price();
        var step = Currencies.ChargeStep(quote.Currency);

        Assert.Equal(0, quote.Total % step);
        Assert.True(Math.Abs(quote.Rounding) * 2 <= step);
        Assert.All(quote.Lines, l => Assert.Equal(0, l.Payable % step));
        Assert.All(quote.Lines, l => Assert.True(
            step == 1 ? l.Payable == l.Net - l.TaxDeducted + (quote.TaxInside ? 0 : l.Tax) : quote.Total > 0 || l.Payable == 0));
    });

    [Fact]
    public void s2_the_same_input_gives_the_same_quote() => Sample(c =>
        Assert.Equal(Json(c.Price()), Json(new PricingCase(c.Request, Read<PricingRules>(Json(c.Rules))).Price())));

    [Fact]
    public void s2_a_quote_does_not_depend_on_the_order_of_lines_or_rules() => Gen.Select(PricingGen.Cases, Gen.Int[0, int.MaxValue - 1])
        .Sample((c, seed) =>
    {
        var random = new Random(seed);
        var order = Enumerable.Range(0, c.Request.Lines.Length).ToArray();
        random.Shuffle(order);
        var rules = c.Rules with
        {
            Promotions = Shuffled(c.Rules.Promotions),
            TaxRates = Shuffled(c.Rules.TaxRates),
            TaxZones = Shuffled(c.Rules.TaxZones),
            PriceLists = Shuffled(c.Rules.PriceLists),
            ShippingMethods = Shuffled(c.Rules.ShippingMethods),
        };
        var quote = c.Price();
        var other = new PricingCase(c.Request with { Lines = [.. order.Select(i => c.Request.Lines[i])] }, rules).Price();

        Assert.Equal(Json(WithoutLines(quote)), Json(WithoutLines(other)));
        Assert.Equal(quote.Lines.Select(Json).Order(StringComparer.Ordinal), other.Lines.Select(Json).Order(StringComparer.Ordinal));

        ImmutableArray<T> Shuffled<T>(ImmutableArray<T> list)
        {
            var array = list.ToArray();
            random.Shuffle(array);
            return [.. array];
        }
    }, iter: Cases, print: c => c.Item1.ToString());

    [Fact]
    public void s2_splitting_a_line_changes_no_total() => Gen.Select(PricingGen.Cases, Gen.Int[0, 5], Gen.Int[1, 6])
        .Sample((c, at, units) =>
    {
        if (at >= c.Request.Lines.Length || c.Request.Lines[at].Quantity <= units)
            return;
        var line = c.Request.Lines[at];
        var lines = c.Request.Lines.SetItem(at, line with { Quantity = line.Quantity - units }).Add(line with { Quantity = units });
        var (whole, split) = (c.Price(), new PricingCase(c.Request with { Lines = lines }, c.Rules).Price());

        Assert.Equal(Json(WithoutLines(whole)), Json(WithoutLines(split)));
        foreach (var sku in whole.Lines.Select(l => l.Sku))
            Assert.Equal(Sums(whole, sku), Sums(split, sku));

        // Rounding to what can be charged is divided over lines, so a line has another part of it.
        static (long, long, long, long) Sums(Quote quote, string sku)
        {
            var lines = quote.Lines.Where(l => l.Sku == sku).ToArray();
            var payable = Currencies.ChargeStep(quote.Currency) == 1 ? lines.Sum(l => l.Payable) : 0;
            return (lines.Sum(l => l.Gross), lines.Sum(l => l.Discount), lines.Sum(l => l.Tax), payable);
        }
    }, iter: Cases, print: c => c.Item1.ToString());

    [Fact]
    public void s2_unit_shares_of_a_line_add_up_to_it_however_they_are_grouped() => Gen.Select(PricingGen.Cases, Gen.Int[1, 9].Array[1, 20])
        .Sample((c, parts) =>
    {
        var quote = c.Price();
        var step = Currencies.ChargeStep(quote.Currency);
        for (var line = 0; line < quote.Lines.Length; line++)
        {
            var (of, first, sum) = (quote.Lines[line], 0, default(UnitShares));
            foreach (var part in parts.Append(of.Quantity))
            {
                var units = Math.Min(part, of.Quantity - first);
                var share = quote.SharesOf(line, first, units);
                Assert.True(share is { Price: >= 0, Discount: >= 0, Tax: >= 0, TaxDeducted: >= 0, Total: >= 0 });
                Assert.Equal(0, share.Total % step);
                var taxOnTop = quote.TaxInside ? 0 : share.Tax;
                Assert.Equal(share.Price - share.Discount - share.TaxDeducted + taxOnTop + share.Rounding, share.Total);
                sum = new UnitShares(
                    sum.Price + share.Price, sum.Discount + share.Discount, sum.Tax + share.Tax, sum.TaxDeducted + share.TaxDeducted,
                    sum.Rounding + share.Rounding, sum.Total + share.Total);
                first += units;
            }
            Assert.Equal((of.Gross, of.Discount, of.Tax, of.TaxDeducted, of.Payable),
                (sum.Price, sum.Discount, sum.Tax, sum.TaxDeducted, sum.Total));
            Assert.True(step > 1 || sum.Rounding == 0);
        }
    }, iter: Cases, print: c => c.Item1.ToString());

    [Fact]
    public void a_shipping_option_costs_what_the_quote_with_it_says() => Sample(c =>
    {
        foreach (var option in PricingEngine.ShippingOptions(c.Request, c.Compiled))
        {
            var quote = PricingEngine.Price(c.Request with { ShippingMethodId = option.MethodId }, c.Compiled);
            Assert.Equal(option.Reason is null, quote.Shipping is not null);
            Assert.Equal((option.Price, option.Total), quote.Shipping is { } s ? (s.Cost - s.Discount, quote.Total) : (null, (long?)null));
        }
    });

    [Fact]
    public void an_explained_quote_is_the_same_and_agrees_with_its_outcomes() => Sample(c =>
    {
        var (plain, explained) = (c.Price(), PricingEngine.Price(c.Request with { ExplainsRules = true }, c.Compiled));

        Assert.Equal(Json(plain), Json(explained with { Outcomes = [] }));
        Assert.All(explained.Outcomes, o => Assert.Equal(o.Applies, o.Reason is null));
        Assert.Equal(
            plain.Promotions.Select(p => p.Id), explained.Outcomes.Where(o => o.Kind == RuleKind.Promotion && o.Applies).Select(o => o.Id));
        Assert.Equal(c.Rules.Promotions.Length, explained.Outcomes.Count(o => o.Kind == RuleKind.Promotion));
        Assert.Equal(plain.Shipping?.MethodId, explained.Outcomes.SingleOrDefault(o => o.Kind == RuleKind.ShippingMethod && o.Applies)?.Id);
        Assert.Equal(plain.Tax, explained.Outcomes.Where(o => o.Kind == RuleKind.TaxRate).Sum(o => o.Amount));
    });

    [Fact]
    public void the_generated_cases_are_various()
    {
        var counts = new Dictionary<string, int>();
        PricingGen.Cases.Sample(c =>
        {
            var quote = c.Price();
            void Count(string what, bool isSo)
            {
                if (isSo)
                    counts[what] = counts.GetValueOrDefault(what) + 1;
            }
            lock (counts)
            {
                Count("ordered", quote.CanBeOrdered);
                Count("two promotions", quote.Promotions.Length >= 2);
                Count("excluded promotion", quote.RefusedCodes.Any(r => r.Reason.Key == "promotion.not-combined"));
                Count("gift", quote.Lines.Any(l => l.GiftOf is not null));
                Count("several rates", quote.Lines.Any(l => l.Taxes.Length > 1) && quote.Tax > 0);
                Count("tax inside", quote is { TaxInside: true, Tax: > 0 });
                Count("deducted", quote.TaxDeducted > 0);
                Count("rounded", quote.Rounding != 0);
                Count("shipping discount", quote.Shipping?.Discount > 0);
                Count("price list", quote.Lines.Any(l => l.PriceListId is not null));
                Count("split", c.Request.Lines.GroupBy(l => l.Product.Sku).Any(g => g.Count() > 1));
                foreach (var kind in quote.Promotions.Select(p => c.Rules.Promotions.Single(r => r.Id == p.Id).Action.Kind).Distinct())
                    Count($"{kind}", true);
            }
        }, iter: 5_000);

        Assert.True(counts.Count == 16 && counts.Values.All(n => n >= 15), string.Join(", ", counts.Select(c => $"{c.Key}: {c.Value}")));
    }

    private static Quote WithoutLines(Quote quote) => quote with
    {
        Lines = [],
        Problems = [.. quote.Problems.Where(p => p.Line is null)],
        Shipping = WithoutPart(quote),
    };

    /// <summary>The part of the rounding that falls to shipping depends on how many lines there are.</summary>
    private static QuoteShipping? WithoutPart(Quote quote) =>
        Currencies.ChargeStep(quote.Currency) > 1 && quote.Shipping is { } shipping ? shipping with { Payable = 0 } : quote.Shipping;

    private static void Sample(Action<PricingCase> law) => PricingGen.Cases.Sample(law, iter: Cases, print: c => c.ToString());

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, StateJson.Options);

    private static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, StateJson.Options)!;
}

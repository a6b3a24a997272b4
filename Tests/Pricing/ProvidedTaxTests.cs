using SoonShop.Pricing;
using static SoonShop.Tests.Pricing.GivenPrices;

namespace SoonShop.Tests.Pricing;

/// <summary>Taxes that a provider computed, in quotes.</summary>
public sealed class ProvidedTaxTests
{
    private static readonly CompiledPricingRules Rules = CompiledPricingRules.Compile(
        Shop.Taxed(Rate(100_000))
            .With(Promotion("tenth", new PromotionAction { Kind = PromotionActionKind.OrderDiscount, PercentPpm = 100_000 })));

    [Fact]
    public void a_provider_is_asked_for_what_is_left_after_discounts()
    {
        var sale = PricingEngine.SaleOf(Cart((2, 1000), (1, 500)), Rules)!;

        Assert.Equal([new TaxableItem("A", "standard", 2, 1800), new TaxableItem("B", "standard", 1, 450)], sale.Items);
        Assert.Equal(new TaxableItem("post", "standard", 1, 500), sale.Shipping);
        Assert.Equal(
            ("USD", false, "DE", DateOnly.FromDateTime(Now.UtcDateTime)),
            (sale.Currency, sale.TaxInside, sale.Destination.Country, sale.Date));
    }

    [Fact]
    public void its_taxes_replace_the_rates_of_the_shop()
    {
        var quote = With(
            Cart((2, 1000), (1, 500)), [[Tax("state", 40_000, 1800, 72), Tax("city", 45_000, 1800, 81)], []],
            [Tax("state", 40_000, 500, 20)]);

        Assert.Equal("AcmeTax", quote.TaxProvider);
        Assert.Equal("state 2300 92, city 1800 81", quote.TaxSummary());
        Assert.Equal((173, 2250 + 500 + 173), (quote.Tax, quote.Total));
        Assert.Equal([153, 0], quote.Lines.Select(l => l.Tax));
        Assert.Empty(quote.Problems);
    }

    [Fact]
    public void units_share_its_taxes_to_the_last_minor_unit()
    {
        var quote = With(Cart((3, 1000), (1, 500)), [[Tax("state", 40_000, 2700, 107)], []], []);

        Assert.Equal(107, Enumerable.Range(0, 3).Sum(unit => quote.SharesOf(0, unit, 1).Tax));
        Assert.Equal(quote.Total, quote.Lines.Sum(l => l.Payable) + quote.Shipping!.Payable);
    }

    [Fact]
    public void a_rate_that_the_shop_lacks_does_not_matter_then()
    {
        var rules = CompiledPricingRules.Compile(Shop.Taxed(Rate(100_000, category: "books")));
        var request = Cart((1, 1000)).NotSent();
        Assert.Equal(["quote.no-tax-rate"], PricingEngine.Price(request, rules).ProblemKeys());

        var taxes = new ProvidedTaxes(
            "AcmeTax", PricingEngine.SaleOf(request, rules)!, new SaleTaxes([[Tax("state", 40_000, 1000, 40)]], []));
        Assert.Equal((1040, 0), Of(PricingEngine.Price(request with { ProvidedTaxes = taxes }, rules)));
        static (long, int) Of(Quote quote) => (quote.Total, quote.Problems.Length);
    }

    [Fact]
    public void taxes_of_another_sale_do_not_count()
    {
        var taxes = new ProvidedTaxes(
            "AcmeTax", PricingEngine.SaleOf(Cart((2, 1000)), Rules)!, new SaleTaxes([[Tax("state", 0, 0, 0)]], []));

        var quote = PricingEngine.Price(Cart((1, 1000)) with { ProvidedTaxes = taxes }, Rules);

        Assert.Equal((null, "vat 1400 140"), (quote.TaxProvider, quote.TaxSummary()));
    }

    [Fact]
    public void an_exempt_buyer_does_not_pay_the_tax_inside_and_is_not_asked_for_on_top()
    {
        var exempt = new Buyer { TaxExemptionReason = "VAT DE123" };
        Assert.Null(PricingEngine.SaleOf(Cart((1, 1190)) with { Buyer = exempt }, Rules));

        var inside = CompiledPricingRules.Compile(Shop.Taxed(Rate(100_000)).Inside());
        var request = Cart((1, 1190)).NotSent() with { Buyer = exempt };
        var taxes = new ProvidedTaxes(
            "AcmeTax", PricingEngine.SaleOf(request, inside)!, new SaleTaxes([[Tax("vat", 190_000, 1000, 190)]], []));
        var quote = PricingEngine.Price(request with { ProvidedTaxes = taxes }, inside);
        Assert.Equal((TaxStatus.Exempt, 190, 1000), (quote.TaxStatus, quote.TaxDeducted, quote.Total));
    }

    [Fact]
    public void a_shop_that_does_not_sell_somewhere_does_not_ask()
    {
        var rules = CompiledPricingRules.Compile(Shop with { TaxZones = [new Zone("fr", "France", [new("FR")])], TaxRates = [] });

        Assert.Null(PricingEngine.SaleOf(Cart((1, 1000)), rules));
        Assert.Null(PricingEngine.SaleOf(Cart((1, 1000)) with { Destination = null }, Rules));
        Assert.Null(PricingEngine.SaleOf(Cart((1, 1000)) with { Destination = new Destination("UK") }, Rules));
    }

    [Fact]
    public void an_answer_that_breaks_a_rule_is_told()
    {
        var sale = PricingEngine.SaleOf(Cart((1, 1000)), Rules)!;
        string? Problem(ImmutableArray<ImmutableArray<ItemTax>> items, params ImmutableArray<ItemTax> shipping) =>
            ProvidedTaxes.Problem(sale, new SaleTaxes(items, shipping));

        Assert.Null(Problem([[Tax("a", 0, 900, 900)]]));
        Assert.Contains("2 items instead of 1", Problem([[], []]));
        Assert.Contains("0 items", Problem(default));
        Assert.Contains("A must have 0–8 taxes", Problem([default]));
        Assert.Contains("A must have 0–8 taxes", Problem([[.. Enumerable.Range(0, 9).Select(i => Tax($"{i}", 0, 0, 0))]]));
        Assert.Contains("no valid id", Problem([[Tax("", 0, 0, 0)]]));
        Assert.Contains("no valid name", Problem([[Tax("a", 0, 0, 0) with { Name = "a\nb" }]]));
        Assert.Contains("out of range", Problem([[Tax("a", -1, 0, 0)]]));
        Assert.Contains("out of range", Problem([[Tax("a", 1_000_001, 0, 0)]]));
        Assert.Contains("out of range", Problem([[Tax("a", 0, 901, 0)]]));
        Assert.Contains("0 to its amount, 900", Problem([[Tax("a", 0, 0, -1)]]));
        Assert.Contains("0 to its amount, 900", Problem([[Tax("a", 0, 0, 500), Tax("b", 0, 0, 401)]]));
        Assert.Contains("post must be 0 to its amount", Problem([[]], Tax("a", 0, 0, 501))!.Replace("The taxes of ", ""));
    }

    private static Quote With(PricingRequest request, ImmutableArray<ImmutableArray<ItemTax>> items, ImmutableArray<ItemTax> shipping)
    {
        var sale = PricingEngine.SaleOf(request, Rules)!;
        var taxes = new SaleTaxes(items, shipping);
        Assert.Null(ProvidedTaxes.Problem(sale, taxes));
        return PricingEngine.Price(request with { ProvidedTaxes = new ProvidedTaxes("AcmeTax", sale, taxes) }, Rules);
    }

    private static ItemTax Tax(string id, int ppm, long @base, long amount) => new(id, id.Length == 0 ? "x" : id, ppm, @base, amount);
}

using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>What the examples of prices begin with.</summary>
internal static class GivenPrices
{
    public static readonly DateTimeOffset Now = RuleGen.Now;

    public static readonly Zone World = new("world", "World", [new(null)]);

    /// <summary>Sells everywhere at 0 % of tax on top, and sends everything for 5.00.</summary>
    public static readonly PricingRules Shop = new()
    {
        Version = 3,
        TaxZones = [World],
        TaxRates = [new TaxRate { Id = "none", Name = "No tax", ZoneId = "world", Ppm = 0 }],
        ShippingZones = [World],
        ShippingMethods = [Method("post", Flat(500))],
    };

    public static PricedProduct Product(string sku, long price, string category = "kitchen/drinkware", string currency = "USD") => new()
    {
        Sku = sku,
        Category = category,
        Prices = [new ProductPrice(currency, price)],
        WeightGrams = 200,
    };

    /// <summary>Products of these prices, sent to Germany by post. The SKUs are A, B, C, … .</summary>
    public static PricingRequest Cart(params (int Quantity, long Price)[] lines) =>
        Cart([.. lines.Select((l, i) => new PricingLine(Product(((char)('A' + i)).ToString(), l.Price), l.Quantity))]);

    public static PricingRequest Cart(params ImmutableArray<PricingLine> lines) => new()
    {
        Lines = lines,
        Currency = "USD",
        At = Now,
        Destination = new Destination("DE"),
        ShippingMethodId = "post",
    };

    public static PricingRequest With(this PricingRequest request, params string[] codes) =>
        request with { Codes = [.. codes.Select(c => new EnteredCode(c))] };

    public static PricingRequest In(this PricingRequest request, string currency) => request with
    {
        Currency = currency,
        Lines = [.. request.Lines.Select(l =>
            l with { Product = l.Product with { Prices = [.. l.Product.Prices.Select(p => p with { Currency = currency })] } })],
    };

    /// <summary>Sends nothing, so that quotes are about goods alone.</summary>
    public static PricingRequest NotSent(this PricingRequest request) => request with
    {
        Lines = [.. request.Lines.Select(l => l with { Product = l.Product with { RequiresShipping = false } })],
    };

    /// <summary>A promotion that stands with all others.</summary>
    public static Promotion Promotion(string id, PromotionAction action) =>
        new() { Id = id, Name = $"The {id}", Action = action, Combines = PromotionStages.All };

    public static Promotion ByCode(this Promotion promotion, string code) =>
        promotion with { Trigger = PromotionTrigger.Code, Code = code };

    public static Promotion When(this Promotion promotion, Func<PromotionConditions, PromotionConditions> conditions) =>
        promotion with { Conditions = conditions(promotion.Conditions) };

    public static PricingRules With(this PricingRules rules, params ImmutableArray<Promotion> promotions) =>
        rules with { Promotions = promotions };

    /// <summary>Replaces the taxes: rates of one zone that is the world.</summary>
    public static PricingRules Taxed(this PricingRules rules, params ImmutableArray<TaxRate> rates) => rules with { TaxRates = rates };

    public static PricingRules Inside(this PricingRules rules, string currency = "USD") => rules with { TaxInsideCurrencies = [currency] };

    public static PricingRules PerGroup(this PricingRules rules) => rules with { TaxRounding = TaxRounding.PerRateGroup };

    public static PricingRules Sending(this PricingRules rules, params ImmutableArray<ShippingMethod> methods) =>
        rules with { ShippingMethods = methods };

    public static TaxRate Rate(int ppm, string id = "vat", string category = TaxCategory.Standard, bool compound = false) =>
        new() { Id = id, Name = id.ToUpperInvariant(), ZoneId = "world", Ppm = ppm, Category = category, IsCompound = compound };

    public static ShippingMethod Method(string id, params ImmutableArray<ShippingPrice> prices) =>
        new() { Id = id, Name = $"By {id}", MinDays = 1, MaxDays = 3, Prices = prices };

    public static ShippingPrice Flat(long amount, long? freeFrom = null, string currency = "USD", string zone = "world") =>
        new() { ZoneId = zone, Currency = currency, Amount = amount, FreeFrom = freeFrom };

    public static Quote Price(this PricingRules rules, PricingRequest request) =>
        PricingEngine.Price(request, CompiledPricingRules.Compile(rules));

    public static ImmutableArray<Money> Usd(long amount) => [new(amount, "USD")];

    /// <summary>The discounts of a line, such as <c>p1 300, p2 20</c>.</summary>
    public static string Discounts(this QuoteLine line) => string.Join(", ", line.Adjustments.Select(a => $"{a.PromotionId} {a.Amount}"));

    /// <summary>The promotions that apply, such as <c>p1 300, p2 20</c>.</summary>
    public static string Applied(this Quote quote) => string.Join(", ", quote.Promotions.Select(p => $"{p.Id} {p.Discount}"));

    /// <summary>The taxes of a quote, such as <c>vat 10000 1900</c>: rate, base, amount.</summary>
    public static string TaxSummary(this Quote quote) => string.Join(", ", quote.Taxes.Select(t => $"{t.RateId} {t.Base} {t.Amount}"));

    /// <summary>The keys of the problems of a quote.</summary>
    public static string[] ProblemKeys(this Quote quote) => [.. quote.Problems.Select(p => p.Text.Key!)];
}

using System.Text.Json;
using System.Text.Json.Serialization;
using CsCheck;
using SoonShop.Aggregates;
using SoonShop.Pricing;
using static SoonShop.Tests.Pricing.RuleGen;

namespace SoonShop.Tests.Pricing;

/// <summary>A request with its rules.</summary>
internal sealed record PricingCase(PricingRequest Request, PricingRules Rules)
{
    private static readonly JsonSerializerOptions Indented = new(StateJson.Options)
    {
        WriteIndented = true,
        IgnoreReadOnlyProperties = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    };

    public CompiledPricingRules Compiled => field ??= CompiledPricingRules.Compile(Rules);

    public Quote Price() => PricingEngine.Price(Request, Compiled);

    public override string ToString() => JsonSerializer.Serialize(new { Request, Rules }, Indented);
}

/// <summary>
/// Generates rules and carts. There are few SKUs, categories, groups and places, so that rules meet carts often, and small amounts, so that
/// divisions leave remainders.
/// </summary>
internal static class PricingGen
{
    private static Gen<ImmutableArray<ProductPrice>> PricesIn(string currency)
    {
        var step = SoonShop.Currencies.ChargeStep(currency);
        var one = from amount in Gen.Frequency((8, Amount), (1, Gen.Const(0L)))
                  from list in One<string?>(null, null, "sale", "trade", "gone")
                  from min in One(0, 0, 0, 3, 6)
                  from period in Periods
                  select new ProductPrice(currency, amount / step * step)
                  {
                      ListId = list,
                      MinQuantity = min,
                      From = period.From,
                      To = period.To,
                  };
        return Gen.Select(Amount, Gen.Int[0, 30], one.Array[0, 3], (amount, lacks, more) =>
            (ImmutableArray<ProductPrice>)[.. more, new ProductPrice(lacks == 0 ? "EUR" : currency, Math.Max(step, amount / step * step))]);
    }

    private static Gen<PricedProduct> ProductOf(string sku, string currency) =>
        from category in One(Categories)
        from prices in PricesIn(currency)
        from colour in One("blue", "red", "")
        from weight in One(0, 100, 250)
        from size in One<string?>(null, null, "small", "bulky")
        from tax in One("standard", "standard", "reduced", "zero", "exempt", "own")
        from sent in Gen.Int[0, 4]
        select new PricedProduct
        {
            Sku = sku,
            Category = category,
            Prices = prices,
            Attributes = ImmutableDictionary<string, string>.Empty.Add("colour", colour),
            WeightGrams = weight,
            SizeClass = size,
            TaxCategory = tax,
            RequiresShipping = sent > 0,
        };

    private static Gen<ImmutableArray<PricingLine>> LinesIn(string currency) =>
        from products in Gen.Select(
            ProductOf("A", currency), ProductOf("B", currency), ProductOf("C", currency), ProductOf("D", currency),
            ProductOf("E", currency))
        from lines in Gen.Select(Gen.Int[0, 4], Gen.Frequency((8, Gen.Int[1, 7]), (1, Gen.Int[1, 999]))).Array[0, 6]
        let all = new[] { products.Item1, products.Item2, products.Item3, products.Item4, products.Item5 }
        select lines.Select(l => new PricingLine(all[l.Item1], l.Item2)).ToImmutableArray();

    private static readonly Gen<Destination?> Destinations = One<Destination?>(
        null, new Destination("DE", null, "10115"), new("DE"), new("FR"), new("US", "ny", "10001"), new("US", "NY", "1000-5"),
        new("US", "CA", "100 99"), new("US"),
        new("US", " NY "), new("CH"), new("UK"), new("DE", "BE"));

    private static readonly Gen<Buyer> Buyers =
        from groups in Some(GroupNames, 2, 6)
        from first in Gen.Bool
        from exempt in Gen.Int[0, 5]
        select new Buyer { Groups = groups, IsFirstOrder = first, TaxExemptionReason = exempt == 0 ? "VAT DE123456789" : null };

    private static readonly Gen<EnteredCode> Code = Gen.Frequency(
        (6, Gen.Int[0, 5].Select(n => new EnteredCode($" cODe{n} "))), (2, Gen.Int[0, 5].Select(n => new EnteredCode($"Ｃｏｄｅ{n}"))),
        (2, Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3], (n, used) => new EnteredCode($"X{n}", $"p{n}", used == 0))),
        (1, Gen.Const(new EnteredCode("other"))));

    private static readonly Gen<ImmutableDictionary<string, PromotionAvailability>> Availability =
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2].Nullable(), Gen.Int[0, 1].Nullable(), Gen.Long[0, 50].Nullable()).Array[0, 3]
            .Select(a => a.DistinctBy(e => e.Item1)
                .ToImmutableDictionary(e => $"p{e.Item1}", e => new PromotionAvailability(e.Item2, e.Item3, e.Item4)));

    /// <summary>Rules with promotions, lists, zones, rates and methods, and a cart.</summary>
    public static readonly Gen<PricingCase> Cases =
        from currency in CurrencyCodes
        from promotions in Gen.Int[0, 6].SelectMany(n => Sequence(n, PromotionOf))
        from rates in Gen.Int[0, 12].SelectMany(n => Sequence(n, RateOf))
        from standard in Gen.Frequency((1, Gen.Const(0)), (5, Percent))
        from methods in Gen.Select(MethodOf("post", currency), MethodOf("express", currency))
        from lists in Lists
        from settings in Gen.Select(Gen.Enum<TaxRounding>(), Gen.Bool, Gen.Int[0, 2])
        from lines in LinesIn(currency)
        from gift in ProductOf("GIFT", currency)
        from who in Gen.Select(Destinations, Buyers, One<string?>("post", "post", "express", null, "gone"))
        from codes in Code.Array[0, 5]
        from availability in Availability
        let zones = settings.Item3 == 0 ? Zones : Zones.Add(World)
        select new PricingCase(
            new PricingRequest
            {
                Lines = lines,
                Currency = currency,
                At = Now,
                Destination = who.Item1,
                Buyer = who.Item2,
                ShippingMethodId = who.Item3,
                Codes = [.. codes],
                Availability = availability,
                GiftProducts = [gift, .. lines.Select(l => l.Product).Where(p => p.Sku == "A").Take(1)],
            },
            new PricingRules
            {
                Version = 7,
                Promotions = promotions,
                PriceLists = lists,
                TaxZones = zones,
                TaxRates = [.. WithFewCompound(Standard(zones, standard).Concat(rates.Where(r => zones.Any(z => z.Id == r.ZoneId))))],
                TaxRounding = settings.Item1,
                TaxInsideCurrencies = settings.Item2 ? [currency] : [],
                ShippingZones = Zones.Add(World),
                ShippingMethods = [methods.Item1, methods.Item2],
            });
}

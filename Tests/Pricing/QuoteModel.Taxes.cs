using System.Numerics;
using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>Taxes of the model.</summary>
internal sealed class ModelTaxes
{
    public bool AreKnown { get; private init; }

    /// <summary>The tax of each line by SKU, and of shipping under "".</summary>
    public Dictionary<string, BigInteger> OfEntries { get; } = [];

    /// <summary>The taxes by rate.</summary>
    public Dictionary<string, BigInteger> ByRate { get; } = [];

    /// <summary>What is charged.</summary>
    public BigInteger Sum { get; private set; }

    /// <summary>What an exempt buyer does not pay of prices that include it.</summary>
    public BigInteger Deducted { get; private set; }

    public static ModelTaxes Compute(PricingRequest request, PricingRules rules, List<ModelLine> lines, BigInteger? shipping)
    {
        if (request.Destination is not { } destination || !Country.IsCode(destination.Country)
            || ModelZones.Find(rules.TaxZones, destination) is not { } zone)
            return new ModelTaxes();
        var method = rules.ShippingMethods.FirstOrDefault(m => m.Id == request.ShippingMethodId);
        var entries = lines.Select(l => (Id: l.Product.Sku, l.Value, Category: l.Product.TaxCategory)).ToList();
        if (shipping is { } cost)
            entries.Add(("", cost, method!.TaxCategory));
        var rates = entries.Select(e => Rates(rules, zone, e.Category, request.At)).ToList();
        // A line without a price has to have a rate, too.
        if (rates.Contains(null) || request.Lines.Any(l => Rates(rules, zone, l.Product.TaxCategory, request.At) is null))
            return new ModelTaxes();
        var taxes = new ModelTaxes { AreKnown = true };
        var inside = rules.TaxInsideCurrencies.Contains(request.Currency);
        var groups = entries.Zip(rates, (entry, own) => (entry, own: own!)).GroupBy(e => string.Join(",", e.own.Select(r => r.Id)))
            .Where(g => g.Key != "");
        foreach (var group in groups)
        {
            var own = group.First().own;
            if (rules.TaxRounding == TaxRounding.PerLine)
            {
                foreach (var (entry, _) in group)
                    taxes.Add(own, OfAmount(entry.Value, own, inside), [entry.Id], [entry.Value], inside);
            }
            else
            {
                var values = group.Select(e => e.entry.Value).ToList();
                var sum = values.Aggregate(BigInteger.Zero, (all, value) => all + value);
                taxes.Add(own, OfAmount(sum, own, inside), [.. group.Select(e => e.entry.Id)], values, inside);
            }
        }
        if (request.Buyer.TaxExemptionReason is not null)
        {
            taxes.Deducted = inside ? taxes.Sum : 0;
            taxes.Sum = 0;
            taxes.ByRate.Clear();
        }
        return taxes;
    }

    /// <summary>The rates of a category, those of the standard category, or none for what is not taxed.</summary>
    private static List<TaxRate>? Rates(PricingRules rules, Zone zone, string category, DateTimeOffset at)
    {
        List<TaxRate> Own(string of) =>
        [
            .. rules.TaxRates.Where(r => r.ZoneId == zone.Id && r.Category == of && ModelTime.IsIn(r.From, r.To, at))
                .OrderBy(r => r.IsCompound ? 1 : 0).ThenBy(r => r.Position).ThenBy(r => r.Id, StringComparer.Ordinal),
        ];
        if (Own(category) is { Count: > 0 } own)
            return own;
        if (category is "zero" or "exempt")
            return [];
        return Own("standard") is { Count: > 0 } standard ? standard : null;
    }

    private static List<BigInteger> OfAmount(BigInteger amount, List<TaxRate> rates, bool inside)
    {
        if (!inside)
        {
            var added = new List<BigInteger>();
            foreach (var rate in rates)
            {
                var before = added.Aggregate(amount, (sum, tax) => sum + tax);
                added.Add(ModelNumbers.HalfUp((rate.IsCompound ? before : amount) * rate.Ppm, 1_000_000));
            }
            return added;
        }
        // The taxes of a price of 10^24, which all divide exactly: at most three rates follow one another.
        var price = BigInteger.Pow(10, 24);
        var exact = new List<BigInteger>();
        foreach (var rate in rates)
        {
            var before = exact.Aggregate(price, (sum, tax) => sum + tax);
            exact.Add((rate.IsCompound ? before : price) * rate.Ppm / 1_000_000);
        }
        var all = exact.Aggregate(BigInteger.Zero, (sum, tax) => sum + tax);
        return ModelNumbers.Divide(ModelNumbers.HalfUp(amount * all, price + all), exact);
    }

    private void Add(List<TaxRate> rates, List<BigInteger> amounts, List<string> ids, List<BigInteger> values, bool inside)
    {
        foreach (var (rate, amount) in rates.Zip(amounts))
            ByRate[rate.Id] = ByRate.GetValueOrDefault(rate.Id) + amount;
        var sum = amounts.Aggregate(BigInteger.Zero, (all, a) => all + a);
        Sum += sum;
        List<List<BigInteger>> parts = inside ? [ModelNumbers.Divide(sum, values)]
            : [.. amounts.Select(a => ModelNumbers.Divide(a, values))];
        for (var i = 0; i < ids.Count; i++)
            OfEntries[ids[i]] = OfEntries.GetValueOrDefault(ids[i]) + parts.Aggregate(BigInteger.Zero, (all, part) => all + part[i]);
    }
}

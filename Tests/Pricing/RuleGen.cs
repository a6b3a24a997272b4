using CsCheck;
using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>Generates rules of few SKUs, categories, groups and places.</summary>
internal static class RuleGen
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);

    public static readonly string[] Skus = ["A", "B", "C", "D", "E"];
    public static readonly string[] Categories = ["kitchen", "kitchen/drinkware", "kitchenware", "books"];
    public static readonly string[] GroupNames = ["vip", "trade"];

    public static readonly Gen<string> CurrencyCodes = Gen.Frequency(
        (6, Gen.Const("USD")), (2, Gen.Const("JPY")), (3, Gen.Const("KWD")), (1, Gen.Const("MGA")));

    public static readonly Gen<long> Amount = Gen.Frequency(
        (4, Gen.Long[1, 20]), (4, Gen.Long[1, 2000]), (1, Gen.Const(1L)), (1, Gen.Long[1, PricingLimits.MaxPrice]));

    public static readonly Gen<int> Percent = Gen.OneOf(
        One(100_000, 333_333, 500_000, 1_000_000, 88_750, 1, 999_999), Gen.Int[1, 1_000_000]);

    public static readonly Gen<int> RatePpm = Gen.OneOf(One(0, 190_000, 70_000, 88_750, 99_750, 1_000_000), Gen.Int[0, 1_000_000]);

    /// <summary>A time around the time of the request, or none.</summary>
    public static readonly Gen<DateTimeOffset?> Time = Gen.Frequency(
        (8, Gen.Const((DateTimeOffset?)null)), (1, Gen.Int[-2, 2].Select(h => (DateTimeOffset?)Now.AddHours(h))));

    public static readonly Gen<(DateTimeOffset? From, DateTimeOffset? To)> Periods =
        Gen.Select(Time, Time, (from, to) => to <= from ? (from, null) : (from, to));

    public static Gen<T> One<T>(params T[] all) => Gen.Int[0, all.Length - 1].Select(i => all[i]);

    public static Gen<ImmutableArray<T>> Some<T>(IReadOnlyList<T> all, int most, int emptyOfTen) => Gen.Frequency(
        (emptyOfTen, Gen.Const(ImmutableArray<T>.Empty)),
        (10 - emptyOfTen, One([.. all]).Array[1, most].Select(a => a.Distinct().ToImmutableArray())));

    public static Gen<ImmutableArray<Money>> Moneys(Gen<long> amount, int emptyOfTen) => Gen.Frequency(
        (emptyOfTen, Gen.Const(ImmutableArray<Money>.Empty)),
        (10 - emptyOfTen, Gen.Select(amount, Gen.Int[0, 9], (a, lacking) => lacking == 0
            ? [new Money(a, "EUR")] : (ImmutableArray<Money>)[.. new[] { "USD", "JPY", "KWD", "MGA" }.Select(c => new Money(a, c))])));

    public static readonly Gen<ItemFilter> Filter = Gen.Select(
        Some(Skus, 2, 8), Some(Categories, 2, 6), Some([new ItemAttribute("colour", "blue"), new ItemAttribute("size", "L")], 1, 8),
        Some(Skus, 1, 8), Some(Categories, 1, 9), Some([new ItemAttribute("colour", "red")], 1, 9),
        (skus, categories, attributes, noSkus, noCategories, noAttributes) => new ItemFilter
        {
            Skus = skus,
            Categories = categories,
            Attributes = attributes,
            ExcludedSkus = noSkus,
            ExcludedCategories = noCategories,
            ExcludedAttributes = noAttributes,
        });

    public static readonly Gen<PromotionAction> Action = Gen.Frequency(
        (3, Percent.Select(PromotionAction.UnitPercent)),
        (2, Moneys(Amount, 0).Select(PromotionAction.UnitAmount)),
        (3, Percent.Select(PromotionAction.OrderPercent)),
        (2, Moneys(Amount, 0).Select(PromotionAction.OrderAmount)),
        (2, Gen.Select(Percent, Some(["post", "express"], 1, 7), (ppm, methods) => PromotionAction.ShippingPercent(ppm, methods))),
        (1, Moneys(Amount, 0).Select(PromotionAction.ShippingAmount)),
        (2, Gen.Select(Gen.Int[1, 3], Gen.Int[1, 2], Percent, PromotionAction.BuyXGetY)),
        (1, Gen.Select(One("GIFT", "A", "NONE"), Gen.Int[1, 3], PromotionAction.Gift)));

    public static readonly Gen<PromotionConditions> Conditions =
        from items in Filter
        from minSubtotal in Moneys(Gen.OneOf(Gen.Long[0, 100], Gen.Long[0, 5000]), 7)
        from minUnits in Gen.Frequency((7, Gen.Const(0)), (3, Gen.Int[1, 6]))
        from firstOrder in Gen.Int[0, 9]
        from groups in Some(GroupNames, 1, 9)
        from countries in Some(["DE", "US"], 2, 9)
        select new PromotionConditions
        {
            Items = items,
            MinSubtotal = minSubtotal,
            MinUnits = minUnits,
            FirstOrderOnly = firstOrder == 0,
            CustomerGroups = groups,
            Countries = countries,
        };

    public static Gen<Promotion> PromotionOf(int number) =>
        from action in Action
        from conditions in Conditions
        from period in Periods
        from trigger in Gen.Frequency((6, Gen.Const(PromotionTrigger.Automatic)), (4, Gen.Enum<PromotionTrigger>()))
        from priority in Gen.Int[0, 2]
        from combines in Gen.Frequency((3, Gen.Const(7)), (3, Gen.Const(0)), (4, Gen.Int[0, 7]))
        from most in Moneys(Amount, 8)
        from budget in Moneys(Amount, 8)
        from limits in Gen.Select(Gen.Int[0, 9], Gen.Int[1, 5], Gen.Int[0, 19])
        select new Promotion
        {
            Id = $"p{number}",
            Name = $"Promotion {number}",
            Enabled = limits.Item3 != 0,
            From = period.From,
            To = period.To,
            Trigger = trigger,
            Code = trigger == PromotionTrigger.Code ? $"Code{number}" : null,
            Priority = priority,
            Combines = (PromotionStages)combines,
            Conditions = conditions,
            Action = action,
            MaxDiscount = action.Kind == PromotionActionKind.Gift ? [] : most,
            MaxUnits = limits.Item1 < 3 && HasUnits(action) ? limits.Item2 : null,
            MaxUses = limits.Item1 == 4 ? 10 : null,
            MaxUsesPerCustomer = limits.Item1 == 5 ? 1 : null,
            Budget = budget,
        };

    public static bool HasUnits(PromotionAction action) => action.Kind is PromotionActionKind.UnitDiscount or PromotionActionKind.BuyXGetY;

    public static readonly ImmutableArray<Zone> Zones =
    [
        new("de", "Germany", [new("DE")]),
        new("us", "United States", [new("US")]),
        new("us-ny", "New York", [new("US", "NY"), new("US", null, "100")]),
        new("us-ny-city", "New York City", [new("US", "NY", "100-0")]),
    ];

    public static readonly Zone World = new("world", "World", [new(null)]);

    public static Gen<TaxRate> RateOf(int number) =>
        from zone in One("de", "us", "us-ny", "us-ny-city", "world")
        from category in One("standard", "standard", "standard", "reduced")
        from ppm in RatePpm
        from period in Periods
        from position in Gen.Int[0, 2]
        from compound in Gen.Int[0, 3]
        select new TaxRate
        {
            Id = $"r{number}",
            Name = "Tax",
            ZoneId = zone,
            Category = category,
            Ppm = ppm,
            Position = position,
            IsCompound = compound == 0,
            From = period.From,
            To = period.To,
        };

    public static Gen<ShippingPrice> ShippingPriceOf(string zone, string currency) =>
        from kind in Gen.Enum<ShippingPriceKind>()
        from amounts in Gen.Select(Amount, Amount, Amount)
        from free in Gen.Frequency((6, Gen.Const((long?)null)), (4, Gen.Long[0, 5000].Select(f => (long?)f)))
        from first in Gen.Frequency((8, Gen.Const(0L)), (2, Gen.Long[1, 500]))
        select new ShippingPrice
        {
            ZoneId = zone,
            Currency = currency,
            Kind = kind,
            Amount = kind is ShippingPriceKind.Flat or ShippingPriceKind.PerItem ? amounts.Item1 : 0,
            AmountPerItem = kind == ShippingPriceKind.PerItem ? amounts.Item2 : 0,
            Tiers = kind is ShippingPriceKind.Flat or ShippingPriceKind.PerItem ? []
                : [new(first, amounts.Item1), new(first + 700, amounts.Item2),
                    new(first + 3000, amounts.Item3 % 5 == 0 ? null : amounts.Item3)],
            FreeFrom = free,
        };

    public static Gen<ShippingMethod> MethodOf(string id, string currency) =>
        from prices in Gen.Select(
            ShippingPriceOf("de", currency), ShippingPriceOf("us", currency), ShippingPriceOf("us-ny", currency),
            ShippingPriceOf("us-ny-city", currency), ShippingPriceOf("world", currency))
        from max in Gen.Int[0, 9]
        from sizes in Some(["small", "bulky"], 1, 8)
        from groups in Some(GroupNames, 1, 9)
        from category in One("standard", "standard", "reduced", "zero")
        select new ShippingMethod
        {
            Id = id,
            Name = id,
            TaxCategory = category,
            Prices = [prices.Item1, prices.Item2, prices.Item3, prices.Item4, prices.Item5],
            MaxWeightGrams = max == 0 ? 800 : null,
            MinWeightGrams = max == 1 ? 100 : null,
            SizeClasses = sizes,
            CustomerGroups = groups,
        };

    public static readonly Gen<ImmutableArray<PriceList>> Lists =
        from periods in Gen.Select(Periods, Periods)
        from priorities in Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2])
        from groups in Some(GroupNames, 1, 5)
        select (ImmutableArray<PriceList>)
        [
            new PriceList { Id = "sale", Name = "Sale", Priority = priorities.Item1, From = periods.Item1.From, To = periods.Item1.To },
            new PriceList { Id = "trade", Name = "Trade", Priority = priorities.Item2, CustomerGroups = groups, From = periods.Item2.From },
        ];

    public static Gen<ImmutableArray<T>> Sequence<T>(int count, Func<int, Gen<T>> of) => count == 0
        ? Gen.Const(ImmutableArray<T>.Empty)
        : Gen.Select(Sequence(count - 1, of), of(count - 1), (list, one) => list.Add(one));

    /// <summary>A standard rate for each zone, so that most carts can be taxed.</summary>
    public static IEnumerable<TaxRate> Standard(ImmutableArray<Zone> zones, int ppm) => zones.Where(_ => ppm > 0)
        .Select(z => new TaxRate { Id = z.Id, Name = "Tax", ZoneId = z.Id, Ppm = ppm });

    public static IEnumerable<TaxRate> WithFewCompound(IEnumerable<TaxRate> rates)
    {
        var seen = new Dictionary<(string, string), (int All, int Compound)>();
        foreach (var rate in rates)
        {
            var (all, compound) = seen.GetValueOrDefault((rate.ZoneId, rate.Category));
            var keeps = rate.IsCompound && compound < PricingLimits.MaxCompoundRates;
            seen[(rate.ZoneId, rate.Category)] = (all + 1, compound + (keeps ? 1 : 0));
            if (all < PricingLimits.MaxRatesOfCategory)
                yield return rate with { IsCompound = keeps };
        }
    }
}

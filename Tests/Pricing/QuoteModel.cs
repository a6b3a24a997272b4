using System.Numerics;
using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>
/// The quote as the specification says it, sentence by sentence: slow, unit by unit, with numbers of any size. It shares no code with the
/// engine. Lines of one SKU are one line here.
/// </summary>
internal sealed class QuoteModel
{
    private readonly PricingRequest request;
    private readonly PricingRules rules;
    private readonly List<ModelLine> lines = [];
    private readonly Dictionary<string, BigInteger> discounts = [];
    private readonly Dictionary<string, string> reasons = [];

    private QuoteModel(PricingRequest request, PricingRules rules) => (this.request, this.rules) = (request, rules);

    public List<ModelLine> Lines => lines;

    /// <summary>The discounts of the promotions that apply, by id; 0 for a gift that is worth nothing.</summary>
    public IReadOnlyDictionary<string, BigInteger> Discounts => discounts;

    /// <summary>The keys of the reasons of codes that do not apply.</summary>
    public List<string> RefusedCodes { get; } = [];

    public BigInteger GiftValue { get; private set; }

    public BigInteger? ShippingCost { get; private set; }

    public BigInteger ShippingLeft { get; private set; }

    public ModelTaxes Taxes { get; private set; } = null!;

    public BigInteger Exact { get; private set; }

    public BigInteger Total { get; private set; }

    public bool CanBeOrdered { get; private set; }

    private bool Inside => rules.TaxInsideCurrencies.Contains(request.Currency);

    public static QuoteModel Price(PricingRequest request, PricingRules rules)
    {
        var model = new QuoteModel(request, rules);
        foreach (var group in request.Lines.GroupBy(l => l.Product.Sku).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var units = group.Sum(l => l.Quantity);
            if (ModelPrices.UnitPrice(group.First().Product, units, request, rules) is { } price)
                model.lines.Add(new ModelLine(group.First().Product, units, price));
        }
        model.ApplyPromotions();
        model.AddTaxes();
        return model;
    }

    private void ApplyPromotions()
    {
        var entered = new Dictionary<string, Promotion>();
        var codes = new List<(Promotion? Promotion, string? Reason)>();
        foreach (var code in request.Codes)
        {
            var promotion = rules.Promotions.FirstOrDefault(p => p.Enabled && (code.BatchPromotionId is { } id
                ? p.Id == id && p.Trigger == PromotionTrigger.CodeBatch
                : p.Trigger == PromotionTrigger.Code && ModelPromotions.SameCode(p.Code!, code.Text)));
            var reason = promotion is null ? "unknown-code"
                : entered.ContainsKey(promotion.Id) ? "code-repeated"
                : ModelPromotions.Reason(promotion, this, request, rules, code.IsUsed);
            if (promotion is not null && reason != "code-used")
                entered[promotion.Id] = promotion;
            codes.Add((promotion, reason));
        }
        var candidates = rules.Promotions
            .Where(p => p.Enabled && (p.Trigger == PromotionTrigger.Automatic || codes.Any(c => c.Promotion == p && c.Reason is null)))
            .Where(p => ModelPromotions.Reason(p, this, request, rules, false) is null)
            .OrderBy(p => p.Stage).ThenBy(p => p.Priority).ThenBy(p => p.Id, StringComparer.Ordinal).ToList();
        var best = BestSet(candidates);
        Run(best);
        foreach (var (promotion, reason) in codes)
        {
            if (reason is not null)
                RefusedCodes.Add(reason);
            else if (!discounts.ContainsKey(promotion!.Id))
                RefusedCodes.Add(ReasonAfterwards(promotion, best));
        }
        Run(best);
    }

    private string ReasonAfterwards(Promotion promotion, List<Promotion> best)
    {
        Run(best);
        if (best.Contains(promotion))
            return reasons[promotion.Id];
        var applied = best.Where(p => discounts.ContainsKey(p.Id)).ToList();
        if (applied.Any(p => !ModelPromotions.StandTogether(p, promotion)))
            return "not-combined";
        Run([.. applied.Append(promotion).OrderBy(p => p.Stage).ThenBy(p => p.Priority).ThenBy(p => p.Id, StringComparer.Ordinal)]);
        return discounts.ContainsKey(promotion.Id) ? "better-without" : reasons[promotion.Id];
    }

    /// <summary>Of all sets that stand together and to which no other can be added, the one with the least to pay; ties by id.</summary>
    private List<Promotion> BestSet(List<Promotion> candidates)
    {
        (BigInteger Cost, List<string> Ids, List<Promotion> Set)? best = null;
        for (var bits = 0; bits < 1 << candidates.Count; bits++)
        {
            var set = candidates.Where((_, i) => (bits >> i & 1) != 0).ToList();
            if (set.Any(p => set.Any(q => q != p && !ModelPromotions.StandTogether(p, q)))
                || candidates.Except(set).Any(p => set.All(q => ModelPromotions.StandTogether(p, q))))
                continue;
            var cost = Run(set);
            var ids = discounts.Keys.Order(StringComparer.Ordinal).ToList();
            if (best is null || cost < best.Value.Cost || (cost == best.Value.Cost && IsBefore(ids, best.Value.Ids)))
                best = (cost, ids, set);
        }
        return best!.Value.Set;
    }

    private static bool IsBefore(List<string> ids, List<string> others)
    {
        var different = ids.Zip(others).FirstOrDefault(p => p.First != p.Second);
        return different == default ? ids.Count < others.Count : string.CompareOrdinal(different.First, different.Second) < 0;
    }

    /// <summary>Applies promotions in their order. Returns what is paid for goods and shipping, less the value of gifts.</summary>
    private BigInteger Run(List<Promotion> set)
    {
        discounts.Clear();
        reasons.Clear();
        GiftValue = 0;
        lines.ForEach(l => l.Reset());
        foreach (var promotion in set.Where(p => p.Stage == PromotionStages.Line))
            ApplyToLines(promotion);
        var afterLines = lines.ToDictionary(l => l.Product.Sku, l => l.Value);
        foreach (var promotion in set.Where(p => p.Stage == PromotionStages.Order))
            ApplyToOrder(promotion, afterLines);
        var goods = lines.Aggregate(BigInteger.Zero, (sum, l) => sum + l.Value);
        ShippingCost = ModelShipping.Cost(request, rules, goods, out var isOffered);
        ShippingLeft = ShippingCost ?? 0;
        foreach (var promotion in set.Where(p => p.Stage == PromotionStages.Shipping))
            ApplyToShipping(promotion);
        return goods + ShippingLeft - GiftValue + (isOffered && ShippingCost is null ? BigInteger.Pow(10, 18) : 0);
    }

    private void ApplyToLines(Promotion promotion)
    {
        if (promotion.Action.Kind == PromotionActionKind.Gift)
        {
            ApplyGift(promotion);
            return;
        }
        var matching = lines.Where(l => ModelPromotions.Matches(promotion.Conditions.Items, l.Product))
            .SelectMany(l => l.UnitValues().Select(v => (Line: l, Value: v)));
        List<(ModelLine Line, BigInteger Value)> units;
        if (promotion.Action.Kind == PromotionActionKind.BuyXGetY)
        {
            // Sorting is stable, and the lines are sorted by SKU.
            var all = matching.OrderBy(u => u.Value).ToList();
            var free = all.Count / (promotion.Action.BuyUnits + promotion.Action.GetUnits) * promotion.Action.GetUnits;
            units = [.. all.Take(Math.Min(free, promotion.MaxUnits ?? int.MaxValue))];
        }
        else
            units = [.. matching.OrderByDescending(u => u.Value).Take(promotion.MaxUnits ?? int.MaxValue)];
        var amount = ModelPromotions.AmountIn(promotion.Action.Amounts, request.Currency);
        var reducible = units.GroupBy(u => u.Line).ToDictionary(
            g => g.Key, g => g.Aggregate(BigInteger.Zero, (sum, u) => sum + (amount is { } a ? BigInteger.Min(a, u.Value) : u.Value)));
        var sum = reducible.Values.Aggregate(BigInteger.Zero, (a, b) => a + b);
        Take(promotion, promotion.Action.PercentPpm is { } ppm ? ModelNumbers.HalfUp(sum * ppm, 1_000_000) : sum, reducible);
    }

    private void ApplyGift(Promotion promotion)
    {
        discounts[promotion.Id] = ModelPromotions.GiftValue(promotion, request, rules)!.Value;
        GiftValue += discounts[promotion.Id];
    }

    private void ApplyToOrder(Promotion promotion, Dictionary<string, BigInteger> afterLines)
    {
        var matching = lines.Where(l => ModelPromotions.Matches(promotion.Conditions.Items, l.Product));
        if (matching.Aggregate(BigInteger.Zero, (sum, l) => sum + afterLines[l.Product.Sku]) < ModelPromotions.Minimum(promotion, request))
        {
            reasons[promotion.Id] = "min-subtotal";
            return;
        }
        var reduced = lines.Where(l => !ModelPromotions.Excludes(promotion.Conditions.Items, l.Product)).ToDictionary(l => l, l => l.Value);
        var sum = reduced.Values.Aggregate(BigInteger.Zero, (a, b) => a + b);
        Take(promotion, ModelPromotions.Reduction(promotion, sum, request), reduced);
    }

    private void ApplyToShipping(Promotion promotion)
    {
        var value = lines.Where(l => ModelPromotions.Matches(promotion.Conditions.Items, l.Product))
            .Aggregate(BigInteger.Zero, (sum, l) => sum + l.Value);
        var discount = BigInteger.Min(ModelPromotions.Reduction(promotion, ShippingLeft, request), ModelPromotions.Cap(promotion, request));
        if (value < ModelPromotions.Minimum(promotion, request))
            reasons[promotion.Id] = "min-subtotal";
        else if (ShippingCost is null)
            reasons[promotion.Id] = "needs-shipping";
        else if (discount == 0)
            reasons[promotion.Id] = "nothing-left";
        else
        {
            discounts[promotion.Id] = discount;
            ShippingLeft -= discount;
        }
    }

    private void Take(Promotion promotion, BigInteger discount, Dictionary<ModelLine, BigInteger> weights)
    {
        discount = BigInteger.Min(discount, ModelPromotions.Cap(promotion, request));
        if (discount == 0)
        {
            reasons[promotion.Id] = "nothing-left";
            return;
        }
        discounts[promotion.Id] = discount;
        var sorted = weights.Keys.OrderBy(l => l.Product.Sku, StringComparer.Ordinal).ToList();
        foreach (var (line, share) in sorted.Zip(ModelNumbers.Divide(discount, [.. sorted.Select(l => weights[l])])))
            line.Reduce(promotion.Id, share);
    }

    private void AddTaxes()
    {
        Taxes = ModelTaxes.Compute(request, rules, lines, ShippingCost is null ? null : ShippingLeft);
        var goods = lines.Aggregate(BigInteger.Zero, (sum, l) => sum + l.Value);
        Exact = goods + ShippingLeft + (Inside ? -Taxes.Deducted : Taxes.Sum);
        var step = request.Currency switch { "KWD" => 10, "MGA" => 100, _ => 1 };
        Total = ModelNumbers.HalfUp(Exact, step) * step;
        var arePriced = request.Lines.All(l => lines.Any(m => m.Product.Sku == l.Product.Sku));
        var isSent = request.Lines.All(l => !l.Product.RequiresShipping) || ShippingCost is not null;
        CanBeOrdered = request.Lines.Length > 0 && arePriced && isSent && Taxes.AreKnown && Total <= Money.MaxAmount;
    }
}

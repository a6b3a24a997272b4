using System.Numerics;
using System.Text;
using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>Prices of the model: lists by priority; in a list the largest minimum quantity that fits; else the base price.</summary>
internal static class ModelPrices
{
    public static BigInteger? UnitPrice(PricedProduct product, int units, PricingRequest request, PricingRules rules)
    {
        var lists = rules.PriceLists
            .Where(l => l.Enabled && ModelTime.IsIn(l.From, l.To, request.At)
                && (l.CustomerGroups.Length == 0 || l.CustomerGroups.Intersect(request.Buyer.Groups).Any()))
            .OrderBy(l => l.Priority).ThenBy(l => l.Id, StringComparer.Ordinal).Select(l => (string?)l.Id).Append(null);
        foreach (var list in lists)
        {
            var prices = product.Prices
                .Where(p => p.ListId == list && p.Currency == request.Currency && p.MinQuantity <= units
                    && ModelTime.IsIn(p.From, p.To, request.At))
                .OrderByDescending(p => Math.Max(1, p.MinQuantity)).ThenByDescending(p => p.From ?? DateTimeOffset.MinValue)
                .ThenBy(p => p.Amount).ToList();
            if (prices.Count > 0)
                return prices[0].Amount;
        }
        return null;
    }
}

/// <summary>From an instant on, and before another one.</summary>
internal static class ModelTime
{
    public static bool IsIn(DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset at) =>
        (from is null || from.Value <= at) && (to is null || at < to.Value);
}

/// <summary>Conditions and caps of the model.</summary>
internal static class ModelPromotions
{
    public static bool SameCode(string code, string entered) =>
        code.Trim().Equals(Plain(entered).Trim(), StringComparison.OrdinalIgnoreCase);

    public static bool StandTogether(Promotion one, Promotion other) =>
        one.Combines.HasFlag(other.Stage) && other.Combines.HasFlag(one.Stage);

    public static bool Matches(ItemFilter filter, PricedProduct product)
    {
        var names = filter.Skus.Length + filter.Categories.Length + filter.Attributes.Length > 0;
        return (!names || Has(filter.Skus, filter.Categories, filter.Attributes, product)) && !Excludes(filter, product);
    }

    public static bool Excludes(ItemFilter filter, PricedProduct product) =>
        Has(filter.ExcludedSkus, filter.ExcludedCategories, filter.ExcludedAttributes, product);

    public static BigInteger? AmountIn(ImmutableArray<Money> amounts, string currency) =>
        amounts.Any(a => a.Currency == currency) ? amounts.First(a => a.Currency == currency).Amount : null;

    public static BigInteger Minimum(Promotion promotion, PricingRequest request) =>
        AmountIn(promotion.Conditions.MinSubtotal, request.Currency) ?? 0;

    public static BigInteger Reduction(Promotion promotion, BigInteger value, PricingRequest request) =>
        promotion.Action.PercentPpm is { } ppm
        ? ModelNumbers.HalfUp(value * ppm, 1_000_000)
        : BigInteger.Min(value, AmountIn(promotion.Action.Amounts, request.Currency)!.Value);

    public static BigInteger Cap(Promotion promotion, PricingRequest request)
    {
        var largest = AmountIn(promotion.MaxDiscount, request.Currency) ?? BigInteger.Pow(10, 30);
        if (AmountIn(promotion.Budget, request.Currency) is not { } budget)
            return largest;
        return BigInteger.Min(largest, request.Availability.GetValueOrDefault(promotion.Id)?.BudgetMinor ?? budget);
    }

    /// <summary>Why a promotion does not apply, whatever the others do; null when it may.</summary>
    public static string? Reason(Promotion promotion, QuoteModel model, PricingRequest request, PricingRules rules, bool isUsed)
    {
        var left = request.Availability.GetValueOrDefault(promotion.Id);
        var conditions = promotion.Conditions;
        bool Lacks(ImmutableArray<Money> amounts) => amounts.Length > 0 && AmountIn(amounts, request.Currency) is null;
        var matching = model.Lines.Where(l => Matches(conditions.Items, l.Product)).ToList();
        return promotion.From is { } from && request.At < from ? "not-yet"
            : promotion.To is { } to && request.At >= to ? "expired"
            : isUsed ? "code-used"
            : Lacks(promotion.MaxDiscount) ? "currency"
            : promotion.MaxUses is not null && left?.Uses <= 0 ? "used-up"
            : promotion.MaxUsesPerCustomer is not null && left?.UsesOfCustomer <= 0 ? "used-by-customer"
            : Lacks(promotion.Budget) ? "currency"
            : promotion.Budget.Length > 0 && left?.BudgetMinor <= 0 ? "used-up"
            : conditions.CustomerGroups.Length > 0 && !conditions.CustomerGroups.Intersect(request.Buyer.Groups).Any() ? "group"
            : conditions.FirstOrderOnly && !request.Buyer.IsFirstOrder ? "first-order"
            : conditions.Countries.Length > 0 && request.Destination is null ? "needs-destination"
            : conditions.Countries.Length > 0 && !conditions.Countries.Contains(request.Destination!.Country) ? "country"
            : Lacks(promotion.Action.Amounts) || Lacks(conditions.MinSubtotal) ? "currency"
            : matching.Count == 0 ? "no-match"
            : matching.Sum(l => l.Units) < conditions.MinUnits ? "min-units"
            : matching.Aggregate(BigInteger.Zero, (sum, l) => sum + l.UnitPrice * l.Units) < Minimum(promotion, request) ? "min-subtotal"
            : promotion.Action.Kind == PromotionActionKind.Gift ? GiftReason(promotion, request, rules)
            : promotion.Stage == PromotionStages.Shipping ? ShippingReason(promotion, request, rules)
            : null;
    }

    /// <summary>What a gift is worth; null when it has no price.</summary>
    public static BigInteger? GiftValue(Promotion promotion, PricingRequest request, PricingRules rules)
    {
        var product = request.GiftProducts.First(p => p.Sku == promotion.Action.GiftSku);
        return ModelPrices.UnitPrice(product, promotion.Action.GetUnits, request, rules) * promotion.Action.GetUnits;
    }

    private static string? GiftReason(Promotion promotion, PricingRequest request, PricingRules rules) =>
        request.GiftProducts.All(p => p.Sku != promotion.Action.GiftSku) ? "gift-unavailable"
        : GiftValue(promotion, request, rules) is not { } value ? "gift-price"
        : request.GiftProducts.First(p => p.Sku == promotion.Action.GiftSku).RequiresShipping
            && request.Lines.All(l => !l.Product.RequiresShipping)
            ? "gift-shipping"
        : value > Cap(promotion, request) ? "used-up"
        : null;

    private static string? ShippingReason(Promotion promotion, PricingRequest request, PricingRules rules)
    {
        var methods = promotion.Action.ShippingMethods;
        ModelShipping.Cost(request, rules, 0, out var isOffered);
        return request.Lines.All(l => !l.Product.RequiresShipping) ? "nothing-left"
            : !isOffered ? "needs-shipping"
            : methods.Length > 0 && !methods.Contains(request.ShippingMethodId!) ? "shipping-method"
            : null;
    }

    private static bool Has(
        ImmutableArray<string> skus, ImmutableArray<string> categories, ImmutableArray<ItemAttribute> attributes, PricedProduct product) =>
        skus.Contains(product.Sku)
        || categories.Any(c => product.Category == c || product.Category.StartsWith(c + "/", StringComparison.Ordinal))
        || attributes.Any(a => product.Attributes.Any(own => own.Key == a.Name && own.Value == a.Value));

    /// <summary>Fullwidth letters and digits as ordinary ones: of NFKC what the generated codes need.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder();
        foreach (var c in text)
            plain.Append(c is >= '！' and <= '～' ? (char)(c - 0xFEE0) : c == '　' ? ' ' : c);
        return plain.ToString();
    }
}

/// <summary>Zones of the model.</summary>
internal static class ModelZones
{
    /// <summary>The zone with the most specific area; ties by id.</summary>
    public static Zone? Find(ImmutableArray<Zone> zones, Destination destination)
    {
        static string Plain(string text) => string.Concat(text.Where(c => c is not (' ' or '-'))).ToUpperInvariant();
        var areas =
            from zone in zones
            from area in zone.Areas
            where area.Country is null || area.Country == destination.Country
            where area.Region is null || area.Region.Trim().Equals(destination.Region?.Trim(), StringComparison.OrdinalIgnoreCase)
            where area.PostalCodePrefix is null
                || (destination.PostalCode is { } code && Plain(code).StartsWith(Plain(area.PostalCodePrefix), StringComparison.Ordinal))
            orderby area.PostalCodePrefix is null ? 0 : Plain(area.PostalCodePrefix).Length descending,
                area.Region is not null descending, area.Country is not null descending, zone.Id
            select zone;
        return areas.FirstOrDefault();
    }
}

/// <summary>Shipping of the model.</summary>
internal static class ModelShipping
{
    /// <summary>The cost before discounts; null when shipping is not in the quote.</summary>
    /// <param name="request">The request.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="goods">The value of the goods after discounts.</param>
    /// <param name="isOffered">True when nothing but that value could stand in the way.</param>
    public static BigInteger? Cost(PricingRequest request, PricingRules rules, BigInteger goods, out bool isOffered)
    {
        isOffered = false;
        var sent = request.Lines.Where(l => l.Product.RequiresShipping).ToList();
        if (sent.Count == 0 || request.Destination is not { } destination || !Country.IsCode(destination.Country)
            || ModelZones.Find(rules.ShippingZones, destination) is not { } zone)
            return null;
        var method = rules.ShippingMethods.FirstOrDefault(m => m.Enabled && m.Id == request.ShippingMethodId);
        var price = method?.Prices.FirstOrDefault(p => p.ZoneId == zone.Id && p.Currency == request.Currency);
        var weight = sent.Sum(l => (long)l.Product.WeightGrams * l.Quantity);
        if (method is null || price is null || weight < (method.MinWeightGrams ?? 0) || weight > (method.MaxWeightGrams ?? long.MaxValue)
            || (method.CustomerGroups.Length > 0 && !method.CustomerGroups.Intersect(request.Buyer.Groups).Any())
            || (method.SizeClasses.Length > 0 && sent.Any(l => l.Product.SizeClass is { } size && !method.SizeClasses.Contains(size))))
            return null;
        BigInteger? Tier(BigInteger of) =>
            price.Tiers.Any(t => t.From <= of) ? price.Tiers.Where(t => t.From <= of).MaxBy(t => t.From).Amount : null;
        if (price.Kind == ShippingPriceKind.ByWeight && Tier(weight) is null)
            return null;
        isOffered = true;
        BigInteger? cost = price.Kind switch
        {
            ShippingPriceKind.Flat => price.Amount,
            ShippingPriceKind.ByWeight => Tier(weight),
            ShippingPriceKind.ByValue => Tier(goods),
            _ => price.Amount + (BigInteger)price.AmountPerItem * sent.Sum(l => l.Quantity),
        };
        return cost is not null && price.FreeFrom is { } free && goods >= free ? 0 : cost;
    }
}

namespace SoonShop.Pricing;

/// <summary>The shipping methods and their prices by zone and currency.</summary>
internal sealed class ShippingTable
{
    private readonly ZoneIndex zones;
    private readonly Dictionary<string, ShippingMethod> methods;
    private readonly Dictionary<(string MethodId, string ZoneId, string Currency), ShippingPrice> prices = [];
    private readonly HashSet<(string MethodId, string ZoneId)> served = [];

    public ShippingTable(PricingRules rules)
    {
        zones = new ZoneIndex(rules.ShippingZones);
        methods = rules.ShippingMethods.ToDictionary(m => m.Id, StringComparer.Ordinal);
        foreach (var method in rules.ShippingMethods)
        {
            foreach (var price in method.Prices)
            {
                prices[(method.Id, price.ZoneId, price.Currency)] = price;
                served.Add((method.Id, price.ZoneId));
            }
        }
    }

    /// <summary>Returns the shipping zone of a destination; null when the shop does not send there.</summary>
    public Zone? ZoneOf(Destination destination) => zones.Find(destination);

    /// <summary>Returns a method that is switched on; null for none.</summary>
    public ShippingMethod? Find(string id) => methods.TryGetValue(id, out var method) && method.Enabled ? method : null;

    /// <summary>Returns the price of a method for a cart, or why it cannot be used. Its tiers by value are not looked at.</summary>
    public (ShippingPrice? Price, ErrorText? Reason) PriceOf(ShippingMethod method, Zone zone, in Parcel parcel, Basket basket)
    {
        var request = basket.Request;
        if (!Groups.Overlap(method.CustomerGroups, request.Buyer))
            return (null, QuoteReasons.MethodOtherGroup);
        if (!served.Contains((method.Id, zone.Id)))
            return (null, QuoteReasons.MethodOtherDestination);
        if (!prices.TryGetValue((method.Id, zone.Id, request.Currency), out var price))
            return (null, QuoteReasons.MethodCurrency(request.Currency));
        if (parcel.WeightGrams < method.MinWeightGrams)
            return (null, QuoteReasons.TooLight(method.MinWeightGrams.Value));
        if (parcel.WeightGrams > method.MaxWeightGrams)
            return (null, QuoteReasons.TooHeavy(method.MaxWeightGrams.Value));
        if (!method.SizeClasses.IsEmpty)
        {
            for (var i = 0; i < basket.Count; i++)
            {
                if (basket.Products[i] is { RequiresShipping: true, SizeClass: { } size } && !method.SizeClasses.Contains(size))
                    return (null, QuoteReasons.SizeClass(size));
            }
        }
        return price.Kind == ShippingPriceKind.ByWeight && TierOf(price, parcel.WeightGrams) is null
            ? (null, QuoteReasons.NoTierOfWeight)
            : (price, null);
    }

    /// <summary>Returns the cost for goods of a value after discounts; null when no tier is for that value.</summary>
    public static long? CostOf(ShippingPrice price, long goods, in Parcel parcel)
    {
        if (price.Kind == ShippingPriceKind.ByValue && TierOf(price, goods) is null)
            return null;
        if (goods >= price.FreeFrom)
            return 0;
        return price.Kind switch
        {
            ShippingPriceKind.ByWeight => TierOf(price, parcel.WeightGrams),
            ShippingPriceKind.ByValue => TierOf(price, goods),
            ShippingPriceKind.PerItem => price.Amount + price.AmountPerItem * parcel.Units,
            _ => price.Amount,
        };
    }

    private static long? TierOf(ShippingPrice price, long quantity)
    {
        for (var i = price.Tiers.Length - 1; i >= 0; i--)
        {
            if (price.Tiers[i].From <= quantity)
                return price.Tiers[i].Amount;
        }
        return null;
    }
}

/// <summary>What of a cart is sent. Gifts do not count.</summary>
/// <param name="Units">The units that need shipping.</param>
/// <param name="WeightGrams">Their weight.</param>
internal readonly record struct Parcel(int Units, long WeightGrams)
{
    /// <summary>Returns what of a cart is sent.</summary>
    public static Parcel Of(Basket basket)
    {
        var (units, weight) = (0, 0L);
        for (var i = 0; i < basket.Count; i++)
        {
            if (!basket.Products[i].RequiresShipping)
                continue;
            units += basket.Units[i];
            weight += (long)basket.Products[i].WeightGrams * basket.Units[i];
        }
        return new Parcel(units, weight);
    }
}

/// <summary>The shipping method of a quote. Without a price row, shipping is not in the quote.</summary>
/// <param name="Parcel">What is sent.</param>
/// <param name="Method">The chosen method.</param>
/// <param name="Price">Its price row.</param>
/// <param name="Problem">Why the cart cannot be ordered with it; null for none.</param>
internal readonly record struct ChosenShipping(Parcel Parcel, ShippingMethod? Method, ShippingPrice? Price, ErrorText? Problem)
{
    /// <summary>Returns the method that a request chooses.</summary>
    public static ChosenShipping Of(Basket basket, ShippingTable table)
    {
        var request = basket.Request;
        var parcel = Parcel.Of(basket);
        if (parcel.Units == 0)
            return default;
        // Another problem of the quote says that the destination is needed, or that it is no country.
        if (request.Destination is not { } destination || !Country.IsCode(destination.Country))
            return new ChosenShipping(parcel, null, null, null);
        if (table.ZoneOf(destination) is not { } zone)
            return new ChosenShipping(parcel, null, null, QuoteReasons.NoDelivery(destination.Country));
        if (request.ShippingMethodId is not { } id)
            return new ChosenShipping(parcel, null, null, QuoteReasons.NeedsMethod);
        if (table.Find(id) is not { } method)
            return new ChosenShipping(parcel, null, null, QuoteReasons.UnknownMethod);
        if (request.ShippingPrice is { } agreed)
        {
            var own = new ShippingPrice { ZoneId = zone.Id, Currency = request.Currency, Amount = agreed };
            return new ChosenShipping(parcel, method, own, null);
        }
        var (price, reason) = table.PriceOf(method, zone, parcel, basket);
        return new ChosenShipping(parcel, method, price, reason);
    }
}

namespace SoonShop.Pricing;

/// <summary>
/// The base prices of a product over time: what everybody pays for one unit, in each currency. Prices of lists and for larger quantities
/// are no base prices.
/// </summary>
internal static class BasePrices
{
    /// <summary>The time before a price reduction whose lowest price must be shown.</summary>
    /// <remarks>Article 6a of directive 98/6/EC, which directive (EU) 2019/2161 ("Omnibus") added.</remarks>
    public static readonly TimeSpan LowestOf = TimeSpan.FromDays(30);

    /// <summary>
    /// The most points of the history of a currency. Beyond that, the oldest ones are joined at the lower of their prices.
    /// </summary>
    private const int MaxPoints = 200;

    /// <summary>Returns the base price that is in force; null when the product has none in the currency.</summary>
    public static ProductPrice? InForce(ImmutableArray<ProductPrice> prices, string currency, DateTimeOffset at) =>
        Best(prices.Where(p => IsBase(p, currency) && Period.Contains(p.From, p.To, at)));

    /// <summary>Returns the next time at which a base price begins or ends by itself; null for never.</summary>
    public static DateTimeOffset? NextChange(ImmutableArray<ProductPrice> prices, DateTimeOffset after) =>
        Times(prices.Where(p => IsBase(p, p.Currency))).Where(t => t > after).Order().Select(t => (DateTimeOffset?)t).FirstOrDefault();

    /// <summary>Returns the base prices in force, one for each currency, the shop's first.</summary>
    /// <param name="prices">All prices of the product, the price in the shop's currency first.</param>
    /// <param name="history">What the product cost until its last change.</param>
    /// <param name="now">The time.</param>
    public static ImmutableArray<CurrentPrice> Current(
        ImmutableArray<ProductPrice> prices, ImmutableArray<PricePoint> history, DateTimeOffset now)
    {
        var current = ImmutableArray.CreateBuilder<CurrentPrice>();
        foreach (var currency in prices.Select(p => p.Currency).Distinct())
        {
            if (InForce(prices, currency, now) is not { } price)
                continue;
            var compareAt = price.CompareAt ?? Best(prices.Where(p => IsBase(p, currency) && p is { From: null, To: null }))?.Amount;
            var isReduced = compareAt > price.Amount;
            current.Add(new CurrentPrice(
                new Money(price.Amount, currency),
                isReduced ? new Money(compareAt!.Value, currency) : null,
                isReduced && LowestBefore(prices, history, currency, now) is { } lowest ? new Money(lowest, currency) : null));
        }
        return current.DrainToImmutable();
    }

    /// <summary>Adds what the product cost until now, and what it costs from now on.</summary>
    /// <param name="history">What it cost until its last change; empty for a new product, and where an older version did not store
    /// it.</param>
    /// <param name="since">When the product was created.</param>
    /// <param name="before">Its prices until now; empty for a new product.</param>
    /// <param name="after">Its prices from now on.</param>
    /// <param name="now">The time of the change.</param>
    public static ImmutableArray<PricePoint> Extend(
        ImmutableArray<PricePoint> history, DateTimeOffset since, ImmutableArray<ProductPrice> before, ImmutableArray<ProductPrice> after,
        DateTimeOffset now)
    {
        var extended = ImmutableArray.CreateBuilder<PricePoint>();
        var currencies = history.Select(p => p.Currency).Concat(before.Select(p => p.Currency)).Concat(after.Select(p => p.Currency));
        foreach (var currency in currencies.Distinct())
        {
            var points = Until(history, since, before, currency, now);
            Add(points, new PricePoint(currency, InForce(after, currency, now)?.Amount, now));
            extended.AddRange(Prune(points));
        }
        return extended.DrainToImmutable();
    }

    /// <summary>Returns the lowest price of the 30 days before the price in force began; null when there was none.</summary>
    private static long? LowestBefore(
        ImmutableArray<ProductPrice> prices, ImmutableArray<PricePoint> history, string currency, DateTimeOffset now)
    {
        // Without a history, nothing is known of the time before.
        var points = history.Any(p => p.Currency == currency) ? Until(history, now, prices, currency, now) : [];
        long? lowest = null;
        for (var i = 0; i < points.Count - 1; i++)
        {
            if (points[i + 1].At > points[^1].At - LowestOf && points[i].Amount is { } amount && !(lowest <= amount))
                lowest = amount;
        }
        return lowest;
    }

    /// <summary>Returns the history of a currency with the scheduled changes that have come into force since the last change.</summary>
    private static List<PricePoint> Until(
        ImmutableArray<PricePoint> history, DateTimeOffset since, ImmutableArray<ProductPrice> prices, string currency, DateTimeOffset now)
    {
        List<PricePoint> points = [.. history.Where(p => p.Currency == currency)];
        if (points.Count == 0 && !prices.IsEmpty)
            points.Add(new PricePoint(currency, InForce(prices, currency, since)?.Amount, since));
        if (points.Count == 0)
            return points;
        var last = points[^1].At;
        foreach (var at in Times(prices.Where(p => IsBase(p, currency))).Where(t => t > last && t <= now).Distinct().Order())
            Add(points, new PricePoint(currency, InForce(prices, currency, at)?.Amount, at));
        return points;
    }

    private static void Add(List<PricePoint> points, PricePoint point)
    {
        if (points.Count == 0 ? point.Amount is not null : points[^1].Amount != point.Amount)
            points.Add(point);
    }

    private static List<PricePoint> Prune(List<PricePoint> points)
    {
        while (points.Count > 1 && points[1].At <= points[^1].At - LowestOf)
            points.RemoveAt(0);
        while (points.Count > MaxPoints)
        {
            var (older, newer) = (points[0].Amount, points[1].Amount);
            points[1] = points[0] with { Amount = older < newer ? older : newer ?? older };
            points.RemoveAt(0);
        }
        return points;
    }

    private static ProductPrice? Best(IEnumerable<ProductPrice> prices)
    {
        ProductPrice? best = null;
        foreach (var price in prices)
        {
            if (best is not { } other || PriceTable.IsBetter(price, other))
                best = price;
        }
        return best;
    }

    private static bool IsBase(in ProductPrice price, string currency) =>
        price is { ListId: null, MinQuantity: <= 1 } && price.Currency == currency;

    private static IEnumerable<DateTimeOffset> Times(IEnumerable<ProductPrice> prices) =>
        prices.SelectMany(p => new[] { p.From, p.To }).OfType<DateTimeOffset>();
}

/// <summary>What a product costs from an instant on, until the next point of its currency.</summary>
/// <param name="Currency">The currency (ISO 4217).</param>
/// <param name="Amount">The base price of one unit in minor units; null while there is none.</param>
/// <param name="At">The first instant.</param>
public readonly record struct PricePoint(string Currency, long? Amount, DateTimeOffset At);

namespace SoonShop.Pricing;

/// <summary>
/// The lines of a request as items: all lines of a SKU are one item, so that splitting a line changes nothing. Items are sorted by SKU, so
/// that the order of the lines changes nothing. Gifts are no items.
/// </summary>
internal sealed class Basket
{
    public Basket(PricingRequest request, PriceTable prices)
    {
        Check(request);
        Request = request;
        var lines = request.Lines;
        LineOrder = Sort(lines);
        (ItemOfLine, FirstUnitOfLine) = (new int[lines.Length], new int[lines.Length]);
        Products = new PricedProduct[lines.Length];
        Units = new int[lines.Length];
        foreach (var line in LineOrder)
        {
            var product = lines[line].Product;
            if (Count == 0 || Products[Count - 1].Sku != product.Sku)
                Products[Count++] = product;
            (ItemOfLine[line], FirstUnitOfLine[line]) = (Count - 1, Units[Count - 1]);
            Units[Count - 1] += lines[line].Quantity;
        }
        (UnitPrices, ListIds, Gross) = (new long[Count], new string?[Count], new long[Count]);
        for (var i = 0; i < Count; i++)
        {
            if (prices.Find(Products[i], Units[i], request) is not { } price)
                continue;
            (UnitPrices[i], ListIds[i], Gross[i]) = (price.Amount, price.ListId, price.Amount * Units[i]);
            Priced |= Bit(i);
        }
    }

    /// <summary>The request.</summary>
    public PricingRequest Request { get; }

    /// <summary>The number of items.</summary>
    public int Count { get; }

    /// <summary>The product of each item.</summary>
    public PricedProduct[] Products { get; }

    /// <summary>The units of each item.</summary>
    public int[] Units { get; }

    /// <summary>The price of one unit of each item; 0 without a price.</summary>
    public long[] UnitPrices { get; }

    /// <summary>The list that the price of each item is from; null for the base price.</summary>
    public string?[] ListIds { get; }

    /// <summary>Unit price × units of each item.</summary>
    public long[] Gross { get; }

    /// <summary>The items with a price, a bit each.</summary>
    public UInt128 Priced { get; }

    /// <summary>The indexes of the lines, sorted by SKU; of one SKU the line with more units first.</summary>
    public int[] LineOrder { get; }

    /// <summary>The item of each line.</summary>
    public int[] ItemOfLine { get; }

    /// <summary>The first unit of each line among the units of its item.</summary>
    public int[] FirstUnitOfLine { get; }

    /// <summary>Returns the bit of an item.</summary>
    public static UInt128 Bit(int item) => UInt128.One << item;

    /// <summary>Returns the units of some items.</summary>
    public int UnitsOf(UInt128 items)
    {
        var units = 0;
        for (; items != 0; items &= items - 1)
            units += Units[First(items)];
        return units;
    }

    /// <summary>Returns the sum of the values of some items.</summary>
    public static long Sum(UInt128 items, ReadOnlySpan<long> values)
    {
        var sum = 0L;
        for (; items != 0; items &= items - 1)
            sum += values[First(items)];
        return sum;
    }

    /// <summary>Returns the first of some items; there must be one.</summary>
    public static int First(UInt128 items) => (int)UInt128.TrailingZeroCount(items);

    /// <summary>Returns the product of a gift; null when it is not available.</summary>
    public PricedProduct? GiftProduct(string sku)
    {
        foreach (var product in Request.GiftProducts)
        {
            if (product.Sku == sku)
                return product;
        }
        return null;
    }

    private static void Check(PricingRequest request)
    {
        if (request.Lines.Length > PricingLimits.MaxLines)
            throw new ArgumentException($"The request has {request.Lines.Length} lines, at most {PricingLimits.MaxLines} are allowed.");
        if (request.Codes.Length > PricingLimits.MaxCodes)
            throw new ArgumentException($"The request has {request.Codes.Length} codes, at most {PricingLimits.MaxCodes} are allowed.");
        foreach (var line in request.Lines)
        {
            if (line.Quantity is < 1 or > PricingLimits.MaxQuantity)
                throw new ArgumentException($"A line has {line.Quantity} units, 1–{PricingLimits.MaxQuantity} are allowed.");
            if (line.Product.WeightGrams < 0)
                throw new ArgumentException($"The weight of {line.Product.Sku} is negative.");
        }
    }

    /// <summary>Sorts by insertion: there are few lines, and they are often sorted already.</summary>
    private static int[] Sort(ImmutableArray<PricingLine> lines)
    {
        var order = new int[lines.Length];
        for (var i = 0; i < order.Length; i++)
        {
            var at = i;
            for (; at > 0 && IsBefore(lines[i], lines[order[at - 1]]); at--)
                order[at] = order[at - 1];
            order[at] = i;
        }
        return order;
    }

    private static bool IsBefore(in PricingLine line, in PricingLine other)
    {
        var bySku = string.CompareOrdinal(line.Product.Sku, other.Product.Sku);
        return bySku < 0 || (bySku == 0 && line.Quantity > other.Quantity);
    }
}

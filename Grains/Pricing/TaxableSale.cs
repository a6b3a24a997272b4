namespace SoonShop.Pricing;

/// <summary>
/// What is taxed: the items and shipping of a cart after discounts. Two sales are equal when their taxes must be.
/// </summary>
public sealed record TaxableSale
{
    /// <summary>The currency of all amounts (ISO 4217).</summary>
    public required string Currency { get; init; }

    /// <summary>True when the amounts include the taxes; otherwise taxes are added to them.</summary>
    public required bool TaxInside { get; init; }

    /// <summary>Where the sale is sent.</summary>
    public required Destination Destination { get; init; }

    /// <summary>The day of the sale in UTC.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>The items, one for each SKU, in the order of their SKUs.</summary>
    public required ImmutableArray<TaxableItem> Items { get; init; }

    /// <summary>The shipping: its method is the reference. Null for a sale without shipping costs.</summary>
    public TaxableItem? Shipping { get; init; }

    /// <inheritdoc/>
    public bool Equals(TaxableSale? other) => other is not null
        && Currency == other.Currency && TaxInside == other.TaxInside && Destination == other.Destination && Date == other.Date
        && Shipping == other.Shipping && Items.AsSpan().SequenceEqual(other.Items.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Currency);
        hash.Add(TaxInside);
        hash.Add(Destination);
        hash.Add(Date);
        hash.Add(Shipping);
        foreach (var item in Items)
            hash.Add(item);
        return hash.ToHashCode();
    }
}

/// <summary>An item of a sale.</summary>
/// <param name="Reference">The SKU, or the shipping method.</param>
/// <param name="TaxCategory">Its tax category; see <see cref="Pricing.TaxCategory"/>.</param>
/// <param name="Units">Units.</param>
/// <param name="Amount">What is left of its price after discounts, for all units, in minor units, at least 0.</param>
public readonly record struct TaxableItem(string Reference, string TaxCategory, int Units, long Amount);

/// <summary>
/// The taxes of a sale. Each item has at most <see cref="PricingLimits.MaxRatesOfCategory"/> taxes, and together they are not more than its
/// amount.
/// </summary>
/// <param name="Items">The taxes of each item, in the order of the sale.</param>
/// <param name="Shipping">The taxes of shipping.</param>
public sealed record SaleTaxes(ImmutableArray<ImmutableArray<ItemTax>> Items, ImmutableArray<ItemTax> Shipping);

/// <summary>A tax on an item.</summary>
/// <param name="RateId">The provider's id of the rate, 1–<see cref="PricingLimits.MaxIdLength"/> characters.</param>
/// <param name="Name">
/// The name that stands on invoices, such as <c>New York State Tax</c>, 1–<see cref="PricingLimits.MaxNameLength"/> characters.
/// </param>
/// <param name="Ppm">The rate in parts per million, 0–1,000,000.</param>
/// <param name="Base">What it is charged on, in minor units, without the tax itself: 0 to the item's amount.</param>
/// <param name="Amount">The tax in minor units, at least 0.</param>
public readonly record struct ItemTax(string RateId, string Name, int Ppm, long Base, long Amount);

namespace SoonShop.Pricing;

/// <summary>The taxes of a sale as a provider computed them.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Sale">The sale. A quote of another sale does not use these taxes.</param>
/// <param name="Taxes">The taxes, which have no <see cref="Problem"/>.</param>
public sealed record ProvidedTaxes(string Provider, TaxableSale Sale, SaleTaxes Taxes)
{
    /// <summary>Returns which rule of <see cref="SaleTaxes"/> an answer breaks; null for none.</summary>
    public static string? Problem(TaxableSale sale, SaleTaxes taxes)
    {
        if (taxes.Items.IsDefault || taxes.Items.Length != sale.Items.Length)
            return $"It has {(taxes.Items.IsDefault ? 0 : taxes.Items.Length)} items instead of {sale.Items.Length}.";
        for (var i = 0; i < sale.Items.Length; i++)
        {
            if (ProblemOf(sale.Items[i], taxes.Items[i]) is { } problem)
                return problem;
        }
        if (sale.Shipping is { } shipping)
            return ProblemOf(shipping, taxes.Shipping);
        return taxes.Shipping.IsDefaultOrEmpty ? null : "It taxes shipping, but the sale has no shipping costs.";
    }

    private static string? ProblemOf(TaxableItem item, ImmutableArray<ItemTax> taxes)
    {
        if (taxes.IsDefault || taxes.Length > PricingLimits.MaxRatesOfCategory)
            return $"{item.Reference} must have 0–{PricingLimits.MaxRatesOfCategory} taxes.";
        var left = item.Amount;
        foreach (var tax in taxes)
        {
            if (tax.RateId is not { Length: >= 1 and <= PricingLimits.MaxIdLength } || !Text.IsLine(tax.RateId))
                return $"A rate of {item.Reference} has no valid id.";
            if (tax.Name is not { Length: >= 1 and <= PricingLimits.MaxNameLength } || !Text.IsLine(tax.Name))
                return $"The rate {tax.RateId} of {item.Reference} has no valid name.";
            if (tax.Ppm is < 0 or > PricingLimits.WholePpm || tax.Base < 0 || tax.Base > item.Amount)
                return $"The rate {tax.RateId} of {item.Reference} is {tax.Ppm} ppm of {tax.Base}, which is out of range.";
            if (tax.Amount < 0 || tax.Amount > left)
                return $"The taxes of {item.Reference} must be 0 to its amount, {item.Amount}.";
            left -= tax.Amount;
        }
        return null;
    }
}

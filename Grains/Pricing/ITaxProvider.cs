namespace SoonShop.Pricing;

/// <summary>
/// Computes the taxes of a sale outside the shop, for example at a tax service. The shop's own tax rates count while there is no provider,
/// and wherever the provider does not answer in time.
/// </summary>
/// <remarks>
/// A cart is priced again at each change, so an answer must not record anything at the provider. The same sale may be asked for any number
/// of times. Equal sales are answered from memory for a while.
/// </remarks>
public interface ITaxProvider
{
    /// <summary>The provider's name, which quotes and orders keep: 1–64 characters.</summary>
    string Name { get; }

    /// <summary>
    /// Returns the taxes of a sale; null to leave it to the shop's own rates. An answer that breaks a rule of <see cref="SaleTaxes"/> is
    /// not used.
    /// </summary>
    /// <exception cref="Exception">The provider does not answer. The shop's own rates are used.</exception>
    Task<SaleTaxes?> GetTaxesAsync(TaxableSale sale, CancellationToken cancellation);
}

using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using SoonShop.Catalog;
using SoonShop.Orders;
using SoonShop.Users;

namespace SoonShop.Pricing;

// One activation per silo, so that a cancellation finds its call.
[StatelessWorker(1), Reentrant]
internal sealed class PricingPreviewGrain(CartQuotes quotes, PricingBuyers buyers, IOptions<CheckoutOptions> options, TimeProvider time)
    : Grain, IPricingPreviewGrain
{
    async Task<Result<Quote>> IPricingPreviewGrain.PriceAsync(PricingPreview preview, CancellationToken cancellation)
    {
        // The newest rules, also those that the carts of this silo do not know yet.
        var rules = CompiledPricingRules.Compile((await GrainFactory.GetGrain<IPricingRulesGrain>(0).GetAsync(null))!);
        var products = await FindAsync(preview.Lines.Select(l => l.Sku));
        var unknown = preview.Lines.Index().Where(l => !products.ContainsKey(l.Item.Sku))
            .ToDictionary(l => $"lines[{l.Index}].sku", _ => (ErrorText[])[ErrorText.Of("field.no-product", "is no product of this shop")]);
        if (unknown.Count > 0)
            return Error.Invalid(unknown);
        var buyer = await BuyerOfAsync(preview, rules);
        if (buyer.IsError)
            return buyer.Error;
        // As in carts and orders. A place where the shop does not sell is a problem of the quote instead.
        var destination = preview.Destination is { } place ? Destinations.Normalize(place, "destination.") : null;
        if (destination is { IsError: true })
            return destination.Error;
        var request = new PricingRequest
        {
            Lines = [.. preview.Lines.Select(l => new PricingLine(products[l.Sku], l.Quantity))],
            Currency = preview.Currency ?? options.Value.Currency,
            At = preview.At ?? time.GetUtcNow(),
            Buyer = buyer.Value,
            Destination = destination?.Value,
            ShippingMethodId = preview.ShippingMethodId,
            Codes = await quotes.FindCodesAsync(preview.Codes, rules),
            ExplainsRules = true,
        };
        return (await quotes.QuoteAsync(request, rules, new PromotionBuyer(preview.CustomerId, buyer.Value.Email))).Quote;
    }

    /// <summary>Returns the products that exist, also those that are not on sale.</summary>
    private async Task<Dictionary<string, PricedProduct>> FindAsync(IEnumerable<string> skus)
    {
        var found = await Task.WhenAll(skus.Distinct(StringComparer.Ordinal).Select(
            sku => GrainFactory.GetGrain<IProductGrain>(Sku.GrainKey(sku)).GetOfferAsync()));
        return found.OfType<PriceOffer>().ToDictionary(o => o.Sku, o => o.ToPricedProduct(), StringComparer.Ordinal);
    }

    private async Task<Result<Buyer>> BuyerOfAsync(PricingPreview preview, CompiledPricingRules rules)
    {
        if (preview.CustomerId is not { } customer)
        {
            return new Buyer
            {
                Groups = preview.Profile.Groups,
                IsFirstOrder = preview.IsFirstOrder,
                TaxExemptionReason = preview.Profile.TaxExemptionReason,
            };
        }
        if ((await GrainFactory.GetGrain<IUserGrain>(customer).GetPricingProfileAsync()).IsError)
            return Error.Invalid("customerId", "field.no-customer", "is no customer of this shop");
        var asksForFirstOrder = rules.AskForFirstOrder(preview.At ?? time.GetUtcNow(), !preview.Codes.IsEmpty);
        return await buyers.FindAsync(customer, email: null, asksForFirstOrder);
    }
}

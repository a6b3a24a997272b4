using SoonShop.Catalog;
using SoonShop.Pricing;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>
/// Prices draft orders by the rules in force. An own price takes the place of all prices of its product, so that no price list applies;
/// promotions and taxes apply to it as to any price.
/// </summary>
public sealed class DraftQuotes(CartQuotes quotes, PricingBuyers buyers, IGrainFactory grains, TimeProvider time)
{
    /// <summary>
    /// Returns what a draft costs now. Error: <c>validation-failed</c>, also for an unknown product or customer, and for an address where
    /// the shop does not sell.
    /// </summary>
    public async Task<Result<PricedDraft>> PriceAsync(DraftOrderContent draft)
    {
        if (DraftOrderState.Check(draft) is { } wrong)
            return wrong;
        var email = draft.Email;
        if (draft.CustomerId is { } customer)
        {
            var user = await grains.Reference<IUserGrain>(customer).GetAsync();
            if (user.IsError)
                return Error.Invalid("customerId", "field.no-customer", "is no customer of this shop");
            email = user.Value.Email;
        }
        var rules = await quotes.RulesAsync();
        var address = Destinations.Check(draft.ShippingAddress, savedAs: null, rules);
        if (address.IsError)
            return address.Error;
        var offers = await Task.WhenAll(draft.Lines.Select(
            l => grains.Reference<IProductGrain>(Sku.GrainKey(l.Sku)).GetOfferAsync()));
        var unknown = offers.Index().Where(o => o.Item is null)
            .ToDictionary(o => $"lines[{o.Index}].sku", _ => (ErrorText[])[ErrorText.Of("field.no-product", "is no product of this shop")]);
        if (unknown.Count > 0)
            return Error.Invalid(unknown);
        var now = time.GetUtcNow();
        var request = new PricingRequest
        {
            Lines = [.. draft.Lines.Zip(offers, (line, offer) => new PricingLine(ProductOf(line, offer!), line.Quantity))],
            Currency = draft.Currency,
            At = now,
            Buyer = await buyers.FindAsync(draft.CustomerId, email, rules.AskForFirstOrder(now, !draft.Codes.IsEmpty)),
            Destination = Destinations.Of(address.Value),
            ShippingMethodId = draft.ShippingMethod,
            ShippingPrice = draft.ShippingPrice?.Amount,
            Codes = await quotes.FindCodesAsync(draft.Codes, rules),
        };
        var buyer = new PromotionBuyer(draft.CustomerId, email);
        var priced = await quotes.QuoteAsync(request, rules, buyer);
        var names = offers.OfType<PriceOffer>().Concat(priced.Gifts).DistinctBy(o => o.Sku).ToDictionary(o => o.Sku, o => o.Name);
        return new PricedDraft(
            email!, address.Value, priced.Quote, OrderTotals.Of(priced.Quote, sku => names[sku]),
            PromotionUseTerms.Of(priced.Quote, priced.Rules, buyer));
    }

    /// <summary>Returns the product with the line's own price as its only one, or with its prices.</summary>
    private static PricedProduct ProductOf(DraftOrderLine line, PriceOffer offer) => line.UnitPrice is { } own
        ? offer.ToPricedProduct() with { Prices = [new ProductPrice(own.Currency, own.Amount)] }
        : offer.ToPricedProduct();
}

/// <summary>A draft order with its prices.</summary>
/// <param name="Email">The customer's e-mail address.</param>
/// <param name="ShippingAddress">The shipping address in its country's form.</param>
/// <param name="Quote">The quote.</param>
/// <param name="Totals">The totals of the quote.</param>
/// <param name="Uses">The uses of limited promotions to reserve.</param>
public sealed record PricedDraft(
    string Email, Address ShippingAddress, Quote Quote, OrderTotals Totals, ImmutableArray<PromotionUseTerms> Uses);

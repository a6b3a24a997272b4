using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Orders;

namespace SoonShop.Pricing;

/// <summary>
/// Prices carts and orders: collects what a quote depends on, and calls the quote function with the rules in force. Carts show these
/// quotes, and orders are placed at them.
/// </summary>
public sealed class CartQuotes(
    PricingRulesCache cache, PricingBuyers buyers, IGrainFactory grains, IOptions<CheckoutOptions> options, TimeProvider time,
    LocalGrainCache<PriceOffer?> activeOffers, StockLocations locations, ITaxProvider? taxes = null)
{
    /// <summary>The currency of a cart without a choice.</summary>
    public string ShopCurrency => options.Value.Currency;

    /// <summary>True when every silo of the cluster knows pricing rules.</summary>
    public bool AreKnownEverywhere => cache.AreKnownEverywhere;

    /// <summary>Returns the rules in force.</summary>
    public ValueTask<CompiledPricingRules> RulesAsync() => cache.GetAsync();

    /// <summary>Returns the quote for a cart or an order.</summary>
    public async ValueTask<PricedCart> QuoteAsync(CartContent cart)
    {
        var rules = await cache.GetAsync();
        var request = await RequestAsync(cart, rules);
        return await QuoteAsync(request, rules, BuyerOf(cart, request), cart.HeldUses, cart.HeldUnits);
    }

    /// <summary>Returns the quote by the given rules, with the cheapest shipping method where the request names none.</summary>
    public async ValueTask<PricedCart> QuoteAsync(
        PricingRequest request, CompiledPricingRules rules, PromotionBuyer buyer,
        Func<Task<ImmutableArray<PromotionDiscount>>>? held = null, Func<Task<IReadOnlyDictionary<string, int>>>? heldUnits = null)
    {
        (request, var gifts) = await WithGiftsAsync(request, rules, heldUnits);
        var left = new RemainingPromotions(grains, rules, buyer, held);
        if (request is { Destination: not null, ShippingMethodId: null })
        {
            if (rules.Rules.ShippingMethods is [{ Enabled: true } only])
                request = request with { ShippingMethodId = only.Id };
            else
                request = request with { ShippingMethodId = CheapestMethod(await left.CompleteForAllMethodsAsync(request), rules) };
        }
        var quote = await left.PriceAsync(request);
        request = await WithTaxesAsync(left.Complete(request), rules);
        if (request.ProvidedTaxes is not null)
            quote = PricingEngine.Price(request, rules);
        if (left.WithoutEarlierUses(request) is not { } unused)
            return new PricedCart(quote, rules, gifts, null);
        var shown = PricingEngine.Price(await WithTaxesAsync(unused, rules), rules).Total;
        return new PricedCart(quote, rules, gifts, shown == quote.Total ? null : shown);
    }

    /// <summary>
    /// Returns a code as quotes take it: a generated one with its promotion, and whether another order uses it. Null when the shop has no
    /// such code.
    /// </summary>
    /// <param name="code">The code as entered.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="held">The promotions of unpaid orders of the same cart, see <see cref="CartContent.HeldUses"/>.</param>
    public async ValueTask<EnteredCode?> FindCodeAsync(
        string code, CompiledPricingRules rules, Func<Task<ImmutableArray<PromotionDiscount>>>? held = null)
    {
        if (!PromotionCode.IsValid(code))
            return null;
        if (rules.ByCode.ContainsKey(PromotionCode.Normalize(code)))
            return new EnteredCode(code);
        if (!GeneratedCode.TryParse(code, out var generated) || !rules.BatchesByTag.TryGetValue(generated.Tag, out var promotions))
            return null;
        foreach (var id in promotions)
        {
            var key = Promotion.GrainKey(id);
            if (!await grains.Reference<IPromotionCodesGrain>(key).HasIssuedAsync(code))
                continue;
            var isUsed = (await grains.Reference<IPromotionUsesGrain>(key).GetUsedAsync([generated.HolderKey])).ByHolder[0] > 0;
            if (isUsed && held is not null)
                isUsed = !(await held()).Any(p => p.Id == id && p.Code is { } own && GeneratedCode.Spell(own) == generated.ToString());
            return new EnteredCode(code, id, isUsed);
        }
        return null;
    }

    /// <summary>Returns the shipping methods for a cart with a destination.</summary>
    public async ValueTask<ImmutableArray<ShippingOption>> ShippingOptionsAsync(CartContent cart)
    {
        var rules = await cache.GetAsync();
        var (request, _) = await WithGiftsAsync(await RequestAsync(cart, rules), rules, cart.HeldUnits);
        var left = new RemainingPromotions(grains, rules, BuyerOf(cart, request), cart.HeldUses);
        request = await left.CompleteForAllMethodsAsync(request);
        var options = PricingEngine.ShippingOptions(request, rules);
        return taxes is null ? options : [.. await Task.WhenAll(options.Select(option => WithTaxesAsync(option, request, rules)))];
    }

    /// <summary>Returns the prices of one unit, in the order of the lines; null for a product without a price in the currency.</summary>
    public async ValueTask<ImmutableArray<long?>> UnitPricesAsync(CartContent cart)
    {
        var rules = await cache.GetAsync();
        var request = await RequestAsync(cart with { Choices = cart.Choices with { Codes = [] } }, rules, forUnitPrices: true);
        return [.. request.Lines.Select(l => rules.Prices.Find(l.Product, l.Quantity, request)?.Amount)];
    }

    /// <summary>Returns whose uses count. An order counts the same ones, so that it costs what its cart shows.</summary>
    private static PromotionBuyer BuyerOf(CartContent cart, PricingRequest request) =>
        new(cart.CustomerId, cart.Email ?? request.Buyer.Email);

    private async ValueTask<PricingRequest> RequestAsync(CartContent cart, CompiledPricingRules rules, bool forUnitPrices = false)
    {
        var (choices, now) = (cart.Choices, time.GetUtcNow());
        return new()
        {
            Lines = cart.Lines,
            Currency = choices.Currency ?? ShopCurrency,
            At = now,
            // A silo of an older version does not know the profiles of customers.
            Buyer = !cache.AreKnownEverywhere ? Buyer.Unknown : await buyers.FindAsync(
                cart.CustomerId, cart.Email, !forUnitPrices && rules.AskForFirstOrder(now, !choices.Codes.IsEmpty)),
            Destination = choices.Destination,
            ShippingMethodId = choices.ShippingMethod,
            Codes = choices.Codes.IsEmpty ? [] : await FindCodesAsync(choices.Codes, rules, cart.HeldUses),
        };
    }

    /// <summary>Returns codes as quotes take them. Codes that do not exist any more are refused there.</summary>
    public async ValueTask<ImmutableArray<EnteredCode>> FindCodesAsync(
        ImmutableArray<string> codes, CompiledPricingRules rules, Func<Task<ImmutableArray<PromotionDiscount>>>? held = null)
    {
        var found = ImmutableArray.CreateBuilder<EnteredCode>(codes.Length);
        foreach (var code in codes)
            found.Add(await FindCodeAsync(code, rules, held) ?? new EnteredCode(code));
        return found.MoveToImmutable();
    }

    /// <summary>Adds the taxes of the tax provider. Without a provider or an answer, the shop's own rates count.</summary>
    private async Task<PricingRequest> WithTaxesAsync(PricingRequest request, CompiledPricingRules rules)
    {
        if (taxes is null || PricingEngine.SaleOf(request, rules) is not { } sale)
            return request;
        var answer = await taxes.GetTaxesAsync(sale, CancellationToken.None);
        return answer is null ? request : request with { ProvidedTaxes = new ProvidedTaxes(taxes.Name, sale, answer) };
    }

    /// <summary>Returns a shipping option with the tax and total of the tax provider.</summary>
    private async Task<ShippingOption> WithTaxesAsync(ShippingOption option, PricingRequest request, CompiledPricingRules rules)
    {
        if (option.Reason is not null)
            return option;
        request = await WithTaxesAsync(request with { ShippingMethodId = option.MethodId, ExplainsRules = false }, rules);
        return request.ProvidedTaxes is null ? option : PricingEngine.WithTaxes(option, PricingEngine.Price(request, rules));
    }

    /// <summary>
    /// Returns the cheapest method that can be used; of equally cheap ones, the first. Pickup only where nothing is delivered: the buyer
    /// must choose to come.
    /// </summary>
    private static string? CheapestMethod(PricingRequest request, CompiledPricingRules rules)
    {
        ShippingOption? best = null;
        foreach (var option in PricingEngine.ShippingOptions(request, rules))
        {
            if (option.Reason is null && (best is null || (option.Kind, option.Price).CompareTo((best.Kind, best.Price)) < 0))
                best = option;
        }
        return best?.MethodId;
    }

    /// <summary>
    /// Adds the products that promotions may give away to this cart, as far as they are on sale and in stock beside what the cart holds.
    /// </summary>
    private async ValueTask<(PricingRequest Request, ImmutableArray<PriceOffer> Gifts)> WithGiftsAsync(
        PricingRequest request, CompiledPricingRules rules, Func<Task<IReadOnlyDictionary<string, int>>>? held)
    {
        var units = rules.GiftsAt(request.At, !request.Codes.IsEmpty);
        if (units.Count == 0)
            return (request, []);
        var found = await Task.WhenAll(units.Select(gift => FindGiftAsync(
            gift.Key, gift.Value + request.Lines.Where(l => l.Product.Sku == gift.Key).Sum(l => l.Quantity), held)));
        ImmutableArray<PriceOffer> gifts = [.. found.OfType<PriceOffer>()];
        return (request with { GiftProducts = [.. gifts.Select(g => g.ToPricedProduct())] }, gifts);
    }

    private async Task<PriceOffer?> FindGiftAsync(string sku, int units, Func<Task<IReadOnlyDictionary<string, int>>>? held)
    {
        var key = Sku.GrainKey(sku);
        var offer = activeOffers.TryGetValue(sku, out var known) ? known : await grains.Reference<IProductGrain>(key).GetOfferAsync();
        if (offer is not { Active: true })
            return null;
        var stock = await locations.AvailabilityAsync(sku);
        return stock.Units >= units || (held is not null && stock.Units + (await held()).GetValueOrDefault(sku) >= units) ? offer : null;
    }
}

/// <summary>What is priced, and for whom.</summary>
/// <param name="Lines">The lines.</param>
/// <param name="Choices">The buyer's choices.</param>
/// <param name="CustomerId">The account; null for a guest.</param>
/// <param name="Email">The e-mail address of a guest, or of the account; null while it is not known.</param>
public readonly record struct CartContent(ImmutableArray<PricingLine> Lines, CartChoices Choices, Guid? CustomerId, string? Email = null)
{
    /// <summary>
    /// Finds the promotions of unpaid orders of the same cart, whose uses are left for it; null for a cart without such orders.
    /// </summary>
    public Func<Task<ImmutableArray<PromotionDiscount>>>? HeldUses { get; init; }

    /// <summary>
    /// Finds the units by SKU that unpaid orders of the same cart hold, which are left for it; null for a cart without such orders.
    /// </summary>
    public Func<Task<IReadOnlyDictionary<string, int>>>? HeldUnits { get; init; }
}

/// <summary>A quote with what it was made from.</summary>
/// <param name="Quote">The quote.</param>
/// <param name="Rules">The rules.</param>
/// <param name="Gifts">The products that promotions can give away now.</param>
/// <param name="TotalWithoutEarlierUses">
/// What a buyer would pay who has used no promotion, in minor units: a cart shows this while it does not know the buyer. Null when it is
/// the same total.
/// </param>
public readonly record struct PricedCart(
    Quote Quote, CompiledPricingRules Rules, ImmutableArray<PriceOffer> Gifts, long? TotalWithoutEarlierUses);

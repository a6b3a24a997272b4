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
    LocalGrainCache<PriceOffer?> activeOffers, LocalGrainCache<StockAvailability> activeStocks)
{
    /// <summary>How often a cart is priced anew because a promotion turned out to be used up.</summary>
    private const int MaxPasses = 4;

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
        return await QuoteAsync(await RequestAsync(cart, rules), rules, new PromotionBuyer(cart.CustomerId, cart.Email), cart.HeldUses);
    }

    /// <summary>Returns the quote by the given rules, with the cheapest shipping method where the request names none.</summary>
    public async ValueTask<PricedCart> QuoteAsync(
        PricingRequest request, CompiledPricingRules rules, PromotionBuyer buyer, Func<Task<ImmutableArray<PromotionDiscount>>>? held = null)
    {
        var gifts = await GiftsAsync(request, rules);
        if (!gifts.IsEmpty)
            request = request with { GiftProducts = [.. gifts.Select(g => g.ToPricedProduct())] };
        var known = new Dictionary<string, PromotionAvailability>();
        if (request is { Destination: not null, ShippingMethodId: null })
        {
            if (rules.Rules.ShippingMethods is [{ Enabled: true } only])
                request = request with { ShippingMethodId = only.Id };
            else
            {
                request = await AvailableByMethodAsync(request, rules, buyer, held, known);
                request = request with { ShippingMethodId = CheapestMethod(request, rules) };
            }
        }
        return new PricedCart(await AvailableAsync(request, rules, buyer, held, known), rules.Rules, gifts);
    }

    /// <summary>
    /// Returns the quote with the promotions that are not used up. Only promotions that would apply are asked for what is left of them; when
    /// one is used up, another may take its place.
    /// </summary>
    private async ValueTask<Quote> AvailableAsync(
        PricingRequest request, CompiledPricingRules rules, PromotionBuyer buyer, Func<Task<ImmutableArray<PromotionDiscount>>>? held,
        Dictionary<string, PromotionAvailability> known)
    {
        if (known.Count > 0)
            request = request with { Availability = known };
        var quote = PricingEngine.Price(request, rules);
        for (var passes = 0; passes < MaxPasses; passes++)
        {
            var unknown = quote.Promotions.Where(p => PromotionUseTerms.IsLimited(p) && !known.ContainsKey(p.Id)).ToArray();
            if (unknown.Length == 0)
                break;
            var all = await Task.WhenAll(unknown.Select(p => LeftOfAsync(p.Id, rules.Rules, request.Currency, buyer)));
            foreach (var (applied, left) in unknown.Zip(all))
                known[applied.Id] = held is null || !IsShort(left, applied.Discount) ? left : With(left, applied.Id, request.Currency, await held());
            quote = PricingEngine.Price(request with { Availability = known }, rules);
        }
        return quote;
    }

    /// <summary>Adds what is left of the promotions that would apply with any shipping method, so that their prices can be compared.</summary>
    private async ValueTask<PricingRequest> AvailableByMethodAsync(
        PricingRequest request, CompiledPricingRules rules, PromotionBuyer buyer, Func<Task<ImmutableArray<PromotionDiscount>>>? held,
        Dictionary<string, PromotionAvailability> known)
    {
        if (!rules.HasLimitedPromotions)
            return request;
        foreach (var option in PricingEngine.ShippingOptions(request, rules))
        {
            if (option.Reason is null)
                await AvailableAsync(request with { ShippingMethodId = option.MethodId }, rules, buyer, held, known);
        }
        return known.Count == 0 ? request : request with { Availability = known };
    }

    private static bool IsShort(PromotionAvailability left, long discount) =>
        left.Uses == 0 || left.UsesOfCustomer == 0 || left.BudgetMinor < discount;

    /// <summary>Adds what unpaid orders of the same cart hold of a promotion.</summary>
    private static PromotionAvailability With(PromotionAvailability left, string id, string currency, ImmutableArray<PromotionDiscount> held)
    {
        var own = held.Where(p => p.Id == id).ToArray();
        return new PromotionAvailability(
            left.Uses + own.Length, left.UsesOfCustomer + own.Length,
            left.BudgetMinor + own.Where(p => p.Discount.Currency == currency).Sum(p => p.Discount.Amount));
    }

    private async Task<PromotionAvailability> LeftOfAsync(string id, PricingRules rules, string currency, PromotionBuyer buyer)
    {
        var promotion = rules.Promotions.First(p => p.Id == id);
        ImmutableArray<string> keys = promotion.MaxUsesPerCustomer is null ? [] : buyer.KeysFor(id);
        var used = await grains.Reference<IPromotionUsesGrain>(PromotionUseTerms.GrainKey(id)).GetUsedAsync(keys);
        static int Left(long limit, long used) => (int)Math.Clamp(limit - used, 0, int.MaxValue);
        return new PromotionAvailability(
            promotion.MaxUses is { } uses ? Left(uses, used.InAll) : null,
            promotion.MaxUsesPerCustomer is { } perCustomer && keys.Length > 0 ? Left(perCustomer, used.ByHolder.Max()) : null,
            promotion.Budget.Where(b => b.Currency == currency)
                .Select(b => (long?)Math.Max(0, b.Amount - (used.Budgets.FirstOrDefault(u => u.Currency == currency)?.InAll ?? 0))).FirstOrDefault());
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
            var key = PromotionUseTerms.GrainKey(id);
            if (!await grains.Reference<IPromotionCodesGrain>(key).HasIssuedAsync(code))
                continue;
            var isUsed = (await grains.Reference<IPromotionUsesGrain>(key).GetUsedAsync([generated.HolderKey])).ByHolder[0] > 0;
            if (isUsed && held is not null)
                isUsed = !(await held()).Any(p => p.Id == id && p.Code is { } own && GeneratedCode.TryParse(own, out var mine) && mine == generated);
            return new EnteredCode(code, id, isUsed);
        }
        return null;
    }

    /// <summary>Returns the shipping methods for a cart with a destination.</summary>
    public async ValueTask<ImmutableArray<ShippingOption>> ShippingOptionsAsync(CartContent cart)
    {
        var rules = await cache.GetAsync();
        var request = await RequestAsync(cart, rules);
        var gifts = await GiftsAsync(request, rules);
        if (!gifts.IsEmpty)
            request = request with { GiftProducts = [.. gifts.Select(g => g.ToPricedProduct())] };
        request = await AvailableByMethodAsync(request, rules, new PromotionBuyer(cart.CustomerId, cart.Email), cart.HeldUses, []);
        return PricingEngine.ShippingOptions(request, rules);
    }

    /// <summary>Returns the prices of one unit, in the order of the lines; null for a product without a price in the currency.</summary>
    public async ValueTask<ImmutableArray<long?>> UnitPricesAsync(CartContent cart)
    {
        var rules = await cache.GetAsync();
        var request = await RequestAsync(cart with { Choices = cart.Choices with { Codes = [] } }, rules, forUnitPrices: true);
        return [.. request.Lines.Select(l => rules.Prices.Find(l.Product, l.Quantity, request)?.Amount)];
    }

    private async ValueTask<PricingRequest> RequestAsync(CartContent cart, CompiledPricingRules rules, bool forUnitPrices = false) => new()
    {
        Lines = cart.Lines,
        Currency = cart.Choices.Currency ?? ShopCurrency,
        At = time.GetUtcNow(),
        // A silo of an older version does not know the profiles of customers.
        Buyer = !cache.AreKnownEverywhere ? Buyer.Unknown : await buyers.FindAsync(
            cart.CustomerId, cart.Email, !forUnitPrices && rules.AskForFirstOrder(time.GetUtcNow(), !cart.Choices.Codes.IsEmpty)),
        Destination = cart.Choices.Destination,
        ShippingMethodId = cart.Choices.ShippingMethod,
        Codes = cart.Choices.Codes.IsEmpty ? [] : await FindCodesAsync(cart.Choices.Codes, rules, cart.HeldUses),
    };

    /// <summary>Returns codes as quotes take them. Codes that do not exist any more are refused there.</summary>
    public async ValueTask<ImmutableArray<EnteredCode>> FindCodesAsync(
        ImmutableArray<string> codes, CompiledPricingRules rules, Func<Task<ImmutableArray<PromotionDiscount>>>? held = null)
    {
        var found = ImmutableArray.CreateBuilder<EnteredCode>(codes.Length);
        foreach (var code in codes)
            found.Add(await FindCodeAsync(code, rules, held) ?? new EnteredCode(code));
        return found.MoveToImmutable();
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
    /// Returns the products that promotions may give away to this cart, as far as they are on sale and in stock beside what the cart holds.
    /// </summary>
    private async ValueTask<ImmutableArray<PriceOffer>> GiftsAsync(PricingRequest request, CompiledPricingRules rules)
    {
        var units = rules.GiftsAt(request.At, !request.Codes.IsEmpty);
        if (units.Count == 0)
            return [];
        var found = await Task.WhenAll(units.Select(gift => FindGiftAsync(
            gift.Key, gift.Value + request.Lines.Where(l => l.Product.Sku == gift.Key).Sum(l => l.Quantity))));
        return [.. found.OfType<PriceOffer>()];
    }

    private async Task<PriceOffer?> FindGiftAsync(string sku, int units)
    {
        var key = Sku.GrainKey(sku);
        var offer = activeOffers.TryGetValue(sku, out var known) ? known : await grains.Reference<IProductGrain>(key).GetOfferAsync();
        if (offer is not { Active: true })
            return null;
        var stock = activeStocks.TryGetValue(sku, out var held) ? held : await grains.Reference<IInventoryItemGrain>(key).GetAvailabilityAsync();
        return stock.Units >= units ? offer : null;
    }
}

/// <summary>What is priced, and for whom.</summary>
/// <param name="Lines">The lines.</param>
/// <param name="Choices">The buyer's choices.</param>
/// <param name="CustomerId">The account; null for a guest.</param>
/// <param name="Email">A guest's e-mail address; null while it is not known.</param>
public readonly record struct CartContent(ImmutableArray<PricingLine> Lines, CartChoices Choices, Guid? CustomerId, string? Email = null)
{
    /// <summary>Finds the promotions of unpaid orders of the same cart, whose uses are left for it; null for a cart without such orders.</summary>
    public Func<Task<ImmutableArray<PromotionDiscount>>>? HeldUses { get; init; }
}

/// <summary>A quote with what it was made from.</summary>
/// <param name="Quote">The quote.</param>
/// <param name="Rules">The rules.</param>
/// <param name="Gifts">The products that promotions can give away now.</param>
public readonly record struct PricedCart(Quote Quote, PricingRules Rules, ImmutableArray<PriceOffer> Gifts);

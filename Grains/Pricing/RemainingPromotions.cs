namespace SoonShop.Pricing;

/// <summary>
/// What is left of limited promotions for one buyer, while one cart is priced. Only promotions that would apply are asked, each once.
/// </summary>
/// <param name="grains">Finds the counters.</param>
/// <param name="rules">The rules.</param>
/// <param name="buyer">Who buys.</param>
/// <param name="held">The promotions of unpaid orders of the same cart, see <see cref="CartContent.HeldUses"/>.</param>
internal sealed class RemainingPromotions(
    IGrainFactory grains, CompiledPricingRules rules, PromotionBuyer buyer, Func<Task<ImmutableArray<PromotionDiscount>>>? held)
{
    /// <summary>How often a cart is priced anew because a promotion turned out to be used up.</summary>
    private const int MaxPasses = 4;

    private readonly Dictionary<string, PromotionAvailability> known = [];

    /// <summary>Returns the quote without promotions that are used up. When one is, another may take its place.</summary>
    public async ValueTask<Quote> PriceAsync(PricingRequest request)
    {
        var quote = PricingEngine.Price(Complete(request), rules);
        for (var passes = 0; passes < MaxPasses; passes++)
        {
            var unknown = quote.Promotions.Where(p => PromotionUseTerms.IsLimited(p) && !known.ContainsKey(p.Id)).ToArray();
            if (unknown.Length == 0)
                break;
            var all = await Task.WhenAll(unknown.Select(p => LeftOfAsync(rules.Find(p.Id), request.Currency)));
            foreach (var (applied, left) in unknown.Zip(all))
            {
                known[applied.Id] = held is not null && IsShort(left, applied.Discount)
                    ? With(left, applied.Id, request.Currency, await held()) : left;
            }
            quote = PricingEngine.Price(Complete(request), rules);
        }
        return quote;
    }

    /// <summary>Returns the request of a buyer who has used no promotion; null when it is the same.</summary>
    public PricingRequest? WithoutEarlierUses(PricingRequest request) =>
        !known.Values.Any(left => left.UsesOfCustomer == 0) ? null : request with
        {
            Availability = known.ToDictionary(left => left.Key, left => left.Value with { UsesOfCustomer = null }),
            ProvidedTaxes = null,
        };

    /// <summary>
    /// Adds what is left of the promotions that would apply with any shipping method, so that their prices can be compared.
    /// </summary>
    public async ValueTask<PricingRequest> CompleteForAllMethodsAsync(PricingRequest request)
    {
        if (!rules.HasLimitedPromotions)
            return request;
        foreach (var option in PricingEngine.ShippingOptions(request, rules))
        {
            if (option.Reason is null)
                await PriceAsync(request with { ShippingMethodId = option.MethodId });
        }
        return Complete(request);
    }

    /// <summary>Adds what is known to be left of promotions.</summary>
    public PricingRequest Complete(PricingRequest request) => known.Count == 0 ? request : request with { Availability = known };

    private static bool IsShort(PromotionAvailability left, long discount) =>
        left.Uses == 0 || left.UsesOfCustomer == 0 || left.BudgetMinor < discount;

    /// <summary>Adds what unpaid orders of the same cart hold of a promotion.</summary>
    private static PromotionAvailability With(
        PromotionAvailability left, string id, string currency, ImmutableArray<PromotionDiscount> held)
    {
        var own = held.Where(p => p.Id == id).ToArray();
        return new PromotionAvailability(
            left.Uses + own.Length, left.UsesOfCustomer + own.Length,
            left.BudgetMinor + own.Where(p => p.Discount.Currency == currency).Sum(p => p.Discount.Amount));
    }

    private async Task<PromotionAvailability> LeftOfAsync(Promotion promotion, string currency)
    {
        ImmutableArray<string> keys = promotion.MaxUsesPerCustomer is null ? [] : buyer.KeysFor(promotion.Id);
        var used = await grains.Reference<IPromotionUsesGrain>(Promotion.GrainKey(promotion.Id)).GetUsedAsync(keys);
        static int Left(long limit, long used) => (int)Math.Clamp(limit - used, 0, int.MaxValue);
        return new PromotionAvailability(
            promotion.MaxUses is { } uses ? Left(uses, used.InAll) : null,
            promotion.MaxUsesPerCustomer is { } perCustomer && keys.Length > 0 ? Left(perCustomer, used.ByHolder.Max()) : null,
            CompiledPromotion.AmountIn(promotion.Budget, currency) is { } budget
                ? Math.Max(0, budget - (used.Budgets.FirstOrDefault(u => u.Currency == currency)?.InAll ?? 0)) : null);
    }
}

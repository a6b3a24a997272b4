namespace SoonShop.Pricing;

/// <summary>
/// Checks the conditions of a promotion that do not depend on other promotions, in the order in which a shopper hears of them.
/// </summary>
internal static class PromotionCheck
{
    /// <summary>Returns the candidate, or why the promotion does not apply.</summary>
    /// <param name="promotion">The promotion.</param>
    /// <param name="items">The items that its filter names, with or without those that it excludes.</param>
    /// <param name="code">The code that the shopper entered.</param>
    /// <param name="context">The cart and its shipping.</param>
    /// <param name="candidate">Receives the candidate.</param>
    public static PromotionRefusal Check(
        CompiledPromotion promotion, UInt128 items, EnteredCode? code, PromotionContext context, out PromotionCandidate candidate)
    {
        candidate = default;
        var basket = context.Basket;
        var (rule, request) = (promotion.Rule, basket.Request);
        if (rule.From > request.At)
            return PromotionRefusal.NotYet;
        if (rule.To <= request.At)
            return PromotionRefusal.Expired;
        if (code?.IsUsed == true)
            return PromotionRefusal.CodeUsed;
        var limits = Limits(rule, request, out var cap);
        if (limits != PromotionRefusal.None)
            return limits;
        if (Buyers(rule.Conditions, request) is not PromotionRefusal.None and var buyers)
            return buyers;
        if (!InCurrency(rule.Action.Amounts, request.Currency, out var amount)
            || !InCurrency(rule.Conditions.MinSubtotal, request.Currency, out var minSubtotal))
            return PromotionRefusal.Currency;
        var excluded = promotion.Items.HasExclusions ? Excluded(promotion.Items, basket) : 0;
        items &= ~excluded;
        if (items == 0)
            return PromotionRefusal.NoMatch;
        if (rule.Conditions.MinUnits > 1 && basket.UnitsOf(items) < rule.Conditions.MinUnits)
            return PromotionRefusal.MinUnits;
        // Discounts make it less: what is too little now stays too little at later stages.
        if (minSubtotal > 0 && Basket.Sum(items, basket.Gross) < minSubtotal)
            return PromotionRefusal.MinSubtotal;
        if (rule.Action.Kind == PromotionActionKind.Gift
            && Gift(rule.Action, context, cap, out amount) is not PromotionRefusal.None and var gift)
            return gift;
        if (promotion.Stage == PromotionStages.Shipping
            && Shipping(rule.Action, context.Shipping) is not PromotionRefusal.None and var shipping)
            return shipping;
        candidate = new PromotionCandidate
        {
            Promotion = promotion,
            Items = items,
            Excluded = excluded,
            Cap = cap,
            MinSubtotal = minSubtotal,
            Amount = amount,
            Code = code,
        };
        return PromotionRefusal.None;
    }

    /// <summary>Returns the items that match, for a promotion that the index was not asked for.</summary>
    public static UInt128 Matching(ItemMatcher items, Basket basket)
    {
        var matching = UInt128.Zero;
        for (var i = 0; i < basket.Count; i++)
        {
            if (items.Matches(basket.Products[i]))
                matching |= Basket.Bit(i);
        }
        return matching & basket.Priced;
    }

    private static PromotionRefusal Limits(Promotion rule, PricingRequest request, out long cap)
    {
        cap = long.MaxValue;
        if (!rule.MaxDiscount.IsEmpty)
        {
            if (CompiledPromotion.AmountIn(rule.MaxDiscount, request.Currency) is not { } most)
                return PromotionRefusal.Currency;
            cap = most;
        }
        if (!rule.HasLimits)
            return PromotionRefusal.None;
        request.Availability.TryGetValue(rule.Id, out var left);
        if (rule.MaxUses is { } uses && (left?.Uses ?? uses) <= 0)
            return PromotionRefusal.UsedUp;
        if (rule.MaxUsesPerCustomer is { } own && (left?.UsesOfCustomer ?? own) <= 0)
            return PromotionRefusal.UsedByCustomer;
        if (rule.Budget.IsEmpty)
            return PromotionRefusal.None;
        if (CompiledPromotion.AmountIn(rule.Budget, request.Currency) is not { } budget)
            return PromotionRefusal.Currency;
        cap = Math.Min(cap, left?.BudgetMinor ?? budget);
        return cap <= 0 ? PromotionRefusal.BudgetSpent : PromotionRefusal.None;
    }

    private static PromotionRefusal Buyers(PromotionConditions conditions, PricingRequest request)
    {
        if (!Groups.Overlap(conditions.CustomerGroups, request.Buyer))
            return PromotionRefusal.CustomerGroup;
        if (conditions.FirstOrderOnly && !request.Buyer.IsFirstOrder)
            return PromotionRefusal.FirstOrder;
        if (conditions.Countries.IsEmpty)
            return PromotionRefusal.None;
        return request.Destination is not { } destination ? PromotionRefusal.NeedsDestination
            : conditions.Countries.Contains(destination.Country) ? PromotionRefusal.None : PromotionRefusal.Country;
    }

    private static PromotionRefusal Gift(PromotionAction action, PromotionContext context, long cap, out long value)
    {
        value = 0;
        if (context.Basket.GiftProduct(action.GiftSku!) is not { } product)
            return PromotionRefusal.GiftUnavailable;
        if (context.Prices.Find(product, action.GetUnits, context.Basket.Request) is not { } price)
            return PromotionRefusal.GiftWithoutPrice;
        if (product.RequiresShipping && context.Shipping.Parcel.Units == 0)
            return PromotionRefusal.GiftNeedsShipping;
        value = price.Amount * action.GetUnits;
        return value > cap ? PromotionRefusal.BudgetSpent : PromotionRefusal.None;
    }

    private static PromotionRefusal Shipping(PromotionAction action, in ChosenShipping shipping)
    {
        if (shipping.Parcel.Units == 0)
            return PromotionRefusal.NothingLeft;
        if (shipping.Price is null)
            return PromotionRefusal.NeedsShipping;
        return action.ShippingMethods.IsEmpty || action.ShippingMethods.Contains(shipping.Method!.Id)
            ? PromotionRefusal.None : PromotionRefusal.ShippingMethod;
    }

    /// <summary>False when there are amounts, but none in the currency. Without amounts the amount is 0.</summary>
    private static bool InCurrency(ImmutableArray<Money> amounts, string currency, out long amount)
    {
        var found = CompiledPromotion.AmountIn(amounts, currency);
        amount = found ?? 0;
        return found is not null || amounts.IsEmpty;
    }

    private static UInt128 Excluded(ItemMatcher items, Basket basket)
    {
        var excluded = UInt128.Zero;
        for (var i = 0; i < basket.Count; i++)
        {
            if (items.Excludes(basket.Products[i]))
                excluded |= Basket.Bit(i);
        }
        return excluded;
    }
}

namespace SoonShop.Pricing;

/// <summary>The texts about promotions that do not apply. Their keys are codes for clients.</summary>
internal static class PromotionReasons
{
    /// <summary>Returns the text.</summary>
    /// <param name="refusal">Why it does not apply.</param>
    /// <param name="rule">The promotion; null for an unknown code.</param>
    /// <param name="request">The request.</param>
    /// <param name="other">The promotion that excludes it.</param>
    public static ErrorText Of(PromotionRefusal refusal, Promotion? rule, PricingRequest request, Promotion? other = null) => refusal switch
    {
        PromotionRefusal.CodeRepeated => ErrorText.Of("promotion.code-repeated", "Another code gives this discount already."),
        PromotionRefusal.NeedsCode => ErrorText.Of("promotion.needs-code", "It needs a code."),
        PromotionRefusal.NotYet => ErrorText.Of("promotion.not-yet", $"It begins at {rule!.From!.Value:u}."),
        PromotionRefusal.Expired => ErrorText.Of("promotion.expired", $"It ended at {rule!.To!.Value:u}."),
        PromotionRefusal.CodeUsed => ErrorText.Of("promotion.code-used", "This code has been used already."),
        PromotionRefusal.UsedUp or PromotionRefusal.BudgetSpent => ErrorText.Of("promotion.used-up", "It is used up."),
        PromotionRefusal.UsedByCustomer => ErrorText.Of("promotion.used-by-customer", "You have used it as often as it allows."),
        PromotionRefusal.Currency => ErrorText.Of("promotion.currency", $"It does not apply to prices in {request.Currency}."),
        PromotionRefusal.CustomerGroup => ErrorText.Of("promotion.group", "It is only for certain customers."),
        PromotionRefusal.FirstOrder => ErrorText.Of("promotion.first-order", "It is only for a first order."),
        PromotionRefusal.NeedsDestination => ErrorText.Of("promotion.needs-destination", "Enter the country of delivery first."),
        PromotionRefusal.Country => ErrorText.Of("promotion.country", $"It is not for deliveries to {request.Destination!.Country}."),
        PromotionRefusal.NoMatch => ErrorText.Of("promotion.no-match", "No product in the cart takes part in it."),
        PromotionRefusal.MinUnits => ErrorText.Of(
            "promotion.min-units", $"It needs at least {rule!.Conditions.MinUnits} units of the products that take part in it."),
        PromotionRefusal.MinSubtotal => ErrorText.Of(
            "promotion.min-subtotal", $"It needs a minimum of {Minimum(rule!, request)} {request.Currency}."),
        PromotionRefusal.GiftUnavailable => ErrorText.Of("promotion.gift-unavailable", "The gift is not available now."),
        PromotionRefusal.GiftWithoutPrice => ErrorText.Of("promotion.gift-price", $"The gift is not available in {request.Currency}."),
        PromotionRefusal.GiftNeedsShipping => ErrorText.Of(
            "promotion.gift-shipping", "The gift has to be sent, but nothing else in the cart is sent."),
        PromotionRefusal.NeedsShipping => ErrorText.Of("promotion.needs-shipping", "It reduces shipping. Choose a shipping method first."),
        PromotionRefusal.ShippingMethod => ErrorText.Of("promotion.shipping-method", "It does not apply to this shipping method."),
        PromotionRefusal.NothingLeft => ErrorText.Of("promotion.nothing-left", "There is nothing left that it could reduce."),
        PromotionRefusal.NotCombined => ErrorText.Of("promotion.not-combined", $"It cannot be combined with {other!.NameForShoppers}."),
        PromotionRefusal.BetterWithout => ErrorText.Of("promotion.better-without", "The cart costs less without it."),
        _ => ErrorText.Of("promotion.unknown-code", "This code is not known. Check how it is spelled."),
    };

    private static string Minimum(Promotion rule, PricingRequest request) => Currencies.Format(
        CompiledPromotion.AmountIn(rule.Conditions.MinSubtotal, request.Currency) ?? 0, request.Currency);
}

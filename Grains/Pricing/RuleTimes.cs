using SoonShop.Inventory;

namespace SoonShop.Pricing;

/// <summary>Whether and when rules of any kind apply.</summary>
internal static class RuleTimes
{
    /// <summary>Returns the status of a rule that is not archived. A kind without a switch or times is always active.</summary>
    public static PricingRuleStatus StatusOf(object content, DateTimeOffset now)
    {
        var (enabled, from, to) = content switch
        {
            Promotion promotion => (promotion.Enabled, promotion.From, promotion.To),
            PriceList list => (list.Enabled, list.From, list.To),
            TaxRate rate => (true, rate.From, rate.To),
            ShippingMethod method => (method.Enabled, null, null),
            Location location => (location.Enabled, null, null),
            _ => (true, null, null),
        };
        return !enabled ? PricingRuleStatus.Disabled
            : to <= now ? PricingRuleStatus.Ended
            : from > now ? PricingRuleStatus.Scheduled
            : PricingRuleStatus.Active;
    }
}

using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Pricing;

/// <summary>A pricing rule was created, changed, archived or restored.</summary>
/// <param name="Version">The version of all rules after the change.</param>
/// <param name="Kind">The kind of the rule.</param>
/// <param name="Id">Its id.</param>
public sealed record PricingRulesChanged(long Version, PricingRuleKind Kind, string Id) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "pricing.rules-changed";
}

using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>The body of a rule.</summary>
internal interface IRuleRequest
{
    /// <summary>The id; null to let the shop choose one, or to keep that of the path.</summary>
    string? Id { get; }

    /// <summary>Returns what is wrong between members of the body, each of which has passed its checks; null for nothing.</summary>
    Error? Problem() => null;

    /// <summary>Returns the rule. The body must have passed its checks.</summary>
    PricingRule ToRule(string id);
}

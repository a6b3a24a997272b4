#pragma warning disable ASP0029 // Validation rules of types are available only as an experimental API.
using Microsoft.Extensions.Validation;
using SoonShop.ApiFrontend.Http;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>
/// A group of customers. Promotions, price lists and shipping methods name the groups that they are for; a customer's groups are set with
/// the customer.
/// </summary>
[ValidatableType]
public sealed record CustomerGroupRequest : IRuleRequest
{
    /// <summary>The id, a slug. Without it a new rule gets one. In a replacement it may be left out; another id is refused.</summary>
    [Slug] public string? Id { get; init; }

    /// <summary>The name for administrators.</summary>
    [RequiredField, TextLength(PricingLimits.MaxNameLength), Line] public string? Name { get; init; }

    /// <summary>Who belongs to it, for administrators; null for no description.</summary>
    [TextLength(CustomerGroup.MaxDescriptionLength), CleanText] public string? Description { get; init; }

    public PricingRule ToRule(string id) =>
        PricingRule.Of(new CustomerGroup { Id = id, Name = Name!, Description = Description });
}

using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A group of customers.</summary>
internal sealed record CustomerGroupResponse : RuleResponse
{
    private readonly CustomerGroup group;

    public CustomerGroupResponse(StoredRule stored) : base(stored) => group = (CustomerGroup)stored.Rule.Content;

    /// <summary>The name for administrators.</summary>
    public string Name => group.Name;

    /// <summary>Who belongs to it, for administrators; null for no description.</summary>
    public string? Description => group.Description;
}

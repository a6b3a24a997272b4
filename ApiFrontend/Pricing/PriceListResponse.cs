using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A price list. Its prices stand with the products.</summary>
internal sealed record PriceListResponse : RuleResponse
{
    private readonly PriceList list;

    public PriceListResponse(StoredRule stored) : base(stored) => list = (PriceList)stored.Rule.Content;

    /// <summary>The name for administrators.</summary>
    public string Name => list.Name;

    /// <summary>False when it is switched off.</summary>
    public bool Enabled => list.Enabled;

    /// <summary>Its place among the lists; lower numbers come first.</summary>
    public int Priority => list.Priority;

    /// <summary>The customer groups that it is for; empty for everybody.</summary>
    public ImmutableArray<string> CustomerGroups => list.CustomerGroups;

    /// <summary>The first moment at which it applies; null for no limit.</summary>
    public DateTimeOffset? From => list.From;

    /// <summary>The first moment at which it no longer applies; null for no limit.</summary>
    public DateTimeOffset? To => list.To;
}

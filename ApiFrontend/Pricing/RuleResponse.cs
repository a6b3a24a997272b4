using System.Text.Json.Serialization;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>What all rules tell.</summary>
internal abstract record RuleResponse
{
    protected RuleResponse(StoredRule stored) => (Id, Status, CreatedAt, ChangedAt, ArchivedAt) =
        (stored.Rule.Id, stored.Status, stored.CreatedAt, stored.ChangedAt, stored.ArchivedAt);

    /// <summary>The id.</summary>
    [JsonPropertyOrder(-2)] public string Id { get; }

    /// <summary>Whether it applies now.</summary>
    [JsonPropertyOrder(-1)] public PricingRuleStatus Status { get; }

    /// <summary>When it was created; null for a rule of the configuration.</summary>
    public DateTimeOffset? CreatedAt { get; }

    /// <summary>When it was last changed; null for a rule of the configuration that was never changed.</summary>
    public DateTimeOffset? ChangedAt { get; }

    /// <summary>When it was archived; null while it is not.</summary>
    public DateTimeOffset? ArchivedAt { get; }
}

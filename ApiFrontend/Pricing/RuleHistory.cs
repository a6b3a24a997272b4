using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Auditing;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>The changes of a rule, from the audit log. They are kept as long as the log.</summary>
internal static class RuleHistory
{
    /// <summary>Returns one page, newest first. Error: <c>not-found</c> for a rule that does not exist.</summary>
    public static async Task<Results<Ok<Page<RuleChange>>, Problem>> ReadAsync(
        IClusterClient cluster, PricingRuleKind kind, string id, PageRequest page)
    {
        var filter = new AuditFilter(Action: "pricing.*", Subject: PricingRule.SubjectOf(kind, id), Outcome: AuditOutcome.Success);
        var entries = await cluster.GetGrain<IAuditGrain>(0).ListAsync(filter, page);
        // The log outlives an archived rule that was removed.
        if (entries.Value?.Items.IsEmpty == true
            && await cluster.GetGrain<IPricingRulesGrain>(0).FindAsync(kind, id) is { IsError: true } unknown)
            return new Problem(unknown.Error);
        return entries.Ok(found => new Page<RuleChange>([.. found.Items.Select(RuleChange.Of)], found.NextCursor));
    }
}

/// <summary>A change of a rule.</summary>
/// <param name="At">When it was changed.</param>
/// <param name="Actor">Who changed it: the id of an account, or <c>api-key/</c> and the id of a key.</param>
/// <param name="Change">What was done.</param>
/// <param name="Before">The rule before; null when it was not in force.</param>
/// <param name="After">The rule after; null when it was archived.</param>
internal sealed record RuleChange(DateTimeOffset At, string Actor, RuleChangeKind Change, JsonNode? Before, JsonNode? After)
{
    public static RuleChange Of(AuditEntry entry) => new(
        entry.At, entry.Actor, EnumQuery.Read<RuleChangeKind>(entry.Action[(entry.Action.LastIndexOf('.') + 1)..]) ?? RuleChangeKind.Update,
        Parse(entry.Before), Parse(entry.After));

    private static JsonNode? Parse(string? json) => json is null ? null : JsonNode.Parse(json);
}

/// <summary>What was done to a rule.</summary>
internal enum RuleChangeKind
{
    /// <summary>It was created.</summary>
    Create,
    /// <summary>It was replaced.</summary>
    Update,
    /// <summary>It was archived.</summary>
    Archive,
    /// <summary>It was archived, and is in force again.</summary>
    Restore,
}

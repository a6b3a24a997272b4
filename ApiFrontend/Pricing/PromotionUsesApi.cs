using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>How often promotions are used, and what they cost, for administrators.</summary>
internal static class PromotionUsesApi
{
    public static void MapPromotionUses(this IEndpointRouteBuilder admin)
    {
        var promotions = RuleNames.Promotions;
        admin.MapGet($"{promotions.Path}/{{id}}/uses", GetAsync).WithTags(promotions.Tag).ForAdministrators("pricing")
            .WithName("getPromotionUses").WithSummary("Get the uses and the spent budget of a promotion");
    }

    private static async Task<Results<Ok<PromotionUsesResponse>, Problem>> GetAsync(string id, IClusterClient cluster)
    {
        // Asked first, so that no grain is activated for an id that is none.
        var rule = await cluster.GetGrain<IPricingRulesGrain>(0).FindAsync(PricingRuleKind.Promotion, id);
        if (rule.IsError)
            return PromotionCodesApi.Unknown(id);
        var uses = await cluster.GetGrain<IPromotionUsesGrain>(Promotion.GrainKey(id)).GetAsync();
        return TypedResults.Ok(PromotionUsesResponse.Of((Promotion)rule.Value.Rule.Content, uses));
    }
}

/// <summary>The uses of a promotion by orders. Only a promotion with a limit, a budget or generated codes is counted.</summary>
/// <param name="Reserved">Uses by orders that are not confirmed yet.</param>
/// <param name="Committed">Uses by confirmed orders. A cancelled order gives its use back; a refunded one keeps it.</param>
/// <param name="Limit">The most uses in all; null for any number.</param>
/// <param name="Budgets">The money by currency, sorted: what the promotion has a budget in, and what it has cost.</param>
internal sealed record PromotionUsesResponse(long Reserved, long Committed, int? Limit, ImmutableArray<PromotionBudgetResponse> Budgets)
{
    public static PromotionUsesResponse Of(Promotion promotion, PromotionUses uses) => new(
        uses.Reserved, uses.Committed, promotion.MaxUses,
        [
            .. promotion.Budget.Select(b => b.Currency).Union(uses.Budgets.Select(b => b.Currency)).Order(StringComparer.Ordinal)
                .Select(currency => PromotionBudgetResponse.Of(
                    currency, uses.Budgets.FirstOrDefault(b => b.Currency == currency),
                    promotion.Budget.Where(b => b.Currency == currency).Select(b => (long?)b.Amount).FirstOrDefault())),
        ]);
}

/// <summary>The discounts of a promotion in one currency, in minor units.</summary>
/// <param name="Currency">The currency (ISO 4217).</param>
/// <param name="Reserved">Discounts of orders that are not confirmed yet.</param>
/// <param name="Committed">Discounts of confirmed orders.</param>
/// <param name="Limit">The most in all; null for any amount.</param>
internal sealed record PromotionBudgetResponse(string Currency, long Reserved, long Committed, long? Limit)
{
    public static PromotionBudgetResponse Of(string currency, BudgetUse? use, long? limit) =>
        new(currency, use?.Reserved ?? 0, use?.Committed ?? 0, limit);
}

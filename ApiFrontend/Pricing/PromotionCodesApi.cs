using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>The generated codes of promotions, for administrators.</summary>
internal static class PromotionCodesApi
{
    public static void MapPromotionCodes(this IEndpointRouteBuilder admin)
    {
        var promotions = RuleNames.Promotions;
        var codes = admin.MapGroup($"{promotions.Path}/{{id}}/codes").WithTags(promotions.Tag).ForAdministrators("pricing");
        codes.MapPost("", GenerateAsync).WithName("generatePromotionCodes").WithSummary("Generate codes")
            .ProducesProblems(ErrorCode.Conflict);
        codes.MapGet("", ListAsync).WithName("listPromotionCodes").WithSummary("List generated codes");
    }

    private static async Task<Results<Created<CodeBatchResponse>, Problem>> GenerateAsync(
        string id, GenerateCodesRequest body, HttpContext context, IClusterClient cluster)
    {
        if (!await ExistsAsync(id, cluster))
            return Unknown(id);
        var batch = await Codes(id, cluster).GenerateAsync(context.OperationId(), body.Count!.Value);
        return batch.IsError ? new Problem(batch.Error)
            : TypedResults.Created(
                $"/api/v1/admin{RuleNames.Promotions.Path}/{id}/codes?batchId={batch.Value.Id}",
                new CodeBatchResponse(batch.Value.Id, batch.Value.Count, batch.Value.CreatedAt));
    }

    private static async Task<Results<Ok<Page<PromotionCodeResponse>>, Problem>> ListAsync(
        string id, IClusterClient cluster, Guid? batchId, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        !await ExistsAsync(id, cluster)
            ? Unknown(id)
            : (await Codes(id, cluster).ListAsync(batchId, new PageRequest(limit, cursor))).Ok(page => new Page<PromotionCodeResponse>(
                [.. page.Items.Select(c => new PromotionCodeResponse(c.Code, c.BatchId, c.IsUsed))], page.NextCursor));

    /// <summary>Asked first, so that no grain is activated for an id that is none.</summary>
    private static async Task<bool> ExistsAsync(string id, IClusterClient cluster) =>
        !(await cluster.GetGrain<IPricingRulesGrain>(0).FindAsync(PricingRuleKind.Promotion, id)).IsError;

    internal static Problem Unknown(string id) => new(
        Error.NotFound("not-found.rule", $"The {RuleNames.Promotions.Noun} {id} was not found."));

    private static IPromotionCodesGrain Codes(string id, IClusterClient cluster) =>
        cluster.GetGrain<IPromotionCodesGrain>(Promotion.GrainKey(id));
}

/// <summary>How many codes to generate.</summary>
public sealed record GenerateCodesRequest
{
    /// <summary>The number of codes.</summary>
    [RequiredField, NumberRange(1, CodeBatch.MaxCount)] public int? Count { get; init; }
}

/// <summary>Codes that were generated together.</summary>
/// <param name="Id">The id of the batch.</param>
/// <param name="Count">The number of codes.</param>
/// <param name="CreatedAt">When they were generated.</param>
internal sealed record CodeBatchResponse(Guid Id, int Count, DateTimeOffset CreatedAt);

/// <summary>A generated code.</summary>
/// <param name="Code">The code. Shoppers may leave out the hyphens, and write O for 0, and I or L for 1.</param>
/// <param name="BatchId">The batch that it belongs to.</param>
/// <param name="Used">True while an order uses it.</param>
internal sealed record PromotionCodeResponse(string Code, Guid BatchId, bool Used);

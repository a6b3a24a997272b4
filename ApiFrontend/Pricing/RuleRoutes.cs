using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>The routes of one kind of pricing rules. All kinds have the same ones.</summary>
/// <typeparam name="TRequest">The body.</typeparam>
/// <typeparam name="TResponse">The rule as clients see it.</typeparam>
/// <param name="names">The names of the kind.</param>
/// <param name="toResponse">Converts a rule for clients.</param>
internal sealed class RuleRoutes<TRequest, TResponse>(RuleNames names, Func<StoredRule, TResponse> toResponse)
    where TRequest : class, IRuleRequest
    where TResponse : RuleResponse
{
    /// <summary>Adds the routes to the group of administration.</summary>
    public void Map(IEndpointRouteBuilder admin)
    {
        var rules = admin.MapGroup(names.Path).WithTags(names.Tag).ForAdministrators(names.Scope);
        // As delegates: the analyzer of route handlers fails on parameters whose types are type parameters.
        Delegate create = CreateAsync, replace = ReplaceAsync;
        rules.MapGet("", ListAsync).WithName($"list{names.Plural}").WithSummary($"List {names.PluralNoun}");
        rules.MapPost("", create).WithName($"create{names.Singular}").WithSummary($"Create a {names.Noun}")
            .WithETag().ProducesProblems(ErrorCode.Conflict);
        rules.MapGet("/{id}", GetAsync).WithName($"get{names.Singular}").WithSummary($"Get a {names.Noun}").WithETag();
        rules.MapPut("/{id}", replace).WithName($"replace{names.Singular}").WithSummary($"Replace a {names.Noun}")
            .WithETag().WithIfMatch().ProducesProblems(ErrorCode.Conflict);
        rules.MapDelete("/{id}", ArchiveAsync).WithName($"archive{names.Singular}").WithSummary($"Archive a {names.Noun}")
            .WithIfMatch().ProducesProblems(ErrorCode.Conflict);
        rules.MapGet("/{id}/history", HistoryAsync).WithName($"list{names.Singular}History")
            .WithSummary($"List the changes of a {names.Noun}, newest first");
    }

    private async Task<Results<Ok<Page<TResponse>>, Problem>> ListAsync(
        IClusterClient cluster, [EnumValue<PricingRuleStatus>] string? status, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await Rules(cluster).ListAsync(names.Kind, EnumQuery.Read<PricingRuleStatus>(status), new PageRequest(limit, cursor)))
            .Ok(page => new Page<TResponse>([.. page.Items.Select(toResponse)], page.NextCursor));

    private async Task<Results<Created<TResponse>, Problem>> CreateAsync(TRequest body, HttpContext context, IClusterClient cluster)
    {
        if (body.Problem() is { } problem)
            return new Problem(problem);
        // A repeated request gets the same id.
        var id = body.Id ?? context.OperationId().ToString("N")[..IdLength];
        var result = (await Rules(cluster).CreateAsync(body.ToRule(id))).WithETag(context, rule => (int)rule.Version);
        return result.IsError ? new Problem(result.Error)
            : TypedResults.Created($"/api/v1/admin{names.Path}/{result.Value.Rule.Id}", toResponse(result.Value));
    }

    private async Task<Results<Ok<TResponse>, Problem>> GetAsync(string id, HttpContext context, IClusterClient cluster) =>
        (await Rules(cluster).FindAsync(names.Kind, id)).WithETag(context, rule => (int)rule.Version).Ok(toResponse);

    private async Task<Results<Ok<TResponse>, Problem>> ReplaceAsync(
        string id, TRequest body, HttpContext context, IClusterClient cluster)
    {
        if (body.Problem() is { } problem)
            return new Problem(problem);
        if (body.Id is { } other && other != id)
        {
            var known = await Rules(cluster).FindAsync(names.Kind, id);
            return new Problem(known.Error ?? Error.Invalid("id", "field.rule-id", $"must be {id}, as in the path, or left out"));
        }
        return (await Rules(cluster).PutAsync(body.ToRule(id), ETags.IfMatch(context)))
            .WithETag(context, rule => (int)rule.Version).Ok(toResponse);
    }

    private async Task<Results<NoContent, Problem>> ArchiveAsync(string id, HttpContext context, IClusterClient cluster) =>
        (await Rules(cluster).ArchiveAsync(names.Kind, id, ETags.IfMatch(context))).NoContent();

    private Task<Results<Ok<Page<RuleChange>>, Problem>> HistoryAsync(
        string id, IClusterClient cluster, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        RuleHistory.ReadAsync(cluster, names.Kind, id, new PageRequest(limit, cursor));

    private const int IdLength = 20;

    private static IPricingRulesGrain Rules(IClusterClient cluster) => cluster.GetGrain<IPricingRulesGrain>(0);
}

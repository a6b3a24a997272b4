using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>The synonyms of the search, for administrators.</summary>
internal static class SynonymsApi
{
    private const int IdLength = 20;

    public static void MapAdminSynonyms(this IEndpointRouteBuilder admin)
    {
        var synonyms = admin.MapGroup("/search/synonyms").WithTags(SearchMissesApi.Tag).ForAdministrators("catalog");
        synonyms.MapGet("", ListAsync).WithName("listSynonyms").WithSummary("List the synonyms of the search");
        synonyms.MapPost("", CreateAsync).WithName("createSynonyms").WithSummary("Create a set of synonyms")
            .WithETag().ProducesProblems(ErrorCode.Conflict);
        synonyms.MapGet("/{id}", GetAsync).WithName("getSynonyms").WithSummary("Get a set of synonyms").WithETag();
        synonyms.MapPut("/{id}", ReplaceAsync).WithName("replaceSynonyms").WithSummary("Replace a set of synonyms")
            .WithETag().WithIfMatch().ProducesProblems(ErrorCode.Conflict);
        synonyms.MapDelete("/{id}", RemoveAsync).WithName("removeSynonyms").WithSummary("Remove a set of synonyms").WithIfMatch();
    }

    private static async Task<Results<Ok<Page<SynonymSetResponse>>, Problem>> ListAsync(
        IClusterClient cluster, [Cursor] string? cursor, [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await Synonyms(cluster).ListAsync(new PageRequest(limit, cursor)))
            .Ok(page => new Page<SynonymSetResponse>([.. page.Items.Select(SynonymSetResponse.Of)], page.NextCursor));

    private static async Task<Results<Created<SynonymSetResponse>, Problem>> CreateAsync(
        SynonymSetRequest body, HttpContext context, IClusterClient cluster, CatalogReader catalog)
    {
        // A repeated request gets the same id.
        var set = body.ToSet(body.Id ?? context.OperationId().ToString("N")[..IdLength]);
        var created = catalog.InvalidateSearches((await Synonyms(cluster).CreateAsync(set)).WithETag(context, s => (int)s.Version));
        return created.IsError ? new Problem(created.Error)
            : TypedResults.Created($"/api/v1/admin/search/synonyms/{set.Id}", SynonymSetResponse.Of(created.Value));
    }

    private static async Task<Results<Ok<SynonymSetResponse>, Problem>> GetAsync(string id, HttpContext context, IClusterClient cluster) =>
        (await Synonyms(cluster).FindAsync(id)).WithETag(context, s => (int)s.Version).Ok(SynonymSetResponse.Of);

    private static async Task<Results<Ok<SynonymSetResponse>, Problem>> ReplaceAsync(
        string id, SynonymSetRequest body, HttpContext context, IClusterClient cluster, CatalogReader catalog)
    {
        if (body.Id is { } other && other != id)
        {
            var known = await Synonyms(cluster).FindAsync(id);
            return new Problem(known.Error ?? Error.Invalid("id", "field.rule-id", $"must be {id}, as in the path, or left out"));
        }
        var replaced = await Synonyms(cluster).PutAsync(body.ToSet(id), ETags.IfMatch(context));
        return catalog.InvalidateSearches(replaced.WithETag(context, s => (int)s.Version)).Ok(SynonymSetResponse.Of);
    }

    private static async Task<Results<NoContent, Problem>> RemoveAsync(
        string id, HttpContext context, IClusterClient cluster, CatalogReader catalog) =>
        catalog.InvalidateSearches(await Synonyms(cluster).RemoveAsync(id, ETags.IfMatch(context))).NoContent();

    private static ISearchSynonymsGrain Synonyms(IClusterClient cluster) => cluster.GetGrain<ISearchSynonymsGrain>(0);
}

using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Localization;
using SoonShop.ApiFrontend.Media;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>Products with variants.</summary>
internal static class ProductGroupsApi
{
    private const string Tag = "Product groups";

    /// <summary>How long clients may keep a group. Its variants change more often than the group itself.</summary>
    private const string Control = "public, max-age=5";

    public static void MapProductGroups(this IEndpointRouteBuilder api)
    {
        var groups = api.MapGroup("/product-groups").WithTags(Tag);
        groups.MapGet("/{id}", GetAsync)
            .WithName("getProductGroup").WithSummary("Get a product with its variants").ForAnyone().Compressed();
    }

    public static void MapAdminProductGroups(this IEndpointRouteBuilder admin)
    {
        var groups = admin.MapGroup("/product-groups").WithTags(Tag).ForAdministrators("catalog").LimitRate(RateClass.Admin);
        groups.MapGet("", ListAsync).WithName("listProductGroups").WithSummary("List product groups");
        groups.MapGet("/{id}", GetForAdminAsync).WithName("getProductGroupContent")
            .WithSummary("Get the content of a product group").WithETag();
        groups.MapPost("", CreateAsync).WithName("createProductGroup").WithSummary("Create a product group").WithETag()
            .ProducesProblems(ErrorCode.Conflict);
        groups.MapPut("/{id}", ReplaceAsync).WithName("replaceProductGroup")
            .WithSummary("Replace the content of a product group").WithETag().WithIfMatch();
        groups.MapDelete("/{id}", RemoveAsync).WithName("removeProductGroup")
            .WithSummary("Remove the content of a product group").WithIfMatch();
    }

    private static async Task<Results<Ok<ProductGroupResponse>, Problem>> GetAsync(
        string id, HttpContext context, IClusterClient cluster, MediaLinks links)
    {
        if (!IsId(id))
            return Unknown(id);
        var group = await Group(cluster, id).GetAsync(includesInactive: false);
        if (group.IsError)
            return new Problem(group.Error);
        context.Response.Headers.CacheControl = Control;
        context.Response.Headers.AppendCommaSeparatedValues("Vary", "Accept-Language");
        return TypedResults.Ok(ProductGroupResponse.Of(links.ToPublic(group.Value), LanguageRanges.Of(context.Request)));
    }

    private static async Task<Results<Ok<Page<ProductGroupEntry>>, Problem>> ListAsync(
        IClusterClient cluster, [Cursor] string? cursor, [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await cluster.GetGrain<IProductGroupListGrain>(0).ListAsync(new PageRequest(limit, cursor))).Ok();

    private static async Task<Results<Ok<ProductGroupContentResponse>, Problem>> GetForAdminAsync(
        string id, HttpContext context, IClusterClient cluster, MediaLinks links) =>
        IsId(id)
            ? (await Group(cluster, id).GetAsync(includesInactive: true)).WithETag(context, g => g.Version)
                .Ok(group => ProductGroupContentResponse.Of(links.ToPublic(group)))
            : Unknown(id);

    private static async Task<Results<Created<ProductGroupContentResponse>, Problem>> CreateAsync(
        CreateProductGroupRequest body, HttpContext context, IClusterClient cluster, MediaLinks links)
    {
        if (!IsId(body.Id!))
            return new Problem(Error.Invalid("id", "field.slug", "must be a slug of a–z, 0–9 and -"));
        var content = body.ToContent(links);
        if (content.IsError)
            return new Problem(content.Error);
        var created = (await Group(cluster, body.Id!).CreateAsync(content.Value)).WithETag(context, g => g.Version);
        return created.IsError
            ? new Problem(created.Error)
            : TypedResults.Created(
                $"/api/v1/admin/product-groups/{created.Value.Id}", ProductGroupContentResponse.Of(links.ToPublic(created.Value)));
    }

    private static async Task<Results<Ok<ProductGroupContentResponse>, Problem>> ReplaceAsync(
        string id, ProductGroupRequest body, HttpContext context, IClusterClient cluster, MediaLinks links)
    {
        if (!IsId(id))
            return Unknown(id);
        var content = body.ToContent(links);
        return content.IsError
            ? new Problem(content.Error)
            : (await Group(cluster, id).PutAsync(content.Value, ETags.IfMatch(context))).WithETag(context, g => g.Version)
                .Ok(group => ProductGroupContentResponse.Of(links.ToPublic(group)));
    }

    private static async Task<Results<NoContent, Problem>> RemoveAsync(string id, HttpContext context, IClusterClient cluster) =>
        IsId(id) ? (await Group(cluster, id).RemoveAsync(ETags.IfMatch(context))).NoContent() : Unknown(id);

    /// <summary>Asked first, so that no grain is activated for a text that is no id.</summary>
    private static bool IsId(string text) => Slug.IsValid(text);

    private static IProductGroupGrain Group(IClusterClient cluster, string id) =>
        cluster.GetGrain<IProductGroupGrain>(ProductGroup.GrainKey(id));

    private static Problem Unknown(string id) => new(Error.NotFound("not-found.product-group", $"The product group {id} was not found."));
}

using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Localization;
using SoonShop.ApiFrontend.Media;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Catalog;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>The catalogue.</summary>
internal static class ProductsApi
{
    /// <summary>How often an edit is attempted when other edits precede it.</summary>
    private const int MaxEdits = 5;

    /// <summary>Filters by attributes, such as <c>attr.colour=blue</c>; names and values as long as a product's may be.</summary>
    internal static readonly NamedFilters Attributes = new("attr.", 50, 500, AttributeFilters.MaxItems);

    public static void MapProducts(this IEndpointRouteBuilder api)
    {
        var products = api.MapGroup("/products").WithTags("Catalogue");
        products.MapGet("", SearchAsync)
            .WithName("searchProducts").WithSummary("Search products").WithMetadata(Attributes).ForAnyone().Compressed();
        products.MapGet("/{sku}", GetAsync).WithName("getProduct").WithSummary("Get a product").ForAnyone().Compressed();
        products.MapGet("/{sku}/related", RelatedAsync).WithName("listRelatedProducts").WithSummary("List related products").ForAnyone()
            .Compressed();
        products.MapMethods("/{sku}/related", [HttpMethods.Head], RelatedAsync).ForAnyone().ExcludeFromDescription();
        products.MapMethods("", [HttpMethods.Head], SearchAsync).WithMetadata(Attributes).ForAnyone().ExcludeFromDescription();
        products.MapMethods("/{sku}", [HttpMethods.Head], GetAsync).ForAnyone().ExcludeFromDescription();

        // Not below /products, where it could be a SKU.
        var suggestions = api.MapGroup("/search/suggestions").WithTags("Catalogue");
        suggestions.MapGet("", SuggestAsync).WithName("suggestProducts").WithSummary("Suggest products while somebody types").ForAnyone();
        suggestions.MapMethods("", [HttpMethods.Head], SuggestAsync).ForAnyone().ExcludeFromDescription();

        var admin = products.MapGroup("").ForAdministrators("catalog").LimitRate(RateClass.Admin);
        admin.MapPost("", CreateAsync).WithName("createProduct").WithSummary("Create a product").WithETag();
        admin.MapPut("/{sku}", UpdateAsync).WithName("replaceProduct").WithSummary("Replace a product").WithETag().WithIfMatch();
        admin.MapPatch("/{sku}", PatchAsync).WithName("updateProduct").WithSummary("Change some members of a product")
            .WithETag().WithIfMatch().Accepts<ProductPatchRequest>("application/merge-patch+json", "application/json");
        admin.MapDelete("/{sku}", ArchiveAsync).WithName("archiveProduct").WithSummary("Archive a product").WithIfMatch();
        products.MapGroup("").ForAdministrators("pricing").LimitRate(RateClass.Admin).MapProductPrices();
    }

    internal static async Task<Results<Representation<ProductPage>, Problem>> SearchAsync(
        HttpContext context,
        CatalogReader catalog,
        [TextLength(200), CleanText] string? q,
        [TextLength(100), CleanText] string? category,
        [TextLength(100), CleanText] string? family,
        [NumberRange(0, Money.MaxAmount)] long? minPrice,
        [NumberRange(0, Money.MaxAmount)] long? maxPrice,
        bool? inStock,
        [OneOf("relevance", "price", "-price", "newest", "name")] string? sort,
        bool? attributeFacets,
        [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        await catalog.SearchAsync(context, QueryOf(
            context, q, category, family, minPrice, maxPrice, inStock, SortOf(sort), new PageRequest(limit, cursor),
            FiltersOf(Attributes.Read(context.Request)), attributeFacets == true));

    /// <summary>Returns the query of a search, with the language and the order that follow from the request.</summary>
    internal static ProductQuery QueryOf(
        HttpContext context, string? q, string? category, string? family, long? minPrice, long? maxPrice, bool? inStock, ProductSort sort,
        PageRequest page, AttributeFilters? attributes, bool withAttributeFacets)
    {
        var order = sort == ProductSort.Relevance && string.IsNullOrWhiteSpace(q) ? ProductSort.Name : sort;
        return new ProductQuery(q, category, family, minPrice, maxPrice, inStock, order, page)
        {
            Language = order == ProductSort.Name && Messages.For(context.Request) is { Language: "zh" } chinese ? chinese.Language : null,
            Attributes = attributes,
            WithAttributeFacets = withAttributeFacets,
        };
    }

    /// <summary>Returns filters in a fixed order and without repetitions; null for none.</summary>
    internal static AttributeFilters? FiltersOf(IEnumerable<(string Name, string Value)> attributes)
    {
        var filters = attributes.Distinct().OrderBy(a => a.Name, StringComparer.Ordinal).ThenBy(a => a.Value, StringComparer.Ordinal)
            .Select(a => new AttributeFilter(a.Name, a.Value)).ToImmutableArray();
        return filters.IsEmpty ? null : new AttributeFilters(filters);
    }

    private static async Task<Results<Representation<Product>, Problem>> GetAsync(string sku, HttpContext context, CatalogReader catalog) =>
        Sku.TryNormalize(sku, out var normal) ? await catalog.ProductAsync(context, normal) : Unknown(sku);

    private static async Task<Results<Representation<Suggestions>, Problem>> SuggestAsync(
        HttpContext context, CatalogReader catalog,
        [RequiredField, TextLength(SuggestionQuery.MaxTextLength, MinimumLength = 1), CleanText] string? q,
        [NumberRange(1, SuggestionQuery.MaxLimit)] int limit = SuggestionQuery.DefaultLimit) =>
        // A parameter that is missing is not validated.
        q is null
            ? Missing(nameof(q))
            : await catalog.SuggestAsync(context, new SuggestionQuery(q, limit));

    private static async Task<Results<Representation<RelatedProducts>, Problem>> RelatedAsync(
        string sku, HttpContext context, CatalogReader catalog,
        [NumberRange(1, RelatedQuery.MaxLimit)] int limit = RelatedQuery.DefaultLimit) =>
        Sku.TryNormalize(sku, out var normal) ? await catalog.RelatedAsync(context, new RelatedQuery(normal, limit)) : Unknown(sku);

    private static async Task<Results<Created<Product>, Problem>> CreateAsync(
        CreateProductRequest body, HttpContext context, IClusterClient cluster, CatalogReader catalog, MediaLinks links)
    {
        var content = body.ToContent(null, links);
        if (content.IsError)
            return new Problem(content.Error);
        var (sku, product) = Find(cluster, body.Sku!)!.Value;
        return catalog.Invalidate(context, sku, await product.CreateAsync(content.Value)).Created(p => $"/products/{p.Sku}");
    }

    private static async Task<Results<Ok<Product>, Problem>> UpdateAsync(
        string sku, ProductRequest body, HttpContext context, IClusterClient cluster, CatalogReader catalog, MediaLinks links) =>
        Find(cluster, sku) is not var (normal, product) ? Unknown(sku)
        : catalog.Invalidate(context, normal, await EditAsync(product, ETags.IfMatch(context), known => body.ToContent(known, links))).Ok();

    private static async Task<Results<Ok<Product>, Problem>> PatchAsync(
        string sku, ProductPatchRequest body, HttpContext context, IClusterClient cluster, CatalogReader catalog, MediaLinks links) =>
        Find(cluster, sku) is var (normal, product)
            ? catalog.Invalidate(context, normal, await EditAsync(product, ETags.IfMatch(context), known => body.Merge(known, links))).Ok()
            : Unknown(sku);

    /// <summary>
    /// Writes the content derived from the current product. Retries with the new product if another edit changed it meanwhile.
    /// </summary>
    private static async Task<Result<Product>> EditAsync(
        IProductGrain product, int? expectedVersion, Func<Product, Result<ProductContent>> edit)
    {
        for (var tries = 1; ; tries++)
        {
            var known = await product.GetAsync();
            if (known.IsError)
                return known.Error;
            if (expectedVersion is { } expected && expected != known.Value.Version)
                return Error.PreconditionFailed();
            var content = edit(known.Value);
            if (content.IsError)
                return content.Error;
            var written = await product.UpdateAsync(content.Value, known.Value.Version);
            if (!written.IsError || written.Error.Code != ErrorCode.PreconditionFailed)
                return written;
            if (expectedVersion is not null)
                return written.Error;
            if (tries == MaxEdits)
                return Error.Of(
                    ErrorCode.Conflict, "error.product-contended", "Others are changing the product at the same time. Try again.");
        }
    }

    private static async Task<Results<NoContent, Problem>> ArchiveAsync(
        string sku, HttpContext context, IClusterClient cluster, CatalogReader catalog) =>
        Find(cluster, sku) is var (normal, product)
            ? catalog.Invalidate(normal, await product.ArchiveAsync(ETags.IfMatch(context))).NoContent()
            : Unknown(sku);

    internal static (string Sku, IProductGrain Product)? Find(IClusterClient cluster, string text) =>
        Sku.TryNormalize(text, out var sku) ? (sku, cluster.GetGrain<IProductGrain>(Sku.GrainKey(sku))) : null;

    private static Problem Missing(string parameter) =>
        new(Error.Invalid(parameter, "field.required", $"The {parameter} field is required."));

    internal static Problem Unknown(string sku) => new(UnknownError(sku));

    internal static Error UnknownError(string sku) => Error.NotFound("not-found.product", $"The product {sku} was not found.");

    private static ProductSort SortOf(string? text) => text switch
    {
        "price" => ProductSort.PriceAscending,
        "-price" => ProductSort.PriceDescending,
        "newest" => ProductSort.Newest,
        "name" => ProductSort.Name,
        _ => ProductSort.Relevance,
    };
}

/// <summary>A product without its SKU. It replaces the stored product.</summary>
public record ProductRequest(
    [property: RequiredField, TextLength(200)] string? Name,
    [property: TextLength(5000)] string? Description,
    [property: RequiredField, TextLength(100)] string? Category,
    [property: TextLength(100)] string? Family,
    [property: RequiredField] Money? Price,
    [property: MaxItems(50)] Dictionary<string, string>? Attributes,
    [property: MaxItems(20)] string[]? Images,
    bool? Active)
{
    /// <summary>The weight of one unit in grams; omitted, it stays as it is, and is 0 for a new product.</summary>
    [NumberRange(0, ProductContent.MaxWeightGrams)] public int? WeightGrams { get; init; }

    /// <summary>The size class; omitted, it stays as it is, and a new product has none.</summary>
    [TextLength(100)] public string? SizeClass { get; init; }

    /// <summary>The tax category; omitted, it stays as it is, and is <c>standard</c> for a new product.</summary>
    [TextLength(100)] public string? TaxCategory { get; init; }

    /// <summary>False for what is not sent; omitted, it stays as it is, and is true for a new product.</summary>
    public bool? RequiresShipping { get; init; }

    /// <summary>
    /// The price that the price is compared with; omitted, it stays as it is, and a new product has none. PATCH with null removes it.
    /// </summary>
    public Money? CompareAtPrice { get; init; }

    /// <summary>The barcode; omitted, it stays as it is, and a new product has none.</summary>
    [TextLength(50)] public string? Barcode { get; init; }

    /// <summary>What a unit costs the shop; omitted, it stays as it is, and is unknown for a new product. Buyers do not see it.</summary>
    public Money? Cost { get; init; }

    /// <summary>The values of the options; omitted, they stay as they are, and a new product has none.</summary>
    [MaxItems(5), NoNulls] public OptionValueBody[]? Options { get; init; }

    /// <summary>The place among the variants of the family; omitted, it stays as it is, and is 0 for a new product.</summary>
    [NumberRange(0, ProductContent.MaxPosition)] public int? Position { get; init; }

    /// <summary>
    /// When the product goes on sale by itself, for a product that is not on sale; omitted, it stays as it is until the product is on sale.
    /// </summary>
    public DateTimeOffset? PublishAt { get; init; }

    /// <summary>
    /// What the product costs now. It follows from the prices and has no effect here, so that a product that was read can be sent back.
    /// </summary>
    [MaxItems(200), NoNulls] public CurrentPrice[]? CurrentPrices { get; init; }

    /// <summary>
    /// The images with what they show, in place of <c>images</c>. A product that was read has both: then what was changed counts.
    /// </summary>
    [MaxItems(20), NoNulls] public ProductMediaBody[]? Media { get; init; }

    /// <summary>Returns the content. What is omitted and was not always a member stays as it is.</summary>
    /// <param name="known">The current product; null for a new one.</param>
    /// <param name="links">Converts URLs of images.</param>
    internal Result<ProductContent> ToContent(Product? known, MediaLinks links)
    {
        var images = ProductImages.Choose(Images, Media, known, links);
        return images.IsError ? images.Error : ToContent(known, images.Value);
    }

    private ProductContent ToContent(Product? known, ProductImages images) => new(
        Name!, Description ?? "", Category!, Family, Price!.Value, Attributes ?? [], images.Urls, Active ?? known?.Active ?? true)
    {
        WeightGrams = WeightGrams ?? known?.WeightGrams ?? 0,
        SizeClass = SizeClass ?? known?.SizeClass,
        TaxCategory = TaxCategory ?? known?.TaxCategory ?? SoonShop.Pricing.TaxCategory.Standard,
        RequiresShipping = RequiresShipping ?? known?.RequiresShipping ?? true,
        CompareAtPrice = CompareAtPrice ?? known?.CompareAtPrice,
        Barcode = Barcode ?? known?.Barcode,
        Cost = Cost ?? known?.Cost,
        Options = OptionValueBody.ToValues(Options) ?? known?.Options ?? [],
        Position = Position ?? known?.Position ?? 0,
        Columns = known?.Columns ?? ImmutableSortedDictionary<string, string>.Empty,
        ImageAlts = images.Alts,
        PublishAt = PublishAt?.ToUniversalTime() ?? (Active ?? known?.Active ?? true ? null : known?.PublishAt),
    };
}

/// <summary>The value of an option of a variant.</summary>
/// <param name="Name">The option, such as <c>Size</c>.</param>
/// <param name="Value">The value, such as <c>XL</c>.</param>
public sealed record OptionValueBody(
    [property: RequiredField, TextLength(255, MinimumLength = 1), Line] string? Name,
    [property: RequiredField, TextLength(255, MinimumLength = 1), Line] string? Value)
{
    internal static ImmutableArray<OptionValue>? ToValues(OptionValueBody[]? options) =>
        options is null ? null : [.. options.Select(o => new OptionValue(o.Name!, o.Value!))];
}

/// <summary>A new product with its SKU.</summary>
public sealed record CreateProductRequest(
    [property: RequiredField, SkuText] string? Sku,
    string? Name,
    string? Description,
    string? Category,
    string? Family,
    Money? Price,
    Dictionary<string, string>? Attributes,
    string[]? Images,
    bool? Active)
    : ProductRequest(Name, Description, Category, Family, Price, Attributes, Images, Active);

using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Media;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>
/// A JSON merge patch of a product (RFC 7396). Omitted members stay unchanged, and null removes an optional member. The members of
/// <c>attributes</c> and <c>price</c> are merged individually. Images are replaced as a whole.
/// </summary>
public sealed class ProductPatchRequest
{
    private readonly HashSet<string> given = [];

    [TextLength(200)] public string? Name { get; set => field = Given(value, "name"); }
    [TextLength(5000)] public string? Description { get; set => field = Given(value, "description"); }
    [TextLength(100)] public string? Category { get; set => field = Given(value, "category"); }
    [TextLength(100)] public string? Family { get; set => field = Given(value, "family"); }
    public PricePatch? Price { get; set => field = Given(value, "price"); }
    [MaxItems(50)] public Dictionary<string, string?>? Attributes { get; set => field = Given(value, "attributes"); }
    [MaxItems(20)] public string[]? Images { get; set => field = Given(value, "images"); }
    [MaxItems(20), NoNulls] public ProductMediaBody[]? Media { get; set => field = Given(value, "media"); }
    public bool? Active { get; set => field = Given(value, "active"); }
    [NumberRange(0, ProductContent.MaxWeightGrams)] public int? WeightGrams { get; set => field = Given(value, "weightGrams"); }
    [TextLength(100)] public string? SizeClass { get; set => field = Given(value, "sizeClass"); }
    [TextLength(100)] public string? TaxCategory { get; set => field = Given(value, "taxCategory"); }
    public bool? RequiresShipping { get; set => field = Given(value, "requiresShipping"); }
    public Money? CompareAtPrice { get; set => field = Given(value, "compareAtPrice"); }
    [TextLength(50)] public string? Barcode { get; set => field = Given(value, "barcode"); }
    public Money? Cost { get; set => field = Given(value, "cost"); }
    [MaxItems(5), NoNulls] public OptionValueBody[]? Options { get; set => field = Given(value, "options"); }
    [NumberRange(0, ProductContent.MaxPosition)] public int? Position { get; set => field = Given(value, "position"); }
    public DateTimeOffset? PublishAt { get; set => field = Given(value, "publishAt"); }

    /// <summary>Returns the product with the patch applied. Error: <c>validation-failed</c> for null in a required member.</summary>
    internal Result<ProductContent> Merge(Product product, MediaLinks links)
    {
        var missing = new List<string>();
        if (Has("name") && Name is null)
            missing.Add("name");
        if (Has("category") && Category is null)
            missing.Add("category");
        if (Has("active") && Active is null)
            missing.Add("active");
        if (Has("price") && Price is null)
            missing.Add("price");
        missing.AddRange(Price?.Missing ?? []);
        if (missing.Count > 0)
            return Error.Invalid(missing.ToDictionary(field => field, _ => (ErrorText[])[ErrorText.Of("field.missing", "is required")]));
        var images = Has("images") || Has("media") ? ProductImages.Choose(Images, Media, product, links)
            : new ProductImages(product.Images, product.ImageAlts);
        if (images.IsError)
            return images.Error;
        return new ProductContent(
            Name ?? product.Name,
            Has("description") ? Description ?? "" : product.Description,
            Category ?? product.Category,
            Has("family") ? Family : product.Family,
            Price?.Merge(product.Price) ?? product.Price,
            Has("attributes") ? Merge(product.Attributes) : product.Attributes,
            images.Value.Urls,
            Active ?? product.Active)
        {
            WeightGrams = Has("weightGrams") ? WeightGrams ?? 0 : product.WeightGrams,
            SizeClass = Has("sizeClass") ? SizeClass : product.SizeClass,
            TaxCategory = Has("taxCategory") ? TaxCategory ?? SoonShop.Pricing.TaxCategory.Standard : product.TaxCategory,
            RequiresShipping = Has("requiresShipping") ? RequiresShipping ?? true : product.RequiresShipping,
            CompareAtPrice = Has("compareAtPrice") ? CompareAtPrice : product.CompareAtPrice,
            Barcode = Has("barcode") ? Barcode : product.Barcode,
            Cost = Has("cost") ? Cost : product.Cost,
            Options = Has("options") ? OptionValueBody.ToValues(Options) ?? [] : product.Options,
            Position = Has("position") ? Position ?? 0 : product.Position,
            Columns = product.Columns,
            ImageAlts = images.Value.Alts,
            PublishAt = Has("publishAt") ? PublishAt?.ToUniversalTime() : Active == true ? null : product.PublishAt,
        };
    }

    private Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> known)
    {
        if (Attributes is null)
            return [];
        // Existing attributes keep their order; new ones follow.
        var merged = known.Where(a => !Attributes.TryGetValue(a.Key, out var value) || value is not null).ToDictionary();
        foreach (var (name, value) in Attributes)
        {
            if (value is not null)
                merged[name] = value;
        }
        return merged;
    }

    private bool Has(string member) => given.Contains(member);

    private T Given<T>(T value, string member)
    {
        given.Add(member);
        return value;
    }
}

/// <summary>The changed members of a price.</summary>
public sealed class PricePatch
{
    private readonly List<string> missing = [];

    /// <summary>The amount in minor units.</summary>
    public long? Amount { get; set => field = Given(value, "price.amount"); }

    /// <summary>The currency (ISO 4217).</summary>
    [TextLength(3, MinimumLength = 3)] public string? Currency { get; set => field = Given(value, "price.currency"); }

    /// <summary>Required members that the patch tries to remove.</summary>
    internal IReadOnlyList<string> Missing => missing;

    internal Money Merge(Money price) => new(Amount ?? price.Amount, Currency ?? price.Currency);

    private T Given<T>(T value, string member)
    {
        if (value is null)
            missing.Add(member);
        return value;
    }
}

namespace SoonShop.Imports.Products;

/// <summary>
/// The columns of product files. They are those of Shopify's product export, by their current names; files with the names that Shopify used
/// before are read, too. The last ones are this shop's own.
/// </summary>
/// <remarks>https://help.shopify.com/en/manual/products/import-export/using-csv</remarks>
internal static class ProductColumns
{
    public const string Title = "Title";
    public const string Handle = "URL handle";
    public const string Description = "Description";
    public const string Vendor = "Vendor";
    public const string ProductCategory = "Product category";
    public const string Type = "Type";
    public const string Tags = "Tags";
    public const string Published = "Published on online store";
    public const string Status = "Status";
    public const string Sku = "SKU";
    public const string Barcode = "Barcode";
    public const string Price = "Price";
    public const string CompareAt = "Compare-at price";
    public const string Cost = "Cost per item";
    public const string ChargeTax = "Charge tax";
    public const string Quantity = "Inventory quantity";
    public const string Weight = "Weight value (grams)";
    public const string RequiresShipping = "Requires shipping";
    public const string Image = "Product image URL";
    public const string ImagePosition = "Image position";
    public const string ImageAlt = "Image alt text";
    public const string VariantImage = "Variant image URL";
    public const string SeoTitle = "SEO title";
    public const string SeoDescription = "SEO description";

    /// <summary>Own column: the name of the variant.</summary>
    public const string VariantName = "Variant name";

    /// <summary>Own column: the description of the variant as plain text.</summary>
    public const string VariantDescription = "Variant description";

    /// <summary>Own column: the images of the variant, separated by blanks.</summary>
    public const string VariantImages = "Variant images";

    /// <summary>Own column: whether the variant is on sale.</summary>
    public const string VariantPublished = "Variant published";

    /// <summary>Own column: the category as a path of slugs.</summary>
    public const string Category = "Category";

    /// <summary>Own column: the size class.</summary>
    public const string SizeClass = "Size class";

    /// <summary>Own column: the tax category.</summary>
    public const string TaxCategory = "Tax category";

    /// <summary>Own column: the attributes as a JSON object.</summary>
    public const string Attributes = "Attributes";

    /// <summary>The most options that files have columns for.</summary>
    public const int MaxOptions = 3;

    /// <summary>Columns of variants that the shop has no member for. They are kept with the variant.</summary>
    public static readonly ImmutableArray<string> OfVariants =
    [
        "Inventory tracker", "Continue selling when out of stock", "Tax code", "Unit price total measure", "Unit price total measure unit",
        "Unit price base measure", "Unit price base measure unit", "Weight unit for display", "Fulfillment service",
    ];

    /// <summary>The header of exports, before the columns that only some products have.</summary>
    public static readonly ImmutableArray<string> Standard =
    [
        Title, Handle, Description, Vendor, ProductCategory, Type, Tags, Published, Status, Sku, Barcode,
        OptionName(0), OptionValue(0), OptionName(1), OptionValue(1), OptionName(2), OptionValue(2), Price, CompareAt, Cost, ChargeTax,
        "Tax code", "Unit price total measure", "Unit price total measure unit", "Unit price base measure", "Unit price base measure unit",
        "Inventory tracker", Quantity, "Continue selling when out of stock", Weight, "Weight unit for display", RequiresShipping,
        "Fulfillment service", Image, ImagePosition, ImageAlt, VariantImage, SeoTitle, SeoDescription,
        VariantName, VariantDescription, VariantImages, VariantPublished, Category, SizeClass, TaxCategory, Attributes,
    ];

    /// <summary>The former names of columns.</summary>
    private static readonly Dictionary<string, string> Former = new(StringComparer.OrdinalIgnoreCase)
    {
        [Handle] = "Handle",
        [Description] = "Body (HTML)",
        [Published] = "Published",
        [Sku] = "Variant SKU",
        [Barcode] = "Variant Barcode",
        [Price] = "Variant Price",
        [CompareAt] = "Variant Compare At Price",
        [ChargeTax] = "Variant Taxable",
        [Quantity] = "Variant Inventory Qty",
        [Weight] = "Variant Grams",
        [RequiresShipping] = "Variant Requires Shipping",
        [Image] = "Image Src",
        [VariantImage] = "Variant Image",
        ["Inventory tracker"] = "Variant Inventory Tracker",
        ["Continue selling when out of stock"] = "Variant Inventory Policy",
        ["Tax code"] = "Variant Tax Code",
        ["Weight unit for display"] = "Variant Weight Unit",
        ["Fulfillment service"] = "Variant Fulfillment Service",
    };

    /// <summary>The current names by the former ones.</summary>
    private static readonly Dictionary<string, string> Current =
        Former.ToDictionary(f => f.Value, f => f.Key, StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> Known = new([.. Standard, .. Former.Values], StringComparer.OrdinalIgnoreCase);

    /// <summary>Returns the column of the name of an option.</summary>
    /// <param name="option">0–2.</param>
    public static string OptionName(int option) => $"Option{option + 1} name";

    /// <summary>Returns the column of the value of an option.</summary>
    public static string OptionValue(int option) => $"Option{option + 1} value";

    /// <summary>Returns the text in a column, by its current or its former name; null when it is empty or not there.</summary>
    public static string? Cell(this CsvRow row, string column) =>
        row.Find(column) ?? (Former.TryGetValue(column, out var former) ? row.Find(former) : null);

    /// <summary>True when the file has the column, by its current or its former name.</summary>
    public static bool HasColumn(this CsvHeader header, string column) =>
        header.Has(column) || (Former.TryGetValue(column, out var former) && header.Has(former));

    /// <summary>Returns the name under which a column that is kept is exported.</summary>
    public static string CurrentName(string column) => Current.GetValueOrDefault(column, column);

    /// <summary>True for a column that the shop has a meaning for, or that is one of <see cref="OfVariants"/>.</summary>
    public static bool IsKnown(string column) => Known.Contains(column);

    /// <summary>Checks a header. All other columns are kept, so none is ignored.</summary>
    public static CsvHeaderCheck Check(CsvHeader header)
    {
        List<CsvHeaderProblem> problems = [];
        foreach (var column in (ReadOnlySpan<string>)[Title, Handle])
        {
            if (!header.HasColumn(column))
                problems.Add(new CsvHeaderProblem(column, ErrorText.Of("import.column-missing", $"The column {column} is missing.")));
        }
        foreach (var twice in header.Columns.Where(c => c.Length > 0).GroupBy(CurrentName, StringComparer.OrdinalIgnoreCase))
        {
            if (twice.Count() > 1)
            {
                problems.Add(new CsvHeaderProblem(
                    twice.Key, ErrorText.Of("import.column-twice", $"The column {twice.Key} is there more than once.")));
            }
        }
        return new CsvHeaderCheck(problems, []);
    }
}

using System.Globalization;
using System.Text.Json;
using SoonShop.Catalog;

namespace SoonShop.Imports.Products;

/// <summary>
/// Reads the rows of one product: the first one has what the variants have in common, each has a variant, an image, or both.
/// </summary>
internal sealed class ProductFileReader(IReadOnlyList<CsvRow> rows, string currency)
{
    /// <summary>Shopify's name of the option of a product without variants, and its only value.</summary>
    private const string NoOption = "Title", NoOptionValue = "Default Title";

    /// <summary>The most characters of a description.</summary>
    private const int MaxDescription = 50_000;

    private readonly List<RowResult> wrong = [];
    private readonly CsvHeader header = rows[0].Header;

    /// <summary>What is wrong; a product with a wrong row is not applied.</summary>
    public IReadOnlyList<RowResult> Wrong => wrong;

    /// <summary>Returns the handle of a row, by which rows belong together: the title, where there is no handle.</summary>
    public static string HandleOf(CsvRow row) => row.Cell(ProductColumns.Handle) ?? row.Cell(ProductColumns.Title) ?? "";

    /// <summary>Reads the product; null when a row is wrong.</summary>
    public ProductFile? Read()
    {
        var first = rows[0];
        var handle = HandleOf(first);
        if (handle.Length == 0)
        {
            Refuse(first, ProductColumns.Handle, ErrorText.Of("import.handle", "is required"));
            return null;
        }
        if (first.Cell(ProductColumns.Description) is { Length: > MaxDescription })
        {
            Refuse(first, ProductColumns.Description, ErrorText.Of(
                "field.description-html", "must be at most 50,000 characters without control characters"));
        }
        if (first.Cell(ProductColumns.Title) is not { } title)
        {
            Refuse(first, ProductColumns.Title, ErrorText.Of("import.title", "is required in the first row of a product"));
            return null;
        }
        ImmutableArray<string> options =
        [
            .. Enumerable.Range(0, ProductColumns.MaxOptions).Select(i => first.Cell(ProductColumns.OptionName(i)))
                .TakeWhile(n => n is not null).OfType<string>(),
        ];
        if (options is [NoOption] && first.Cell(ProductColumns.OptionValue(0)) is null or NoOptionValue)
            options = [];
        var id = Slug.IsValid(handle) ? handle : Slug.Of(handle);
        var columns = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        KeepColumns(first, columns, column => !ProductColumns.IsKnown(column));
        Keep(columns, ProductColumns.Handle, handle, handle != id);
        Keep(columns, ProductColumns.ProductCategory, first.Cell(ProductColumns.ProductCategory), true);
        var (status, published) = (first.Cell(ProductColumns.Status), first.Cell(ProductColumns.Published));
        // What an export writes by itself need not be kept.
        if ((status, published) is not (("active", "TRUE") or ("draft", "FALSE") or (null, null)))
        {
            Keep(columns, ProductColumns.Status, status, true);
            Keep(columns, ProductColumns.Published, published, true);
        }
        foreach (var column in rows.Skip(1).SelectMany(UnknownColumns))
            columns.TryAdd(column, "");
        var group = new ProductGroupContent
        {
            Name = title,
            DescriptionHtml = first.Cell(ProductColumns.Description) ?? "",
            Brand = first.Cell(ProductColumns.Vendor),
            Type = first.Cell(ProductColumns.Type),
            Tags = [.. Parts(first.Cell(ProductColumns.Tags) ?? "", ',').Distinct()],
            Options = options,
            Media = Media(),
            SeoTitle = first.Cell(ProductColumns.SeoTitle),
            SeoDescription = first.Cell(ProductColumns.SeoDescription),
            Columns = columns.ToImmutable(),
        };
        var variants = ImmutableArray.CreateBuilder<VariantFile>();
        foreach (var row in rows)
        {
            if (IsVariant(row) && Variant(row, id, group, variants.Count) is { } variant)
                variants.Add(variant);
        }
        foreach (var same in variants.GroupBy(v => v.Sku).Where(g => g.Count() > 1))
        {
            foreach (var variant in same.Skip(1))
            {
                wrong.Add(RowResult.Wrong(
                    variant.Line, ProductColumns.Sku, ErrorText.Of("import.sku-twice", $"is the SKU of line {same.First().Line}, too")));
            }
        }
        return wrong.Count > 0 ? null : new ProductFile(id, header, group, variants.ToImmutable());
    }

    private bool IsVariant(CsvRow row) => row == rows[0] || row.Cell(ProductColumns.Sku) is not null
        || row.Cell(ProductColumns.Price) is not null || row.Cell(ProductColumns.OptionValue(0)) is not null;

    private VariantFile? Variant(CsvRow row, string id, ProductGroupContent group, int position)
    {
        var before = wrong.Count;
        var options = ImmutableArray.CreateBuilder<OptionValue>();
        for (var i = 0; i < group.Options.Length; i++)
        {
            if (row.Cell(ProductColumns.OptionValue(i)) is { } value)
                options.Add(new OptionValue(group.Options[i], value));
            else
            {
                Refuse(row, ProductColumns.OptionValue(i), ErrorText.Of(
                    "import.option-value", $"is required: the product has the option {group.Options[i]}"));
            }
        }
        var columns = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var column in ProductColumns.OfVariants)
            Keep(columns, column, row.Cell(column), true);
        if (row != rows[0])
            KeepColumns(row, columns, column => !ProductColumns.IsKnown(column));
        var raw = row.Cell(ProductColumns.Sku)?.TrimStart('\'');
        var sku = SkuOf(raw ?? string.Join('-', [id, .. options.Select(o => Slug.Of(o.Value))]));
        // What the shop changes about a SKU comes back with the export.
        Keep(columns, ProductColumns.Sku, raw ?? "", raw is null || !raw.Equals(sku, StringComparison.Ordinal), keepsEmpty: raw is null);
        if (sku.Length == 0)
        {
            Refuse(row, ProductColumns.Sku, ErrorText.Of(
                "import.sku", $"must be 1–{Sku.MaxLength} letters, digits, points, hyphens and underscores"));
        }
        if (row.Cell(ProductColumns.Price) is null)
            Refuse(row, ProductColumns.Price, ErrorText.Of("import.price", "is required"));
        var image = row.Cell(ProductColumns.VariantImage);
        var variant = new VariantFile
        {
            Line = row.Line,
            Sku = sku,
            Price = Amount(row, ProductColumns.Price) ?? default,
            Options = options.ToImmutable(),
            Position = position,
            Columns = columns.ToImmutable(),
            Images = row.Cell(ProductColumns.VariantImages) is { } images ? [.. images.Split(' ', StringSplitOptions.RemoveEmptyEntries)]
                : image is null ? null : [image],
            Active = Active(row),
            HasCompareAt = header.HasColumn(ProductColumns.CompareAt),
            CompareAt = Amount(row, ProductColumns.CompareAt) is { Amount: > 0 } compareAt ? compareAt : null,
            HasCost = header.HasColumn(ProductColumns.Cost),
            Cost = Amount(row, ProductColumns.Cost),
            HasBarcode = header.HasColumn(ProductColumns.Barcode),
            Barcode = row.Cell(ProductColumns.Barcode)?.TrimStart('\''),
            WeightGrams = Grams(row),
            RequiresShipping = Flag(row, ProductColumns.RequiresShipping),
            IsTaxed = Flag(row, ProductColumns.ChargeTax),
            TaxCategory = row.Cell(ProductColumns.TaxCategory),
            HasSizeClass = header.Has(ProductColumns.SizeClass),
            SizeClass = row.Cell(ProductColumns.SizeClass),
            Name = row.Cell(ProductColumns.VariantName),
            Description = row.Cell(ProductColumns.VariantDescription),
            Category = row.Cell(ProductColumns.Category) ?? CategoryOf(group),
            Attributes = Attributes(row),
            Quantity = Whole(row, ProductColumns.Quantity),
        };
        return wrong.Count > before ? null : variant;
    }

    /// <summary>Returns the images of a variant without images of its own.</summary>
    public static ImmutableArray<string> GroupImages(ProductGroupContent group) => [.. group.Media.Select(m => m.Url).Take(20)];

    /// <summary>Returns the images of all rows by their position. An image without one comes where it stands.</summary>
    private ImmutableArray<ProductMedia> Media()
    {
        var images = new List<(int Position, ProductMedia Image)>();
        foreach (var row in rows)
        {
            if (row.Cell(ProductColumns.Image) is not { } url)
                continue;
            var image = new ProductMedia(url, row.Cell(ProductColumns.ImageAlt) ?? "");
            images.Add((Whole(row, ProductColumns.ImagePosition) ?? images.Count + 1, image));
        }
        return [.. images.OrderBy(i => i.Position).Select(i => i.Image)];
    }

    /// <summary>
    /// Returns a path of slugs for Shopify's category, its last levels, or for the type; null where the file has neither.
    /// </summary>
    private string? CategoryOf(ProductGroupContent group)
    {
        var text = rows[0].Cell(ProductColumns.ProductCategory) ?? group.Type;
        if (text is null)
            return null;
        var path = string.Join('/', Parts(text, '>').Select(Slug.Of).TakeLast(4));
        while (path.Length > 100 && path.Contains('/', StringComparison.Ordinal))
            path = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return path;
    }

    private bool? Active(CsvRow row)
    {
        if (Flag(row, ProductColumns.VariantPublished) is { } own)
            return own;
        var status = rows[0].Cell(ProductColumns.Status);
        var published = Flag(rows[0], ProductColumns.Published);
        if (status is null && published is null)
            return null;
        return status?.ToLowerInvariant() is null or "active" && published != false;
    }

    private static string[] Parts(string text, char separator) =>
        text.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string SkuOf(string text)
    {
        var allowed = text.ToUpperInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-');
        var sku = new string([.. allowed]).TrimStart('.', '_', '-');
        return sku.Length <= Sku.MaxLength ? sku : sku[..Sku.MaxLength];
    }

    private Money? Amount(CsvRow row, string column)
    {
        if (row.Cell(column) is not { } text)
            return null;
        if (CsvNumber.ReadAmount(text, currency, header.Separator, out var amount) is not { } problem)
            return new Money(amount, currency);
        Refuse(row, column, problem);
        return null;
    }

    private int? Whole(CsvRow row, string column)
    {
        if (row.Cell(column) is not { } text)
            return null;
        if (CsvNumber.ReadWhole(text, -1_000_000_000, 1_000_000_000, out var number) is not { } problem)
            return number;
        Refuse(row, column, problem);
        return null;
    }

    private int? Grams(CsvRow row)
    {
        if (row.Cell(ProductColumns.Weight) is not { } text)
            return null;
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var grams)
            && grams <= ProductContent.MaxWeightGrams)
            return (int)decimal.Round(grams, MidpointRounding.AwayFromZero);
        Refuse(row, ProductColumns.Weight, ErrorText.Of("import.grams", $"must be grams, 0–{ProductContent.MaxWeightGrams}"));
        return null;
    }

    private bool? Flag(CsvRow row, string column)
    {
        switch (row.Cell(column)?.ToLowerInvariant())
        {
            case null:
                return null;
            case "true" or "yes" or "1":
                return true;
            case "false" or "no" or "0":
                return false;
            default:
                Refuse(row, column, ErrorText.Of("import.flag", "must be TRUE or FALSE"));
                return null;
        }
    }

    private Dictionary<string, string>? Attributes(CsvRow row)
    {
        if (row.Cell(ProductColumns.Attributes) is not { } text)
            return null;
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(text) ?? [];
        }
        catch (JsonException)
        {
            Refuse(row, ProductColumns.Attributes, ErrorText.Of("import.attributes", "must be a JSON object with texts"));
            return null;
        }
    }

    private static IEnumerable<string> UnknownColumns(CsvRow row) =>
        row.Header.Columns.Where(c => c.Length > 0 && !ProductColumns.IsKnown(c) && row.Find(c) is not null);

    private static void KeepColumns(CsvRow row, ImmutableSortedDictionary<string, string>.Builder columns, Func<string, bool> which)
    {
        foreach (var column in UnknownColumns(row).Where(which))
            columns[column] = row.Find(column)!;
    }

    private static void Keep(
        ImmutableSortedDictionary<string, string>.Builder columns, string column, string? text, bool needed, bool keepsEmpty = false)
    {
        if (needed && (text is { Length: > 0 } || keepsEmpty))
            columns[column] = text ?? "";
    }

    private void Refuse(CsvRow row, string column, ErrorText text)
    {
        if (!wrong.Any(w => w.Line == row.Line && w.Column == column))
            wrong.Add(RowResult.Wrong(row.Line, column, text));
    }
}

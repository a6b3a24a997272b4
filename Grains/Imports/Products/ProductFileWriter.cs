using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using SoonShop.Catalog;

namespace SoonShop.Imports.Products;

/// <summary>Writes products as rows that an import reads back without a change.</summary>
public static class ProductFileWriter
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The columns that every export has.</summary>
    public static ImmutableArray<string> Columns => ProductColumns.Standard;

    /// <summary>Returns the columns of an export: the standard ones, then those that some products keep.</summary>
    public static ImmutableArray<string> ColumnsWith(IEnumerable<string> kept) =>
    [
        .. Columns,
        .. kept.Where(c => !ProductColumns.IsKnown(c)).Order(StringComparer.Ordinal).Distinct(StringComparer.OrdinalIgnoreCase),
    ];

    /// <summary>Returns the rows of a product.</summary>
    /// <param name="group">The group with all of its variants.</param>
    /// <param name="columns">The columns of the export.</param>
    /// <param name="onHand">Returns the units on hand of a SKU.</param>
    public static IEnumerable<string[]> Write(ProductGroup group, ImmutableArray<string> columns, Func<string, int> onHand)
    {
        var content = group.Content;
        for (var i = 0; i < Math.Max(group.Variants.Length, content.Media.Length); i++)
        {
            var cells = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            if (i == 0)
                WriteGroup(group, cells);
            cells[ProductColumns.Handle] = content.Columns.GetValueOrDefault(ProductColumns.Handle, group.Id);
            if (i < group.Variants.Length)
                WriteVariant(group.Variants[i], content, cells, onHand, isFirst: i == 0);
            if (i < content.Media.Length)
            {
                cells[ProductColumns.Image] = content.Media[i].Url;
                cells[ProductColumns.ImagePosition] = Number(i + 1);
                cells[ProductColumns.ImageAlt] = content.Media[i].Alt;
            }
            yield return [.. columns.Select(c => CellOf(c, cells.GetValueOrDefault(c) ?? ""))];
        }
    }

    /// <summary>Numbers need no guard against formulas.</summary>
    private static string CellOf(string column, string text) => column == ProductColumns.Quantity ? text : CsvGuard.Add(text);

    private static void WriteGroup(ProductGroup group, Dictionary<string, string?> cells)
    {
        var content = group.Content;
        foreach (var (column, text) in content.Columns)
            cells[column] = text;
        cells[ProductColumns.Title] = content.Name;
        cells[ProductColumns.Description] = content.DescriptionHtml;
        cells[ProductColumns.Vendor] = content.Brand;
        cells[ProductColumns.Type] = content.Type;
        cells[ProductColumns.Tags] = string.Join(", ", content.Tags);
        cells[ProductColumns.SeoTitle] = content.SeoTitle;
        cells[ProductColumns.SeoDescription] = content.SeoDescription;
        for (var i = 0; i < Math.Min(content.Options.Length, ProductColumns.MaxOptions); i++)
            cells[ProductColumns.OptionName(i)] = content.Options[i];
        if (content.Options.IsEmpty)
            cells[ProductColumns.OptionName(0)] = "Title";
        // The kept words count as long as they mean what is so.
        var isActive = group.Variants.Any(v => v.Active);
        var status = content.Columns.GetValueOrDefault(ProductColumns.Status);
        var published = content.Columns.GetValueOrDefault(ProductColumns.Published);
        var meant = (status is null || status.Equals("active", StringComparison.OrdinalIgnoreCase))
            && !(published ?? "").Equals("false", StringComparison.OrdinalIgnoreCase);
        if ((status is null && published is null) || meant != isActive)
            (status, published) = (isActive ? "active" : "draft", isActive ? "TRUE" : "FALSE");
        cells[ProductColumns.Status] = status;
        cells[ProductColumns.Published] = published;
    }

    private static void WriteVariant(
        Product variant, ProductGroupContent group, Dictionary<string, string?> cells, Func<string, int> onHand, bool isFirst)
    {
        foreach (var (column, text) in variant.Columns)
            cells[column] = text;
        if (!variant.Columns.ContainsKey(ProductColumns.Sku))
            cells[ProductColumns.Sku] = variant.Sku;
        var options = OptionsOf(variant, group);
        for (var i = 0; i < Math.Min(options.Length, ProductColumns.MaxOptions); i++)
            cells[ProductColumns.OptionValue(i)] = options[i].Value;
        if (group.Options.IsEmpty)
            cells[ProductColumns.OptionValue(0)] = isFirst ? "Default Title" : variant.Sku;
        cells[ProductColumns.Barcode] = variant.Barcode;
        cells[ProductColumns.Price] = Text(variant.Price);
        cells[ProductColumns.CompareAt] = Text(variant.CompareAtPrice);
        cells[ProductColumns.Cost] = Text(variant.Cost);
        cells[ProductColumns.ChargeTax] = Pricing.TaxCategory.NeedsNoRate(variant.TaxCategory) ? "FALSE" : "TRUE";
        cells[ProductColumns.Quantity] = Number(onHand(variant.Sku));
        cells[ProductColumns.Weight] = Number(variant.WeightGrams);
        cells[ProductColumns.RequiresShipping] = variant.RequiresShipping ? "TRUE" : "FALSE";
        if (!variant.Images.SequenceEqual(ProductFileReader.GroupImages(group)))
        {
            if (variant.Images is [var image])
                cells[ProductColumns.VariantImage] = image;
            else
                cells[ProductColumns.VariantImages] = string.Join(' ', variant.Images);
        }
        cells[ProductColumns.VariantName] = variant.Name == VariantFile.NameOf(group, options) ? null : variant.Name;
        cells[ProductColumns.VariantDescription] = variant.Description == HtmlText.Of(group.DescriptionHtml) ? null : variant.Description;
        cells[ProductColumns.VariantPublished] = variant.Active ? "TRUE" : "FALSE";
        cells[ProductColumns.Category] = variant.Category;
        cells[ProductColumns.SizeClass] = variant.SizeClass;
        cells[ProductColumns.TaxCategory] = variant.TaxCategory;
        cells[ProductColumns.Attributes] = variant.Attributes.Count == 0 ? null : JsonSerializer.Serialize(variant.Attributes, Plain);
    }

    /// <summary>Returns the values of the group's options. A variant without options has them as attributes.</summary>
    private static ImmutableArray<OptionValue> OptionsOf(Product variant, ProductGroupContent group) =>
    [
        .. group.Options.Select(name => new OptionValue(name, variant.ValueOf(name) ?? variant.Sku)),
    ];

    private static string? Text(Money? amount) => amount is { } money ? Currencies.Format(money.Amount, money.Currency) : null;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

using SoonShop.Catalog;

namespace SoonShop.Imports.Products;

/// <summary>A product with its variants, as rows of a file describe it.</summary>
/// <param name="Id">The id of its group.</param>
/// <param name="Header">The columns of the file: what has no column stays as it is.</param>
/// <param name="Group">What the variants have in common.</param>
/// <param name="Variants">The variants in the order of the file.</param>
internal sealed record ProductFile(string Id, CsvHeader Header, ProductGroupContent Group, ImmutableArray<VariantFile> Variants)
{
    /// <summary>True when the file has columns for options.</summary>
    public bool HasOptions => Header.HasColumn(ProductColumns.OptionName(0));

    /// <summary>Returns what the variants will have in common.</summary>
    /// <param name="known">What they have in common; null for a new product.</param>
    public ProductGroupContent ToContent(ProductGroupContent? known) => known is null ? Group : Group with
    {
        DescriptionHtml = Has(ProductColumns.Description) ? Group.DescriptionHtml : known.DescriptionHtml,
        Brand = Has(ProductColumns.Vendor) ? Group.Brand : known.Brand,
        Type = Has(ProductColumns.Type) ? Group.Type : known.Type,
        Tags = Has(ProductColumns.Tags) ? Group.Tags : known.Tags,
        // Files have columns for three options only.
        Options = HasOptions ? [.. Group.Options, .. known.Options.Skip(ProductColumns.MaxOptions)] : known.Options,
        Media = Has(ProductColumns.Image) ? Group.Media : known.Media,
        SeoTitle = Has(ProductColumns.SeoTitle) ? Group.SeoTitle : known.SeoTitle,
        SeoDescription = Has(ProductColumns.SeoDescription) ? Group.SeoDescription : known.SeoDescription,
        Translations = known.Translations,
        Columns = Merge(Group.Columns, known.Columns),
    };

    /// <summary>
    /// Returns the columns of the file, and those of before that the file does not have. A column keeps the case of its name: an export
    /// has one name for the columns of all products whose names differ by case only.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Merge(
        ImmutableSortedDictionary<string, string> columns, ImmutableSortedDictionary<string, string> known)
    {
        foreach (var (name, text) in known)
        {
            if (columns.ContainsKey(name))
                continue;
            if (columns.Keys.FirstOrDefault(c => c.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } other)
                columns = columns.Add(name, columns[other]).Remove(other);
            else if (!Has(name))
                columns = columns.Add(name, text);
        }
        return columns;
    }

    private bool Has(string column) => Header.HasColumn(column);
}

/// <summary>A variant, as a row of a file describes it. What is null does not stand in the file, and stays as it is.</summary>
internal sealed record VariantFile
{
    public required int Line { get; init; }
    public required string Sku { get; init; }
    public required Money Price { get; init; }
    public required ImmutableArray<OptionValue> Options { get; init; }
    public required int Position { get; init; }
    public required ImmutableSortedDictionary<string, string> Columns { get; init; }

    /// <summary>The images; null for those of the group.</summary>
    public required ImmutableArray<string>? Images { get; init; }

    public required bool? Active { get; init; }
    public bool HasCompareAt { get; init; }
    public Money? CompareAt { get; init; }
    public bool HasCost { get; init; }
    public Money? Cost { get; init; }
    public bool HasBarcode { get; init; }
    public string? Barcode { get; init; }
    public int? WeightGrams { get; init; }
    public bool? RequiresShipping { get; init; }
    public bool? IsTaxed { get; init; }
    public string? TaxCategory { get; init; }
    public bool HasSizeClass { get; init; }
    public string? SizeClass { get; init; }
    public string? Name { get; init; }
    public string? Description { get; init; }
    public string? Category { get; init; }
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>The units on hand of a variant whose stock was never entered.</summary>
    public int? Quantity { get; init; }

    /// <summary>Returns the content of the product.</summary>
    /// <param name="file">The product that the variant belongs to.</param>
    /// <param name="group">What the variants will have in common.</param>
    /// <param name="before">What they have in common; null for a new product.</param>
    /// <param name="known">The product as it is; null for a new one.</param>
    /// <param name="keepsPosition">True when the order of the variants is the one of the file already.</param>
    public ProductContent ToContent(
        ProductFile file, ProductGroupContent group, ProductGroupContent? before, Product? known, bool keepsPosition)
    {
        var options = OptionsOf(file, known);
        var isAlone = file.Variants.Length == 1 && file.Id.Equals(Sku, StringComparison.OrdinalIgnoreCase);
        return new ProductContent(
            Name ?? NameAfter(file, group, before, known, options), Description ?? DescriptionOf(file, group, known),
            Category ?? known?.Category ?? "uncategorised", known?.Family ?? (isAlone ? null : file.Id), Price,
            Attributes ?? AttributesOf(group, known), ImagesOf(file, group, known), Active ?? known?.Active ?? true)
        {
            WeightGrams = WeightGrams ?? known?.WeightGrams ?? 0,
            SizeClass = HasSizeClass ? SizeClass : known?.SizeClass,
            TaxCategory = TaxCategory ?? CategoryOfTax(known),
            RequiresShipping = RequiresShipping ?? known?.RequiresShipping ?? true,
            Prices = known?.Prices ?? [],
            CompareAtPrice = HasCompareAt ? CompareAt : known?.CompareAtPrice,
            Barcode = HasBarcode ? Barcode : known?.Barcode,
            Cost = HasCost ? Cost : known?.Cost,
            Options = options,
            Position = known is not null && keepsPosition ? known.Position : Position,
            Columns = known is null ? Columns : file.Merge(Columns, known.Columns),
            ImageAlts = known?.ImageAlts ?? ImmutableSortedDictionary<string, string>.Empty,
            PublishAt = Active ?? known?.Active ?? true ? null : known?.PublishAt,
        };
    }

    /// <summary>
    /// Returns the values of the options. A product without options has them as attributes, as long as nobody enters options.
    /// </summary>
    private ImmutableArray<OptionValue> OptionsOf(ProductFile file, Product? known) =>
        known is null ? Options
        : !file.HasOptions ? known.Options
        : known.Options.IsEmpty && Options.All(o => known.Attributes.GetValueOrDefault(o.Name) == o.Value) ? []
        : [.. Options, .. known.Options.Skip(ProductColumns.MaxOptions)];

    private static string DescriptionOf(ProductFile file, ProductGroupContent group, Product? known) =>
        known is not null && !file.Header.HasColumn(ProductColumns.Description) ? known.Description : HtmlText.Of(group.DescriptionHtml);

    private ImmutableArray<string> ImagesOf(ProductFile file, ProductGroupContent group, Product? known) =>
        Images ?? (known is not null && !file.Header.HasColumn(ProductColumns.Image) && !file.Header.HasColumn(ProductColumns.VariantImage)
            ? known.Images : ProductFileReader.GroupImages(group));

    /// <summary>
    /// Returns the name. A name that somebody has entered stays until the file has another title or other options, because the file cannot
    /// have it.
    /// </summary>
    private string NameAfter(
        ProductFile file, ProductGroupContent group, ProductGroupContent? before, Product? known, ImmutableArray<OptionValue> options) =>
        known is not null
        && !file.Header.Has(ProductColumns.VariantName)
        && before?.Name == group.Name
        && options.SequenceEqual(known.Options)
            ? known.Name : NameOf(group, file.HasOptions ? Options : options);

    /// <summary>Returns the name of the group with the values of the options.</summary>
    public static string NameOf(ProductGroupContent group, ImmutableArray<OptionValue> options)
    {
        var name = string.Join(", ", [group.Name, .. options.Select(o => o.Value)]);
        return name.Length <= 200 ? name : name[..(char.IsHighSurrogate(name[199]) ? 199 : 200)].TrimEnd();
    }

    /// <summary>Adds brand and options to the attributes, by which shoppers filter.</summary>
    private Dictionary<string, string> AttributesOf(ProductGroupContent group, Product? known)
    {
        var attributes = (known?.Attributes ?? new Dictionary<string, string>()).ToDictionary();
        if (group.Brand is { } brand)
            attributes["brand"] = brand;
        foreach (var option in Options)
        {
            if (option.Name.Length <= 50)
                attributes[option.Name.ToLowerInvariant()] = option.Value;
        }
        return attributes;
    }

    private string CategoryOfTax(Product? known) => IsTaxed switch
    {
        false => known is not null && Pricing.TaxCategory.NeedsNoRate(known.TaxCategory) ? known.TaxCategory : Pricing.TaxCategory.Exempt,
        true when known is not null && Pricing.TaxCategory.NeedsNoRate(known.TaxCategory) => Pricing.TaxCategory.Standard,
        _ => known?.TaxCategory ?? Pricing.TaxCategory.Standard,
    };
}

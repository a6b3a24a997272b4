using SoonShop.Catalog;
using SoonShop.Media;

namespace SoonShop.Imports.Products;

/// <summary>What a product of a file changes in the shop.</summary>
/// <param name="File">The product of the file.</param>
/// <param name="Group">The group as it is; null for a new one.</param>
/// <param name="Content">What the variants will have in common.</param>
/// <param name="GroupOutcome">What becomes of what the variants have in common.</param>
/// <param name="Variants">What becomes of each variant.</param>
/// <param name="Wrong">What the shop refuses.</param>
internal sealed record ProductPlan(
    ProductFile File, ProductGroup? Group, ProductGroupContent Content, RowOutcome GroupOutcome, ImmutableArray<VariantPlan> Variants,
    IReadOnlyList<RowResult> Wrong)
{
    /// <summary>True when the shop has nothing of it.</summary>
    public bool IsNew => Group is null && Variants.All(v => v.Known is null);

    /// <summary>True when the shop has it as it is in the file.</summary>
    public bool ChangesNothing => GroupOutcome == RowOutcome.Unchanged && Variants.All(v => v.Outcome == RowOutcome.Unchanged);

    /// <summary>The images that the group or a variant does not have yet.</summary>
    public IEnumerable<string> NewImages =>
        Content.Media.Select(m => m.Url).Except(Group?.Content.Media.Select(m => m.Url) ?? [])
            .Concat(Variants.SelectMany(v => v.Content.Images.Except(v.Known?.Images ?? [])));

    /// <summary>Returns the plan, wrong if it has one of these new images.</summary>
    public ProductPlan Without(IReadOnlySet<string> missing) => NewImages.FirstOrDefault(missing.Contains) is { } url
        ? this with { Wrong = [.. Wrong, RowResult.Wrong(File.Variants[0].Line, ProductColumns.Image, MediaReferences.TextOf(url))] }
        : this;

    /// <summary>Compares a product with the shop.</summary>
    /// <param name="file">The product of the file.</param>
    /// <param name="group">The group as it is; null for a new one.</param>
    /// <param name="known">The products of the variants, in their order; null for new ones.</param>
    /// <param name="currency">The shop's currency.</param>
    /// <param name="now">The time.</param>
    public static ProductPlan Of(
        ProductFile file, ProductGroup? group, ImmutableArray<Product?> known, string currency, DateTimeOffset now)
    {
        var keepsPositions = KeepsPositions(known);
        var common = file.ToContent(group?.Content);
        var variants = ImmutableArray.CreateBuilder<VariantPlan>(known.Length);
        List<RowResult> wrong = [];
        foreach (var (variant, product) in file.Variants.Zip(known))
        {
            var content = variant.ToContent(file, common, group?.Content, product, keepsPositions);
            if (product?.Family is { } family && family != file.Id)
            {
                wrong.Add(RowResult.Wrong(
                    variant.Line, ProductColumns.Sku, ErrorText.Of("import.other-group", $"is the SKU of a variant of {family}")));
            }
            else if (Check(variant.Sku, content, product, currency, now) is { } error)
                wrong.Add(RowResult.Wrong(variant.Line, null, SkuRows.TextOf(error)));
            variants.Add(new VariantPlan(variant, product, content));
        }
        if (ProductGroupState.Put(file.Id, null, common).Error is { } problem)
            wrong.Add(RowResult.Wrong(file.Variants[0].Line, null, SkuRows.TextOf(problem)));
        var outcome = group is null ? RowOutcome.Created
            : ProductGroupState.Same(group.Content, common) ? RowOutcome.Unchanged : RowOutcome.Changed;
        return new ProductPlan(file, group, common, outcome, variants.MoveToImmutable(), wrong);
    }

    /// <summary>Returns a result for each row. Rows of images belong to the group.</summary>
    public List<RowResult> Results(IReadOnlyList<CsvRow> rows)
    {
        var byLine = Variants.ToDictionary(v => v.File.Line);
        return [.. rows.Select((row, i) => ResultOf(row, byLine.GetValueOrDefault(row.Line), isFirst: i == 0))];
    }

    private RowResult ResultOf(CsvRow row, VariantPlan? variant, bool isFirst)
    {
        var outcome = variant?.Outcome ?? RowOutcome.Unchanged;
        List<string> differences = [.. variant?.Differences ?? []];
        if (isFirst && GroupOutcome == RowOutcome.Changed && outcome != RowOutcome.Created)
        {
            outcome = RowOutcome.Changed;
            differences.InsertRange(0, GroupDifferences());
        }
        return outcome switch
        {
            RowOutcome.Created => RowResult.Created(row.Line),
            RowOutcome.Changed => RowResult.Changed(row.Line, string.Join(", ", differences)),
            _ => RowResult.Unchanged(row.Line),
        };
    }

    private IEnumerable<string> GroupDifferences()
    {
        var (before, after) = (Group!.Content, Content);
        if (before.Name != after.Name)
            yield return $"title {before.Name} -> {after.Name}";
        if (before.DescriptionHtml != after.DescriptionHtml)
            yield return "description";
        if (before.Brand != after.Brand)
            yield return $"vendor {before.Brand ?? "-"} -> {after.Brand ?? "-"}";
        if (before.Type != after.Type || !before.Tags.SequenceEqual(after.Tags))
            yield return "type or tags";
        if (!before.Options.SequenceEqual(after.Options))
            yield return $"options {string.Join('/', before.Options)} -> {string.Join('/', after.Options)}";
        if (!before.Media.SequenceEqual(after.Media))
            yield return "images";
        if (before.SeoTitle != after.SeoTitle || before.SeoDescription != after.SeoDescription)
            yield return "texts for search engines";
        if (!before.Columns.SequenceEqual(after.Columns))
            yield return "other columns";
    }

    private static Error? Check(string sku, ProductContent content, Product? known, string currency, DateTimeOffset now)
    {
        if (known is null)
            return ProductState.Create(sku, content, currency, now).Error;
        var state = new ProductState { Sku = sku, Content = ProductContent.Of(known), CreatedAt = now };
        return state.Update(content, currency, now).Error;
    }

    /// <summary>True when the variants are in the order of the file already.</summary>
    private static bool KeepsPositions(ImmutableArray<Product?> known) =>
        known.All(p => p is not null) && known.SequenceEqual(known.OrderBy(p => p!.Position).ThenBy(p => p!.Sku, StringComparer.Ordinal));
}

/// <summary>What a variant of a file changes.</summary>
/// <param name="File">The variant of the file.</param>
/// <param name="Known">The product as it is; null for a new one.</param>
/// <param name="Content">The product as it will be.</param>
internal sealed record VariantPlan(VariantFile File, Product? Known, ProductContent Content)
{
    /// <summary>What becomes of the product.</summary>
    public RowOutcome Outcome { get; } = Known is null ? RowOutcome.Created
        : ProductState.SameAs(Content, ProductContent.Of(Known)) ? RowOutcome.Unchanged : RowOutcome.Changed;

    /// <summary>What differs, in words.</summary>
    public IEnumerable<string> Differences
    {
        get
        {
            if (Known is null || Outcome == RowOutcome.Unchanged)
                yield break;
            var before = ProductContent.Of(Known);
            if (before.Price != Content.Price)
                yield return $"price {Text(before.Price)} -> {Text(Content.Price)}";
            if (before.CompareAtPrice != Content.CompareAtPrice)
                yield return $"compare-at price {Text(before.CompareAtPrice)} -> {Text(Content.CompareAtPrice)}";
            if (before.Name != Content.Name)
                yield return $"name {before.Name} -> {Content.Name}";
            if (before.Active != Content.Active)
                yield return Content.Active ? "on sale" : "off sale";
            var rest = Content with
            {
                Price = before.Price,
                CompareAtPrice = before.CompareAtPrice,
                Name = before.Name,
                Active = before.Active,
            };
            if (!ProductState.SameAs(rest, before))
                yield return "other data of the variant";
        }
    }

    private static string Text(Money? amount) => amount is { } money ? Currencies.Format(money.Amount, money.Currency) : "none";
}

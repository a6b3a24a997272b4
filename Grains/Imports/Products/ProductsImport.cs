using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Media;

namespace SoonShop.Imports.Products;

/// <summary>
/// Products with variants, in files of Shopify's columns (<see cref="ProductColumns"/>). A product is created or changed as a whole: when
/// one of its rows is wrong, nothing of it is. What has no column stays as it is, and variants that are not in the file stay on sale.
/// </summary>
/// <remarks>
/// <c>Inventory quantity</c> counts for variants whose stock was never entered. Other stock has moved since a file was written; it is
/// changed with files of stock.
/// </remarks>
public sealed class ProductsImport(
    IGrainFactory grains, IImportStates states, IFirstStates firstStates, IMediaRecords media, TimeProvider time)
    : ICsvImport
{
    /// <summary>How often a product is compared anew because somebody else changes it.</summary>
    private const int MaxComparisons = 5;

    /// <inheritdoc/>
    public string Kind => "products";

    /// <inheritdoc/>
    public CsvHeaderCheck CheckHeader(CsvHeader header) => ProductColumns.Check(header);

    /// <inheritdoc/>
    public string GroupOf(CsvRow row) => ProductFileReader.HandleOf(row);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RowResult>> ApplyAsync(
        CsvHeader header, IReadOnlyList<CsvRow> rows, ImportContext context, CancellationToken cancellation)
    {
        List<RowResult> results = [];
        List<FileRows> files = [];
        foreach (var group in rows.GroupBy(GroupOf))
        {
            CsvRow[] product = [.. group];
            var reader = new ProductFileReader(product, context.Currency);
            if (reader.Read() is { } file)
                files.Add(new FileRows(file, product));
            else
                results.AddRange(RowGroups.Refuse(product, reader.Wrong));
        }
        var planned = await PlanAsync(files, context, cancellation);
        var outcomes = await Task.WhenAll(planned.Select(p => ApplyPlanAsync(p, context, cancellation)));
        results.AddRange(outcomes.SelectMany(o => o.Results ?? []));
        // These exist and differ, or somebody else has created them meanwhile.
        results.AddRange(await RowGroups.ApplyAsync(
            outcomes.Where(o => o.Results is null).Select(o => o.Product), context, p => ChangeAsync(p, context, cancellation),
            cancellation));
        return results;
    }

    /// <summary>
    /// Compares products of the file with the committed states, all at once. Changes nothing; uploaded images that a product of the file
    /// has are kept for a while.
    /// </summary>
    private async Task<List<PlannedRows>> PlanAsync(List<FileRows> products, ImportContext context, CancellationToken cancellation)
    {
        string[] skus = [.. products.SelectMany(p => p.File.Variants, (_, v) => v.Sku).Distinct()];
        var known = await states.FindProductsAsync(skus, cancellation);
        var groups = await states.FindGroupsAsync([.. products.Select(p => p.File.Id).Distinct()], cancellation);
        var stocked = context.DryRun ? ImmutableHashSet<string>.Empty : await states.FindStockedAsync(skus, cancellation);
        var (now, seen) = (time.GetUtcNow(), new HashSet<string>());
        var (planned, images) = (new List<PlannedRows>(products.Count), new HashSet<string>());
        foreach (var product in products)
        {
            var file = product.File;
            var plan = ProductPlan.Of(
                file, groups.GetValueOrDefault(file.Id), [.. file.Variants.Select(v => known.GetValueOrDefault(v.Sku))], context.Currency,
                now);
            foreach (var url in plan.NewImages)
                images.Add(url);
            // What another product of this batch may have created is not known yet.
            var isFirst = file.Variants.Select(v => v.Sku).Prepend("group " + file.Id).Aggregate(true, (first, key) =>
                seen.Add(key) && first);
            planned.Add(new PlannedRows(product, plan, isFirst, file.Variants.All(v => v.Quantity is not > 0 || stocked.Contains(v.Sku))));
        }
        var missing = await MediaReferences.FindMissingAsync(media, images);
        return missing.Count == 0 ? planned : [.. planned.Select(p => p with { Plan = p.Plan.Without(missing) })];
    }

    /// <summary>
    /// Refuses what is wrong, skips what is equal, and stores what is new. Returns no results for a product that needs more.
    /// </summary>
    private async Task<(FileRows Product, IEnumerable<RowResult>? Results)> ApplyPlanAsync(
        PlannedRows planned, ImportContext context, CancellationToken cancellation)
    {
        var (product, plan, isFirst, isStocked) = planned;
        return (product,
            plan.Wrong.Count > 0 && (context.DryRun || isFirst) ? RowGroups.Refuse(product.Rows, plan.Wrong)
            : context.DryRun
                || (isFirst && isStocked && plan.ChangesNothing)
                || (isFirst && plan.IsNew && await AddAsync(plan, context, cancellation)) ? plan.Results(product.Rows)
            : null);
    }

    /// <summary>Stores a product that the shop does not have. False when somebody else has created some of it meanwhile.</summary>
    private async Task<bool> AddAsync(ProductPlan plan, ImportContext context, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        // Stock comes first: who sees a product asks for its stock, and an item that was read without stock stays in memory. Where somebody
        // has entered stock meanwhile, it stays as it is.
        await Task.WhenAll(
            from variant in plan.Variants
            where variant.File.Quantity is > 0
            select firstStates.TryAddAsync(NewStock.Of(Stock(variant.File.Sku), FirstStock(variant.File, context), now), cancellation));
        CrashPoint.Pass("import.stock-added");
        var added = await Task.WhenAll(
            plan.Variants.Select(
                v => firstStates.TryAddAsync(NewProduct.Of(Product(v.File.Sku), v.Content, context.Currency, now), cancellation))
                .Prepend(firstStates.TryAddAsync(NewProduct.GroupOf(Group(plan.File.Id), plan.Content), cancellation)));
        return !added.Contains(false);
    }

    private async Task<IEnumerable<RowResult>> ChangeAsync(FileRows product, ImportContext context, CancellationToken cancellation)
    {
        var (file, rows) = product;
        for (var comparison = 1; comparison <= MaxComparisons; comparison++)
        {
            // A silo that lost the job must not change what was changed since.
            cancellation.ThrowIfCancellationRequested();
            var plan = await CompareAsync(file, context);
            plan = plan.Without(await MediaReferences.FindMissingAsync(media, plan.NewImages));
            if (plan.Wrong.Count > 0)
                return RowGroups.Refuse(rows, plan.Wrong);
            if (await StoreAsync(plan, context))
                return plan.Results(rows);
        }
        throw new UnavailableException(ErrorText.Of("import.product-moves", $"The product {file.Id} changes too fast to be imported."));
    }

    /// <summary>Compares a product of the file with the shop. Reads only.</summary>
    private async Task<ProductPlan> CompareAsync(ProductFile file, ImportContext context)
    {
        var known = await Task.WhenAll(file.Variants.Select(async v => (await Product(v.Sku).GetAsync()).Value));
        var group = (await Group(file.Id).GetAsync(includesInactive: true)).Value;
        return ProductPlan.Of(file, group, [.. known], context.Currency, time.GetUtcNow());
    }

    /// <summary>Stores what differs; false when somebody else has changed it meanwhile.</summary>
    private async Task<bool> StoreAsync(ProductPlan plan, ImportContext context)
    {
        if (plan.GroupOutcome != RowOutcome.Unchanged)
        {
            var grain = Group(plan.File.Id);
            var stored = plan.Group is null
                ? await grain.CreateAsync(plan.Content)
                : await grain.PutAsync(plan.Content, plan.Group.Version);
            if (stored.IsError)
                return Retries(stored.Error);
        }
        foreach (var variant in plan.Variants)
        {
            if (variant.Outcome != RowOutcome.Unchanged)
            {
                var product = Product(variant.File.Sku);
                var stored = variant.Known is null
                    ? await product.CreateAsync(variant.Content)
                    : await product.UpdateAsync(variant.Content, variant.Known.Version);
                if (stored.IsError)
                    return Retries(stored.Error);
            }
            if (variant.File.Quantity is > 0)
                await EnterStockAsync(variant.File, context);
        }
        return true;
    }

    /// <summary>Enters the first stock of a variant, also when an earlier run created the variant and then ended.</summary>
    private async Task EnterStockAsync(VariantFile variant, ImportContext context)
    {
        var stock = Stock(variant.Sku);
        if ((await stock.GetAvailabilityAsync()).Version > 0)
            return;
        var entered = await stock.AdjustAsync(FirstStock(variant, context));
        // Somebody else has entered it meanwhile.
        if (entered.IsError && entered.Error.Code != ErrorCode.PreconditionFailed)
            throw new UnavailableException(entered.Error.Text ?? ErrorText.Untranslated(entered.Error.Detail));
    }

    private static AdjustStock FirstStock(VariantFile variant, ImportContext context) =>
        new($"import-{context.JobId:N}-{variant.Line}", variant.Quantity!.Value, "import", null, ExpectedVersion: 0);

    /// <summary>Conflicts are compared again; anything else was checked before, so that it is the job that must be tried again.</summary>
    private static bool Retries(Error error) => error.Code is ErrorCode.PreconditionFailed or ErrorCode.Conflict or ErrorCode.NotFound
        ? false : throw new UnavailableException(error.Text ?? ErrorText.Untranslated(error.Detail));

    private IProductGrain Product(string sku) => grains.GetGrain<IProductGrain>(Sku.GrainKey(sku));

    private IInventoryItemGrain Stock(string sku) => grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku));

    private IProductGroupGrain Group(string id) => grains.GetGrain<IProductGroupGrain>(ProductGroup.GrainKey(id));

    /// <summary>A product of the file, and its rows.</summary>
    private sealed record FileRows(ProductFile File, IReadOnlyList<CsvRow> Rows);

    /// <summary>A product of the file beside the shop's.</summary>
    /// <param name="Product">The product of the file.</param>
    /// <param name="Plan">The comparison.</param>
    /// <param name="IsFirst">True when no earlier product of the batch has the same id or SKU.</param>
    /// <param name="IsStocked">True when no variant needs a first stock.</param>
    private sealed record PlannedRows(FileRows Product, ProductPlan Plan, bool IsFirst, bool IsStocked);
}

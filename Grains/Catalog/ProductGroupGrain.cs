using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Media;

namespace SoonShop.Catalog;

[CollectionAgeLimit(Minutes = 5), DeactivateWhenEmpty]
internal sealed class ProductGroupGrain(
    [PersistentState("product-group")] IPersistentState<StateEnvelope<ProductGroupState>> storage, TimeProvider time,
    IProductVariants variants, IMediaRecords media)
    : AggregateGrain<ProductGroupState>(storage, time), IProductGroupGrain
{
    private protected override bool CanBeAdded => true;

    protected override string Aggregate => "product-group";

    protected override string StreamKeyOf(ProductGroupState state) => state.Id;

    /// <summary>Null once the content is removed, so that the group is not listed.</summary>
    protected override object? IndexOf(ProductGroupState state) =>
        state.Content is { } content ? ProductGroupIndex.Of(content) : null;

    private string Id => ProductGroup.OfGrainKey(GrainKey);

    async Task<Result<ProductGroup>> IProductGroupGrain.GetAsync(bool includesInactive)
    {
        var (content, version) = (State?.Content, Version);
        var found = await FindVariantsAsync(includesInactive);
        if (content is null)
            return found.IsEmpty ? NotFound : new ProductGroup(Id, DerivedGroup.Of(found), found);
        // Buyers see a group while one of its variants is on sale.
        return found.IsEmpty && !includesInactive ? NotFound : new ProductGroup(Id, content, found) { Version = version };
    }

    async Task<Result<ProductGroup>> IProductGroupGrain.CreateAsync(ProductGroupContent content)
    {
        if (!Slug.IsValid(Id))
            return Error.Invalid("id", "field.slug", "must be a slug of a–z, 0–9 and -");
        var decision = ProductGroupState.Put(Id, State, content);
        return State?.Content is not null && decision is { Error: null, Changed: true }
            ? Error.Of(ErrorCode.Conflict, "error.product-group-exists", $"The product group {Id} already exists. Change it with PUT.")
            : await StoreAsync("product-groups.create", decision);
    }

    async Task<Result<ProductGroup>> IProductGroupGrain.PutAsync(ProductGroupContent content, int? expectedVersion)
    {
        if (State?.Content is null && (await FindVariantsAsync(includesInactive: true)).IsEmpty)
            return NotFound;
        return IsStale(expectedVersion)
            ? Error.PreconditionFailed()
            : await StoreAsync("product-groups.update", ProductGroupState.Put(Id, State, content));
    }

    private async Task<Result<ProductGroup>> StoreAsync(string action, Decision<ProductGroupState> decision)
    {
        if (decision.Error is { } error)
            return error;
        if (decision.Changed && await CheckMediaAsync(decision.State.Content!) is { } wrong)
            return wrong;
        await CommitAsync(decision, Audit(new AuditEvent(action, Id) { Before = State?.Content, After = decision.State.Content }));
        return new ProductGroup(Id, State!.Content!, await FindVariantsAsync(includesInactive: true)) { Version = Version };
    }

    /// <summary>Refuses uploaded images that do not exist. Those that the group had before are not asked for.</summary>
    private Task<Error?> CheckMediaAsync(ProductGroupContent content) => MediaReferences.CheckAsync(
        media, "media", [.. content.Media.Select(m => m.Url)], [.. State?.Content?.Media.Select(m => m.Url) ?? []]);

    async Task<Result<Done>> IProductGroupGrain.RemoveAsync(int? expectedVersion)
    {
        if (State is not { Content: { } content } group)
            return NotFound;
        if (IsStale(expectedVersion))
            return Error.PreconditionFailed();
        await CommitAsync(group.Remove(), Audit(new AuditEvent("product-groups.remove", Id) { Before = content }));
        return default(Done);
    }

    private async Task<ImmutableArray<Product>> FindVariantsAsync(bool includesInactive) =>
        (await variants.FindAsync([Id], includesInactive, CancellationToken.None)).GetValueOrDefault(Id, []);

    /// <summary>A group without stored content has version 0, also after its content was removed.</summary>
    private bool IsStale(int? expectedVersion) =>
        expectedVersion is { } expected && expected != (State?.Content is null ? 0 : Version);

    private Error NotFound => Error.NotFound("not-found.product-group", $"The product group {Id} was not found.");
}

internal sealed class ProductGroupListGrain(IProductVariants variants) : Grain, IProductGroupListGrain
{
    Task<Result<Page<ProductGroupEntry>>> IProductGroupListGrain.ListAsync(PageRequest page, CancellationToken cancellation) =>
        variants.ListGroupsAsync(page, cancellation);
}

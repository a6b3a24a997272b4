using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Inventory;
using SoonShop.Media;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Catalog;

[DeactivateWhenEmpty]
internal sealed class ProductGrain(
    [PersistentState("product")] IPersistentState<StateEnvelope<ProductState>> storage,
    TimeProvider time,
    IOptions<CheckoutOptions> options,
    LocalGrainCache<PriceOffer> offers, IMediaRecords media, KnownRules rules, StockLocations locations)
    : LocallyCachedGrain<ProductState, PriceOffer>(storage, time, offers), IProductGrain
{
    protected override string Aggregate => "product";

    protected override string StreamKeyOf(ProductState state) => state.Sku;

    protected override object IndexOf(ProductState state) => ProductIndex.Of(state);

    protected override PriceOffer? CachedValue => Known?.ToOffer();

    private ProductState? Known => State?.At(Version);

    async Task<Result<Product>> IProductGrain.CreateAsync(ProductContent content)
    {
        if (Known is { } known)
        {
            return known.SameAs(content)
                ? await ViewAsync(known)
                : Error.Of(ErrorCode.Conflict, "error.product-exists", $"The product {KeyText} already exists. Change it with PUT.");
        }
        return await DecideAsync(
            "products.create", await CheckMediaAsync(ProductState.Create(KeyText, content, options.Value.Currency, Now), []));
    }

    async Task<Result<Product>> IProductGrain.UpdateAsync(ProductContent content, int? expectedVersion) =>
        Known is not { } product ? NoProduct
        : IsStale(expectedVersion) ? Error.PreconditionFailed()
        : await DecideAsync(
            "products.update", await CheckMediaAsync(product.Update(content, options.Value.Currency, Now), product.Content.Images));

    async Task<Result<Product>> IProductGrain.SetPricesAsync(ImmutableArray<ProductPrice> prices, int? expectedVersion)
    {
        if (Known is not { } product)
            return NoProduct;
        if (IsStale(expectedVersion))
            return Error.PreconditionFailed();
        var decision = product.SetPrices(prices, options.Value.Currency, Now);
        // A list that the product has may have been archived since.
        var unknown = decision is { Error: null, Changed: true }
            ? await rules.FindUnknownAsync(
                PricingRuleKind.PriceList,
                prices.Select(p => p.ListId).Except(product.Content.Prices.Select(p => p.ListId)).OfType<string>())
            : [];
        return unknown.IsEmpty
            ? await DecideAsync("products.set-prices", decision)
            : Error.Invalid(prices.Index().Where(p => p.Item.ListId is { } id && unknown.Contains(id))
                .ToDictionary(p => $"prices[{p.Index}].listId", _ => (ErrorText[])[KnownRules.NoPriceList]));
    }

    async Task<Result<Done>> IProductGrain.ArchiveAsync(int? expectedVersion)
    {
        if (Known is not { } product)
            return NoProduct;
        if (IsStale(expectedVersion))
            return Error.PreconditionFailed();
        var decision = product.Archive(Now);
        await CommitAsync(decision, Note("products.archive", decision));
        return default(Done);
    }

    async Task IProductGrain.PublishAsync(DateTimeOffset publishAt)
    {
        if (Known is not { } product)
            return;
        var decision = product.Publish(publishAt, Now);
        await CommitAsync(decision, Note("products.publish", decision));
    }

    async Task<Result<Product>> IProductGrain.GetAsync() => Known is { } product ? await ViewAsync(product) : NoProduct;

    Task<PriceOffer?> IProductGrain.GetOfferAsync() => Task.FromResult(CachedValue);

    private bool IsStale(int? expectedVersion) => expectedVersion is { } expected && expected != Version;

    /// <summary>Refuses uploaded images that do not exist. Those that the product had before are not asked for.</summary>
    private async Task<Decision<ProductState>> CheckMediaAsync(Decision<ProductState> decision, ImmutableArray<string> before) =>
        decision is { Error: null, Changed: true }
            && await MediaReferences.CheckAsync(media, "images", decision.State.Content.Images, before) is { } error
            ? error
            : decision;

    private async Task<Result<Product>> DecideAsync(string action, Decision<ProductState> decision)
    {
        if (decision.Error is { } error)
            return error;
        await CommitAsync(decision, Note(action, decision));
        return await ViewAsync(Known!);
    }

    private AuditRecorded Note(string action, Decision<ProductState> decision) =>
        Audit(new AuditEvent(action, KeyText) { Before = State?.Content, After = decision.State.Content });

    private async Task<Product> ViewAsync(ProductState product)
    {
        var version = Version;
        var stock = await locations.AvailabilityAsync(KeyText);
        return product.ToView(stock.Availability, version, Now) with { StockVersion = stock.Version };
    }

    private Error NoProduct => Error.NotFound("not-found.product", $"The product {KeyText} was not found.");
}

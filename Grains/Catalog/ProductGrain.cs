using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Inventory;
using SoonShop.Orders;

namespace SoonShop.Catalog;

[EndsWhenEmpty]
internal sealed class ProductGrain(
    [PersistentState("product")] IPersistentState<Document<ProductState>> storage, TimeProvider time, IOptions<CheckoutOptions> options,
    ActiveAnswers<Offer> offers)
    : AnsweringGrain<ProductState, Offer>(storage, time, offers), IProductGrain
{
    protected override string Aggregate => "product";

    protected override string StreamKeyOf(ProductState state) => state.Sku;

    protected override object IndexOf(ProductState state) => new ProductIndex(
        state.Sku, state.Content.Name, state.Content.Description, state.Content.Category, state.Content.Family,
        string.Join(' ', state.Content.Attributes.Values), state.Content.Price.Amount, state.Content.Active, SortableTime.Of(state.CreatedAt));

    protected override Offer? Answer => Known?.ToOffer();

    private ProductState? Known => State?.At(Version);

    async Task<Outcome<Product>> IProductGrain.CreateAsync(ProductContent content)
    {
        if (Known is { } known)
        {
            return known.SameAs(content)
                ? await ViewAsync(known)
                : new Refusal(RefusalCode.Conflict, $"There is a product {SkuText} already. Change it with PUT.");
        }
        return await DecideAsync("products.create", ProductState.Create(SkuText, content, options.Value.Currency, Now));
    }

    async Task<Outcome<Product>> IProductGrain.UpdateAsync(ProductContent content, int? expectedVersion) =>
        Known is not { } product ? NoProduct
        : IsStale(expectedVersion) ? Refusal.Stale()
        : await DecideAsync("products.update", product.Update(content, options.Value.Currency));

    async Task<Outcome<Done>> IProductGrain.ArchiveAsync(int? expectedVersion)
    {
        if (Known is not { } product)
            return NoProduct;
        if (IsStale(expectedVersion))
            return Refusal.Stale();
        var decision = product.Archive();
        await CommitAsync(decision, Note("products.archive", decision));
        return default(Done);
    }

    async Task<Outcome<Product>> IProductGrain.GetAsync() => Known is { } product ? await ViewAsync(product) : NoProduct;

    Task<Offer?> IProductGrain.GetOfferAsync() => Task.FromResult(Answer);

    private bool IsStale(int? expectedVersion) => expectedVersion is { } expected && expected != Version;

    private async Task<Outcome<Product>> DecideAsync(string action, Decision<ProductState> decision)
    {
        if (decision.Refusal is { } refusal)
            return refusal;
        await CommitAsync(decision, Note(action, decision));
        return await ViewAsync(Known!);
    }

    private Audited Note(string action, Decision<ProductState> decision) =>
        Audit(new Act(action, SkuText) { Before = State?.Content, After = decision.State.Content });

    private async Task<Product> ViewAsync(ProductState product)
    {
        var version = Version;
        var stock = await GrainFactory.GetGrain<IInventoryItemGrain>(GrainKey).GetAvailabilityAsync();
        return product.ToView(stock.Availability, version) with { StockVersion = stock.Version };
    }

    private Refusal NoProduct => Refusal.NotFound($"The product {SkuText}");
}

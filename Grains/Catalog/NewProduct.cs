using SoonShop.Aggregates;
using SoonShop.Auditing;

namespace SoonShop.Catalog;

/// <summary>First states of products and of their groups, as their grains would commit them.</summary>
internal static class NewProduct
{
    /// <summary>Returns the first state of a product.</summary>
    /// <param name="grain">The product's grain.</param>
    /// <param name="content">Content that <see cref="ProductState.Create"/> accepts.</param>
    /// <param name="currency">The shop's currency.</param>
    /// <param name="now">The time.</param>
    public static FirstState<ProductState> Of(IProductGrain grain, ProductContent content, string currency, DateTimeOffset now)
    {
        var id = grain.GetGrainId();
        var sku = Sku.OfGrainKey(id.Key.ToString()!);
        return Of(id, "product", sku, sku, "products.create", ProductState.Create(sku, content, currency, now), content, ProductIndex.Of);
    }

    /// <summary>Returns the first state of a group.</summary>
    /// <param name="grain">The group's grain.</param>
    /// <param name="content">Content that <see cref="ProductGroupState.Put"/> accepts.</param>
    public static FirstState<ProductGroupState> GroupOf(IProductGroupGrain grain, ProductGroupContent content)
    {
        var grainId = grain.GetGrainId();
        var id = ProductGroup.OfGrainKey(grainId.Key.ToString()!);
        return Of(
            grainId, "product-group", id, id, "product-groups.create", ProductGroupState.Put(id, null, content), content,
            state => ProductGroupIndex.Of(state.Content!));
    }

    private static FirstState<TState> Of<TState>(
        GrainId grain, string name, string streamKey, string subject, string action, Decision<TState> decision, object content,
        Func<TState, object> index) where TState : class =>
        decision.Error is { } error
            ? throw new InvalidOperationException($"{action} of {subject} was not checked before: {error.Detail}")
            : new FirstState<TState>(
                grain, name, streamKey, decision.State,
                [.. decision.Events, AuditRecorded.Of(new AuditEvent(action, subject) { After = content })])
            {
                Index = index(decision.State),
            };
}

using System.Buffers;

namespace SoonShop.Pricing;

/// <summary>A discount on an item.</summary>
/// <param name="Candidate">The index of the promotion among the candidates.</param>
/// <param name="Item">The item.</param>
/// <param name="Amount">Minor units.</param>
internal readonly record struct ItemDiscount(int Candidate, int Item, long Amount);

/// <summary>The discounts on items in the order in which they apply, in an array that is borrowed.</summary>
internal sealed class ItemDiscounts(int capacity) : IDisposable
{
    private readonly ItemDiscount[] discounts = ArrayPool<ItemDiscount>.Shared.Rent(Math.Max(1, capacity));
    private int count;

    /// <summary>The discounts.</summary>
    public ReadOnlySpan<ItemDiscount> All => discounts.AsSpan(0, count);

    /// <summary>Adds a discount.</summary>
    public void Add(ItemDiscount discount) => discounts[count++] = discount;

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<ItemDiscount>.Shared.Return(discounts);
}

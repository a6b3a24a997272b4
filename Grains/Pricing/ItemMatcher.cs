using System.Collections.Frozen;

namespace SoonShop.Pricing;

/// <summary>An <see cref="ItemFilter"/> that is prepared for many products.</summary>
internal sealed class ItemMatcher(ItemFilter filter)
{
    private readonly Entries included = new(filter.Skus, filter.Categories, filter.Attributes);
    private readonly Entries excluded = new(filter.ExcludedSkus, filter.ExcludedCategories, filter.ExcludedAttributes);

    /// <summary>True when it names no products that match, so that all match that are not excluded.</summary>
    public bool MatchesAll => included.IsEmpty;

    /// <summary>True when it excludes products.</summary>
    public bool HasExclusions => !excluded.IsEmpty;

    /// <summary>True when the filter excludes the product by name.</summary>
    public bool Excludes(PricedProduct product) => excluded.Has(product);

    /// <summary>True when the filter matches the product.</summary>
    public bool Matches(PricedProduct product) => (included.IsEmpty || included.Has(product)) && !excluded.Has(product);

    private sealed class Entries(
        ImmutableArray<string> skus, ImmutableArray<string> categories, ImmutableArray<ItemAttribute> attributes)
    {
        private readonly FrozenSet<string>? skus = skus.IsEmpty ? null : skus.ToFrozenSet(StringComparer.Ordinal);
        private readonly FrozenSet<string>? categories = categories.IsEmpty ? null : categories.ToFrozenSet(StringComparer.Ordinal);

        public bool IsEmpty => skus is null && categories is null && attributes.IsEmpty;

        public bool Has(PricedProduct product)
        {
            if (skus?.Contains(product.Sku) == true || (categories is not null && HasCategory(categories, product.Category)))
                return true;
            foreach (var (name, value) in attributes)
            {
                if (product.Attributes.TryGetValue(name, out var own) && own == value)
                    return true;
            }
            return false;
        }

        private static bool HasCategory(FrozenSet<string> categories, string category)
        {
            var known = categories.GetAlternateLookup<ReadOnlySpan<char>>();
            for (var rest = category.AsSpan(); ; rest = rest[..rest.LastIndexOf('/')])
            {
                if (known.Contains(rest))
                    return true;
                if (!rest.Contains('/'))
                    return false;
            }
        }
    }
}

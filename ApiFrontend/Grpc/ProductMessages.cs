using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Converts products and pages of products.</summary>
internal static class ProductMessages
{
    public static V1.Product ToMessage(this Product product)
    {
        var message = new V1.Product
        {
            Sku = product.Sku,
            Name = product.Name,
            Description = product.Description,
            Category = product.Category,
            Price = product.Price.ToMessage(),
            Active = product.Active,
            Availability = product.Availability.ToMessage(),
            CompareAtPrice = product.CompareAtPrice.ToMessage(),
            Position = product.Position,
            WeightGrams = product.WeightGrams,
            TaxCategory = product.TaxCategory,
            RequiresShipping = product.RequiresShipping,
            Attributes = { product.Attributes.ToDictionary() },
            Images = { product.Media.Select(m => new V1.ProductImage { Url = m.Url, Alt = m.Alt }) },
            Options = { product.Options.Select(o => new V1.OptionValue { Name = o.Name, Value = o.Value }) },
            CurrentPrices =
            {
                product.CurrentPrices.Select(p => new V1.CurrentPrice
                {
                    Price = p.Price.ToMessage(),
                    CompareAtPrice = p.CompareAtPrice.ToMessage(),
                    LowestPrice30Days = p.LowestPrice30Days.ToMessage(),
                })
            },
        };
        if (product.Family is { } family)
            message.Family = family;
        if (product.SizeClass is { } size)
            message.SizeClass = size;
        if (product.Barcode is { } barcode)
            message.Barcode = barcode;
        return message;
    }

    public static V1.SearchProductsResponse ToMessage(this ProductPage page)
    {
        var message = new V1.SearchProductsResponse
        {
            Items = { page.Items.Select(ToMessage) },
            Categories = { page.Facets.Categories.Select(f => new V1.CategoryFacet { Category = f.Category, Count = f.Count }) },
            Prices = { page.Facets.Prices.Select(ToMessage) },
            Attributes = { (page.Facets.Attributes ?? []).Select(ToMessage) },
        };
        if (page.NextCursor is { } next)
            message.NextCursor = next;
        return message;
    }

    private static V1.PriceFacet ToMessage(PriceFacet facet)
    {
        var message = new V1.PriceFacet { From = facet.From, Count = facet.Count };
        if (facet.To is { } to)
            message.To = to;
        return message;
    }

    private static V1.AttributeFacet ToMessage(AttributeFacet facet) => new()
    {
        Name = facet.Name,
        Values = { facet.Values.Select(v => new V1.AttributeValueFacet { Value = v.Value, Count = v.Count }) },
    };
}

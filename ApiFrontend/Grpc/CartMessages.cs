using SoonShop.ApiFrontend.Carts;
using SoonShop.Carts;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Converts carts, and the choices to price them with.</summary>
internal static class CartMessages
{
    public static V1.Cart ToMessage(this Cart cart) => new()
    {
        Id = cart.Id.ToString(),
        Subtotal = cart.Subtotal.ToMessage(),
        Prices = cart.Prices?.ToMessage(),
        Choices = cart.Choices?.ToMessage(),
        Etag = cart.ContentTag,
        Items = { cart.Items.Select(ToMessage) },
    };

    public static CartQuoteBody ToBody(this V1.QuoteCartRequest request) => new(
        request.Destination?.ToBody(),
        request.HasShippingMethod ? request.ShippingMethod : null,
        request.Codes is { } codes ? [.. codes.Codes_] : null,
        request.HasCurrency ? request.Currency : null);

    private static DestinationRequest ToBody(this V1.Destination destination) => new(
        destination.Country.OrNull(),
        destination.HasRegion ? destination.Region : null,
        destination.HasPostalCode ? destination.PostalCode : null);

    private static V1.CartItem ToMessage(CartItem item) => new()
    {
        Sku = item.Sku,
        Name = item.Name,
        Quantity = item.Quantity,
        UnitPrice = item.UnitPrice.ToMessage(),
        LineTotal = item.LineTotal.ToMessage(),
        Available = item.Available,
        Availability = item.Availability.ToMessage(),
        PreviousUnitPrice = item.PreviousUnitPrice.ToMessage(),
        Discount = item.Discount.ToMessage(),
        IsGift = item.IsGift,
    };

    private static V1.CartChoices ToMessage(this CartChoices choices)
    {
        var message = new V1.CartChoices { Destination = choices.Destination?.ToMessage(), Codes = { choices.Codes } };
        if (choices.ShippingMethod is { } method)
            message.ShippingMethod = method;
        if (choices.Currency is { } currency)
            message.Currency = currency;
        return message;
    }

    private static V1.Destination ToMessage(this Destination destination)
    {
        var message = new V1.Destination { Country = destination.Country };
        if (destination.Region is { } region)
            message.Region = region;
        if (destination.PostalCode is { } code)
            message.PostalCode = code;
        return message;
    }
}

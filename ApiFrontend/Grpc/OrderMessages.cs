using Google.Protobuf.WellKnownTypes;
using SoonShop.ApiFrontend.Orders;
using SoonShop.ApiFrontend.Users;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Converts orders, and the requests for them.</summary>
internal static class OrderMessages
{
    /// <summary>Returns the body that the HTTP API would get.</summary>
    /// <param name="request">The request.</param>
    /// <param name="addressId">Its address id, read.</param>
    public static PlaceOrderRequest ToBody(this V1.PlaceOrderRequest request, Guid? addressId) => new(
        request.ShippingAddress?.ToBody(),
        addressId,
        request.PaymentMethod.OrNull(),
        request.HasEmail ? request.Email : null,
        request.SavePaymentMethod,
        request.ExpectedTotal is { } total ? new ExpectedTotalRequest(total.Amount, total.Currency.OrNull()) : null);

    public static V1.Order ToMessage(this Order order)
    {
        var message = new V1.Order
        {
            Id = order.Id.ToString(),
            Number = order.Number,
            Status = order.Status.ToMessage(),
            Email = order.Email,
            Subtotal = order.Subtotal.ToMessage(),
            Shipping = order.Shipping.ToMessage(),
            Tax = order.Tax.ToMessage(),
            Discount = order.Discount.ToMessage(),
            Total = order.Total.ToMessage(),
            ShippingAddress = order.ShippingAddress.ToMessage(),
            Payment = order.Payment.ToMessage(),
            PlacedAt = Timestamp.FromDateTimeOffset(order.PlacedAt),
            PaymentDeadline = order.PaymentDeadline.ToMessage(),
            Shipment = order.Shipment?.ToMessage(),
            Prices = order.Prices?.ToMessage(),
            Lines = { order.Lines.Select(ToMessage) },
            Timeline = { order.Timeline.Select(ToMessage) },
        };
        if (order.CustomerId is { } customer)
            message.CustomerId = customer.ToString();
        if (order.CancelReason is { } reason)
            message.CancelReason = reason;
        return message;
    }

    private static AddressRequest ToBody(this V1.Address address) => new(
        address.Name.OrNull(),
        address.Line1.OrNull(),
        address.HasLine2 ? address.Line2 : null,
        address.City.OrNull(),
        address.HasRegion ? address.Region : null,
        address.PostalCode.OrNull(),
        address.Country.OrNull(),
        address.HasPhone ? address.Phone : null);

    private static V1.Address ToMessage(this Address address)
    {
        var message = new V1.Address
        {
            Name = address.Name,
            Line1 = address.Line1,
            City = address.City,
            PostalCode = address.PostalCode,
            Country = address.Country,
        };
        if (address.Line2 is { } line2)
            message.Line2 = line2;
        if (address.Region is { } region)
            message.Region = region;
        if (address.Phone is { } phone)
            message.Phone = phone;
        return message;
    }

    private static V1.OrderLine ToMessage(OrderLine line) => new()
    {
        Sku = line.Sku,
        Name = line.Name,
        Quantity = line.Quantity,
        UnitPrice = line.UnitPrice.ToMessage(),
        LineTotal = line.LineTotal.ToMessage(),
        Tax = line.Tax.ToMessage(),
        Discount = line.Discount.ToMessage(),
        IsGift = line.IsGift,
    };

    private static V1.Payment ToMessage(this OrderPayment payment)
    {
        var message = new V1.Payment
        {
            Id = payment.Id.ToString(),
            Status = payment.Status.ToMessage(),
            Amount = payment.Amount.ToMessage(),
            Refunded = payment.Refunded.ToMessage(),
            Captured = payment.Captured.ToMessage(),
            Method = payment.Method,
        };
        if (payment.ClientSecret is { } secret)
            message.ClientSecret = secret;
        return message;
    }

    private static V1.TimelineEntry ToMessage(TimelineEntry entry) => new()
    {
        At = Timestamp.FromDateTimeOffset(entry.At),
        Status = entry.Status.ToMessage(),
    };

    private static V1.Shipment ToMessage(this Shipment shipment) => new()
    {
        Carrier = shipment.Carrier,
        TrackingNumber = shipment.TrackingNumber,
        ShippedAt = Timestamp.FromDateTimeOffset(shipment.ShippedAt),
    };

    private static V1.OrderStatus ToMessage(this OrderStatus status) => status switch
    {
        OrderStatus.Pending => V1.OrderStatus.Pending,
        OrderStatus.AwaitingPayment => V1.OrderStatus.AwaitingPayment,
        OrderStatus.Confirmed => V1.OrderStatus.Confirmed,
        OrderStatus.Shipped => V1.OrderStatus.Shipped,
        OrderStatus.Delivered => V1.OrderStatus.Delivered,
        OrderStatus.Cancelled => V1.OrderStatus.Cancelled,
        OrderStatus.Rejected => V1.OrderStatus.Rejected,
        OrderStatus.Expired => V1.OrderStatus.Expired,
        OrderStatus.Refunded => V1.OrderStatus.Refunded,
        _ => V1.OrderStatus.Unspecified,
    };

    private static V1.PaymentStatus ToMessage(this PaymentStatus status) => status switch
    {
        PaymentStatus.Pending => V1.PaymentStatus.Pending,
        PaymentStatus.RequiresAction => V1.PaymentStatus.RequiresAction,
        PaymentStatus.Declined => V1.PaymentStatus.Declined,
        PaymentStatus.Captured => V1.PaymentStatus.Captured,
        PaymentStatus.PartiallyRefunded => V1.PaymentStatus.PartiallyRefunded,
        PaymentStatus.Refunded => V1.PaymentStatus.Refunded,
        PaymentStatus.Cancelled => V1.PaymentStatus.Cancelled,
        PaymentStatus.Authorized => V1.PaymentStatus.Authorized,
        _ => V1.PaymentStatus.Unspecified,
    };
}

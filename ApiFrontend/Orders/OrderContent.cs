using System.Globalization;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Recognizes a checkout by what it says, whatever protocol and format it came in.</summary>
internal static class OrderContent
{
    /// <summary>Returns a digest of a checkout. Empty text counts as missing.</summary>
    public static Guid IdOf(PlaceOrderRequest body)
    {
        var (address, total) = (body.ShippingAddress, body.ExpectedTotal);
        return Deterministic.Id(
            "place-order",
            address is null ? "" : "address",
            address?.Name ?? "", address?.Line1 ?? "", address?.Line2 ?? "", address?.City ?? "", address?.Region ?? "",
            address?.PostalCode ?? "", address?.Country ?? "", address?.Phone ?? "",
            body.AddressId?.ToString("N") ?? "",
            body.PaymentMethod ?? "",
            body.Email?.Trim() ?? "",
            body.SavePaymentMethod == true ? "save" : "",
            total?.Amount?.ToString(CultureInfo.InvariantCulture) ?? "", total?.Currency ?? "");
    }
}

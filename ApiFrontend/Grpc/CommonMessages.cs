using Google.Protobuf.WellKnownTypes;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Converts values that several messages contain.</summary>
internal static class CommonMessages
{
    public static V1.Money ToMessage(this Money money) => new() { Amount = money.Amount, Currency = money.Currency };

    public static V1.Money? ToMessage(this Money? money) => money is { } known ? known.ToMessage() : null;

    public static Timestamp? ToMessage(this DateTimeOffset? time) => time is { } known ? Timestamp.FromDateTimeOffset(known) : null;

    public static V1.Availability ToMessage(this Availability availability) => availability switch
    {
        Availability.InStock => V1.Availability.InStock,
        Availability.LowStock => V1.Availability.LowStock,
        Availability.OutOfStock => V1.Availability.OutOfStock,
        _ => V1.Availability.Unspecified,
    };

    /// <summary>Returns text that a request must have as the HTTP API knows it: null when it is not there.</summary>
    public static string? OrNull(this string text) => text.Length == 0 ? null : text;
}

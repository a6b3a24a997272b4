using SoonShop.ApiFrontend.Http;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Filters of order lists.</summary>
internal static class OrderFilters
{
    public static Problem BadStatus { get; } = new(Refusal.Invalid(
        "status", "must be pending, awaitingPayment, confirmed, shipped, delivered, cancelled, rejected, expired or refunded"));

    /// <summary>Reads a status as the API writes it; nothing means any.</summary>
    public static bool TryStatus(string? text, out OrderStatus? status) => Words.TryRead(text, out status);
}

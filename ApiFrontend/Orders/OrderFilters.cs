using SoonShop.ApiFrontend.Http;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Filters of order lists.</summary>
internal static class OrderFilters
{
    public static Problem BadStatus { get; } = new(Refusal.Invalid(
        "status", "must be pending, awaitingPayment, confirmed, shipped, delivered, cancelled, rejected, expired or refunded"));

    /// <summary>Reads a status as the API writes it; nothing means any.</summary>
    public static bool TryStatus(string? text, out OrderStatus? status)
    {
        status = null;
        if (string.IsNullOrEmpty(text))
            return true;
        // Letters only: TryParse also reads numbers, lists and blanks around a name.
        if (!text.All(char.IsAsciiLetter) || !Enum.TryParse<OrderStatus>(text, ignoreCase: true, out var parsed))
            return false;
        status = parsed;
        return true;
    }
}

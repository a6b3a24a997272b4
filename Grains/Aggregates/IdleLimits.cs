using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Aggregates;

/// <summary>
/// How long grains stay in memory without a call, where that is less than a minute: <see cref="CollectionAgeLimitAttribute"/> knows minutes only. A
/// silo with these limits needs a <c>GrainCollectionOptions.CollectionQuantum</c> below the least of them.
/// </summary>
public static class IdleLimits
{
    /// <summary>Most orders are looked at within seconds after they are placed, and then for hours by nobody.</summary>
    private static readonly TimeSpan OfCheckouts = TimeSpan.FromSeconds(30);

    /// <summary>Adds the limits to those by the grain class's full name.</summary>
    public static void AddTo(IDictionary<string, TimeSpan> limits)
    {
        limits[typeof(OrderGrain).FullName!] = OfCheckouts;
        limits[typeof(PaymentGrain).FullName!] = OfCheckouts;
    }
}

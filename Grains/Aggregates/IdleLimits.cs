using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Aggregates;

/// <summary>
/// Sets how long grains stay in memory without a call, for limits below a minute: <see cref="CollectionAgeLimitAttribute"/> supports only
/// minutes. A silo with these limits needs a <c>GrainCollectionOptions.CollectionQuantum</c> below the smallest of them.
/// </summary>
public static class IdleLimits
{
    /// <summary>Most orders are read within seconds after they are placed, and then not for hours.</summary>
    private static readonly TimeSpan OfCheckouts = TimeSpan.FromSeconds(30);

    /// <summary>Adds the limits by the full names of the grain classes.</summary>
    public static void AddTo(IDictionary<string, TimeSpan> limits)
    {
        limits[typeof(OrderGrain).FullName!] = OfCheckouts;
        limits[typeof(PaymentGrain).FullName!] = OfCheckouts;
    }
}

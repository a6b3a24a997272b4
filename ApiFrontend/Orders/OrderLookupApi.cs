using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Finds a guest's order by its number and e-mail address, with a mailed link.</summary>
internal static class OrderLookupApi
{
    public static void MapOrderLookup(this IEndpointRouteBuilder api) =>
        api.MapPost("/orders/lookup", RequestAsync).WithTags("Orders").ForAnyone()
            .LimitRate(RateClass.Recovery).LimitRateByEmail<OrderLookupRequest>(RateClass.Mail, b => b.Email)
            .WithName("lookUpOrder").WithSummary("Request a mail with a link to an order");

    private static async Task<Accepted> RequestAsync(OrderLookupRequest body, IClusterClient cluster)
    {
        // Whatever the order is, the request takes the same way: the answer is not to tell whether there is one.
        await cluster.Reference<IOrderLookupGrain>(Random.Shared.Next(IOrderLookupGrain.KeyCount))
            .RequestAsync(body.Number!, body.Email!);
        return TypedResults.Accepted((string?)null);
    }
}

/// <summary>The number of an order, and the e-mail address that it was placed with.</summary>
public sealed record OrderLookupRequest(
    [property: RequiredField, TextLength(40, MinimumLength = 1), Line] string? Number,
    [property: RequiredField, KnownMailAddress] string? Email);

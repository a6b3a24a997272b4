using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.ApiFrontend.Users;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Checkout, and the buyer's orders.</summary>
internal static class OrdersApi
{
    public static void MapOrders(this IEndpointRouteBuilder api)
    {
        var orders = api.MapGroup("/orders").WithTags("Orders").AllowAnonymous().RequireCustomerOrGuest();
        orders.MapPost("", PlaceAsync).LimitRate(RateClass.Checkout).WithSummary("Order what is in my cart").RequireIdempotencyKey(byGrain: true)
            .Refuses(400, 401, 402, 404, 409, 422, 503);
        orders.MapGet("", ListAsync).WithSummary("My orders, newest first").Refuses(400, 401, 503);
        orders.MapGet("/{id:guid}", GetAsync).WithSummary("An order").Refuses(400, 401, 404, 503);
        orders.MapGet("/{id:guid}/events", OrderEventStream.GetAsync).WithSummary("Status changes as they happen (text/event-stream)")
            // It lasts for minutes, and has a limit of its own.
            .Refuses(400, 401, 404, 429, 503).Admit(AdmissionClass.Free).DisableRequestTimeout();
        orders.MapPost("/{id:guid}/payments", PayAsync).LimitRate(RateClass.Checkout).WithSummary("Try another payment method").Refuses(400, 401, 402, 404, 409, 422, 503);
        orders.MapPost("/{id:guid}/cancel", CancelAsync).WithSummary("Call an order off").Refuses(400, 401, 404, 409, 422, 503);
    }

    private static async Task<Results<Created<Order>, Problem>> PlaceAsync(PlaceOrderRequest body, HttpContext context, IClusterClient cluster)
    {
        var caller = context.Caller();
        if (body.Problems(caller) is { Count: > 0 } problems)
            return new Problem(Refusal.Invalid(problems));
        var request = context.Keyed()!;
        var orderId = OrderId.For(caller, request.Key);
        var placement = await cluster.GetGrain<IOrderGrain>(orderId).PlaceAsync(new PlaceOrder(
            caller, body.ShippingAddress?.ToAddress(), body.AddressId, body.PaymentMethod!, body.Email?.Trim(), request.Fingerprint)
        {
            SavePaymentMethod = body.SavePaymentMethod == true,
        });
        if (placement.Replayed)
            IdempotencyMiddleware.MarkReplayed(context);
        return placement.Result.Created(o => $"/orders/{o.Id}");
    }

    private static async Task<Results<Ok<Page<Order>>, Problem>> ListAsync(
        HttpContext context, IClusterClient cluster, string? status, string? cursor,
        [Range(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit)
    {
        if (!OrderFilters.TryStatus(status, out var wanted))
            return OrderFilters.BadStatus;
        var caller = context.Caller();
        return (await cluster.GetGrain<IOrderListGrain>(Spread.Key()).ListAsync(new OrderQuery(
            caller.UserId, caller.UserId is null ? caller.CartId : null, wanted, null, null, new PageRequest(limit, cursor)))).Ok();
    }

    private static async Task<Results<Ok<Order>, Problem>> GetAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).GetAsync(context.Caller())).Ok();

    private static async Task<Results<Ok<Order>, Problem>> PayAsync(Guid id, PayOrderRequest body, HttpContext context, IClusterClient cluster)
    {
        var caller = context.Caller();
        if (KeptMethods.Problem(caller, body.SavePaymentMethod) is { } problem)
            return new Problem(Refusal.Invalid(KeptMethods.Field, problem));
        return (await cluster.GetGrain<IOrderGrain>(id).PayAsync(
            caller, context.OperationId().ToString("N"), body.PaymentMethod!, body.SavePaymentMethod == true)).Ok();
    }

    private static async Task<Results<Ok<Order>, Problem>> CancelAsync(Guid id, HttpContext context, IClusterClient cluster, CancelOrderRequest? body = null) =>
        (await cluster.GetGrain<IOrderGrain>(id).CancelAsync(context.Caller(), body?.Reason)).Ok();
}

public sealed record PlaceOrderRequest(
    AddressRequest? ShippingAddress,
    Guid? AddressId,
    [property: Required, StringLength(200, MinimumLength = 1), CleanText] string? PaymentMethod,
    [property: MailAddress] string? Email,
    bool? SavePaymentMethod = null)
{
    public Dictionary<string, string[]> Problems(Caller caller)
    {
        var problems = new Dictionary<string, string[]>();
        if (ShippingAddress is null == AddressId is null)
            problems["shippingAddress"] = [ShippingAddress is null ? "is required, or addressId" : "cannot stand beside addressId"];
        if (KeptMethods.Problem(caller, SavePaymentMethod) is { } problem)
            problems[KeptMethods.Field] = [problem];
        return problems;
    }
}

public sealed record PayOrderRequest(
    [property: Required, StringLength(200, MinimumLength = 1), CleanText] string? PaymentMethod, bool? SavePaymentMethod = null);

/// <summary>Who may have a payment method kept.</summary>
internal static class KeptMethods
{
    /// <summary>The field by which it is wished.</summary>
    public const string Field = "savePaymentMethod";

    /// <summary>Why the wish cannot be granted; null when it can.</summary>
    public static string? Problem(Caller caller, bool? wished) => wished == true && caller.UserId is null ? "needs an account: sign in first" : null;
}

public sealed record CancelOrderRequest([property: StringLength(500), CleanText] string? Reason);

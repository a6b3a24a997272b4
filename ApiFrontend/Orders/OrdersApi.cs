using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Grpc;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.ApiFrontend.Users;
using SoonShop.Carts;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Checkout, and the buyer's orders.</summary>
internal static class OrdersApi
{
    public static void MapOrders(this IEndpointRouteBuilder api)
    {
        var orders = api.MapGroup("/orders").WithTags("Orders").ForCustomersAndGuests();
        orders.MapPost("", PlaceAsync)
            .Admit(AdmissionClass.Payments).LimitRate(RateClass.Checkout).WithName("placeOrder").WithSummary("Place an order")
            .RequireIdempotencyKey(byGrain: true)
            .AcceptsHeader("If-Match", "The ETag of the cart that the buyer was shown; with * or without it any content is ordered.", "*")
            .ProducesProblems(
                ErrorCode.NotFound, ErrorCode.PaymentDeclined, ErrorCode.CartEmpty, ErrorCode.OutOfStock, ErrorCode.InvalidOrderState,
                ErrorCode.PreconditionFailed);
        orders.MapGet("", ListAsync).WithName("listOrders").WithSummary("List my orders, newest first");
        orders.MapGet("/{id:guid}", GetAsync).WithName("getOrder").WithSummary("Get an order").ForCustomersAndGuests("orders")
            .TakesOrderToken();
        orders.MapGet("/{id:guid}/events", OrderEventStream.GetAsync)
            .WithName("watchOrder").WithSummary("Stream status changes of an order").TakesOrderToken()
            .AcceptsHeader("Last-Event-ID", "The id of the last event that came; the stream goes on after it.", "1")
            // A stream lasts for minutes and has a limit of its own.
            .Admit(AdmissionClass.Free).DisableRequestTimeout();
        orders.MapPost("/{id:guid}/payments", PayAsync).Admit(AdmissionClass.Payments)
            .LimitRate(RateClass.Checkout).WithName("payOrder").WithSummary("Pay an order with another payment method").TakesOrderToken()
            .ProducesProblems(ErrorCode.PaymentDeclined, ErrorCode.InvalidOrderState);
        orders.MapPost("/{id:guid}/cancel", CancelAsync).Admit(AdmissionClass.Payments)
            .WithName("cancelOrder").WithSummary("Cancel an order").TakesOrderToken()
            .ProducesProblems(ErrorCode.InvalidOrderState);
    }

    private static async Task<Results<Created<Order>, Problem>> PlaceAsync(
        PlaceOrderRequest body, HttpContext context, IClusterClient cluster, GrpcOptions grpc)
    {
        var request = context.IdempotentRequest()!;
        Guid? contentId = grpc.Enabled ? OrderContent.IdOf(body) : null;
        var placed = await PlaceOrderAsync(body, context, cluster, request.Key, request.Fingerprint, contentId, ETags.IfMatchTag(context));
        return placed.Translate(context).Created(o => $"/orders/{o.Id}");
    }

    /// <summary>Places the caller's order.</summary>
    /// <param name="body">The request, validated.</param>
    /// <param name="context">The request.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="key">Its Idempotency-Key.</param>
    /// <param name="fingerprint">A digest of it.</param>
    /// <param name="contentId">A digest of its content; null where nobody asks for it.</param>
    /// <param name="cartTag">The tag of the cart that the buyer was shown; null for any.</param>
    internal static async Task<Result<Order>> PlaceOrderAsync(
        PlaceOrderRequest body, HttpContext context, IClusterClient cluster, string key, string fingerprint, Guid? contentId,
        string? cartTag)
    {
        var caller = context.Caller();
        var placement = await cluster.Reference<IOrderGrain>(OrderId.For(caller, key)).PlaceAsync(new PlaceOrder(
            caller, body.ShippingAddress?.ToAddress(), body.AddressId, body.PaymentMethod!, body.Email?.Trim(), fingerprint)
        {
            SavePaymentMethod = body.SavePaymentMethod == true,
            ExpectedTotal = body.ExpectedTotal?.ToMoney(),
            ExpectedCart = cartTag,
            ContentId = contentId,
        });
        if (placement.Replayed)
            IdempotencyMiddleware.MarkReplayed(context);
        return placement.Result;
    }

    private static async Task<Results<Ok<Page<Order>>, Problem>> ListAsync(
        HttpContext context, IClusterClient cluster, [EnumValue<OrderStatus>] string? status, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit)
    {
        var caller = context.Caller();
        return (await cluster.GetGrain<IOrderListGrain>(WorkerKeys.Next()).ListAsync(new OrderQuery(
            caller.UserId, caller.UserId is null ? caller.CartId : null, EnumQuery.Read<OrderStatus>(status), null, null,
            new PageRequest(limit, cursor))
        { ForBuyer = true })).Ok(page => page.Translate(context));
    }

    private static async Task<Results<Ok<Order>, Problem>> GetAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        (await cluster.Reference<IOrderGrain>(id).GetAsync(context.Caller())).Translate(context).Ok();

    private static async Task<Results<Ok<Order>, Problem>> PayAsync(
        Guid id, PayOrderRequest body, HttpContext context, IClusterClient cluster) =>
        (await cluster.Reference<IOrderGrain>(id).PayAsync(
            context.Caller(), context.OperationId().ToString("N"), body.PaymentMethod!, body.SavePaymentMethod == true))
            .Translate(context).Ok();

    private static async Task<Results<Ok<Order>, Problem>> CancelAsync(
        Guid id, HttpContext context, IClusterClient cluster, CancelOrderRequest? body = null) =>
        (body?.Lines is { } lines
            ? await cluster.Reference<IOrderGrain>(id).CancelUnitsAsync(
                context.Caller(), new CancelUnits(context.OperationId().ToString("N"), lines.ToUnits(), body.Reason))
            : await cluster.Reference<IOrderGrain>(id).CancelAsync(context.Caller(), body?.Reason)).Translate(context).Ok();
}

/// <summary>An order of everything in the cart: where it is sent and how it is paid.</summary>
public sealed record PlaceOrderRequest(
    [property: EitherOr(nameof(PlaceOrderRequest.AddressId))] AddressRequest? ShippingAddress,
    Guid? AddressId,
    [property: RequiredField, TextLength(200, MinimumLength = 1), Line] string? PaymentMethod,
    [property: MailAddress, NeededByGuests] string? Email,
    [property: NeedsAccount] bool? SavePaymentMethod = null,
    ExpectedTotalRequest? ExpectedTotal = null);

/// <summary>The total that the buyer was shown.</summary>
public sealed record ExpectedTotalRequest(
    [property: RequiredField, NumberRange(0, Money.MaxAmount)] long? Amount, [property: RequiredField, CurrencyCode] string? Currency)
{
    public Money ToMoney() => new(Amount!.Value, Currency!);
}

/// <summary>Another attempt to pay an order.</summary>
public sealed record PayOrderRequest(
    [property: RequiredField, TextLength(200, MinimumLength = 1), Line] string? PaymentMethod,
    [property: NeedsAccount] bool? SavePaymentMethod = null);

/// <summary>Allows the field only for callers with an account.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NeedsAccountAttribute : FieldRuleAttribute
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is true && validation.GetRequiredService<IHttpContextAccessor>().HttpContext?.User.UserId() is null
            ? ErrorText.Of("field.needs-account", "needs an account: sign in first")
            : null;
}

/// <summary>Requires the field from guests; an account provides it for others.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NeededByGuestsAttribute : FieldRuleAttribute
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is null && validation.GetRequiredService<IHttpContextAccessor>().HttpContext?.User.UserId() is null
            ? ErrorText.Of("field.guests", "is required for guests")
            : null;
}

/// <summary>Why an order, or some units of it, are cancelled.</summary>
public sealed record CancelOrderRequest(
    [property: TextLength(500), MailedText] string? Reason,
    [property: ItemCount(1, Cart.MaxLines), NoNulls] List<LineUnitsRequest>? Lines = null);

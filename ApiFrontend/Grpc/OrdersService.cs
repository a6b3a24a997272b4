using Grpc.Core;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Orders;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Checkout over gRPC: <see cref="OrdersApi"/>.</summary>
internal sealed class OrdersService(IClusterClient cluster, GrpcValidation validation) : V1.Orders.OrdersBase
{
    public override async Task<V1.Order> PlaceOrder(V1.PlaceOrderRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var key = KeyOf(http);
        Guid? addressId = request.HasAddressId
            ? Guid.TryParse(request.AddressId, out var id) ? id : throw new CallException(Error.Invalid(
                "addressId", "field.unreadable", "cannot be read: wrong type or malformed"))
            : null;
        var body = await validation.CheckAsync(http, request.ToBody(addressId));
        var content = OrderContent.IdOf(body);
        var cartTag = request.HasCartEtag && request.CartEtag.Length > 0 ? request.CartEtag : null;
        // The HTTP API knows the bytes of the request. Over gRPC, the content stands for them.
        var placed = await OrdersApi.PlaceOrderAsync(body, http, cluster, key, $"grpc:{content:N}", content, cartTag);
        return placed.OrThrow().Translate(http).ToMessage();
    }

    public override async Task<V1.Order> GetOrder(V1.GetOrderRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        return (await cluster.Reference<IOrderGrain>(IdOf(request.Id)).GetAsync(http.Caller())).OrThrow().Translate(http).ToMessage();
    }

    public override async Task<V1.Order> PayOrder(V1.PayOrderRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var key = KeyOf(http);
        var id = IdOf(request.Id);
        var body = await validation.CheckAsync(http, new PayOrderRequest(request.PaymentMethod.OrNull(), request.SavePaymentMethod));
        var isSaved = body.SavePaymentMethod == true;
        var attempt = Deterministic.Id("grpc-payment", id.ToString(), key, body.PaymentMethod!, isSaved ? "save" : "");
        return (await cluster.Reference<IOrderGrain>(id).PayAsync(http.Caller(), attempt.ToString("N"), body.PaymentMethod!, isSaved))
            .OrThrow().Translate(http).ToMessage();
    }

    /// <summary>Returns the idempotency key; ends the call when it is missing or not valid.</summary>
    private static string KeyOf(HttpContext context) => IdempotencyMiddleware.Fault(context, context.GetEndpoint()!) is { } fault
        ? throw new CallException(Error.Invalid(IdempotencyMiddleware.Header, fault))
        : context.Request.Headers[IdempotencyMiddleware.Header].ToString();

    /// <summary>Returns the id of an order. As over HTTP, an id that is none belongs to no order.</summary>
    private static Guid IdOf(string text) => Guid.TryParse(text, out var id)
        ? id
        : throw new CallException(Error.NotFound("not-found.order", "The order was not found."));
}

using Grpc.Core;
using SoonShop.ApiFrontend.Carts;
using SoonShop.Carts;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Carts over gRPC: <see cref="CartsApi"/> and <see cref="CartChoicesApi"/>.</summary>
internal sealed class CartsService(IClusterClient cluster, IssuedCartPool pool, GrpcValidation validation) : V1.Carts.CartsBase
{
    public override async Task<V1.Cart> CreateCart(V1.CreateCartRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        return ToMessage(await CartsApi.OpenCartAsync(http, cluster, pool), http);
    }

    public override async Task<V1.Cart> GetCart(V1.GetCartRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        return ToMessage(await CartsApi.Mine(http, cluster, out var caller).GetAsync(caller), http);
    }

    public override async Task<V1.Cart> SetItem(V1.SetItemRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var body = await validation.CheckAsync(http, new CartItemRequest(request.HasQuantity ? request.Quantity : null));
        return ToMessage(await CartsApi.SetQuantityAsync(request.Sku, body.Quantity!.Value, http, cluster), http);
    }

    public override async Task<V1.Cart> QuoteCart(V1.QuoteCartRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var body = await validation.CheckAsync(http, request.ToBody());
        return ToMessage(await CartsApi.Mine(http, cluster, out var caller).QuoteAsync(caller, body.ToRequest()), http);
    }

    private static V1.Cart ToMessage(Result<Cart> cart, HttpContext context) => CartsApi.Translated(cart.OrThrow(), context).ToMessage();
}

using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Catalog;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.Carts;

namespace SoonShop.ApiFrontend.Carts;

/// <summary>Carts of customers and guests.</summary>
internal static class CartsApi
{
    public static void MapCarts(this IEndpointRouteBuilder api)
    {
        api.MapPost("/carts", OpenAsync)
            .WithTags("Cart").WithName("openCart").WithSummary("Create a cart").WithETag().ForCustomersGuestsAndNobody();

        var cart = api.MapGroup("/cart").WithTags("Cart").ProducesProblems(ErrorCode.NotFound);
        cart.MapPost("/merge", MergeAsync).WithName("mergeCart").WithSummary("Merge a guest's cart into mine").WithETag().ForCustomers();

        var mine = cart.MapGroup("").ForCustomersAndGuests();
        mine.MapGet("", GetAsync).WithName("getCart").WithSummary("Get my cart at current prices").WithETag();
        mine.MapDelete("", ClearAsync).WithName("clearCart").WithSummary("Empty my cart");
        mine.MapPut("/items/{sku}", SetItemAsync)
            .WithName("setCartItem").WithSummary("Set the quantity of a line").WithETag().ProducesProblems(ErrorCode.Conflict);
        mine.MapDelete("/items/{sku}", RemoveItemAsync).WithName("removeCartItem").WithSummary("Remove a line").WithETag();
        mine.MapCartChoices();
    }

    private static async Task<Results<Created<Cart>, Problem>> OpenAsync(
        HttpContext context, IClusterClient cluster, IssuedCartPool pool) =>
        Tagged(await OpenCartAsync(context, cluster, pool), context).Created(_ => "/cart");

    /// <summary>Returns the customer's cart, or a new one for a guest.</summary>
    internal static async Task<Result<Cart>> OpenCartAsync(HttpContext context, IClusterClient cluster, IssuedCartPool pool)
    {
        var caller = context.Caller();
        return caller.UserId is { } userId
            ? await cluster.Reference<ICartGrain>(userId).GetAsync(caller)
            : await pool.TakeAsync(context.RequestAborted) is { } empty ? empty
            : await cluster.Reference<ICartGrain>(Guid.NewGuid()).OpenForGuestAsync();
    }

    private static async Task<Results<Ok<Cart>, Problem>> GetAsync(HttpContext context, IClusterClient cluster) =>
        Tagged(await Mine(context, cluster, out var caller).GetAsync(caller), context).Ok();

    private static async Task<Results<NoContent, Problem>> ClearAsync(HttpContext context, IClusterClient cluster) =>
        (await Mine(context, cluster, out var caller).ClearAsync(caller)).NoContent();

    private static Task<Results<Ok<Cart>, Problem>> SetItemAsync(
        string sku, CartItemRequest body, HttpContext context, IClusterClient cluster) =>
        SetAsync(sku, body.Quantity!.Value, context, cluster);

    private static Task<Results<Ok<Cart>, Problem>> RemoveItemAsync(string sku, HttpContext context, IClusterClient cluster) =>
        SetAsync(sku, 0, context, cluster);

    private static async Task<Results<Ok<Cart>, Problem>> SetAsync(
        string sku, int quantity, HttpContext context, IClusterClient cluster) =>
        Tagged(await SetQuantityAsync(sku, quantity, context, cluster), context).Ok();

    /// <summary>Sets the units of a line of the caller's cart.</summary>
    internal static async Task<Result<Cart>> SetQuantityAsync(string text, int quantity, HttpContext context, IClusterClient cluster) =>
        Sku.TryNormalize(text, out var sku)
            ? await Mine(context, cluster, out var caller).SetItemAsync(caller, sku, quantity)
            : ProductsApi.UnknownError(text);

    private static async Task<Results<Ok<Cart>, Problem>> MergeAsync(
        MergeRequest body, HttpContext context, ClaimsPrincipal user, IClusterClient cluster) =>
        body.CartId == Guid.Empty
            ? new Problem(Error.Invalid("cartId", "field.cart-id", "is not a valid cart id"))
            : Tagged(await cluster.Reference<ICartGrain>(user.RequiredUserId()).MergeAsync(context.Caller(), body.CartId!.Value), context)
                .Ok();

    /// <summary>Sets the ETag, which a checkout can send in <c>If-Match</c>, and translates the reasons in the prices.</summary>
    internal static Result<Cart> Tagged(Result<Cart> cart, HttpContext context)
    {
        if (cart.IsError)
            return cart;
        context.Response.Headers.ETag = ETags.Of(cart.Value.ContentTag);
        return Translated(cart.Value, context) is var translated && ReferenceEquals(translated, cart.Value) ? cart : translated;
    }

    /// <summary>Returns the cart with the reasons in its prices in the client's language.</summary>
    internal static Cart Translated(Cart cart, HttpContext context) =>
        cart.Prices is { } prices && prices.Translate(context) is var translated && translated != prices
            ? cart with { Prices = translated }
            : cart;

    internal static ICartGrain Mine(HttpContext context, IClusterClient cluster, out Caller caller)
    {
        caller = context.Caller();
        return cluster.Reference<ICartGrain>(caller.UserId ?? caller.CartId!.Value);
    }
}

/// <summary>The number of units that a line of the cart is to have.</summary>
public sealed record CartItemRequest([property: RequiredField, NumberRange(0, CartLine.MaxQuantity)] int? Quantity);

/// <summary>The guest's cart to merge into the customer's.</summary>
public sealed record MergeRequest([property: RequiredField] Guid? CartId);

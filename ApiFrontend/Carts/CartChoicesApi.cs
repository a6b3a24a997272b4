using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Localization;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.Carts;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Carts;

/// <summary>What buyers choose beside the lines of their carts: destination, shipping method, codes, currency.</summary>
internal static class CartChoicesApi
{
    public static void MapCartChoices(this IEndpointRouteBuilder cart)
    {
        cart.MapPut("/destination", SetDestinationAsync).WithName("setCartDestination").WithSummary("Set the destination").WithETag();
        cart.MapDelete("/destination", RemoveDestinationAsync)
            .WithName("removeCartDestination").WithSummary("Remove the destination").WithETag();
        cart.MapPut("/shipping-method", SetMethodAsync)
            .WithName("setCartShippingMethod").WithSummary("Choose a shipping method").WithETag();
        cart.MapDelete("/shipping-method", RemoveMethodAsync)
            .WithName("removeCartShippingMethod").WithSummary("Choose the cheapest shipping method").WithETag();
        cart.MapPut("/codes/{code}", AddCodeAsync)
            .WithName("addCartCode").WithSummary("Enter a promotion code").WithETag().ProducesProblems(ErrorCode.Conflict);
        cart.MapDelete("/codes/{code}", RemoveCodeAsync).WithName("removeCartCode").WithSummary("Remove a promotion code").WithETag();
        cart.MapPut("/currency", SetCurrencyAsync).WithName("setCartCurrency").WithSummary("Switch the currency").WithETag();
        cart.MapPost("/quote", QuoteAsync).WithName("quoteCart").WithSummary("Price the cart with other choices").WithETag();
        cart.MapPost("/shipping-options", GetOptionsAsync)
            .WithName("listCartShippingOptions").WithSummary("List the shipping methods with their prices");
    }

    private static async Task<Results<Ok<Cart>, Problem>> SetDestinationAsync(
        DestinationRequest body, HttpContext context, IClusterClient cluster) =>
        CartsApi.Tagged(await CartsApi.Mine(context, cluster, out var caller).SetDestinationAsync(caller, body.ToDestination()), context)
            .Ok();

    private static async Task<Results<Ok<Cart>, Problem>> RemoveDestinationAsync(HttpContext context, IClusterClient cluster) =>
        CartsApi.Tagged(await CartsApi.Mine(context, cluster, out var caller).SetDestinationAsync(caller, null), context).Ok();

    private static async Task<Results<Ok<Cart>, Problem>> SetMethodAsync(
        ShippingMethodChoiceRequest body, HttpContext context, IClusterClient cluster) =>
        CartsApi.Tagged(await CartsApi.Mine(context, cluster, out var caller).SetShippingMethodAsync(caller, body.Id), context).Ok();

    private static async Task<Results<Ok<Cart>, Problem>> RemoveMethodAsync(HttpContext context, IClusterClient cluster) =>
        CartsApi.Tagged(await CartsApi.Mine(context, cluster, out var caller).SetShippingMethodAsync(caller, null), context).Ok();

    private static async Task<Results<Ok<Cart>, Problem>> AddCodeAsync(string code, HttpContext context, IClusterClient cluster) =>
        CartsApi.Tagged(await CartsApi.Mine(context, cluster, out var caller).AddCodeAsync(caller, code), context).Ok();

    private static async Task<Results<Ok<Cart>, Problem>> RemoveCodeAsync(string code, HttpContext context, IClusterClient cluster) =>
        CartsApi.Tagged(await CartsApi.Mine(context, cluster, out var caller).RemoveCodeAsync(caller, code), context).Ok();

    private static async Task<Results<Ok<Cart>, Problem>> SetCurrencyAsync(
        CurrencyChoiceRequest body, HttpContext context, IClusterClient cluster) =>
        CartsApi.Tagged(await CartsApi.Mine(context, cluster, out var caller).SetCurrencyAsync(caller, body.Currency!), context).Ok();

    private static async Task<Results<Ok<Cart>, Problem>> QuoteAsync(CartQuoteBody body, HttpContext context, IClusterClient cluster) =>
        CartsApi.Tagged(await CartsApi.Mine(context, cluster, out var caller).QuoteAsync(caller, body.ToRequest()), context).Ok();

    private static async Task<Results<Ok<ShippingOptionsView>, Problem>> GetOptionsAsync(
        HttpContext context, IClusterClient cluster, ShippingOptionsRequest? body = null)
    {
        var found = await CartsApi.Mine(context, cluster, out var caller)
            .GetShippingOptionsAsync(caller, body?.Destination?.ToDestination());
        return found.Ok(options => ShippingOptionsView.Of(options, context));
    }
}

/// <summary>Where a cart is to be sent, as far as prices depend on it.</summary>
public sealed record DestinationRequest(
    [property: RequiredField, CountryCode] string? Country,
    [property: TextLength(100), Line] string? Region,
    [property: TextLength(20), Line] string? PostalCode)
{
    internal Destination ToDestination() => new(Country!, Region, PostalCode);
}

/// <summary>A shipping method to choose.</summary>
public sealed record ShippingMethodChoiceRequest(
    [property: RequiredField, TextLength(PricingLimits.MaxIdLength, MinimumLength = 1), Line] string? Id);

/// <summary>A currency to pay in.</summary>
public sealed record CurrencyChoiceRequest([property: RequiredField, CurrencyCode] string? Currency);

/// <summary>Choices to price the cart with. What is omitted is as the cart has it. Nothing is stored.</summary>
public sealed record CartQuoteBody(
    DestinationRequest? Destination,
    [property: TextLength(PricingLimits.MaxIdLength, MinimumLength = 1), Line] string? ShippingMethod,
    [property: MaxItems(PricingLimits.MaxCodes), EnteredCodes] string[]? Codes,
    [property: CurrencyCode] string? Currency)
{
    internal CartQuoteRequest ToRequest() => new(Destination?.ToDestination(), ShippingMethod, Codes is null ? null : [.. Codes], Currency);
}

/// <summary>The destination to list shipping methods for; without it, the cart's.</summary>
public sealed record ShippingOptionsRequest(DestinationRequest? Destination);

/// <summary>The shipping methods for a cart.</summary>
/// <param name="Items">The methods, in the shop's order; empty for a cart that needs no shipping.</param>
internal sealed record ShippingOptionsView(ImmutableArray<ShippingOptionView> Items)
{
    public static ShippingOptionsView Of(CartShippingOptions found, HttpContext context)
    {
        var language = context.ResponseLanguage();
        return new ShippingOptionsView([.. found.Options.Select(o => ShippingOptionView.Of(o, found.Currency, language))]);
    }
}

/// <summary>A shipping method for a cart.</summary>
/// <param name="Id">The method.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Delivery or pickup.</param>
/// <param name="Carrier">The carrier.</param>
/// <param name="MinDays">The fewest days until delivery.</param>
/// <param name="MaxDays">The most days until delivery.</param>
/// <param name="Price">Its price after discounts; null when it cannot be chosen.</param>
/// <param name="Tax">The tax on it, inside the price where prices include tax.</param>
/// <param name="Total">The total of the cart with this method.</param>
/// <param name="Reason">Why it cannot be chosen; null when it can.</param>
internal sealed record ShippingOptionView(
    string Id, string Name, ShippingKind Kind, string? Carrier, int MinDays, int MaxDays, Money? Price, Money? Tax, Money? Total,
    string? Reason)
{
    public static ShippingOptionView Of(ShippingOption option, string currency, Messages language)
    {
        Money? Amount(long? minor) => minor is { } amount ? new Money(amount, currency) : null;
        return new ShippingOptionView(
            option.MethodId, option.Name, option.Kind, option.Carrier, option.MinDays, option.MaxDays, Amount(option.Price),
            Amount(option.Tax), Amount(option.Total), option.Reason is { } reason ? language.Text(reason) : null);
    }
}

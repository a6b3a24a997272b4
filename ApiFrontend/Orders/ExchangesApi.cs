using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.Carts;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Exchanges of returned goods, and of units that are not shipped, for new orders; for administrators.</summary>
internal static class ExchangesApi
{
    public static void MapAdminExchanges(this IEndpointRouteBuilder admin)
    {
        var exchanges = admin.MapGroup("/orders/{id:guid}/returns/{returnId:guid}/exchange").WithTags("Admin: returns")
            .ForAdministrators("orders");
        exchanges.MapPost("", ExchangeAsync).Admit(AdmissionClass.Payments)
            .WithName("exchangeReturn").WithSummary("Exchange what arrived of a return for a new order")
            .ProducesProblems(ErrorCode.Conflict, ErrorCode.OutOfStock);
        exchanges.MapPost("/quote", QuoteAsync)
            .WithName("quoteExchange").WithSummary("Quote an exchange").ProducesProblems(ErrorCode.Conflict);
        var edits = admin.MapGroup("/orders/{id:guid}/edits").WithTags("Admin: orders").ForAdministrators("orders");
        edits.MapPost("", EditAsync).Admit(AdmissionClass.Payments)
            .WithName("editOrder").WithSummary("Add lines to an order, in exchange for units that are not shipped")
            .ProducesProblems(ErrorCode.Conflict, ErrorCode.InvalidOrderState, ErrorCode.OutOfStock);
        edits.MapPost("/quote", QuoteEditAsync).WithName("quoteOrderEdit").WithSummary("Quote an edit of an order")
            .ProducesProblems(ErrorCode.Conflict, ErrorCode.InvalidOrderState);
    }

    private static Task<Results<Created<Order>, Problem>> ExchangeAsync(
        Guid id, Guid returnId, ExchangeRequest body, HttpContext context, IClusterClient cluster) =>
        PlaceAsync(id, body.ToCommand(context.OperationId(), returnId), context, cluster);

    private static Task<Results<Ok<ExchangeQuote>, Problem>> QuoteAsync(
        Guid id, Guid returnId, ExchangeRequest body, HttpContext context, IClusterClient cluster) =>
        PriceAsync(id, body.ToCommand(context.OperationId(), returnId), context, cluster);

    private static Task<Results<Created<Order>, Problem>> EditAsync(
        Guid id, EditOrderRequest body, HttpContext context, IClusterClient cluster) =>
        PlaceAsync(id, body.ToCommand(context.OperationId()), context, cluster);

    private static Task<Results<Ok<ExchangeQuote>, Problem>> QuoteEditAsync(
        Guid id, EditOrderRequest body, HttpContext context, IClusterClient cluster) =>
        PriceAsync(id, body.ToCommand(context.OperationId()), context, cluster);

    private static async Task<Results<Created<Order>, Problem>> PlaceAsync(
        Guid id, ExchangeUnits exchange, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).ExchangeAsync(exchange)).Translate(context)
            .Created(_ => $"/orders/{OrderId.ForExchange(exchange.ExchangeId)}");

    private static async Task<Results<Ok<ExchangeQuote>, Problem>> PriceAsync(
        Guid id, ExchangeUnits exchange, HttpContext context, IClusterClient cluster)
    {
        var quoted = await cluster.GetGrain<IOrderGrain>(id).QuoteExchangeAsync(exchange);
        return (quoted is { IsError: false, Value: { Quote: { Prices: { } prices } quote } shown }
            ? shown with { Quote = quote with { Prices = prices.Translate(context) } }
            : quoted).Ok();
    }
}

/// <summary>What a customer gets for returned goods.</summary>
/// <param name="Lines">The lines of the new order, each of another product.</param>
/// <param name="Fee">Minor units that the shop keeps of the value of the returned goods.</param>
/// <param name="ShippingMethod">The id of the new order's shipping method; without it, the cheapest one that delivers.</param>
/// <param name="ShippingPrice">The price of shipping the new order; without it, it is sent for free.</param>
/// <param name="Message">A message to the customer, which the mail with the payment link contains.</param>
/// <param name="ValidDays">For how many days the difference can be paid; without it, as configured for draft orders.</param>
/// <param name="ExpectedTotal">The total of the new order that you were shown; a different one is a conflict with the new quote.</param>
public sealed record ExchangeRequest(
    [property: RequiredField, ItemCount(1, PricingLimits.MaxLines), NoNulls] List<DraftOrderLineRequest>? Lines,
    [property: NumberRange(0, Money.MaxAmount)] long? Fee = null,
    [property: Slug] string? ShippingMethod = null,
    DraftPriceRequest? ShippingPrice = null,
    [property: TextLength(DraftOrderContent.MaxMessageLength), CleanText] string? Message = null,
    [property: NumberRange(1, DraftOrderContent.MaxValidDays)] int? ValidDays = null,
    DraftPriceRequest? ExpectedTotal = null)
{
    public ExchangeUnits ToCommand(Guid exchangeId, Guid? returnId) => new(exchangeId, returnId, [.. Lines!.Select(l => l.ToLine())])
    {
        Fee = Fee ?? 0,
        ShippingMethod = ShippingMethod,
        ShippingPrice = ShippingPrice?.ToMoney(),
        Message = DraftOrderRequest.Given(Message),
        ValidDays = ValidDays,
        ExpectedTotal = ExpectedTotal?.ToMoney(),
    };
}

/// <summary>What changes in an order before it is shipped.</summary>
/// <param name="Lines">The lines to add, each of another product. They become an order of their own.</param>
/// <param name="Cancel">The units that are cancelled in exchange; without them, lines are added only.</param>
/// <param name="ShippingMethod">The id of the new order's shipping method; without it, the cheapest one that delivers.</param>
/// <param name="ShippingPrice">The price of shipping the new lines; without it, they are sent for free.</param>
/// <param name="Message">A message to the customer, which the mail with the payment link contains.</param>
/// <param name="ValidDays">For how many days the difference can be paid; without it, as configured for draft orders.</param>
/// <param name="ExpectedTotal">The total of the new lines that you were shown; a different one is a conflict with the new quote.</param>
public sealed record EditOrderRequest(
    [property: RequiredField, ItemCount(1, PricingLimits.MaxLines), NoNulls] List<DraftOrderLineRequest>? Lines,
    [property: MaxItems(Cart.MaxLines), NoNulls] List<LineUnitsRequest>? Cancel = null,
    [property: Slug] string? ShippingMethod = null,
    DraftPriceRequest? ShippingPrice = null,
    [property: TextLength(DraftOrderContent.MaxMessageLength), CleanText] string? Message = null,
    [property: NumberRange(1, DraftOrderContent.MaxValidDays)] int? ValidDays = null,
    DraftPriceRequest? ExpectedTotal = null)
{
    public ExchangeUnits ToCommand(Guid exchangeId) =>
        new ExchangeRequest(Lines, null, ShippingMethod, ShippingPrice, Message, ValidDays, ExpectedTotal).ToCommand(exchangeId, null) with
        {
            Units = Cancel?.ToUnits() ?? [],
        };
}

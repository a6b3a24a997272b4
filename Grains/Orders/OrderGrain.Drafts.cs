using SoonShop.Aggregates;
using SoonShop.Pricing;

namespace SoonShop.Orders;

/// <summary>Orders from drafts, and the new orders of exchanges.</summary>
internal sealed partial class OrderGrain
{
    async Task<Result<Order>> IOrderGrain.PlaceDraftAsync(PlaceDraftOrder command)
    {
        if (State is { Order: null, Refused: { } refused })
            return refused;
        if (Order is null && await PlaceAsync(command) is { } error)
            return error;
        await AdvanceAsync();
        // Until its buyer pays or its deadline passes, there is nothing to resume.
        watch.End(Id);
        return Order!.ToResult(Order.Answer!, provider);
    }

    /// <summary>Places the order. Null when it is placed.</summary>
    private async Task<Error?> PlaceAsync(PlaceDraftOrder command)
    {
        var priced = await PriceAsync(command.Content, command.ExpectedTotal);
        if (priced.IsError)
            return priced.Error;
        var decision = OrderState.PlaceFromDraft(Id, command, priced.Value, Guid.NewGuid(), Now);
        // Asked first, so that a draft that stock cannot fill leaves no rejected order. The reservation decides.
        if (await FindShortagesAsync(decision.State) is { IsEmpty: false } shortages)
            return OrderState.OutOfStockOf(shortages);
        CrashPoint.Pass("order.place.before-write");
        var order = await RouteAsync(decision.State with { SellsWhenShipped = features.StockIsSoldWhenShipped });
        await CommitAsync(CheckoutState.OfDraft(order), decision.Events);
        CrashPoint.Pass("order.placed");
        placedHere = true;
        return null;
    }

    /// <summary>Returns what an order costs now; an error when it cannot be ordered so, or its total is not the expected one.</summary>
    private async Task<Result<PricedDraft>> PriceAsync(DraftOrderContent content, Money? expectedTotal = null)
    {
        var priced = await draftQuotes.PriceAsync(content);
        if (priced.IsError)
            return priced;
        var (quote, totals) = (priced.Value.Quote, priced.Value.Totals);
        var refusal = QuoteErrors.Check(quote) ?? (expectedTotal is { } expected ? QuoteErrors.CheckTotal(quote, expected) : null);
        return refusal is null ? priced : refusal with { Quote = totals.ToQuote(quote) };
    }
}

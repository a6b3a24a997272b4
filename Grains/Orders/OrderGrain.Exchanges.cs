using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Payments;

namespace SoonShop.Orders;

/// <summary>
/// Exchanges. Each step is repeated after a crash: the payment holds the value, the new order is placed, and once that is paid, the credit
/// is used and the return refunded. The new order wakes this one when it is paid or ends.
/// </summary>
internal sealed partial class OrderGrain
{
    async Task<Result<ExchangeQuote>> IOrderGrain.QuoteExchangeAsync(ExchangeUnits command)
    {
        if (Order is null)
            return NoOrder;
        var value = Order.CheckExchange(command);
        if (value.IsError)
            return value.Error;
        var priced = await PriceAsync(Order.ContentOf(command));
        if (priced.IsError)
            return priced.Error;
        var quote = priced.Value.Totals.ToQuote(priced.Value.Quote);
        var (held, total) = (value.Value.Held, quote.Total.Amount);
        var credit = Math.Min(held, total);
        return new ExchangeQuote(Of(held), quote, Of(credit), Of(total - credit), Of(held - credit));

        Money Of(long amount) => quote.Total with { Amount = amount };
    }

    async Task<Result<Order>> IOrderGrain.ExchangeAsync(ExchangeUnits command)
    {
        if (Order is null)
            return NoOrder;
        await FinishExchangesAsync();
        await RequestRefundsAsync();
        var validUntil = Now + TimeSpan.FromDays(command.ValidDays ?? drafts.Value.ValidDays);
        var decision = Order.BeginExchange(command, validUntil, Now);
        if (decision.Error is { } error)
            return error;
        // A silo of an older version would forget what pays for the new order.
        if (decision.Changed && !features.ExchangesAreKnown)
            throw new UnavailableException(ErrorText.Of(
                "error.exchange-upgrade", "Goods cannot be exchanged while the shop is being upgraded. Try again later."));
        await DecideAsync(decision, Audit(new AuditEvent(command.ReturnId is null ? "orders.edit" : "returns.exchange", Id.ToString())
        {
            Details = new { command.ExchangeId, command.ReturnId, command.Units, command.Fee },
        }));
        CrashPoint.Pass("order.exchange.written");
        if (await FinishExchangesAsync(command.ExchangeId) is { } refused)
            return refused;
        // A repeated request for one whose order was rejected gets its error again.
        var known = Order.Exchanges?.FirstOrDefault(e => e.Id == command.ExchangeId);
        if (!decision.Changed && known is { Status: ExchangeStatus.Cancelled }
            && await PlaceAgainAsync(known, command) is { IsError: true } rejected)
            return rejected.Error;
        await AdvanceAsync();
        return Order.ToView(Caller.Shop);
    }

    private Task<Result<Order>> PlaceAgainAsync(Exchange ended, ExchangeUnits command) =>
        GrainFactory.Reference<IOrderGrain>(ended.OrderId).PlaceDraftAsync(
            new PlaceDraftOrder(Guid.Empty, Order!.ContentOf(command), ended.ValidUntil) { ExchangeId = ended.Id });

    /// <summary>
    /// Continues the pending exchanges as far as their new orders allow. Returns why the new order of the named exchange cannot be placed.
    /// </summary>
    private async Task<Error?> FinishExchangesAsync(Guid? exchangeId = null)
    {
        Error? error = null;
        UnavailableException? unavailable = null;
        foreach (var pending in (Order!.Exchanges ?? []).Where(e => e.Status == ExchangeStatus.Pending))
        {
            try
            {
                if (await ContinueAsync(pending) is { } refused && pending.Id == exchangeId)
                    error = refused;
            }
            catch (UnavailableException e)
            {
                // One that cannot go on now must not keep the others.
                unavailable = e;
            }
        }
        return unavailable is null ? error : throw unavailable;
    }

    private async Task<Error?> ContinueAsync(Exchange exchange)
    {
        var newOrder = GrainFactory.Reference<IOrderGrain>(exchange.OrderId);
        if (exchange.Request is not null)
        {
            if (await PlaceAsync(exchange, newOrder) is { } refused)
                return refused;
            exchange = Order!.Exchanges!.Value.First(e => e.Id == exchange.Id);
        }
        var placed = await newOrder.GetAsync(Caller.Shop);
        if (placed.IsError)
            throw new InvalidOperationException($"Order {exchange.OrderId} of exchange {exchange.Id} is gone: {placed.Error.Detail}");
        if (OrderState.IsPaidBy(placed.Value.Payment.Status))
        {
            var payment = await EndCreditAsync(exchange, exchange.Credit!.Value);
            await DecideAsync(Order!.EndExchange(exchange, payment, PaymentWindow, Now));
            CrashPoint.Pass("order.exchange.ended");
        }
        else if (OrderState.HasEnded(placed.Value.Status, placed.Value.Payment.Status))
        {
            await EndCreditAsync(exchange, 0);
            await DecideAsync(Order!.CancelExchange(exchange));
        }
        return null;
    }

    /// <summary>Holds the value at the payment and places the new order. Returns why that is refused; then nothing is held.</summary>
    private async Task<Error?> PlaceAsync(Exchange exchange, IOrderGrain newOrder)
    {
        var refusal = exchange.Held == 0 ? null
            : (await PaymentOfOrder.HoldCreditAsync(new HoldCredit(exchange.CreditId, exchange.OrderId, exchange.Held))).Error;
        CrashPoint.Pass("order.exchange.held");
        Result<Order> placed = refusal is not null ? refusal : await newOrder.PlaceDraftAsync(
            new PlaceDraftOrder(Guid.Empty, Order!.ContentOf(exchange.Request!), exchange.ValidUntil)
            {
                ExchangeId = exchange.Id,
                Credit = new PaymentCredit(Id, exchange.CreditId, exchange.Held),
                ExpectedTotal = exchange.Request!.ExpectedTotal,
            });
        CrashPoint.Pass("order.exchange.placed");
        if (placed.IsError)
        {
            var wasRejected = placed.Error.OrderId == exchange.OrderId;
            // A call of an earlier activation may still arrive. It must not place the order then.
            if (!wasRejected)
                await newOrder.SupersedeAsync(Id);
            await EndCreditAsync(exchange, 0);
            await DecideAsync(Order!.AbandonExchange(exchange, wasRejected));
            return placed.Error;
        }
        await DecideAsync(Order!.PlaceExchange(exchange, placed.Value.ExchangeFor!.Amount.Amount));
        return null;
    }

    private async Task<Payment?> EndCreditAsync(Exchange exchange, long used) =>
        exchange.Held == 0 ? null : await PaymentOfOrder.EndCreditAsync(exchange.CreditId, used);
}

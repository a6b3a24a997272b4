using SoonShop.Aggregates;

namespace SoonShop.Orders;

/// <summary>
/// Orders from drafts. Staff places them for a customer, so they have no cart, and wait for their payment from the beginning:
/// <code>
/// pending ─┬─ awaitingPayment ─ …
///          ├─ confirmed: when it costs nothing
///          └─ rejected: when stock or a promotion was used up at the last moment
/// </code>
/// </summary>
public sealed partial record OrderState
{
    /// <summary>The payment method of an order from a draft until its buyer pays.</summary>
    public const string NoPaymentMethod = "none";

    /// <summary>The draft that it was placed from; null for an order from a cart.</summary>
    public Guid? DraftId { get; init; }

    /// <summary>What staff writes to the customer; null for nothing, and once the mail with it is requested.</summary>
    public string? DraftMessage { get; init; }

    /// <summary>True when it was placed from a cart, which is notified of its progress.</summary>
    public bool HasCart => DraftId is null && ExchangeId is null;

    /// <summary>True when the buyer is mailed a link that pays, instead of paying when the order is placed.</summary>
    public bool IsPaidByLink => !HasCart && ToPay > 0;

    /// <summary>Creates an order from a draft, or the new order of an exchange.</summary>
    /// <param name="id">The order's id.</param>
    /// <param name="command">The draft.</param>
    /// <param name="priced">The draft at the prices of now.</param>
    /// <param name="guestKey">A random id that nobody knows. It stands for the guest where other orders have the guest's cart.</param>
    /// <param name="now">The time.</param>
    public static Decision<OrderState> PlaceFromDraft(
        Guid id, PlaceDraftOrder command, PricedDraft priced, Guid guestKey, DateTimeOffset now)
    {
        var buyer = new Caller(command.Content.CustomerId, null, IsAdmin: false);
        var placed = Place(
            id, buyer, guestKey, priced.Email, priced.ShippingAddress, NoPaymentMethod, priced.Totals, priced.Quote, priced.Uses, now);
        return placed with
        {
            State = placed.State with
            {
                DraftId = command.Credit is null ? command.DraftId : null,
                ExchangeId = command.ExchangeId,
                Credit = command.Credit is { } credit
                    ? credit with { Amount = Math.Min(credit.Amount, priced.Totals.Total) }
                    : null,
                DraftMessage = command.Content.Message,
                PaymentDeadline = command.Deadline,
            },
        };
    }

    /// <summary>Waits for the payment until the draft's deadline, and has the link mailed.</summary>
    public Decision<OrderState> RequestPayment(DateTimeOffset now)
    {
        if (Status != OrderStatus.Pending || PaymentDeadline is not { } deadline)
            return Decision<OrderState>.NoChange(this);
        var message = DraftMessage;
        return To(
            (this with { DraftMessage = null }).Enter(OrderStatus.AwaitingPayment, now).WithResult(null),
            o => new OrderAwaitingPayment(o.Summary, deadline)
            {
                IsPaidByLink = true,
                Message = message,
                Credited = o.Credit is { Amount: > 0 } credit ? o.Amount(credit.Amount) : null,
            },
            o => new CheckoutTimeout(o.Id, deadline));
    }

    /// <summary>Returns the error of a draft that stock cannot fill. No order exists.</summary>
    public static Error OutOfStockOf(ImmutableArray<Shortage> shortages) => OutOfStock with { Lines = shortages };
}

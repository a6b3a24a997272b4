using SoonShop.Aggregates;
using SoonShop.Payments;

namespace SoonShop.Orders;

/// <summary>
/// What of an order may be refunded, and which of its units go back to stock. A refund is written here before the payment is asked for it.
/// Units go back while nothing was shipped: those that a refund names, once the payment provider has accepted it, and all of them once
/// everything that was captured is refunded. A refund by amount alone names no unit and gives none back. Units that went back stay there, even
/// if the bank returns the refunded money later: the shop may have sold them meanwhile. That money is refunded again, by amount or in full.
/// </summary>
public sealed partial record OrderState
{
    /// <summary>Refunds that were decided, oldest first; null while there are none.</summary>
    public ImmutableArray<OrderRefund>? Refunds { get; init; }

    /// <summary>Units that are, or are about to be, back in stock, by line; null while there are none.</summary>
    public ImmutableArray<LineUnits>? BackInStock { get; init; }

    /// <summary>The oldest refund for which the payment was, perhaps, not asked yet.</summary>
    public OrderRefund? OpenRefund => Refunds?.FirstOrDefault(r => !r.Done);

    /// <summary>Writes a refund down before the payment is asked for it. It stays when the refund is known.</summary>
    public Decision<OrderState> BeginRefund(RefundOrder command, DateTimeOffset now)
    {
        if (Refunds?.Any(r => r.Id == command.RefundId) == true)
            return Decision<OrderState>.NoChange(this);
        if (CheckCanRefund() is { } error)
            return error;
        if (command.Lines is { } lines && CheckUnits(lines) is { } wrong)
            return wrong;
        var amount = command.Lines is { } named ? named.Sum(ShareOf) : command.Amount;
        if (amount == 0 && Payment is not { Captured.Amount: > 0 })
            return new Error(ErrorCode.Conflict, "Nothing was captured that could be refunded.");
        var refund = new OrderRefund(command.RefundId, amount, command.Lines, command.Reason);
        return Decision<OrderState>.To(this with { Refunds = [.. Refunds ?? [], refund] }, new CheckoutTimeout(Id, now + CompletionDelay));
    }

    /// <summary>The payment has made the refund, and is now so; null where its units cost nothing and no payment was asked.</summary>
    public Decision<OrderState> EndRefund(string refundId, Payment? payment, TimeSpan window, DateTimeOffset now)
    {
        var refund = Refunds!.Value.First(r => r.Id == refundId);
        var heard = payment is null ? Decision<OrderState>.NoChange(this) : Apply(payment, window, now);
        var next = heard.State with { Refunds = Refunds.Value.Replace(refund, refund with { Done = true }) };
        if (refund.Lines is not { } lines || next.Status != OrderStatus.Confirmed)
            return Decision<OrderState>.To(next, heard.Events);
        return Decision<OrderState>.To(next with { BackInStock = WithUnits(lines) }, [.. heard.Events, new CheckoutTimeout(Id, now + CompletionDelay)]);
    }

    /// <summary>The payment has refused the refund: it is as if nobody had asked for it.</summary>
    public Decision<OrderState> DropRefund(string refundId) =>
        Decision<OrderState>.To(this with { Refunds = Refunds!.Value.RemoveAll(r => r.Id == refundId) is { Length: > 0 } left ? left : null });

    /// <summary>Units of a line that can still be shipped.</summary>
    public int UnitsToShip(OrderLine line) => line.Quantity - UnitsOf(BackInStock, line.Sku);

    /// <summary>
    /// True when all units went back to stock without being shipped, and their money to the buyer. What shipping cost may still be the shop's: the
    /// order stays confirmed, and can be cancelled, which gives that back, too.
    /// </summary>
    private bool IsAllGivenBack =>
        OpenRefund is null && Totals.Lines.All(l => UnitsToShip(l) == 0)
        && (Payment is not { } paid || paid.Refunded.Amount >= Math.Min(paid.Captured.Amount, Totals.Lines.Sum(l => ValueOf(l, l.Quantity))));

    /// <summary>Units of a line that can still be refunded by line.</summary>
    private int UnitsLeft(OrderLine line) => line.Quantity - UnitsGone(line);

    /// <summary>Units that refunds have named, or that went back when everything was refunded.</summary>
    private int UnitsGone(OrderLine line) => Math.Max(
        Refunds?.Where(r => r.Lines is not null).Sum(r => UnitsOf(r.Lines, line.Sku)) ?? 0, UnitsOf(BackInStock, line.Sku));

    private ImmutableArray<LineUnits> AllUnits => [.. Totals.Lines.Select(l => new LineUnits(l.Sku, l.Quantity))];

    private ImmutableArray<LineUnits>? RefundedUnits =>
        (Refunds is null && BackInStock is null) || Totals.Lines.All(l => UnitsGone(l) == 0) ? null
        : [.. Totals.Lines.Select(l => new LineUnits(l.Sku, UnitsGone(l))).Where(u => u.Quantity > 0)];

    private ImmutableArray<LineUnits> WithUnits(ImmutableArray<LineUnits> more) =>
    [
        .. Totals.Lines.Select(l => new LineUnits(l.Sku, UnitsOf(BackInStock, l.Sku) + UnitsOf(more, l.Sku))).Where(u => u.Quantity > 0),
    ];

    private Error? CheckUnits(ImmutableArray<LineUnits> lines)
    {
        var errors = new Dictionary<string, string[]>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (Totals.Lines.All(l => l.Sku != lines[i].Sku))
                errors[$"lines[{i}].sku"] = ["is not in this order"];
            else if (lines.Take(i).Any(l => l.Sku == lines[i].Sku))
                errors[$"lines[{i}].sku"] = ["is named more than once"];
        }
        if (errors.Count > 0)
            return Error.Invalid(errors);
        foreach (var line in Totals.Lines)
        {
            if (UnitsOf(lines, line.Sku) is var units && units > UnitsLeft(line))
                return new Error(ErrorCode.Conflict, $"{UnitsLeft(line)} of {line.Quantity} units of {line.Sku} can be refunded, not {units}.") { OrderId = Id };
        }
        return null;
    }

    /// <summary>What the next units of a line to be refunded cost: the difference of two sums, so that all units together are the whole line.</summary>
    private long ShareOf(LineUnits units)
    {
        var line = Totals.Lines.First(l => l.Sku == units.Sku);
        var gone = UnitsGone(line);
        return ValueOf(line, gone + units.Quantity) - ValueOf(line, gone);
    }

    /// <summary>What the first units of a line cost with their tax, divided by largest remainder, in steps that the currency can move.</summary>
    private static long ValueOf(OrderLine line, int units)
    {
        var step = Currencies.ChargeStep(line.LineTotal.Currency);
        var (share, remainder) = Math.DivRem((line.LineTotal.Amount + line.Tax.Amount) / step, line.Quantity);
        return (share * units + Math.Min(units, remainder)) * step;
    }

    private static int UnitsOf(ImmutableArray<LineUnits>? lines, string sku) => lines?.Where(l => l.Sku == sku).Sum(l => l.Quantity) ?? 0;
}

/// <summary>A refund that was decided.</summary>
/// <param name="Id">The operation; the payment's refund has the same id.</param>
/// <param name="Amount">Minor units; null for all that is left.</param>
/// <param name="Lines">The units that it names; null when it names none.</param>
/// <param name="Reason">Why.</param>
public sealed record OrderRefund(string Id, long? Amount, ImmutableArray<LineUnits>? Lines, string Reason)
{
    /// <summary>True once the payment has made it.</summary>
    public bool Done { get; init; }
}

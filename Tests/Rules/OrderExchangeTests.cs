using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Tests.Rules;

public sealed class OrderExchangeTests
{
    private static readonly ReturnsOptions Options = new();
    private static readonly DateTimeOffset Until = Given.Now.AddDays(14);

    /// <summary>Two mugs at 10.00 each came back.</summary>
    private static readonly OrderState Returned = Arrived(2);

    [Fact]
    public void a_return_is_exchanged_in_steps()
    {
        var begun = Returned.BeginExchange(Ask(), Until, Given.Now);
        Assert.IsType<CheckoutTimeout>(Assert.Single(begun.Events));
        var exchange = Assert.Single(begun.Next().Exchanges!.Value);
        Assert.Equal((ExchangeStatus.Pending, 2000, 2000), (exchange.Status, exchange.Value, exchange.Held));
        Assert.False(begun.State.BeginExchange(Ask(), Until, Given.Now).Changed);

        var placed = begun.State.PlaceExchange(exchange, 2000).Next();
        var ended = placed.EndExchange(placed.Exchanges!.Value[0], Given.Payment(PaymentStatus.PartiallyRefunded, 2000),
            Given.PaymentWindow, Given.Now);
        var told = Assert.Single(ended.Events.OfType<OrderRefunded>());
        Assert.Equal((Given.Usd(2000), OrderNumber.For(exchange.OrderId)), (told.Credited, told.ExchangeOrderNumber));
        // No money is left to refund; the return becomes refunded with the next step.
        Assert.Equal((0, 2000), (ended.State.OpenRefund?.Amount, ended.State.OpenRefund?.Credited));
        var refunded = ended.State.EndRefund(ended.State.OpenRefund!.Id, null, Given.PaymentWindow, Given.Now);
        var returned = Assert.Single(refunded.Events.OfType<ReturnRefunded>()).Return;
        Assert.Equal(
            (ReturnStatus.Refunded, Given.Usd(2000), Given.Usd(2000), exchange.OrderId),
            (returned.Status, returned.Refund, returned.Credited, returned.ExchangeOrderId));
        Assert.Equal(ExchangeStatus.Completed, refunded.State.ToView().Exchanges[0].Status);
    }

    [Fact]
    public void what_the_new_order_does_not_need_is_refunded()
    {
        var begun = Returned.BeginExchange(Ask() with { Fee = 300 }, Until, Given.Now).Next();
        var placed = begun.PlaceExchange(begun.Exchanges!.Value[0], 1200).Next();
        var ended = placed.EndExchange(placed.Exchanges!.Value[0], Given.Payment(PaymentStatus.PartiallyRefunded, 1200),
            Given.PaymentWindow, Given.Now).Next();
        Assert.Equal((500, 1200), (ended.OpenRefund?.Amount, ended.OpenRefund?.Credited));
        // One mail tells of both, once the rest is refunded.
        Assert.DoesNotContain("order.refunded", placed.EndExchange(placed.Exchanges!.Value[0],
            Given.Payment(PaymentStatus.PartiallyRefunded, 1200), Given.PaymentWindow, Given.Now).EventTypes());
        Assert.Equal(Given.Usd(1200), Assert.Single(ended.EndRefund(
            ended.OpenRefund!.Id, Given.Payment(PaymentStatus.PartiallyRefunded, 1700), Given.PaymentWindow, Given.Now)
            .Events.OfType<OrderRefunded>()).Credited);

        // The provider refuses it: the credit stands, and so does what the return is worth.
        var dropped = ended.DropRefund(ended.OpenRefund!.Id).Next();
        Assert.Equal((0, 1200), (dropped.OpenRefund?.Amount, dropped.OpenRefund?.Credited));
        Assert.Equal(
            ["payment.refund-failed", "order.refunded"], ended.DropRefund(ended.OpenRefund!.Id, "disputed").EventTypes());
        var closed = dropped.EndRefund(dropped.OpenRefund!.Id, null, Given.PaymentWindow, Given.Now).Next().ToView().Returns[0];
        Assert.Equal((Given.Usd(1200), Given.Usd(300)), (closed.Refund, closed.Fee));
    }

    [Fact]
    public void a_return_is_neither_refunded_nor_exchanged_twice_while_its_exchange_is_pending()
    {
        var pending = Returned.BeginExchange(Ask(), Until, Given.Now).Next();
        Assert.Equal(ErrorCode.Conflict, pending.BeginExchange(Ask(8), Until, Given.Now).Error?.Code);
        Assert.Equal(
            ErrorCode.Conflict, pending.RefundReturn(new RefundReturn(Given.Id(1), 0, null), "r", Options, Given.Now).Error?.Code);
        Assert.True(pending.IsOpen);

        var cancelled = pending.CancelExchange(pending.Exchanges!.Value[0]).Next();
        Assert.NotNull(cancelled.RefundReturn(new RefundReturn(Given.Id(1), 0, null), "r", Options, Given.Now).Next().OpenRefund);
        Assert.NotNull(cancelled.BeginExchange(Ask(8), Until, Given.Now).Next());
    }

    [Fact]
    public void an_exchange_that_could_not_be_placed_leaves_nothing_but_a_rejected_order()
    {
        var pending = Returned.BeginExchange(Ask(), Until, Given.Now).Next();
        Assert.Null(pending.AbandonExchange(pending.Exchanges!.Value[0], wasRejected: false).Next().Exchanges);
        var rejected = pending.AbandonExchange(pending.Exchanges!.Value[0], wasRejected: true).Next();
        Assert.Equal(ExchangeStatus.Cancelled, rejected.Exchanges!.Value[0].Status);
        Assert.Null(rejected.Exchanges!.Value[0].Request);
    }

    [Fact]
    public void only_what_arrived_and_is_paid_is_exchanged()
    {
        Assert.Equal(ErrorCode.NotFound, Returned.CheckExchange(Ask() with { ReturnId = Given.Id(9) }).Error?.Code);
        Assert.Equal(ErrorCode.ValidationFailed, Returned.CheckExchange(Ask() with { Fee = 2001 }).Error?.Code);
        // All of it is kept.
        Assert.Equal(ErrorCode.Conflict, Returned.CheckExchange(Ask() with { Fee = 2000 }).Error?.Code);
        var requested = Delivered.RequestReturn(
            new RequestReturn(Given.Id(1), [new ReturnLine("MUG", 1, "other")], null), Options, byShop: true, Given.Now).Next();
        Assert.Equal(ErrorCode.Conflict, requested.CheckExchange(Ask()).Error?.Code);
        var refunded = Returned with { Payment = Returned.Payment! with { Refunded = Returned.Payment.Captured } };
        Assert.Equal(ErrorCode.Conflict, refunded.CheckExchange(Ask()).Error?.Code);
        var little = Returned with
        {
            Payment = Returned.Payment! with { Refunded = Given.Usd(Returned.Payment.Captured.Amount - 700) },
        };
        Assert.Equal(700, little.CheckExchange(Ask()).Value.Held);
    }

    [Fact]
    public void units_are_held_until_their_exchange_ends_and_are_cancelled_with_it()
    {
        var swap = new ExchangeUnits(Given.Id(3), null, [new DraftOrderLine("PLATE", 1)]) { Units = [new LineUnits("MUG", 1)] };
        var pending = Confirmed.BeginExchange(swap, Until, Given.Now).Next();
        Assert.Equal((1000, 1000), (pending.Exchanges!.Value[0].Value, pending.Exchanges!.Value[0].Held));
        // Nothing else may happen to the unit; the others are free.
        Assert.Equal(ErrorCode.Conflict, pending.Ship(Parcel(new LineUnits("MUG", 2)), Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, pending.CancelUnits(Cancelled(new LineUnits("MUG", 2)), Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, pending.Cancel(null, Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, pending.BeginExchange(
            swap with { ExchangeId = Given.Id(8), Units = [new LineUnits("MUG", 2)] }, Until, Given.Now).Error?.Code);
        Assert.Equal(
            ErrorCode.Conflict, pending.BeginRefund(
                new RefundOrder("r", null, [new LineUnits("MUG", 2)], false, ""), Given.Now).Error?.Code);
        var shipped = pending.Ship(Parcel(), Given.Now).Next();
        Assert.Equal([new LineUnits("MUG", 1), new LineUnits("SPOON", 1)], shipped.Shipments!.Value[0].Lines!.Value);
        Assert.Equal(OrderStatus.Confirmed, shipped.Status);
        Assert.Equal(ErrorCode.Conflict, shipped.Ship(Parcel() with { ShipmentId = Given.Id(9) }, Given.Now).Error?.Code);

        var placed = shipped.PlaceExchange(shipped.Exchanges!.Value[0], 700).Next();
        var ended = placed.EndExchange(placed.Exchanges!.Value[0], Given.Payment(PaymentStatus.PartiallyRefunded, 700),
            Given.PaymentWindow, Given.Now).Next();
        Assert.Equal((300, 700, true), (ended.OpenRefund?.Amount, ended.OpenRefund?.Credited, ended.OpenRefund?.IsCancellation));
        var cancelled = ended.EndRefund(ended.OpenRefund!.Id, Given.Payment(PaymentStatus.PartiallyRefunded, 1000),
            Given.PaymentWindow, Given.Now);
        Assert.Equal([new LineUnits("MUG", 1)], cancelled.State.BackInStock!.Value);
        // Nothing is left to ship.
        Assert.Equal(OrderStatus.Shipped, cancelled.State.Status);
        Assert.Single(cancelled.Events.OfType<OrderUnitsCancelled>());
    }

    [Fact]
    public void what_a_pending_exchange_holds_is_refunded_by_no_line_and_valued_once()
    {
        var pending = Returned.BeginExchange(Ask(), Until, Given.Now).Next();
        Assert.Equal(
            ErrorCode.Conflict, pending.BeginRefund(
                new RefundOrder("r", null, [new LineUnits("MUG", 1)], false, ""), Given.Now).Error?.Code);
        var swap = new ExchangeUnits(Given.Id(3), null, [new DraftOrderLine("PLATE", 1)]) { Units = [new LineUnits("MUG", 1)] };
        var first = Confirmed.BeginExchange(swap, Until, Given.Now).Next();
        var other = first.CancelUnits(Cancelled(new LineUnits("MUG", 1)), Given.Now).Next();
        var gone = Confirmed.CancelUnits(Cancelled(new LineUnits("MUG", 2)), Given.Now).Next();
        Assert.Equal(gone.OpenRefund?.Amount, first.Exchanges!.Value[0].Value + other.OpenRefund?.Amount);
    }

    [Fact]
    public void a_refund_takes_nothing_that_a_pending_exchange_holds()
    {
        var swap = new ExchangeUnits(Given.Id(3), null, [new DraftOrderLine("PLATE", 1)]) { Units = [new LineUnits("MUG", 1)] };
        var pending = Confirmed.BeginExchange(swap, Until, Given.Now).Next();
        Assert.Equal(
            ErrorCode.Conflict, pending.BeginRefund(new RefundOrder("r", null, null, true, ""), Given.Now).Error?.Code);
        // The mug that was shipped is refunded, and not the one that is held.
        var shipped = pending.Ship(Parcel(new LineUnits("MUG", 1)), Given.Now).Next();
        var refunded = shipped.BeginRefund(new RefundOrder("r", null, [new LineUnits("MUG", 1)], false, ""), Given.Now).Next()
            .EndRefund("r", Given.Payment(PaymentStatus.PartiallyRefunded, 1000), Given.PaymentWindow, Given.Now).Next();
        Assert.Null(refunded.BackInStock);
        Assert.Equal(OrderStatus.Confirmed, refunded.Status);
    }

    [Fact]
    public void units_of_an_exchange_that_is_cancelled_are_shipped()
    {
        var swap = new ExchangeUnits(Given.Id(3), null, [new DraftOrderLine("PLATE", 1)]) { Units = [new LineUnits("MUG", 1)] };
        var pending = Confirmed.BeginExchange(swap, Until, Given.Now).Next();
        var free = pending.CancelExchange(pending.Exchanges!.Value[0]).Next();
        Assert.Equal(OrderStatus.Shipped, free.Ship(Parcel(), Given.Now).Next().Status);
    }

    [Fact]
    public void lines_are_added_without_any_exchange_and_only_before_everything_is_shipped()
    {
        var added = new ExchangeUnits(Given.Id(3), null, [new DraftOrderLine("PLATE", 1)]);
        var pending = Confirmed.BeginExchange(added, Until, Given.Now).Next();
        Assert.Equal(0, pending.Exchanges!.Value[0].Held);
        var placed = pending.PlaceExchange(pending.Exchanges!.Value[0], 0).Next();
        var ended = placed.EndExchange(placed.Exchanges!.Value[0], null, Given.PaymentWindow, Given.Now).Next();
        Assert.Null(ended.OpenRefund);
        Assert.Equal(ExchangeStatus.Completed, ended.Exchanges!.Value[0].Status);
        Assert.Equal(ErrorCode.InvalidOrderState, Delivered.CheckExchange(added).Error?.Code);
        var authorized = Confirmed with { Payment = Given.Payment(PaymentStatus.Authorized) };
        Assert.Equal(ErrorCode.Conflict, authorized.CheckExchange(added with { Units = [new LineUnits("MUG", 1)] }).Error?.Code);
        Assert.False(authorized.CheckExchange(added).IsError);
    }

    [Fact]
    public void the_new_order_is_charged_the_difference_and_wakes_the_earlier_one_once_it_is_paid_or_ends()
    {
        var order = Given.PlacedOrder();
        var exchanged = order with
        {
            ExchangeId = Given.Id(3),
            Credit = new PaymentCredit(Given.Id(4), "exchange/3", 400),
        };
        Assert.Equal((order.Totals.Total - 400, false), (exchanged.Terms.Amount.Amount, exchanged.HasCart));
        Assert.Null(exchanged.EventForEarlierOrder(null));
        var paid = exchanged with { Payment = Given.Payment(PaymentStatus.Captured) };
        Assert.Equal(Given.Id(4), Assert.IsType<CheckoutTimeout>(paid.EventForEarlierOrder(exchanged)).OrderId);
        Assert.Null((paid with { Status = OrderStatus.Shipped }).EventForEarlierOrder(paid));
        Assert.NotNull((exchanged with { Status = OrderStatus.Expired }).EventForEarlierOrder(exchanged));
        // The money was used before: there is nothing to release.
        Assert.Null((paid with { Status = OrderStatus.Cancelled }).EventForEarlierOrder(paid));
        // A cancelled order may be paid until its payment is cancelled, too.
        var cancelling = exchanged with { Status = OrderStatus.Cancelled };
        Assert.Null(cancelling.EventForEarlierOrder(exchanged));
        Assert.NotNull((cancelling with { Payment = Given.Payment(PaymentStatus.Cancelled) }).EventForEarlierOrder(cancelling));
        Assert.Null((order with { Payment = Given.Payment(PaymentStatus.Captured) }).EventForEarlierOrder(order));
    }

    private static OrderState Confirmed => Given.OrderThatIs(OrderStatus.Confirmed) with
    {
        SellsWhenShipped = true,
        Payment = Given.Payment(PaymentStatus.Captured),
    };

    private static ShipUnits Parcel(params LineUnits[] units) =>
        new(Given.Id(7), "DHL", "1", units.Length == 0 ? null : [.. units]);

    private static CancelUnits Cancelled(params LineUnits[] units) => new("c", [.. units], null);

    private static OrderState Delivered => (Given.OrderThatIs(OrderStatus.Confirmed) with
    {
        SellsWhenShipped = true,
        Payment = Given.Payment(PaymentStatus.Captured),
    }).Ship(new ShipUnits(Given.Id(7), "DHL", "1", null), Given.Now).Next().DeliverShipment(Given.Id(7), Given.Now).Next();

    private static OrderState Arrived(int units) => Delivered
        .RequestReturn(
            new RequestReturn(Given.Id(1), [new ReturnLine("MUG", units, "other")], null), Options, byShop: true, Given.Now).Next()
        .DecideReturn(Given.Id(1), approved: true, null, Given.Now).Next()
        .ReceiveReturn(Given.Id(1), [new ReceivedUnits("MUG", units, 0, 0, units)], Given.Now).Next();

    private static ExchangeUnits Ask(int id = 3) => new(Given.Id(id), Given.Id(1), [new DraftOrderLine("SPOON", 1)]);
}

using SoonShop.Aggregates;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Tests.Rules;

public sealed class OrderReturnTests
{
    private static readonly ReturnsOptions Options = new();

    private static readonly OrderState Delivered = (Given.OrderThatIs(OrderStatus.Confirmed) with { SellsWhenShipped = true })
        .Ship(new ShipUnits(Given.Id(7), "DHL", "1", null), Given.Now).Next().DeliverShipment(Given.Id(7), Given.Now).Next();

    [Fact]
    public void goods_go_back_in_steps_and_each_is_told()
    {
        var requested = Request(Delivered, 1, new ReturnLine("MUG", 2, "damaged"));
        var approved = requested.Next().DecideReturn(Given.Id(1), approved: true, "Use the label.", Given.Now);
        var received = approved.Next().ReceiveReturn(Given.Id(1), [new ReceivedUnits("MUG", 1, 1, 0, 1)], Given.Now);
        var refunding = received.Next().RefundReturn(new RefundReturn(Given.Id(1), 0, null), "r", Options, Given.Now);
        var refunded = refunding.Next().EndRefund("r", Given.Payment(PaymentStatus.PartiallyRefunded), Given.PaymentWindow, Given.Now);

        Assert.IsType<ReturnRequested>(requested.Events[0]);
        Assert.Equal("Use the label.", Assert.IsType<ReturnApproved>(approved.Events[0]).Return.Note);
        Assert.IsType<ReturnReceived>(received.Events[0]);
        Assert.Equal([Given.Moved("MUG", new ReservationSettlement(2, 0, 1)), Given.Moved("SPOON", new ReservationSettlement(1, 0, 0))],
            received.State.StockMoves);
        Assert.Equal(2000, refunding.State.OpenRefund?.Amount);
        var told = Assert.Single(refunded.Events.OfType<ReturnRefunded>()).Return;
        Assert.Equal((ReturnStatus.Refunded, Given.Usd(2000), 1), (told.Status, told.Refund, told.Received!.Value[0].WrittenOff));
        // What came back was shipped: it does not become cancelled.
        Assert.Null(refunded.State.BackInStock);
    }

    [Fact]
    public void every_command_changes_something_once()
    {
        var requested = Request(Delivered, 1, new ReturnLine("MUG", 1, "other")).Next();
        Assert.False(Request(requested, 1, new ReturnLine("MUG", 1, "other")).Changed);
        var approved = requested.DecideReturn(Given.Id(1), approved: true, null, Given.Now).Next();
        Assert.False(approved.DecideReturn(Given.Id(1), approved: true, "again", Given.Now).Changed);
        var received = approved.ReceiveReturn(Given.Id(1), [Good(1)], Given.Now).Next();
        Assert.False(received.ReceiveReturn(Given.Id(1), [Good(1)], Given.Now).Changed);
        var refunding = received.RefundReturn(new RefundReturn(Given.Id(1), 0, null), "r", Options, Given.Now).Next();
        Assert.False(refunding.RefundReturn(new RefundReturn(Given.Id(1), 0, null), "other", Options, Given.Now).Changed);
        var refunded = refunding.EndRefund("r", Given.Payment(PaymentStatus.PartiallyRefunded), Given.PaymentWindow, Given.Now).Next();
        Assert.False(refunded.RefundReturn(new RefundReturn(Given.Id(1), 0, null), "other", Options, Given.Now).Changed);
    }

    [Fact]
    public void a_refused_refund_can_be_tried_again()
    {
        var received = Received(Delivered, 1, Good(1));
        var dropped = received.RefundReturn(new RefundReturn(Given.Id(1), 0, null), "r", Options, Given.Now).Next().DropRefund("r").Next();

        Assert.Equal("s", dropped.RefundReturn(new RefundReturn(Given.Id(1), 0, null), "s", Options, Given.Now).Next().OpenRefund?.Id);
    }

    [Fact]
    public void a_return_is_refused_or_cancelled_until_it_arrives_and_its_units_can_be_returned_again()
    {
        var requested = Request(Delivered, 1, new ReturnLine("MUG", 2, "other")).Next();
        Assert.Equal(ErrorCode.Conflict, Request(requested, 2, new ReturnLine("MUG", 1, "other")).Error?.Code);

        var refused = requested.DecideReturn(Given.Id(1), approved: false, "worn", Given.Now).Next();
        var cancelled = requested.DecideReturn(Given.Id(1), approved: true, null, Given.Now).Next()
            .CancelReturn(Given.Id(1), Given.Now).Next();

        Assert.Null(Request(refused, 2, new ReturnLine("MUG", 2, "other")).Error);
        Assert.Null(Request(cancelled, 2, new ReturnLine("MUG", 2, "other")).Error);
        Assert.Equal(ErrorCode.Conflict, refused.CancelReturn(Given.Id(1), Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, Received(Delivered, 1, Good(1)).CancelReturn(Given.Id(1), Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, requested.ReceiveReturn(Given.Id(1), [Good(2)], Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, requested.CancelReturn(Given.Id(9), Given.Now).Error?.Code);
    }

    [Fact]
    public void only_shipped_units_can_be_returned_and_missing_ones_again()
    {
        var partly = (Given.OrderThatIs(OrderStatus.Confirmed) with { SellsWhenShipped = true })
            .Ship(new ShipUnits(Given.Id(7), "DHL", "1", [new LineUnits("MUG", 1)]), Given.Now).Next();

        Assert.Equal(ErrorCode.Conflict, Request(partly, 1, new ReturnLine("MUG", 2, "other")).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, Request(partly, 1, new ReturnLine("SPOON", 1, "other")).Error?.Code);
        var missing = Received(partly, 1, new ReceivedUnits("MUG", 0, 0, 1, 0));
        Assert.Equal(1, missing.UnitsToReturn("MUG"));
    }

    [Fact]
    public void the_time_for_returns_begins_with_the_delivery_and_binds_buyers_only()
    {
        var late = Given.Now.AddDays(Options.WindowDays).AddSeconds(1);
        var line = new ReturnLine("MUG", 1, "other");

        Assert.Equal(ErrorCode.Conflict, Delivered.RequestReturn(Ask(1, line), Options, byShop: false, late).Error?.Code);
        Assert.Null(Delivered.RequestReturn(Ask(1, line), Options, byShop: true, late).Error);
        Assert.Null(Delivered.RequestReturn(Ask(1, line), Options, byShop: false, late.AddSeconds(-1)).Error);
        var shipped = Given.OrderThatIs(OrderStatus.Shipped);
        Assert.Null(shipped.RequestReturn(Ask(1, line), Options, byShop: false, late.AddYears(1)).Error);
        var older = Given.OrderThatIs(OrderStatus.Delivered) with { Shipments = null };
        Assert.Equal(ErrorCode.Conflict, older.RequestReturn(Ask(1, line), Options, byShop: false, late).Error?.Code);
    }

    [Fact]
    public void a_reason_is_one_of_the_shops_and_what_arrived_adds_up()
    {
        Assert.Contains("lines[0].reason", Request(Delivered, 1, new ReturnLine("MUG", 1, "no idea")).Error!.Errors!.Keys);
        var approved = Request(Delivered, 1, new ReturnLine("MUG", 2, "other"), new ReturnLine("SPOON", 1, "other")).Next()
            .DecideReturn(Given.Id(1), approved: true, null, Given.Now).Next();

        Assert.Equal(["lines", "lines[0]"], Problems(new ReceivedUnits("MUG", 1, 0, 0, 1)));
        Assert.Equal(["lines", "lines[0].restock"], Problems(new ReceivedUnits("MUG", 1, 1, 0, 2)));
        Assert.Equal(["lines", "lines[0].sku"], Problems(new ReceivedUnits("FORK", 1, 0, 0, 1)));

        string[] Problems(ReceivedUnits received) =>
            [.. approved.ReceiveReturn(Given.Id(1), [received], Given.Now).Error!.Errors!.Keys.Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void a_fee_is_kept_and_shipping_is_refunded_when_everything_came_back()
    {
        var order = Delivered with { Payment = Given.Payment(PaymentStatus.Captured) };
        var all = Received(order, 1, new ReceivedUnits("MUG", 2, 0, 0, 2), new ReceivedUnits("SPOON", 1, 0, 0, 1));
        var shipping = order.Totals.Total - 2500;

        Assert.True(shipping > 0);
        Assert.Equal(order.Totals.Total - 300, Amount(all, 300, null));
        Assert.Equal(2500, Amount(all, 0, false));
        Assert.Equal(ErrorCode.ValidationFailed,
            all.RefundReturn(new RefundReturn(Given.Id(1), 2501, null), "r", Options, Given.Now).Error?.Code);
        Assert.Equal(1000, Amount(Received(order, 1, Good(1)), 0, null));
        Assert.Equal(1000 + shipping, Amount(Received(order, 1, Good(1)), 0, true));
        Assert.Equal(2500, Refund(all, 0, null, new ReturnsOptions { RefundShipping = false }));
    }

    [Fact]
    public void never_more_is_refunded_than_is_left()
    {
        var order = Delivered with { Payment = Given.Payment(PaymentStatus.Captured) };
        var little = Received(order, 1, Good(2)) with
        {
            Payment = order.Payment! with { Refunded = Given.Usd(order.Totals.Total - 700) },
        };

        Assert.Equal(700, Amount(little, 0, null));
    }

    [Fact]
    public void units_that_a_refund_has_named_before_are_not_refunded_again()
    {
        var order = Delivered with { Payment = Given.Payment(PaymentStatus.Captured) };
        var named = order.BeginRefund(new RefundOrder("x", null, [new LineUnits("MUG", 1)], false, "late"), Given.Now).Next()
            .EndRefund("x", Given.Payment(PaymentStatus.Captured), Given.PaymentWindow, Given.Now).Next();

        Assert.Equal(1000, Amount(Received(named, 1, Good(2)), 0, null));
    }

    private static RequestReturn Ask(int id, params ReturnLine[] lines) => new(Given.Id(id), [.. lines], "too blue");

    private static Decision<OrderState> Request(OrderState order, int id, params ReturnLine[] lines) =>
        order.RequestReturn(Ask(id, lines), Options, byShop: false, Given.Now);

    private static ReceivedUnits Good(int units) => new("MUG", units, 0, 0, units);

    private static OrderState Received(OrderState order, int id, params ReceivedUnits[] received) =>
        Request(order, id, [.. received.Select(r => new ReturnLine(r.Sku, r.Good + r.Damaged + r.Missing, "other"))]).Next()
            .DecideReturn(Given.Id(id), approved: true, null, Given.Now).Next()
            .ReceiveReturn(Given.Id(id), [.. received], Given.Now).Next();

    private static long? Amount(OrderState order, long fee, bool? shipping) => Refund(order, fee, shipping, Options);

    private static long? Refund(OrderState order, long fee, bool? shipping, ReturnsOptions options) =>
        order.RefundReturn(new RefundReturn(Given.Id(1), fee, shipping), "r", options, Given.Now).Next().OpenRefund?.Amount;
}

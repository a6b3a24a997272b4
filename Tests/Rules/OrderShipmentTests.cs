using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Tests.Rules;

public sealed class OrderShipmentTests
{
    private static readonly OrderState Confirmed = Given.OrderThatIs(OrderStatus.Confirmed) with { SellsWhenShipped = true };

    [Fact]
    public void an_order_is_shipped_with_its_last_parcel_and_each_parcel_is_told()
    {
        var first = Confirmed.Ship(Parcel(1, new LineUnits("MUG", 1)), Given.Now);
        var second = first.Next().Ship(Parcel(2), Given.Now);

        Assert.Equal((OrderStatus.Confirmed, OrderStatus.Shipped), (first.State.Status, second.State.Status));
        Assert.Equal(
            [new OrderedUnits("MUG", "The MUG", 1)], Assert.IsType<OrderPartiallyShipped>(first.Events[0]).Lines);
        Assert.Equal(
            [new OrderedUnits("MUG", "The MUG", 1), new OrderedUnits("SPOON", "The SPOON", 1)],
            Assert.IsType<OrderShipped>(second.Events[0]).Lines!.Value);
        Assert.Equal(
            [new LineUnits("MUG", 1), new LineUnits("SPOON", 1)], first.State.ToView().UnitsToShip!.Value);
        Assert.Null(second.State.ToView().UnitsToShip);
        Assert.Equal([Moved("MUG", 1, 0, 0)], first.State.StockMoves);
        Assert.Equal(
            [Moved("MUG", 2, 0, 0), Moved("SPOON", 1, 0, 0)], second.State.StockMoves);
    }

    [Fact]
    public void the_same_parcel_is_shipped_once()
    {
        var shipped = Confirmed.Ship(Parcel(1, new LineUnits("MUG", 1)), Given.Now).Next();

        Assert.False(shipped.Ship(Parcel(1, new LineUnits("MUG", 1)), Given.Now).Changed);
        Assert.False(shipped.Ship(Parcel(2), Given.Now).Next().Ship(Parcel(2), Given.Now).Changed);
    }

    [Fact]
    public void no_more_units_are_shipped_than_are_left_and_only_those_of_the_order()
    {
        var shipped = Confirmed.Ship(Parcel(1, new LineUnits("MUG", 1)), Given.Now).Next();

        Assert.Equal(ErrorCode.Conflict, shipped.Ship(Parcel(2, new LineUnits("MUG", 2)), Given.Now).Error?.Code);
        Assert.Contains("lines[0].sku", shipped.Ship(Parcel(2, new LineUnits("FORK", 1)), Given.Now).Error!.Errors!.Keys);
        Assert.Contains(
            "lines[1].sku", shipped.Ship(Parcel(2, new LineUnits("MUG", 1), new LineUnits("MUG", 1)), Given.Now).Error!.Errors!.Keys);
    }

    [Fact]
    public void an_order_is_delivered_with_its_last_parcel()
    {
        var shipped = Confirmed.Ship(Parcel(1, new LineUnits("MUG", 1)), Given.Now).Next().Ship(Parcel(2), Given.Now).Next();

        var one = shipped.DeliverShipment(Given.Id(1), Given.Now);
        var both = one.Next().DeliverShipment(Given.Id(2), Given.Now);

        Assert.Equal((OrderStatus.Shipped, OrderStatus.Delivered), (one.State.Status, both.State.Status));
        Assert.IsType<OrderPartiallyDelivered>(Assert.Single(one.Events));
        Assert.IsType<OrderDelivered>(Assert.Single(both.Events));
        Assert.False(both.Next().DeliverShipment(Given.Id(2), Given.Now).Changed);
        Assert.Equal(ErrorCode.NotFound, shipped.DeliverShipment(Given.Id(9), Given.Now).Error?.Code);
    }

    [Fact]
    public void a_parcel_that_was_delivered_before_the_last_one_left_counts()
    {
        var delivered = Confirmed.Ship(Parcel(1, new LineUnits("MUG", 2)), Given.Now).Next().DeliverShipment(Given.Id(1), Given.Now).Next();

        Assert.Equal(OrderStatus.Confirmed, delivered.Status);
        var shipped = delivered.Ship(Parcel(2), Given.Now).Next();
        Assert.Equal(OrderStatus.Delivered, shipped.DeliverShipment(Given.Id(2), Given.Now).Next().Status);
    }

    [Fact]
    public void a_tracking_number_is_corrected_and_what_is_left_out_stays()
    {
        var shipped = Confirmed.Ship(Parcel(1), Given.Now).Next();
        var corrected = shipped.CorrectShipment(new CorrectShipment(Given.Id(1), null, "NEW"));

        Assert.Equal(("DHL", "NEW"), (corrected.State.Shipment!.Carrier, corrected.State.Shipments!.Value[0].TrackingNumber));
        Assert.IsType<OrderShipmentCorrected>(Assert.Single(corrected.Events));
        Assert.False(corrected.Next().CorrectShipment(new CorrectShipment(Given.Id(1), "DHL", "NEW")).Changed);
    }

    [Fact]
    public void an_order_that_an_older_version_shipped_as_a_whole_reads_as_one_parcel()
    {
        var order = Confirmed with
        {
            SellsWhenShipped = false,
            Status = OrderStatus.Shipped,
            Shipment = new Shipment("DHL", "1", Given.Now),
            BackInStock = [new LineUnits("SPOON", 1)],
        };

        var parcel = Assert.Single(order.ToView().Shipments);
        Assert.Equal([new LineUnits("MUG", 2)], parcel.Lines!.Value);
        Assert.Equal(0, order.UnitsToShip(new LineUnits("MUG", 2)));
        Assert.Equal(2, order.UnitsToReturn("MUG"));
        Assert.Equal(OrderStatus.Delivered, order.DeliverShipment(parcel.Id!.Value, Given.Now).Next().Status);
        Assert.Equal([Moved("SPOON", 0, 1, 0)], order.StockMoves);
    }

    [Fact]
    public void cancelled_units_are_refunded_first_and_then_given_back()
    {
        var asked = Confirmed.CancelUnits(Cancellation("c", new LineUnits("MUG", 1)), Given.Now).Next();

        Assert.Equal(1000, asked.OpenRefund?.Amount);
        Assert.Empty(asked.StockMoves);
        var ended = asked.EndRefund("c", Given.Payment(PaymentStatus.PartiallyRefunded), Given.PaymentWindow, Given.Now);
        Assert.Equal([Moved("MUG", 0, 1, 0)], ended.State.StockMoves);
        Assert.Equal(
            [new OrderedUnits("MUG", "The MUG", 1)], Assert.Single(ended.Events.OfType<OrderUnitsCancelled>()).Lines);
        Assert.False(ended.Next().CancelUnits(Cancellation("c", new LineUnits("MUG", 1)), Given.Now).Changed);
        Assert.Equal(ErrorCode.Conflict, ended.Next().CancelUnits(Cancellation("d", new LineUnits("MUG", 2)), Given.Now).Error?.Code);
    }

    [Fact]
    public void cancelled_units_of_an_authorized_payment_are_not_captured()
    {
        var authorized = Confirmed with { Payment = Given.Payment(PaymentStatus.Authorized) };
        var cancelled = authorized.CancelUnits(Cancellation("c", new LineUnits("SPOON", 1)), Given.Now).Next();

        Assert.Null(cancelled.OpenRefund);
        Assert.Equal(authorized.Totals.Total - 500, cancelled.AmountToCapture);
        Assert.Equal([Moved("SPOON", 0, 1, 0)], cancelled.StockMoves);
    }

    [Fact]
    public void cancelling_everything_cancels_the_order_and_cancelling_the_rest_ships_it()
    {
        var all = Confirmed.CancelUnits(Cancellation("c", new LineUnits("MUG", 2), new LineUnits("SPOON", 1)), Given.Now);
        Assert.Equal(OrderStatus.Cancelled, all.Next().Status);

        var partly = Confirmed.Ship(Parcel(1, new LineUnits("MUG", 2)), Given.Now).Next();
        Assert.Equal(ErrorCode.InvalidOrderState, partly.Cancel("changed my mind", Given.Now).Error?.Code);
        var rest = partly.CancelUnits(Cancellation("c", new LineUnits("SPOON", 1)), Given.Now).Next()
            .EndRefund("c", Given.Payment(PaymentStatus.PartiallyRefunded), Given.PaymentWindow, Given.Now);
        Assert.Equal(OrderStatus.Shipped, rest.State.Status);
        Assert.True(Assert.Single(rest.Events.OfType<OrderShipped>()).RestCancelled);
    }

    [Fact]
    public void a_full_refund_gives_back_only_what_was_not_shipped()
    {
        var refunded = Confirmed.Ship(Parcel(1, new LineUnits("MUG", 1)), Given.Now).Next()
            .Apply(Given.Payment(PaymentStatus.Refunded), Given.PaymentWindow, Given.Now).Next();

        Assert.Equal(OrderStatus.Refunded, refunded.Status);
        Assert.Equal(
            [Moved("MUG", 1, 1, 0), Moved("SPOON", 0, 1, 0)], refunded.StockMoves);
        Assert.Equal(
            OrderStatus.Shipped, refunded.Apply(Given.Payment(PaymentStatus.Captured), Given.PaymentWindow, Given.Now).Next().Status);
    }

    private static StockMove Moved(string sku, int sold, int cancelled, int restocked) =>
        Given.Moved(sku, new ReservationSettlement(sold, cancelled, restocked));

    private static ShipUnits Parcel(int id, params LineUnits[] lines) =>
        new(Given.Id(id), "DHL", $"JD{id}", lines.Length == 0 ? null : [.. lines]);

    private static CancelUnits Cancellation(string id, params LineUnits[] lines) => new(id, [.. lines], "changed my mind");
}

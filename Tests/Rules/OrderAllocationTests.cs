using SoonShop.Fulfilment;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Tests.Rules;

/// <summary>Two mugs and a spoon: one mug is in Berlin, the other units are in Bonn.</summary>
public sealed class OrderAllocationTests
{
    private static readonly OrderState Confirmed = (Given.OrderThatIs(OrderStatus.Confirmed) with { SellsWhenShipped = true })
        .Route([new RoutedUnits("MUG", "berlin", 1), new RoutedUnits("MUG", "bonn", 1), new RoutedUnits("SPOON", "bonn", 1)]);

    [Fact]
    public void each_routing_has_reservations_of_its_own()
    {
        var order = Given.OrderThatIs(OrderStatus.Pending);
        for (var number = 0; number < OrderState.MaxRoutings; number++)
        {
            order = order.Route([new RoutedUnits("MUG", "berlin", 2), new RoutedUnits("SPOON", "bonn", 1)]);
            Assert.Equal(number + 1, order.Routings);
            Assert.All(order.Allocations!.Value, a => Assert.Equal(new ReservationId(order.Id, number), a.ReservationOf(order.Id)));
        }
    }

    [Fact]
    public void a_cancelled_order_holds_nothing_anywhere() =>
        Assert.Null(Confirmed.Cancel(null, Given.Now).Next().ToView(Shop).Allocations);

    [Fact]
    public void a_parcel_takes_the_units_of_its_location()
    {
        var first = Confirmed.Ship(Parcel(1, "bonn"), Given.Now).Next();
        var second = first.Ship(Parcel(2, null), Given.Now).Next();

        Assert.Equal([new LineUnits("MUG", 1), new LineUnits("SPOON", 1)], first.Parcels[0].Lines!.Value);
        Assert.Equal([Move("MUG", "bonn", 1, 0), Move("SPOON", "bonn", 1, 0)], first.StockMoves);
        Assert.Equal((OrderStatus.Shipped, "berlin"), (second.Status, second.Parcels[1].Location));
        Assert.Equal([Move("MUG", "berlin", 1, 0), Move("MUG", "bonn", 1, 0), Move("SPOON", "bonn", 1, 0)], second.StockMoves);
    }

    [Fact]
    public void the_location_of_a_parcel_is_found_by_its_units_or_asked_for()
    {
        Assert.Contains("location", Confirmed.Ship(Parcel(1, null), Given.Now).Error!.Errors!.Keys);
        Assert.Contains("location", Confirmed.Ship(Parcel(1, null, new LineUnits("MUG", 1)), Given.Now).Error!.Errors!.Keys);
        Assert.Equal("bonn", Confirmed.Ship(Parcel(1, null, new LineUnits("SPOON", 1)), Given.Now).Next().Parcels[0].Location);
        Assert.Equal(ErrorCode.Conflict, Confirmed.Ship(Parcel(1, null, new LineUnits("MUG", 2)), Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, Confirmed.Ship(Parcel(1, "berlin", new LineUnits("SPOON", 1)), Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, Confirmed.Ship(Parcel(1, "cologne"), Given.Now).Error?.Code);
    }

    [Fact]
    public void an_order_that_was_not_routed_is_at_the_default_location()
    {
        var plain = Given.OrderThatIs(OrderStatus.Confirmed) with { SellsWhenShipped = true };
        Assert.Equal(OrderStatus.Shipped, plain.Ship(Parcel(1, Location.DefaultId), Given.Now).Next().Status);
        Assert.Equal(ErrorCode.Conflict, plain.Ship(Parcel(1, "berlin"), Given.Now).Error?.Code);
    }

    [Fact]
    public void cancelled_units_come_back_where_they_are_left()
    {
        var asked = Confirmed.CancelUnits(new CancelUnits("c", [new LineUnits("MUG", 2)], null), Given.Now).Next();
        var cancelled = asked.EndRefund(
            "c", Given.Payment(PaymentStatus.PartiallyRefunded, 2000), Given.PaymentWindow, Given.Now).Next();

        Assert.Equal([Move("MUG", "berlin", 0, 1), Move("MUG", "bonn", 0, 1)], cancelled.StockMoves);
        Assert.Equal([new AllocatedUnits("SPOON", "bonn", 1)], cancelled.ToView(Shop).Allocations!.Value);
    }

    [Fact]
    public void a_full_refund_gives_back_what_is_not_shipped_everywhere()
    {
        var refunded = Confirmed.Ship(Parcel(1, "berlin"), Given.Now).Next()
            .Apply(Given.Payment(PaymentStatus.Refunded), Given.PaymentWindow, Given.Now).Next();
        Assert.Equal(OrderStatus.Refunded, refunded.Status);
        Assert.Equal([Move("MUG", "berlin", 1, 0), Move("MUG", "bonn", 0, 1), Move("SPOON", "bonn", 0, 1)], refunded.StockMoves);
    }

    [Fact]
    public void units_move_after_the_other_location_has_reserved_them()
    {
        var begun = Confirmed.BeginMove(Moving(1, "SPOON", "bonn", "berlin"), Given.Now).Next();
        Assert.Empty(begun.StockMoves);
        Assert.Equal(1, begun.UnitsToShip(new LineUnits("SPOON", 1)));
        Assert.Equal([new AllocatedUnits("SPOON", "bonn", 1)], begun.ToView(Shop).Allocations!.Value.Where(a => a.Sku == "SPOON"));

        var moved = begun.EndMove(begun.OpenMove!, Given.Now).Next();
        Assert.Equal([Move("SPOON", "bonn", 0, 1)], moved.StockMoves);
        Assert.Equal([new AllocatedUnits("SPOON", "berlin", 1)], moved.ToView(Shop).Allocations!.Value.Where(a => a.Sku == "SPOON"));
        Assert.False(moved.BeginMove(Moving(1, "SPOON", "bonn", "berlin"), Given.Now).Changed);

        // And back: a reservation of its own, because that of the first routing has ended.
        var again = moved.BeginMove(Moving(2, "SPOON", "berlin", "bonn"), Given.Now).Next();
        Assert.Equal(new ReservationId(Confirmed.Id, 2), again.OpenMove!.ReservationOf(Confirmed.Id));
        // A refused move leaves everything as it was, and its number is not used again.
        var dropped = begun.DropMove(begun.OpenMove!).Next();
        Assert.Empty(dropped.StockMoves);
        Assert.Equal([new AllocatedUnits("SPOON", "bonn", 1)], dropped.ToView(Shop).Allocations!.Value.Where(a => a.Sku == "SPOON"));
        Assert.Equal(2, dropped.BeginMove(Moving(1, "SPOON", "bonn", "berlin"), Given.Now).Next().OpenMove!.Number);
    }

    [Fact]
    public void a_move_whose_units_are_gone_gives_the_new_reservation_back()
    {
        var begun = Confirmed.BeginMove(Moving(1, "SPOON", "bonn", "berlin"), Given.Now).Next();
        var refunded = begun.Apply(Given.Payment(PaymentStatus.Refunded), Given.PaymentWindow, Given.Now).Next();
        var ended = refunded.EndMove(refunded.OpenMove!, Given.Now).Next();
        Assert.Contains(new StockMove(new StockKey("SPOON", "berlin"), new ReservationId(ended.Id, 1), new(0, 1, 0)), ended.StockMoves);
        Assert.Null(ended.OpenMove);
    }

    [Fact]
    public void only_units_that_are_left_at_a_location_move()
    {
        Assert.Equal(ErrorCode.Conflict, Confirmed.BeginMove(Moving(1, "SPOON", "berlin", "bonn"), Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, Confirmed.BeginMove(Moving(1, "MUG", "bonn", "berlin", 2), Given.Now).Error?.Code);
        Assert.Contains("to", Confirmed.BeginMove(Moving(1, "MUG", "bonn", "bonn"), Given.Now).Error!.Errors!.Keys);
        Assert.Contains("sku", Confirmed.BeginMove(Moving(1, "FORK", "bonn", "berlin"), Given.Now).Error!.Errors!.Keys);
        Assert.Equal(
            ErrorCode.InvalidOrderState,
            Given.OrderThatIs(OrderStatus.Pending).BeginMove(Moving(1, "MUG", "bonn", "berlin"), Given.Now).Error?.Code);
        Assert.Equal(
            ErrorCode.Conflict,
            (Confirmed with { SellsWhenShipped = false }).BeginMove(Moving(1, "MUG", "bonn", "berlin"), Given.Now).Error?.Code);
    }

    [Fact]
    public void units_of_an_order_that_was_not_routed_move_from_the_default_location()
    {
        var plain = Given.OrderThatIs(OrderStatus.Confirmed) with { SellsWhenShipped = true };
        var begun = plain.BeginMove(Moving(1, "MUG", Location.DefaultId, "berlin"), Given.Now).Next();
        var moved = begun.EndMove(begun.OpenMove!, Given.Now).Next();
        Assert.Equal([Given.Moved("MUG", new ReservationSettlement(0, 1, 0))], moved.StockMoves);
    }

    [Fact]
    public void returned_units_go_back_to_the_location_that_shipped_them_or_to_a_named_one()
    {
        var shipped = Confirmed.Ship(Parcel(1, "bonn"), Given.Now).Next().Ship(Parcel(2, "berlin"), Given.Now).Next();
        var received = Received(shipped, 1, new ReceivedUnits("SPOON", 1, 0, 0, 1));
        Assert.Equal(
            [(new StockKey("SPOON", "bonn"), new RestockUnits(Given.Id(1), shipped.Id, 1))], received.Restocks);
        Assert.False(received.ReceiveReturn(Given.Id(1), [new ReceivedUnits("SPOON", 1, 0, 0, 1)], Given.Now).Changed);

        var other = Received(shipped, 2, new ReceivedUnits("MUG", 1, 0, 0, 1) { Location = "cologne" });
        Assert.Equal([(new StockKey("MUG", "cologne"), new RestockUnits(Given.Id(2), shipped.Id, 1))], other.Restocks);
        // Restocked units do not go through the reservation, too.
        Assert.All(other.StockMoves, m => Assert.Equal(0, m.InAll.Restocked));
    }

    [Fact]
    public void buyers_do_not_see_locations()
    {
        var shipped = Received(Confirmed.Ship(Parcel(1, "bonn"), Given.Now).Next(), 1, new ReceivedUnits("SPOON", 1, 0, 0, 1));
        var (seen, known) = (shipped.ToView(), shipped.ToView(Shop));
        Assert.Equal(
            (null, null, null, null),
            (seen.Allocations, seen.Shipment!.Location, seen.Shipments[0].Location, seen.Returns[0].Received!.Value[0].Location));
        Assert.Equal(
            ("bonn", "bonn", "bonn"),
            (known.Shipment!.Location, known.Shipments[0].Location, known.Returns[0].Received!.Value[0].Location));
        Assert.Equal([new AllocatedUnits("MUG", "berlin", 1)], known.Allocations!.Value);
    }

    private static Caller Shop { get; } = new(null, null, IsAdmin: true);

    private static OrderState Received(OrderState order, int id, ReceivedUnits units) => order
        .RequestReturn(
            new RequestReturn(Given.Id(id), [new ReturnLine(units.Sku, units.Good + units.Damaged + units.Missing, "other")], null),
            new ReturnsOptions(), byShop: true, Given.Now).Next()
        .DecideReturn(Given.Id(id), approved: true, null, Given.Now).Next()
        .ReceiveReturn(Given.Id(id), [units], Given.Now).Next();

    private static StockMove Move(string sku, string location, int sold, int cancelled) =>
        new(new StockKey(sku, location), Confirmed.Id, new ReservationSettlement(sold, cancelled, 0));

    private static MoveUnits Moving(int id, string sku, string from, string to, int units = 1) => new(Given.Id(id), sku, units, from, to);

    private static ShipUnits Parcel(int id, string? location, params LineUnits[] lines) =>
        new(Given.Id(id), "DHL", $"JD{id}", lines.Length == 0 ? null : [.. lines]) { Location = location };
}

using SoonShop.Inventory;

namespace SoonShop.Tests.Rules;

public sealed class ReservationsTests
{
    private const int Capacity = 20_000;

    private static readonly RecordedMovement Reserved = new("1/reserve", StockMovementKind.Reservation, 3);
    private static readonly RecordedMovement Sold = new("1/settle", StockMovementKind.Sale, -3);
    private static readonly RecordedMovement Released = new("1/settle", StockMovementKind.Release, -3);
    private static readonly RecordedMovement Returned = new("1/return", StockMovementKind.Return, 3);

    [Fact]
    public void the_ledger_tells_how_far_a_reservation_is()
    {
        Assert.Equal((0, ReservationStage.Unknown), Read());
        Assert.Equal((3, ReservationStage.Reserved), Read(Reserved));
        Assert.Equal((3, ReservationStage.Sold), Read(Reserved, Sold));
        Assert.Equal((3, ReservationStage.Released), Read(Reserved, Released));
        Assert.Equal((3, ReservationStage.Returned), Read(Reserved, Sold, Returned));
    }

    [Fact]
    public void units_that_came_back_in_parts_add_up()
    {
        var reservation = Reservations.FromLedger(
            [Reserved, Sold, new("1/return", StockMovementKind.Return, 1), new("1/return/2", StockMovementKind.Return, 1)]);

        Assert.Equal(
            (ReservationStage.Returned, 3, 2, 2), (reservation.Stage, reservation.Units, reservation.Returned, reservation.Returns));
    }

    [Fact]
    public void the_first_return_has_the_operation_that_the_last_version_knows()
    {
        var id = Given.Id(7);

        Assert.Equal($"{id:N}/return", Reservations.ReturnOperation(id));
        Assert.Equal([$"{id:N}/return/2", $"{id:N}/return/3"], Reservations.NextReturnOperations(id, 1)[..2]);
    }

    [Fact]
    public void the_order_of_the_ledgers_rows_does_not_matter() =>
        Assert.Equal((3, ReservationStage.Returned), Read(Returned, Sold, Reserved));

    [Fact]
    public void sale_and_release_take_the_same_operation_and_no_other_does()
    {
        var id = Given.Id(7);

        Assert.Equal(
            3, new[] { Reservations.ReserveOperation(id), Reservations.SettleOperation(id), Reservations.ReturnOperation(id) }
                .Distinct().Count());
        Assert.NotEqual(Reservations.SettleOperation(id), Reservations.SettleOperation(Given.Id(8)));
    }

    [Fact]
    public void the_newest_word_counts()
    {
        var reservations = new Reservations();

        reservations.Set(Given.Id(1), At(ReservationStage.Reserved));
        reservations.Set(Given.Id(1), At(ReservationStage.Sold));

        Assert.Equal(ReservationStage.Sold, reservations.Find(Given.Id(1))?.Stage);
        Assert.Null(reservations.Find(Given.Id(2)));
    }

    [Fact]
    public void the_oldest_makes_room()
    {
        var reservations = new Reservations();

        for (var i = 0; i <= Capacity; i++)
            reservations.Set(Given.Id(i), At(ReservationStage.Reserved));

        Assert.Null(reservations.Find(Given.Id(0)));
        Assert.NotNull(reservations.Find(Given.Id(1)));
        Assert.NotNull(reservations.Find(Given.Id(Capacity)));
    }

    [Fact]
    public void few_ended_reservations_are_kept_and_all_open_ones()
    {
        var reservations = new Reservations();
        reservations.Set(Given.Id(0), At(ReservationStage.Reserved));

        for (var i = 1; i <= Capacity; i++)
        {
            reservations.Set(Given.Id(i), At(ReservationStage.Reserved));
            reservations.Set(Given.Id(i), At(i % 2 == 0 ? ReservationStage.Sold : ReservationStage.Released));
        }

        Assert.InRange(reservations.Count, 2, 300);
        Assert.NotNull(reservations.Find(Given.Id(0)));
        Assert.NotNull(reservations.Find(Given.Id(Capacity)));
        Assert.Null(reservations.Find(Given.Id(1)));
    }

    [Fact]
    public void an_ended_reservation_that_is_not_written_yet_is_kept()
    {
        var reservations = new Reservations();
        reservations.Set(Given.Id(0), new Reservation(1, ReservationStage.Sold, new TaskCompletionSource().Task));

        for (var i = 1; i <= 1000; i++)
            reservations.Set(Given.Id(i), At(ReservationStage.Sold));

        Assert.Equal(ReservationStage.Sold, reservations.Find(Given.Id(0))?.Stage);
    }

    /// <summary>Its sale may not be written yet: the ledger would still tell of a reservation.</summary>
    [Fact]
    public void what_is_not_written_yet_is_not_forgotten()
    {
        var reservations = new Reservations();
        for (var i = 0; i < Capacity; i++)
            reservations.Set(Given.Id(i), At(ReservationStage.Reserved));

        var written = new TaskCompletionSource();
        reservations.Set(Given.Id(0), new Reservation(1, ReservationStage.Sold, written.Task));
        reservations.Set(Given.Id(Capacity), At(ReservationStage.Reserved));

        Assert.Equal(ReservationStage.Sold, reservations.Find(Given.Id(0))?.Stage);
    }

    private static Reservation At(ReservationStage stage) => new(1, stage, Task.CompletedTask);

    private static (int, ReservationStage) Read(params RecordedMovement[] rows)
    {
        var reservation = Reservations.FromLedger(rows);
        Assert.True(reservation.Written.IsCompletedSuccessfully);
        return (reservation.Units, reservation.Stage);
    }
}

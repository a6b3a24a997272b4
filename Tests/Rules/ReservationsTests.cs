using SoonShop.Inventory;

namespace SoonShop.Tests.Rules;

public sealed class ReservationsTests
{
    private const int Capacity = 2_000;

    private static readonly RecordedMovement Reserved = new("1/reserve", StockMovementKind.Reservation, 3);
    private static readonly RecordedMovement Sold = new("1/settle", StockMovementKind.Sale, -3);
    private static readonly RecordedMovement Released = new("1/settle", StockMovementKind.Release, -3);
    private static readonly RecordedMovement Returned = new("1/return", StockMovementKind.Return, 3);

    [Fact]
    public void the_ledger_tells_how_far_a_reservation_is()
    {
        Assert.Null(Reservations.FromLedger([]));
        Assert.Equal((3, 3, false, false), Read(Reserved));
        Assert.Equal((3, 0, true, false), Read(Reserved, Sold));
        Assert.Equal((3, 0, false, true), Read(Reserved, Released));
        Assert.Equal((3, 0, true, true), Read(Reserved, Sold, Returned));
        Assert.Equal((0, 0, false, true), Read(Reserved with { Delta = 0 }, Released with { Delta = 0 }));
        // A release that crashed between its two rows.
        Assert.Equal((0, 0, false, true), Read(Reserved with { Delta = 0 }));
    }

    [Fact]
    public void units_that_came_back_in_parts_add_up()
    {
        var reservation = Reservations.FromLedger(
            [Reserved, Sold, new("1/return", StockMovementKind.Return, 1), new("1/return/2", StockMovementKind.Return, 1)])!;

        Assert.Equal((3, 3, 2, 2), (reservation.Units, reservation.Sold, reservation.Returned, reservation.Returns));
    }

    [Fact]
    public void units_that_are_sold_and_released_in_parts_add_up()
    {
        var reservation = Reservations.FromLedger(
        [
            Reserved, new("1/settle", StockMovementKind.Sale, -1), new("1/settle/2", StockMovementKind.Release, -1),
        ])!;

        Assert.Equal((1, 1, 1, 2), (reservation.Sold, reservation.Released, reservation.Reserved, reservation.Settlements));
        Assert.False(reservation.IsCommitted || reservation.IsReleased);
    }

    [Fact]
    public void the_first_operation_is_the_one_that_the_last_version_knows_and_only_what_may_follow_is_looked_for()
    {
        var id = Given.Id(7);

        Assert.Equal(($"{id:N}/return", $"{id:N}/settle"), (Reservations.ReturnOperation(id), Reservations.SettleOperation(id)));
        Assert.Empty(Reservations.NextOperations(id, Reservations.FromLedger([Reserved])!));
        Assert.Empty(Reservations.NextOperations(id, Reservations.FromLedger([Reserved, Sold])!));
        Assert.Empty(Reservations.NextOperations(id, Reservations.FromLedger([Reserved, Sold, Returned])!));
        Assert.Equal(
            [$"{id:N}/return/2", $"{id:N}/return/3"],
            Reservations.NextOperations(id, Reservations.FromLedger([Reserved, Sold, Returned with { Delta = 1 }])!)[..2]);
        Assert.Equal(
            [$"{id:N}/settle/2", $"{id:N}/settle/3"],
            Reservations.NextOperations(id, Reservations.FromLedger([Reserved, Sold with { Delta = -1 }])!)[..2]);
    }

    [Fact]
    public void the_order_of_the_ledgers_rows_does_not_matter() => Assert.Equal((3, 0, true, true), Read(Returned, Sold, Reserved));

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

        reservations.Set(Given.Id(1), Open);
        reservations.Set(Given.Id(1), Ended);

        Assert.Equal(1, reservations.Find(Given.Id(1))?.Sold);
        Assert.Null(reservations.Find(Given.Id(2)));
    }

    [Fact]
    public void the_oldest_makes_room()
    {
        var reservations = new Reservations();

        for (var i = 0; i <= Capacity; i++)
            reservations.Set(Given.Id(i), Open);

        Assert.Null(reservations.Find(Given.Id(0)));
        Assert.NotNull(reservations.Find(Given.Id(1)));
        Assert.NotNull(reservations.Find(Given.Id(Capacity)));
    }

    [Fact]
    public void few_ended_reservations_are_kept_and_all_open_ones()
    {
        var reservations = new Reservations();
        reservations.Set(Given.Id(0), Open);

        for (var i = 1; i <= Capacity; i++)
        {
            reservations.Set(Given.Id(i), Open);
            reservations.Set(Given.Id(i), i % 2 == 0 ? Ended : Open with { Released = 1, Settlements = 1 });
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
        reservations.Set(Given.Id(0), Ended with { Written = new TaskCompletionSource().Task });

        for (var i = 1; i <= 1000; i++)
            reservations.Set(Given.Id(i), Ended);

        Assert.Equal(1, reservations.Find(Given.Id(0))?.Sold);
    }

    /// <summary>Its sale may not be written yet: the ledger would still tell of a reservation.</summary>
    [Fact]
    public void what_is_not_written_yet_is_not_forgotten()
    {
        var reservations = new Reservations();
        for (var i = 0; i < Capacity; i++)
            reservations.Set(Given.Id(i), Open);

        var written = new TaskCompletionSource();
        reservations.Set(Given.Id(0), Ended with { Written = written.Task });
        reservations.Set(Given.Id(Capacity), Open);

        Assert.Equal(1, reservations.Find(Given.Id(0))?.Sold);
    }

    private static Reservation Open { get; } = new(1, Task.CompletedTask);

    private static Reservation Ended { get; } = Open with { Sold = 1, Settlements = 1 };

    private static (int Units, int Reserved, bool IsCommitted, bool IsReleased) Read(params RecordedMovement[] rows)
    {
        var reservation = Reservations.FromLedger(rows)!;
        Assert.True(reservation.Written.IsCompletedSuccessfully);
        return (reservation.Units, reservation.Reserved, reservation.IsCommitted, reservation.IsReleased);
    }
}

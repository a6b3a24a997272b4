using SoonShop.Counters;

namespace SoonShop.Tests.Rules;

public sealed class ReservationProtocolTests
{
    private readonly FakeCounter counter = new();
    private readonly ReservationProtocol<int, Booking> protocol;

    public ReservationProtocolTests() => protocol = new ReservationProtocol<int, Booking>(counter, new ReservationCache<Booking>());

    [Fact]
    public async Task a_reservation_is_committed_and_given_back_once_each()
    {
        for (var i = 0; i < 3; i++)
            Assert.False((await protocol.ReserveAsync(Given.Id(1), 2, repeated: false)).IsError);
        for (var i = 0; i < 3; i++)
            Assert.False((await protocol.CommitAsync(Given.Id(1))).IsError);
        for (var i = 0; i < 3; i++)
            await protocol.ReleaseAsync(Given.Id(1));
        Assert.False((await protocol.CommitAsync(Given.Id(1))).IsError);
        Assert.Equal(["reserve 2", "commit 2", "release 2"], counter.Steps);
    }

    [Fact]
    public async Task a_repetition_looks_into_the_ledger_and_a_first_call_does_not()
    {
        counter.Ledger[Given.Id(1)] = new Booking(2, false, false, Task.CompletedTask);
        Assert.False((await protocol.ReserveAsync(Given.Id(1), 2, repeated: true)).IsError);
        Assert.Equal([], counter.Steps);
        Assert.False((await protocol.ReserveAsync(Given.Id(2), 2, repeated: false)).IsError);
        Assert.Equal((1, "reserve 2"), (counter.Reads, Assert.Single(counter.Steps)));
    }

    [Fact]
    public async Task a_reservation_that_was_released_or_never_made_is_not_committed()
    {
        Assert.Equal(ErrorCode.Conflict, (await protocol.CommitAsync(Given.Id(1))).Error?.Code);
        await protocol.ReserveAsync(Given.Id(2), 1, repeated: false);
        await protocol.ReleaseAsync(Given.Id(2));
        Assert.Equal(ErrorCode.Conflict, (await protocol.CommitAsync(Given.Id(2))).Error?.Code);
    }

    [Fact]
    public async Task a_reservation_that_comes_after_its_release_is_refused()
    {
        await protocol.ReleaseAsync(Given.Id(1));
        Assert.Equal(ErrorCode.Conflict, (await protocol.ReserveAsync(Given.Id(1), 1, repeated: false)).Error?.Code);
        Assert.Equal(["reserve 0", "release 0"], counter.Steps);
    }

    [Fact]
    public async Task copies_that_wait_for_the_same_write_reserve_once()
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        counter.Blocker = written.Task;
        // As in a grain: the calls interleave at each await, and never run at the same time.
        var copies = await Task.Factory.StartNew(
            () => Enumerable.Range(0, 5).Select(_ => protocol.ReserveAsync(Given.Id(1), 1, repeated: false)).ToArray(),
            TestContext.Current.CancellationToken, TaskCreationOptions.None, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);
        counter.Blocker = null;
        written.SetResult();
        Assert.All(await Task.WhenAll(copies), answer => Assert.False(answer.IsError));
        Assert.Equal(["reserve 1"], counter.Steps);
    }

    [Fact]
    public async Task a_step_waits_so_often_and_no_longer()
    {
        counter.Blocker = Task.CompletedTask;
        await Assert.ThrowsAsync<UnavailableException>(() => protocol.ReserveAsync(Given.Id(1), 1, repeated: false));
        Assert.Equal(ReservationProtocol<int, Booking>.MaxWaits + 1, counter.Attempts);
    }

    [Fact]
    public async Task nobody_is_answered_before_the_write()
    {
        var written = new TaskCompletionSource();
        counter.Write = written.Task;
        Task[] answers =
        [
            protocol.ReserveAsync(Given.Id(1), 1, repeated: false), protocol.ReserveAsync(Given.Id(1), 1, repeated: true),
            protocol.CommitAsync(Given.Id(1)),
        ];
        Assert.DoesNotContain(answers, answer => answer.IsCompleted);
        written.SetResult();
        await Task.WhenAll(answers);
    }

    internal sealed record Booking(int Units, bool IsCommitted, bool IsReleased, Task Written) : IReservation;

    /// <summary>Notes its steps. Writes and reads end when the test says.</summary>
    private sealed class FakeCounter : IReservationCounter<int, Booking>
    {
        public Dictionary<ReservationId, Booking> Ledger { get; } = [];

        public List<string> Steps { get; } = [];

        public int Reads { get; private set; }

        public int Attempts { get; private set; }

        public Task? Blocker { get; set; }

        public Task Write { get; set; } = Task.CompletedTask;

        public ErrorText InDemand => ErrorText.Untranslated("busy");

        public Task<Booking?> ReadAsync(ReservationId id)
        {
            Reads++;
            return Task.FromResult(Ledger.GetValueOrDefault(id));
        }

        public ReservationStep<Booking> Reserve(ReservationId id, int units)
        {
            Attempts++;
            return Blocker is not null ? ReservationStep<Booking>.After(Blocker) : ReservationStep<Booking>.To(Reserve(units));
        }

        public Booking ReserveNothing(ReservationId id) => Reserve(0);

        public Booking Commit(ReservationId id, Booking booking)
        {
            Steps.Add($"commit {booking.Units}");
            return booking with { IsCommitted = true, Written = Write };
        }

        public ReservationStep<Booking> Release(ReservationId id, Booking booking)
        {
            if (booking.IsReleased)
                return ReservationStep<Booking>.To(booking);
            Steps.Add($"release {booking.Units}");
            return ReservationStep<Booking>.To(booking with { IsReleased = true, Written = Write });
        }

        private Booking Reserve(int units)
        {
            Steps.Add($"reserve {units}");
            return new Booking(units, false, false, Write);
        }
    }
}

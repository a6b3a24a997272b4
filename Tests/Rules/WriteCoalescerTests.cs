using System.Threading.Channels;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Inventory;

namespace SoonShop.Tests.Rules;

public sealed class WriteCoalescerTests
{
    private readonly FakeDatabase database = new();
    private readonly WriteCoalescer writes;

    public WriteCoalescerTests() => writes = new WriteCoalescer(new StockState(100_000, 0, 5, 0), database.WriteAsync);

    [Fact]
    public async Task nobody_is_answered_before_the_write()
    {
        var answer = Reserve();
        var write = await database.NextAsync();

        Assert.False(answer.IsCompleted);
        write.Succeed();
        await answer;
    }

    [Fact]
    public async Task what_comes_during_a_write_shares_the_next()
    {
        var first = Reserve();
        var firstWrite = await database.NextAsync();
        Task[] later = [Reserve(), Reserve(), Reserve()];
        Assert.Equal(4, writes.Pending.Reserved);

        firstWrite.Succeed();
        await first;
        var secondWrite = await database.NextAsync();
        Assert.DoesNotContain(later, t => t.IsCompleted);
        secondWrite.Succeed();
        await Task.WhenAll(later);

        Assert.Equal([1], firstWrite.Sequences);
        Assert.Equal([2, 3, 4], secondWrite.Sequences);
        Assert.Equal((1, 4), (firstWrite.State.Reserved, secondWrite.State.Reserved));
        Assert.Equal(["MUG-2", "MUG-3", "MUG-4"], secondWrite.Events.Cast<InventoryOutOfStock>().Select(e => e.Sku));
    }

    [Fact]
    public async Task a_write_holds_at_most_five_hundred_movements_and_the_order_is_kept()
    {
        Task[] answers = [.. Enumerable.Range(0, 1201).Select(_ => Reserve())];
        var sequences = new List<long>();
        var sizes = new List<int>();
        while (sequences.Count < answers.Length)
        {
            var write = await database.NextAsync();
            Assert.Equal(write.Sequences[^1], write.State.Movements);
            (sequences, sizes) = ([.. sequences, .. write.Sequences], [.. sizes, write.Sequences.Length]);
            write.Succeed();
        }
        await Task.WhenAll(answers);

        Assert.Equal([1, 500, 500, 200], sizes);
        Assert.Equal(Enumerable.Range(1, 1201).Select(i => (long)i), sequences);
    }

    [Fact]
    public async Task a_failed_write_fails_all_that_was_decided_since()
    {
        var first = Reserve();
        var write = await database.NextAsync();
        Task[] later = [.. Enumerable.Range(0, 600).Select(_ => Reserve())];

        write.Fail();

        await Assert.ThrowsAsync<TimeoutException>(() => first);
        foreach (var answer in later)
            Assert.IsType<TimeoutException>((await Assert.ThrowsAsync<UnavailableException>(() => answer)).InnerException);
        await Assert.ThrowsAsync<UnavailableException>(Reserve);
        Assert.False(database.HasNext);
    }

    [Fact]
    public async Task what_was_written_before_a_failure_stands()
    {
        var first = Reserve();
        var write = await database.NextAsync();
        var second = Reserve();
        write.Succeed();
        await first;

        (await database.NextAsync()).Fail();

        await Assert.ThrowsAsync<TimeoutException>(() => second);
        Assert.True(first.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task too_long_a_queue_turns_away_and_leaves_no_trace()
    {
        var first = Reserve();
        var write = await database.NextAsync();
        var waiting = Enumerable.Range(0, 10_000).Select(_ => Reserve()).ToArray();
        var decided = writes.Pending;

        await Assert.ThrowsAsync<UnavailableException>(Reserve);

        Assert.Same(decided, writes.Pending);
        write.Succeed();
        await first;
        while (waiting.Any(w => !w.IsCompleted))
        {
            (write = await database.NextAsync()).Succeed();
            await waiting[write.Sequences[^1] - 2];
        }
        Assert.All(waiting, w => Assert.True(w.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task a_change_without_a_movement_is_written_too()
    {
        var answer = writes.AddAsync(writes.Pending with { LowStockThreshold = 9 }, []);
        var write = await database.NextAsync();
        write.Succeed();
        await answer;

        Assert.Equal((9, 0), (write.State.LowStockThreshold, write.Sequences.Length));
    }

    private Task Reserve()
    {
        var decision = writes.Pending.Reserve(1);
        var number = decision.State.Movements;
        return writes.AddAsync(
            decision.State, [new InventoryOutOfStock($"MUG-{number}")],
            decision.ToLedgerRow(new StockKey("MUG", Location.DefaultId), $"{number}", Given.Now));
    }

    /// <summary>Writes end when, and how, the test says.</summary>
    private sealed class FakeDatabase
    {
        private readonly Channel<Write> begun = Channel.CreateUnbounded<Write>();

        public bool HasNext => begun.Reader.TryPeek(out _);

        public Task WriteAsync(StockState state, List<IShopEvent> events, List<LedgerRow> rows)
        {
            var write = new Write(state, [.. events], [.. rows.Select(r => r.Sequence)]);
            begun.Writer.TryWrite(write);
            return write.Done;
        }

        public async Task<Write> NextAsync() =>
            await begun.Reader.ReadAsync(TestContext.Current.CancellationToken)
                .AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private sealed record Write(StockState State, ImmutableArray<IShopEvent> Events, ImmutableArray<long> Sequences)
    {
        private readonly TaskCompletionSource done = new();

        public Task Done => done.Task;

        public void Succeed() => done.SetResult();

        public void Fail() => done.SetException(new TimeoutException());
    }
}

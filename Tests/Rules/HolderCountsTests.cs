using SoonShop.Pricing;

namespace SoonShop.Tests.Rules;

public sealed class HolderCountsTests
{
    private readonly Dictionary<string, long> ledger = new() { ["ada"] = 3 };
    private readonly List<(string[] Holders, TaskCompletionSource Allowed)> reads = [];

    private HolderCounts Counts(int capacity = 100) => new(
        async holders =>
        {
            var read = (holders, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            reads.Add(read);
            await read.Item2.Task;
            return [.. holders.Select(holder => ledger.GetValueOrDefault(holder))];
        }, capacity);

    private async Task EndReadAsync(Task read, int number)
    {
        reads[number].Allowed.SetResult();
        await read;
    }

    private async Task<HolderCounts> KnownAsync(int capacity, params string[] holders)
    {
        var counts = Counts(capacity);
        foreach (var holder in holders)
            await EndReadAsync(counts.ReadMissing([holder])!, reads.Count - 1);
        return counts;
    }

    private static PromotionHolderRow Row(string holder, long usesAfter) => new("summer", holder, 1, usesAfter);

    /// <summary>Runs a test as in a grain, whose turns come one after the other.</summary>
    private static Task OnOneSchedulerAsync(Func<Task> test) => Task.Factory.StartNew(
        test, TestContext.Current.CancellationToken, TaskCreationOptions.None, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler)
        .Unwrap();

    [Fact]
    public Task a_count_comes_from_the_ledger_once() => OnOneSchedulerAsync(async () =>
    {
        var counts = await KnownAsync(100, "ada", "bob");
        Assert.Null(counts.ReadMissing(["ada", "bob"]));
        Assert.Equal((3, 3, 0), (counts.Pending("ada"), counts.Committed("ada"), counts.Pending("bob")));
        Assert.Equal(2, reads.Count);
    });

    [Fact]
    public Task those_who_wait_for_the_same_holder_share_the_read() => OnOneSchedulerAsync(async () =>
    {
        var counts = Counts();
        var (first, second) = (counts.ReadMissing(["ada"])!, counts.ReadMissing(["ada"])!);
        await EndReadAsync(Task.WhenAll(first, second), 0);
        Assert.Equal(["ada"], Assert.Single(reads).Holders);
    });

    [Fact]
    public Task holders_asked_for_during_a_read_share_the_next() => OnOneSchedulerAsync(async () =>
    {
        var counts = Counts();
        var first = counts.ReadMissing(["ada"])!;
        Task[] later = [counts.ReadMissing(["bob"])!, counts.ReadMissing(["cid", "ada"])!];
        await EndReadAsync(first, 0);
        while (reads.Count < 2)
            await Task.Yield();
        Assert.DoesNotContain(later, task => task.IsCompleted);
        await EndReadAsync(Task.WhenAll(later), 1);
        Assert.Equal(["bob", "cid"], reads[1].Holders);
        Assert.Null(counts.ReadMissing(["ada", "bob", "cid"]));
    });

    [Fact]
    public Task a_failed_read_is_made_again_by_the_next_who_asks() => OnOneSchedulerAsync(async () =>
    {
        var counts = Counts();
        var failed = counts.ReadMissing(["ada"])!;
        reads[0].Allowed.SetException(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => failed);
        await EndReadAsync(counts.ReadMissing(["ada"])!, 1);
        Assert.Equal(3, counts.Pending("ada"));
    });

    [Fact]
    public Task a_decision_counts_at_once_and_is_committed_with_its_write() => OnOneSchedulerAsync(async () =>
    {
        var counts = await KnownAsync(100, "ada");
        counts.Decide(Row("ada", 4));
        Assert.Equal((4, 3), (counts.Pending("ada"), counts.Committed("ada")));
        counts.Write(Row("ada", 4));
        Assert.Equal((4, 4), (counts.Pending("ada"), counts.Committed("ada")));
    });

    [Fact]
    public Task the_oldest_makes_room_but_for_one_with_unwritten_decisions() => OnOneSchedulerAsync(async () =>
    {
        var counts = await KnownAsync(2, "ada", "bob");
        counts.Decide(Row("ada", 4));
        await EndReadAsync(counts.ReadMissing(["cid"])!, 2);
        Assert.Equal(2, counts.InMemory);
        Assert.Equal((4, 0), (counts.Pending("ada"), counts.Pending("cid")));
        Assert.NotNull(counts.ReadMissing(["bob"]));
    });

    [Fact]
    public Task where_all_have_unwritten_decisions_all_stay() => OnOneSchedulerAsync(async () =>
    {
        var counts = await KnownAsync(1, "ada");
        counts.Decide(Row("ada", 4));
        await EndReadAsync(counts.ReadMissing(["bob"])!, 1);
        Assert.Equal((4, 0), (counts.Pending("ada"), counts.Pending("bob")));
    });
}

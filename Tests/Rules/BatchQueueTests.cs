using SoonShop.Orleans.PostgreSql.Storage;

namespace SoonShop.Tests.Rules;

public sealed class BatchQueueTests
{
    private static readonly BatchLimits Limits = new(MaxItems: 4, MaxBytes: 100, MaxQueued: 8, MaxWait: TimeSpan.FromMinutes(1));

    [Fact]
    public async Task what_arrives_during_a_batch_makes_up_the_next()
    {
        var batches = new Batches(Limits);
        await batches.AddAsync("a");
        var first = await batches.NextAsync();
        await batches.AddAsync("b", "c", "d");
        first.Finish();
        Assert.Equal(["b", "c", "d"], (await batches.NextAsync()).Keys);
    }

    [Fact]
    public async Task a_batch_has_no_more_items_than_allowed()
    {
        var batches = new Batches(Limits);
        await batches.AddAsync("a");
        var first = await batches.NextAsync();
        await batches.AddAsync("b", "c", "d", "e", "f");
        first.Finish();
        var second = await batches.NextAsync();
        Assert.Equal(["b", "c", "d", "e"], second.Keys);
        second.Finish();
        Assert.Equal(["f"], (await batches.NextAsync()).Keys);
    }

    [Fact]
    public async Task a_batch_has_no_more_bytes_than_allowed_unless_one_item_has()
    {
        var batches = new Batches(Limits);
        await batches.AddAsync("a");
        var first = await batches.NextAsync();
        await batches.AddAsync(("b", 60), ("c", 50), ("d", 10), ("huge", 500), ("e", 10));
        first.Finish();
        Assert.Equal(["b"], await batches.NextKeysAsync());
        Assert.Equal(["c", "d"], await batches.NextKeysAsync());
        Assert.Equal(["huge"], await batches.NextKeysAsync());
        Assert.Equal(["e"], await batches.NextKeysAsync());
    }

    [Fact]
    public async Task items_of_one_key_go_one_after_the_other_and_nothing_overtakes_them()
    {
        var batches = new Batches(Limits);
        await batches.AddAsync("x");
        var first = await batches.NextAsync();
        var items = await batches.AddAsync("a", "a", "b", "a");
        first.Finish();
        var second = await batches.NextAsync();
        Assert.Equal([items[0], items[2]], second.Items);
        var late = await batches.AddAsync("a", "c");
        second.Finish();
        var third = await batches.NextAsync();
        Assert.Equal([items[1], late[1]], third.Items);
        third.Finish();
        var fourth = await batches.NextAsync();
        Assert.Equal([items[3]], fourth.Items);
        fourth.Finish();
        Assert.Equal([late[0]], (await batches.NextAsync()).Items);
    }

    [Fact]
    public async Task whoever_finds_the_queue_full_waits_for_room()
    {
        var batches = new Batches(Limits with { MaxQueued = 2 });
        await batches.AddAsync("a");
        var first = await batches.NextAsync();
        await batches.AddAsync("b", "c");
        var waiting = batches.AddAsync("d");
        Assert.False(waiting.IsCompleted);
        first.Finish();
        await waiting;
        Assert.Equal(["b", "c"], (await batches.NextKeysAsync())[..2]);
    }

    [Fact]
    public async Task whoever_waits_for_room_too_long_is_rejected()
    {
        var batches = new Batches(Limits with { MaxQueued = 1, MaxWait = TimeSpan.FromMilliseconds(50) });
        // However long it takes to begin, it is not late itself.
        await batches.Queue.EnqueueAsync(new Item("a", 1) { EnqueuedAtMs = long.MaxValue }, TestContext.Current.CancellationToken);
        await batches.NextAsync();
        await batches.AddAsync("b");
        var late = await batches.AddAsync("c");
        Assert.Contains("does not keep up", await late[0].Rejection, StringComparison.Ordinal);
    }

    [Fact]
    public async Task whoever_is_in_line_too_long_is_rejected()
    {
        var batches = new Batches(Limits);
        await batches.AddAsync("a");
        var first = await batches.NextAsync();
        var late = await batches.AddAsync("b");
        late[0].EnqueuedAtMs -= (long)TimeSpan.FromHours(1).TotalMilliseconds;
        first.Finish();
        Assert.Contains("still in line", await late[0].Rejection, StringComparison.Ordinal);
    }

    [Fact]
    public async Task whoever_has_given_up_is_left_out()
    {
        var batches = new Batches(Limits);
        await batches.AddAsync("a");
        var first = await batches.NextAsync();
        var items = await batches.AddAsync("b", "c");
        items[0].IsSettled = true;
        first.Finish();
        Assert.Equal(["c"], (await batches.NextAsync()).Keys);
    }

    [Fact]
    public async Task stopping_carries_out_what_waits_and_takes_nothing_more()
    {
        var batches = new Batches(Limits);
        await batches.AddAsync("a");
        var first = await batches.NextAsync();
        await batches.AddAsync("b");
        var stopped = batches.Queue.StopAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        var late = await batches.AddAsync("c");
        Assert.Contains("stopped", await late[0].Rejection, StringComparison.Ordinal);
        Assert.False(stopped.IsCompleted);
        first.Finish();
        Assert.Equal(["b"], await batches.NextKeysAsync());
        await stopped;
    }

    [Fact]
    public async Task stopping_that_takes_too_long_aborts_the_batch_and_rejects_the_rest()
    {
        var batches = new Batches(Limits with { MaxItems = 1 });
        await batches.AddAsync("a");
        var first = await batches.NextAsync();
        var rest = await batches.AddAsync("b", "c");
        await batches.Queue.StopAsync(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        Assert.True(first.Aborted);
        foreach (var item in rest)
            Assert.Contains("stopped", await item.Rejection, StringComparison.Ordinal);
    }

    [Fact]
    public async Task items_without_a_key_share_a_batch_in_the_order_in_which_they_came()
    {
        var batches = new Batches(Limits);
        await batches.AddAsync("x");
        var first = await batches.NextAsync();
        var items = await batches.AddAsync("*1", "a", "*1", "*2", "*3");
        first.Finish();
        var second = await batches.NextAsync();
        Assert.Equal(items[..4], second.Items);
        second.Finish();
        Assert.Equal(items[4..], (await batches.NextAsync()).Items);
    }

    private sealed class Item(string key, int bytes) : IBatchItem
    {
        private readonly TaskCompletionSource<string> rejection = new();

        public string Name => key;
        public StateKey? Key { get; } = key.StartsWith('*') ? null : new("state", key);
        public int Bytes => bytes;
        public bool IsSettled { get; set; }
        public long EnqueuedAtMs { get; set; } = Environment.TickCount64;
        public Task<string> Rejection => rejection.Task.WaitAsync(TimeSpan.FromSeconds(30));
        public void Reject(string reason) => rejection.SetResult(reason);
    }

    /// <summary>A batch under way, until the test lets it finish.</summary>
    private sealed class Batch(Item[] items)
    {
        private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Item[] Items => items;
        public string[] Keys => [.. items.Select(i => i.Name)];
        public bool Aborted { get; private set; }
        public void Finish() => done.SetResult();

        public async Task RunAsync(CancellationToken abort)
        {
            try
            {
                await done.Task.WaitAsync(abort);
            }
            catch (OperationCanceledException)
            {
                Aborted = true;
            }
        }
    }

    private sealed class Batches
    {
        private readonly System.Threading.Channels.Channel<Batch> begun = System.Threading.Channels.Channel.CreateUnbounded<Batch>();

        public Batches(BatchLimits limits)
        {
            Queue = new BatchQueue<Item>(limits, (items, abort) =>
            {
                var batch = new Batch([.. items]);
                begun.Writer.TryWrite(batch);
                return batch.RunAsync(abort);
            });
            Queue.Start();
        }

        public BatchQueue<Item> Queue { get; }

        public Task<Item[]> AddAsync(params string[] keys) => AddAsync([.. keys.Select(k => (k, 1))]);

        public async Task<Item[]> AddAsync(params (string Key, int Bytes)[] items)
        {
            Item[] added = [.. items.Select(i => new Item(i.Key, i.Bytes))];
            foreach (var item in added)
                await Queue.EnqueueAsync(item, TestContext.Current.CancellationToken);
            return added;
        }

        public Task<Batch> NextAsync() =>
            begun.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        public async Task<string[]> NextKeysAsync()
        {
            var batch = await NextAsync();
            batch.Finish();
            return batch.Keys;
        }
    }
}

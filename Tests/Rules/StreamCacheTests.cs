using System.Runtime.CompilerServices;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Tests.Rules;

public sealed class StreamCacheTests
{
    private readonly List<long> finished = [];
    private readonly List<(long Position, Guid? Subscription)> givenUp = [];
    private long now, token;

    [Fact]
    public void an_event_is_done_with_when_its_cursor_has_moved_on()
    {
        var cache = Cache();
        var cursor = cache.GetCacheCursor(Stream("a"), Add(cache, "a"));
        Assert.True(Move(cursor));
        Assert.Empty(finished);
        Assert.False(Move(cursor));
        Assert.Equal([1L], finished);
    }

    [Fact]
    public void an_idle_cursor_keeps_nothing_of_what_is_done_with()
    {
        var cache = Cache();
        var (cursor, read) = ReadOne(cache);
        Assert.Equal([1L], finished);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(read.TryGetTarget(out _));
        Add(cache, "a");
        Assert.True(Move(cursor));
        Assert.Equal(2, Position(cursor));
        Assert.False(Move(cursor));
        Assert.Equal([1L, 2L], finished);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private (IQueueCacheCursor Cursor, WeakReference<PendingEvent> Read) ReadOne(StreamCache cache)
    {
        var cursor = cache.GetCacheCursor(Stream("a"), Add(cache, "a"));
        Assert.True(Move(cursor));
        var read = new WeakReference<PendingEvent>(((BatchContainer)cursor.GetCurrent(out _)!).Source!);
        Assert.False(Move(cursor));
        Pending.Clear();
        return (cursor, read);
    }

    [Fact]
    public void a_stream_does_not_wait_for_another()
    {
        var cache = Cache();
        var slow = cache.GetCacheCursor(Stream("slow"), Add(cache, "slow"));
        Assert.True(Move(slow));
        var cursor = cache.GetCacheCursor(Stream("a"), Add(cache, "a"));
        Drain(cursor);
        Assert.Equal([2L], finished);
    }

    [Fact]
    public void an_event_is_done_with_when_the_last_of_its_subscriptions_has_moved_on()
    {
        var cache = Cache();
        var first = Add(cache, "a");
        var (one, two) = (cache.GetCacheCursor(Stream("a"), first), cache.GetCacheCursor(Stream("a"), first));
        Drain(one);
        Assert.Empty(finished);
        Drain(two);
        Assert.Equal([1L], finished);
    }

    [Fact]
    public void a_subscription_that_begins_later_is_not_waited_for()
    {
        var cache = Cache();
        var one = cache.GetCacheCursor(Stream("a"), Add(cache, "a"));
        var later = cache.GetCacheCursor(Stream("a"), null);
        Drain(one);
        Assert.Equal([1L], finished);
        Add(cache, "a");
        Assert.True(Move(later));
        Assert.Equal(2, Position(later));
    }

    [Fact]
    public void what_a_disposed_cursor_held_is_not_done_with_and_is_found_again()
    {
        var cache = Cache();
        var cursor = cache.GetCacheCursor(Stream("a"), Add(cache, "a"));
        Move(cursor);
        cursor.Dispose();
        Assert.Empty(cache.Sweep());
        now += 2000;
        Assert.Equal([1L], cache.Sweep().Select(e => e.Position));
        Assert.Empty(finished);
        Assert.Empty(cache.Sweep());
    }

    [Fact]
    public void a_cursor_that_is_replaced_loses_nothing()
    {
        var cache = Cache();
        var first = Add(cache, "a");
        Add(cache, "a");
        var old = cache.GetCacheCursor(Stream("a"), first);
        Move(old);
        old.Dispose();
        var fresh = cache.GetCacheCursor(Stream("a"), first);
        now += 5000;
        Assert.Empty(cache.Sweep());
        Drain(fresh);
        Assert.Equal([1L, 2L], finished);
    }

    [Fact]
    public void the_pin_that_holds_an_event_while_its_stream_is_registered_does_not_count_as_a_reader()
    {
        var cache = Cache();
        var first = Add(cache, "a");
        var pin = cache.GetCacheCursor(Stream("a"), first);
        var cursor = cache.GetCacheCursor(Stream("a"), first);
        Drain(cursor);
        Assert.Empty(finished);
        pin.Dispose();
        cache.Sweep();
        Assert.Equal([1L], finished);
    }

    [Fact]
    public void an_event_that_was_given_up_is_done_with_when_that_has_been_reported()
    {
        var cache = Cache();
        var first = Add(cache, "a");
        var subscription = Guid.NewGuid();
        var cursor = cache.GetCacheCursor(Stream("a"), first);
        Move(cursor);
        cursor.RecordDeliveryFailure();
        cache.FailedFor(Stream("a"), subscription, first);
        Move(cursor);
        Assert.Equal([(1L, (Guid?)subscription)], givenUp);
        Assert.Empty(finished);
        cache.Reported(Pending[1]);
        cache.Sweep();
        Assert.Equal([1L], finished);
    }

    [Fact]
    public void events_gathered_for_one_delivery_are_done_with_after_it()
    {
        var cache = Cache(batchSize: 2);
        var first = Add(cache, "a");
        Add(cache, "a");
        Add(cache, "a");
        var cursor = cache.GetCacheCursor(Stream("a"), first);
        Move(cursor);
        var head = cursor.GetCurrent(out _)!;
        Move(cursor);
        Assert.Empty(finished);
        head.ImportRequestContext();
        // The next delivery: one event, then nothing more.
        Move(cursor);
        Assert.Equal([1L, 2L], finished);
        Assert.False(Move(cursor));
        Assert.Equal(2, finished.Count);
        Assert.False(Move(cursor));
        Assert.Equal([1L, 2L, 3L], finished);
    }

    private Dictionary<long, PendingEvent> Pending { get; } = [];

    private StreamCache Cache(int batchSize = 1) => new(batchSize, 0, () => now, new Lock())
    {
        Finished = e => finished.Add(e.Position),
        Abandoned = (e, subscription) => givenUp.Add((e.Position, subscription)),
    };

    private static StreamId Stream(string key) => StreamId.Create("ns", key);

    private StreamSequenceToken Add(StreamCache cache, string key)
    {
        var e =
            new PendingEvent { Position = ++token, EventId = $"{token}", EventType = "t", Stream = Stream(key), Events = [], Bytes = 1 };
        Pending[token] = e;
        e.Batch = new BatchContainer(e.Stream, new EventSequenceTokenV2(token), e.Events, null, e);
        cache.AddToCache([e.Batch]);
        return e.Batch.SequenceToken;
    }

    private static bool Move(IQueueCacheCursor cursor) => cursor.MoveNextWithResult() == QueueCacheCursorMoveResult.Success;

    private static long Position(IQueueCacheCursor cursor) => ((BatchContainer)cursor.GetCurrent(out _)!).Source!.Position;

    private static void Drain(IQueueCacheCursor cursor)
    {
        while (Move(cursor))
        {
            // On to the next.
        }
    }
}

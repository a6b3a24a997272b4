using CsCheck;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Tests.Rules;

public sealed class ReadWindowTests
{
    private static DatabaseSnapshot Quiet(long next) => new($"{next}:{next}:", next);

    [Fact]
    public void what_was_read_while_nobody_wrote_is_final()
    {
        var window = new ReadWindow(10);
        window.Read(10, [11, 15], complete: true, Quiet(100), nowMs: 0);
        Assert.Equal((15L, 15L, 0), (window.Final, window.Last, window.Known));
    }

    [Fact]
    public void a_stretch_is_looked_at_again_until_the_transactions_that_ran_have_ended()
    {
        var window = new ReadWindow(0);
        window.Read(0, [5, 7], complete: true, new DatabaseSnapshot("90:100:90", 100), nowMs: 0);
        Assert.Equal(0, window.Final);
        Assert.Equal(0, window.Next(1).From);
        Assert.Equal([5L, 7L], window.Next(1).Known);
        window.Read(0, [6], complete: true, new DatabaseSnapshot("100:100:", 100), nowMs: 2);
        Assert.Equal(7, window.Final);
    }

    [Fact]
    public void a_transaction_that_has_an_id_beyond_the_snapshots_end_counts_as_running()
    {
        var window = new ReadWindow(0);
        window.Read(0, [5], complete: true, new DatabaseSnapshot("100:100:", 102), nowMs: 0);
        Assert.Equal(0, window.Final);
        window.Read(0, [], complete: true, new DatabaseSnapshot("101:102:101", 102), nowMs: 1);
        Assert.Equal(0, window.Final);
        window.Read(0, [], complete: true, Quiet(102), nowMs: 2);
        Assert.Equal(5, window.Final);
    }

    [Fact]
    public void a_transaction_that_changes_nothing_is_not_waited_for()
    {
        var window = new ReadWindow(0);
        // It has an id, and nothing is known of it yet.
        window.Read(0, [5], complete: true, new DatabaseSnapshot("90:101:90", 101), nowMs: 0);
        Assert.Equal(0, window.Final);
        var known = new DatabaseSnapshot("90:101:90", 101, 90);
        Assert.True(window.Overtakes(window.Next(1000).From, known));
        window.Read(window.Next(1001).From, [], complete: true, known, nowMs: 1001);
        Assert.Equal(5, window.Final);
        window.Read(5, [7], complete: true, new DatabaseSnapshot("90:100:90", 102, 90, 101), nowMs: 1002);
        Assert.Equal(5, window.Final);
        window.Read(5, [], complete: true, new DatabaseSnapshot("90:102:90", 102, 90), nowMs: 1003);
        Assert.Equal(7, window.Final);
    }

    [Fact]
    public void a_long_transaction_that_has_written_nothing_is_forgotten_for_what_was_read_and_waited_for_after_that()
    {
        var window = new ReadWindow(0);
        window.Read(0, [5], complete: true, new DatabaseSnapshot("90:101:90,95", 101), nowMs: 0);
        Assert.Empty(window.WaitedFor(1999, TimeSpan.FromSeconds(2)));
        Assert.Equal([90L, 95L], window.WaitedFor(2000, TimeSpan.FromSeconds(2)).Order());
        window.Forget([90], 2000);
        Assert.Equal(0, window.Final);
        window.Forget([90, 95], 2001);
        Assert.Equal((5L, 0), (window.Final, window.Known));
        window.Read(5, [8], complete: true, new DatabaseSnapshot("90:101:90", 101), nowMs: 2002);
        Assert.Equal(5, window.Final);
    }

    [Fact]
    public void what_a_long_transaction_brought_is_not_overtaken_by_what_was_committed_after_it()
    {
        var window = new ReadWindow(0);
        window.Read(0, [10], complete: true, new DatabaseSnapshot("50:60:50", 60), nowMs: 0);
        var (from, _) = window.Next(1000);
        Assert.Equal(10, from);
        // While it runs, others go on.
        Assert.False(window.Overtakes(from, new DatabaseSnapshot("50:61:50", 61)));
        window.Read(from, [20], complete: true, new DatabaseSnapshot("50:61:50", 61), nowMs: 1000);
        // It has ended, and 30 may be of a transaction that began only then.
        (from, _) = window.Next(2000);
        Assert.True(window.Overtakes(from, Quiet(62)));
        var (again, known) = window.Next(2001);
        Assert.Equal(0, again);
        Assert.Equal([10L, 20L], known);
        Assert.False(window.Overtakes(again, Quiet(62)));
        window.Read(again, [5, 30], complete: true, Quiet(62), nowMs: 2001);
        Assert.Equal((30L, 30L), (window.Final, window.Last));
    }

    [Fact]
    public void a_long_transaction_widens_the_window_without_being_looked_for_at_every_read()
    {
        var window = new ReadWindow(0);
        for (var i = 1; i <= 100; i++)
            window.Read(window.Next(1000 * i).From, [10 * i], complete: true, new DatabaseSnapshot("50:60:50", 60), nowMs: 1000 * i);
        var (from, known) = window.Next(200_000);
        Assert.Equal((1000L, 0), (from, known.Length));
        Assert.Equal((0L, 100), (window.Final, window.Known));
        // It ends, which this read sees; the next looks for what it brought.
        window.Read(from, [], complete: true, Quiet(60), nowMs: 200_001);
        Assert.True(window.IsReady);
        (from, known) = window.Next(200_002);
        Assert.Equal((0L, 100), (from, known.Length));
        window.Read(from, [55], complete: true, Quiet(60), nowMs: 200_003);
        Assert.Equal((1000L, 0), (window.Final, window.Known));
        Assert.False(window.IsReady);
    }

    [Fact]
    public void a_page_that_is_cut_short_settles_only_what_it_covered()
    {
        var window = new ReadWindow(0);
        window.Read(0, [10], complete: true, new DatabaseSnapshot("5:9:5", 9), nowMs: 0);
        window.Read(0, [1, 2], complete: false, Quiet(9), nowMs: 1);
        Assert.Equal(0, window.Final);
        window.Read(0, [3], complete: true, Quiet(9), nowMs: 2);
        Assert.Equal(10, window.Final);
    }

    /// <summary>
    /// Writers take positions and commit in any order; a reader that follows the window reads each exactly once, and never calls final what
    /// can still change.
    /// </summary>
    [Fact]
    public void every_position_is_read_exactly_once_whatever_commits_when() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 5]).Array[10, 120].Sample(steps =>
        {
            var (nextId, nextPosition, now) = (10L, 1L, 0L);
            var running = new List<(long Id, List<long> Positions)>();
            var visible = new SortedSet<long>();
            var read = new List<long>();
            var ended = 9L;
            var window = new ReadWindow(0);
            void Read()
            {
                now += 120;
                var xmax = ended + 1;
                var xip = running.Select(t => t.Id).Where(id => id < xmax).Order().ToArray();
                var snapshot = new DatabaseSnapshot($"{(xip.Length > 0 ? xip[0] : xmax)}:{xmax}:{string.Join(',', xip)}", nextId);
                var (from, known) = window.Next(now);
                var found = visible.Where(p => p > from && !known.Contains(p)).Take(4).ToList();
                window.Read(from, found, found.Count < 4, snapshot, now);
                read.AddRange(found);
                Assert.DoesNotContain(running.SelectMany(t => t.Positions), p => p <= window.Final);
                Assert.DoesNotContain(visible.Except(read), p => p <= window.Final);
            }
            foreach (var (what, which) in steps)
            {
                switch (what)
                {
                    case 0:
                        running.Add((nextId++, []));
                        break;
                    case 1 when running.Count > 0:
                        running[which % running.Count].Positions.Add(nextPosition++);
                        break;
                    case 2 when running.Count > 0:
                        var (id, positions) = running[which % running.Count];
                        running.RemoveAt(which % running.Count);
                        ended = Math.Max(ended, id);
                        visible.UnionWith(positions);
                        break;
                    default:
                        Read();
                        break;
                }
            }
            foreach (var (id, positions) in running)
            {
                ended = Math.Max(ended, id);
                visible.UnionWith(positions);
            }
            running.Clear();
            for (var i = 0; i < 100; i++)
                Read();
            Assert.Equal(visible, read.Order());
            Assert.Equal(window.Last, window.Final);
        });
}

using CsCheck;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Tests.Rules;

public sealed class AckLedgerTests
{
    [Fact]
    public void a_slow_event_holds_back_the_watermark_and_nothing_else()
    {
        var ledger = new AckLedger(0, []);
        foreach (var position in new[] { 3L, 5L, 8L })
            ledger.Read(position);
        ledger.Done(5);
        ledger.Done(8);
        var (watermark, done) = ledger.ToWrite(final: 8);
        Assert.Equal(2, watermark);
        Assert.Equal([new(5, 8)], done);
        ledger.Done(3);
        (watermark, done) = ledger.ToWrite(final: 8);
        Assert.Equal(8, watermark);
        Assert.Empty(done);
    }

    [Fact]
    public void what_is_done_around_a_slow_event_among_thousands_is_two_ranges()
    {
        var ledger = new AckLedger(0, []);
        for (var position = 10L; position <= 80_000; position += 8)
            ledger.Read(position);
        for (var position = 18L; position <= 80_000; position += 8)
        {
            if (position != 40_018)
                ledger.Done(position);
        }
        Assert.Equal([new(18, 40_010), new(40_026, 79_994)], ledger.ToWrite(final: 80_000).Done);
        ledger.Done(40_018);
        Assert.Equal([new(18, 79_994)], ledger.ToWrite(final: 80_000).Done);
    }

    [Fact]
    public void the_watermark_does_not_pass_what_can_still_change_and_no_range_reaches_over_it()
    {
        var ledger = new AckLedger(0, []);
        foreach (var position in new[] { 4L, 6L, 7L })
        {
            ledger.Read(position);
            ledger.Done(position);
        }
        var (watermark, done) = ledger.ToWrite(final: 1);
        Assert.Equal(1, watermark);
        Assert.Equal([new(4, 4), new(6, 7)], done);
        ledger.Read(5);
        Assert.Equal([new(6, 7)], ledger.ToWrite(final: 5).Done);
    }

    [Fact]
    public void what_the_last_owner_did_is_kept()
    {
        var ledger = new AckLedger(10, [new(15, 15), new(20, 30)]);
        ledger.Read(12);
        ledger.Read(17);
        var (watermark, done) = ledger.ToWrite(final: 20);
        Assert.Equal(11, watermark);
        Assert.Equal([new(15, 15), new(20, 30)], done);
    }

    [Fact]
    public void ranges_hold_all_that_is_done_with_nothing_that_is_pending_and_nothing_that_may_still_come() =>
        Gen.Select(Gen.Int[0, 3], Gen.Long[1, 120]).Array[0, 300].Sample(steps =>
        {
            var ledger = new AckLedger(0, []);
            var (pending, done) = (new SortedSet<long>(), new HashSet<long>());
            var final = 0L;
            foreach (var (what, position) in steps)
            {
                // What is final is not read anew.
                if (what == 0 && position > final && !done.Contains(position) && pending.Add(position))
                    ledger.Read(position);
                else if (what == 1 && pending.Remove(position))
                    Assert.True(ledger.Done(position) && done.Add(position));
                else if (what == 2 && position > final && position < final + 20)
                    final = position;
                else if (what == 3)
                {
                    var (watermark, ranges) = ledger.ToWrite(final);
                    bool IsDone(long p) => p <= watermark || ranges.Any(r => r.From <= p && p <= r.To);
                    Assert.All(done, p => Assert.True(IsDone(p)));
                    Assert.All(pending, p => Assert.False(IsDone(p)));
                    Assert.All(Enumerable.Range((int)final + 1, 130).Where(p => !done.Contains(p)), p => Assert.False(IsDone(p)));
                    Assert.True(ranges.Length <= pending.Count(p => p <= final) + 1 + done.Count(p => p > final));
                }
            }
        });

    [Fact]
    public void what_is_done_twice_counts_once()
    {
        var ledger = new AckLedger(0, []);
        ledger.Read(1);
        Assert.True(ledger.Done(1));
        Assert.False(ledger.Done(1));
        Assert.False(ledger.Done(2));
    }

    [Fact]
    public void sorted_positions_are_a_sorted_set() =>
        Gen.Select(Gen.Int[0, 2], Gen.Long[0, 200]).Array[0, 400].Sample(steps =>
        {
            var positions = new SortedPositions();
            var model = new SortedSet<long>();
            foreach (var (what, position) in steps)
            {
                if (what == 0)
                    Assert.Equal(model.Add(position), positions.Add(position));
                else if (what == 1)
                    Assert.Equal(model.Remove(position), positions.Remove(position));
                else if (position % 10 == 0)
                {
                    model.RemoveWhere(p => p <= position);
                    positions.RemoveUpTo(position);
                }
                Assert.Equal(model.Count, positions.Count);
                Assert.Equal(model.Contains(position), positions.Contains(position));
                Assert.Equal(model.Where(p => p > position), positions.After(position));
                Assert.Equal(model.Any(p => p > position && p < position + 7), positions.AnyBetween(position, position + 7));
            }
        });
}

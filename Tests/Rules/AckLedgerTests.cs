using CsCheck;
using SoonShop.Silo.Streams;

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
        Assert.Equal([5L, 8L], done);
        ledger.Done(3);
        (watermark, done) = ledger.ToWrite(final: 8);
        Assert.Equal(8, watermark);
        Assert.Empty(done);
    }

    [Fact]
    public void the_watermark_does_not_pass_what_can_still_change()
    {
        var ledger = new AckLedger(0, []);
        ledger.Read(4);
        ledger.Done(4);
        var (watermark, done) = ledger.ToWrite(final: 1);
        Assert.Equal(1, watermark);
        Assert.Equal([4L], done);
    }

    [Fact]
    public void what_the_last_owner_did_is_kept()
    {
        var ledger = new AckLedger(10, [15, 20]);
        ledger.Read(12);
        var (watermark, done) = ledger.ToWrite(final: 20);
        Assert.Equal(11, watermark);
        Assert.Equal([15L, 20L], done);
    }

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
            }
        });
}

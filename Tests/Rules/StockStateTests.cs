using CsCheck;
using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Inventory;

namespace SoonShop.Tests.Rules;

public sealed class StockStateTests
{
    private static readonly StockKey Mug = new("MUG", Location.DefaultId);

    private static StockState Stock(int onHand, int reserved = 0, int threshold = 5) => new(onHand, reserved, threshold, 10);

    [Fact]
    public void no_more_is_reserved_than_is_available()
    {
        Assert.Equal(new StockState(10, 10, 5, 11), Stock(10, 7).Reserve(3).State);
        Assert.Equal(ErrorCode.OutOfStock, Stock(10, 7).Reserve(4).Error?.Code);
    }

    [Fact]
    public void reserved_units_cannot_be_taken_away()
    {
        Assert.Equal(7, Stock(10, 7).Adjust(-3, "broken", null).State.OnHand);
        Assert.Equal(ErrorCode.Conflict, Stock(10, 7).Adjust(-4, "broken", null).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, Stock(10, 7).Adjust(int.MinValue, "broken", null).Error?.Code);
    }

    [Fact]
    public void the_house_has_room_for_a_billion_units()
    {
        Assert.Equal(AdjustStock.MaxUnits, Stock(1).Adjust(AdjustStock.MaxUnits - 1, "delivery", null).State.OnHand);
        Assert.Equal(ErrorCode.Conflict, Stock(1).Adjust(AdjustStock.MaxUnits, "delivery", null).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, Stock(1).Adjust(int.MaxValue, "delivery", null).Error?.Code);
    }

    [Fact]
    public void what_was_never_reserved_is_neither_sold_nor_released()
    {
        Assert.Throws<InvalidOperationException>(() => Stock(10, 2).Sell(3));
        Assert.Throws<InvalidOperationException>(() => Stock(10, 2).Release(3));
    }

    [Fact]
    public void a_movement_says_why()
    {
        var row = Stock(10).Adjust(5, "delivery", "PO-17").ToLedgerRow(Mug, "adjust/1", Given.Now);

        Assert.Equal(new LedgerRow("MUG", 11, "adjust/1", Given.Now, "Adjustment", 5, 15, 0, "delivery: PO-17"), row);
    }

    [Theory]
    [InlineData(0, Availability.OutOfStock)]
    [InlineData(1, Availability.LowStock)]
    [InlineData(5, Availability.LowStock)]
    [InlineData(6, Availability.InStock)]
    public void stock_is_low_at_its_threshold(int available, Availability availability) =>
        Assert.Equal(availability, Stock(available + 3, 3).Availability);

    [Theory]
    [InlineData(6, 5, "inventory.low-stock")]
    [InlineData(6, 0, "inventory.out-of-stock")]
    [InlineData(5, 4, null)]
    [InlineData(4, 0, "inventory.out-of-stock")]
    [InlineData(0, 0, null)]
    [InlineData(0, 1, "inventory.back-in-stock")]
    [InlineData(0, 9, "inventory.back-in-stock")]
    [InlineData(1, 9, "inventory.no-longer-low")]
    [InlineData(1, 2, null)]
    public void crossing_a_level_is_told(int before, int after, string? type) =>
        Assert.Equal(type, StockState.ThresholdCrossings(Mug, Stock(before), Stock(after)).SingleOrDefault()?.Type);

    [Fact]
    public void a_raised_threshold_makes_stock_low() =>
        Assert.IsType<InventoryLowStock>(StockState.ThresholdCrossings(Mug, Stock(6), Stock(6, threshold: 6)).Single());

    [Fact]
    public void the_first_delivery_of_an_item_is_no_news() =>
        Assert.Empty(StockState.ThresholdCrossings(Mug, StockState.Empty, StockState.Empty.Adjust(10, "delivery", null).State));

    [Fact]
    public void exactly_the_changes_of_availability_are_told() =>
        Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12], Gen.Int[0, 6]).Sample((before, after, threshold) =>
        {
            var (a, b) = (Stock(before, threshold: threshold), Stock(after, threshold: threshold));
            var expected = (a.Availability, b.Availability) switch
            {
                (not Availability.OutOfStock, Availability.OutOfStock) => "inventory.out-of-stock",
                (Availability.InStock, Availability.LowStock) => "inventory.low-stock",
                (Availability.OutOfStock, not Availability.OutOfStock) => "inventory.back-in-stock",
                (Availability.LowStock, Availability.InStock) => "inventory.no-longer-low",
                _ => null,
            };
            Assert.Equal(expected, StockState.ThresholdCrossings(Mug, a, b).SingleOrDefault()?.Type);
        });

    [Fact]
    public void whatever_happens_no_unit_is_promised_twice_and_the_ledger_tells_every_move() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 20], Gen.Int[0, 5]).Array[1, 60].Sample(steps =>
        {
            var stock = StockState.Empty;
            var (reserved, sold) = (new List<int>(), new List<int>());
            var onHand = 0;
            var ledger = new List<LedgerRow>();
            foreach (var (kind, units, which) in steps)
            {
                StockDecision? decision = null;
                switch (kind)
                {
                    case 0:
                        var delta = units - 8;
                        decision = stock.Adjust(delta, "count", null);
                        Assert.Equal(onHand + delta >= reserved.Sum(), decision.Error is null);
                        onHand += decision.Error is null ? delta : 0;
                        break;
                    case 1:
                        decision = stock.Reserve(units);
                        Assert.Equal(reserved.Sum() + units <= onHand, decision.Error is null);
                        if (decision.Error is null)
                            reserved.Add(units);
                        break;
                    case 2 when Take(reserved, which) is { } sale:
                        decision = stock.Sell(sale);
                        onHand -= sale;
                        sold.Add(sale);
                        break;
                    case 3 when Take(reserved, which) is { } release:
                        decision = stock.Release(release);
                        break;
                    case 4 when Take(sold, which) is { } back:
                        decision = stock.Return(back);
                        onHand += back;
                        break;
                }
                if (decision is { Error: null })
                {
                    stock = decision.State;
                    ledger.Add(decision.ToLedgerRow(Mug, $"{ledger.Count}", Given.Now));
                }
                Assert.Equal((onHand, reserved.Sum()), (stock.OnHand, stock.Reserved));
                Assert.InRange(stock.Reserved, 0, stock.OnHand);
                Assert.Equal(ledger.Count, stock.Movements);
            }
            AssertTells(ledger, stock);
        });

    private static void AssertTells(List<LedgerRow> ledger, StockState stock)
    {
        var (onHand, reserved) = (0, 0);
        foreach (var (row, i) in ledger.Select((r, i) => (r, i)))
        {
            onHand += row.Kind is "Adjustment" or "Sale" or "Return" ? row.Delta : 0;
            reserved += row.Kind is "Reservation" or "Sale" or "Release" ? row.Delta : 0;
            Assert.Equal((i + 1, onHand, reserved), (row.Sequence, row.OnHandAfter, row.ReservedAfter));
        }
        Assert.Equal((onHand, reserved), (stock.OnHand, stock.Reserved));
    }

    private static int? Take(List<int> units, int which)
    {
        if (units.Count == 0)
            return null;
        var taken = units[which % units.Count];
        units.RemoveAt(which % units.Count);
        return taken;
    }
}

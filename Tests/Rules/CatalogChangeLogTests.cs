using SoonShop.Catalog;

namespace SoonShop.Tests.Rules;

public sealed class CatalogChangeLogTests
{
    private readonly CatalogChangeLog log = new(Guid.NewGuid(), capacity: 3);

    [Fact]
    public void who_never_asked_is_told_to_begin_anew()
    {
        log.Add([Change("A")]);
        var update = log.Since(null, 5);
        Assert.Equal((false, 5d), (update.IsComplete, update.AgeMs));
        Assert.Equal([Change("A")], update.Changes);
    }

    [Fact]
    public void each_change_is_told_once()
    {
        var begin = log.Since(null, 0).Position;
        log.Add([Change("A"), Change("B")]);
        var update = log.Since(begin, 0);
        Assert.True(update.IsComplete);
        Assert.Equal([Change("A"), Change("B")], update.Changes);
        Assert.Empty(log.Since(update.Position, 0).Changes);
        Assert.True(log.Since(update.Position, 0).IsComplete);
    }

    [Fact]
    public void a_product_that_changed_twice_has_the_newest_versions()
    {
        var begin = log.Since(null, 0).Position;
        log.Add([Change("A", 3, 7), Change("A", 2, 9)]);
        Assert.Equal([Change("A", 3, 9)], log.Since(begin, 0).Changes);
    }

    [Fact]
    public void who_is_too_far_behind_begins_anew_with_all_that_is_known()
    {
        var begin = log.Since(null, 0).Position;
        log.Add([Change("A"), Change("B"), Change("C"), Change("D")]);
        var update = log.Since(begin, 0);
        Assert.False(update.IsComplete);
        Assert.Equal([Change("B"), Change("C"), Change("D")], update.Changes);
    }

    [Fact]
    public void a_position_of_another_epoch_is_none()
    {
        var other = new CatalogChangeLog(Guid.NewGuid(), 3).Since(null, 0).Position;
        Assert.False(log.Since(other, 0).IsComplete);
        Assert.False(log.Since(log.Since(null, 0).Position with { Number = 7 }, 0).IsComplete);
    }

    private static CatalogChange Change(string sku, int product = 1, int stock = 1) => new(sku, product, stock);
}

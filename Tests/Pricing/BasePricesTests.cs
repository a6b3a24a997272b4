using SoonShop.Catalog;
using SoonShop.Pricing;
using SoonShop.Tests.Rules;

namespace SoonShop.Tests.Pricing;

/// <summary>Current prices, compare-at prices, and the lowest price of 30 days before a reduction.</summary>
public sealed class BasePricesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void a_price_without_anything_else_is_shown_alone()
    {
        var mug = Create(1000);
        Assert.Equal([new CurrentPrice(Usd(1000), null, null)], Shown(mug, 5));
        Assert.Equal([new CurrentPrice(Usd(1000), null, null)], Shown(Changed(mug, 1, 1000, compareAt: 1000), 5));
        Assert.Equal([new CurrentPrice(Usd(1000), null, null)], Shown(Changed(mug, 1, 1000, compareAt: 900), 5));
    }

    [Fact]
    public void a_new_product_has_no_earlier_price()
    {
        Assert.Equal([new CurrentPrice(Usd(1000), Usd(1500), null)], Shown(Create(1000, compareAt: 1500), 40));
    }

    [Fact]
    public void the_lowest_price_is_of_the_30_days_before_the_reduction_and_stays_while_it_lasts()
    {
        var mug = Changed(Create(1000), 10, 800);
        mug = Changed(mug, 12, 1100);
        mug = Changed(mug, 35, 900, compareAt: 1200);

        Assert.Equal(Usd(800), Shown(mug, 35).Single().LowestPrice30Days);
        Assert.Equal(Usd(800), Shown(mug, 200).Single().LowestPrice30Days);
        // Five days later the 8.00 are more than 30 days old.
        Assert.Equal(
            Usd(1100), Shown(Changed(Changed(mug, 36, 1100, compareAt: 1200), 70, 900, compareAt: 1200), 71).Single().LowestPrice30Days);
    }

    [Fact]
    public void a_change_of_something_else_keeps_the_history()
    {
        var mug = Changed(Create(1000), 20, 700, compareAt: 1000);
        mug = mug.Update(mug.Content with { Name = "Another" }, "USD", Day(25)).Next();
        mug = mug.Archive(Day(26)).Next();
        Assert.Equal(Usd(1000), Shown(mug, 27).Single().LowestPrice30Days);
    }

    [Fact]
    public void a_price_with_a_period_is_compared_with_the_price_without_one()
    {
        var mug = Create(1000).SetPrices([new ProductPrice("USD", 600) { From = Day(10), To = Day(20) }], "USD", Day(1)).Next();

        Assert.Equal([new CurrentPrice(Usd(1000), null, null)], Shown(mug, 9));
        Assert.Equal([new CurrentPrice(Usd(600), Usd(1000), Usd(1000))], Shown(mug, 10));
        Assert.Equal([new CurrentPrice(Usd(1000), null, null)], Shown(mug, 20));
        Assert.Equal([Day(10), Day(20), null], new[] { 5, 10, 20 }.Select(d => mug.ToView(Availability.InStock, 1, Day(d)).PricesChangeAt));
        // The sale is over, and still counts for the next one.
        Assert.Equal(Usd(600), Shown(Changed(mug, 30, 900, compareAt: 1000), 31).Single().LowestPrice30Days);
    }

    [Fact]
    public void each_currency_has_its_own_prices_and_lists_and_quantities_do_not_count()
    {
        var mug = Create(1000).SetPrices(
            [
                new ProductPrice("EUR", 950) { CompareAt = 1200 }, new ProductPrice("EUR", 10) { MinQuantity = 10 },
                new ProductPrice("EUR", 20) { ListId = "vip" }, new ProductPrice("CNY", 7000) { From = Day(50) },
            ],
            "USD", Day(1)).Next();

        Assert.Equal([new CurrentPrice(Usd(1000), null, null), new CurrentPrice(Eur(950), Eur(1200), null)], Shown(mug, 2));
        Assert.Equal(["USD", "EUR", "CNY"], Shown(mug, 50).Select(p => p.Price.Currency));
        mug = mug.SetPrices([new ProductPrice("EUR", 900) { CompareAt = 1200 }], "USD", Day(60)).Next();
        Assert.Equal(Eur(950), Shown(mug, 61)[1].LowestPrice30Days);
    }

    [Fact]
    public void a_state_of_an_older_version_has_cost_the_same_since_it_was_created()
    {
        var old = Create(1000) with { PriceHistory = [] };
        Assert.Equal(Usd(1000), Shown(Changed(old, 40, 800, compareAt: 1000), 41).Single().LowestPrice30Days);
        Assert.Null(Shown(old with { Content = old.Content with { CompareAtPrice = Usd(2000) } }, 41).Single().LowestPrice30Days);
    }

    [Fact]
    public void the_history_is_short_however_often_a_price_changes()
    {
        var mug = Create(1000);
        for (var hour = 1; hour <= 700; hour++)
            mug = mug.Update(mug.Content with { Price = Usd(hour == 7 ? 500 : 1000 + hour) }, "USD", Start.AddHours(hour)).Next();
        Assert.InRange(mug.PriceHistory.Length, 2, 200);
        // Joined points keep the lower price.
        Assert.Equal(Usd(500), Shown(Changed(mug, 30, 900, compareAt: 3000), 30).Single().LowestPrice30Days);
        for (var day = 60; day < 200; day += 40)
            mug = Changed(mug, day, 1000 + day);
        Assert.Equal(2, mug.PriceHistory.Length);
    }

    private static DateTimeOffset Day(int day) => Start.AddDays(day);

    private static Money Usd(long amount) => new(amount, "USD");

    private static Money Eur(long amount) => new(amount, "EUR");

    private static ProductState Create(long price, long? compareAt = null) =>
        ProductState.Create("MUG", With(Given.Product(), price, compareAt), "USD", Start).Next();

    private static ProductState Changed(ProductState product, int day, long price, long? compareAt = null) =>
        product.Update(With(product.Content, price, compareAt), "USD", Day(day)).Next();

    private static ProductContent With(ProductContent content, long price, long? compareAt) =>
        content with { Price = Usd(price), CompareAtPrice = compareAt is { } other ? Usd(other) : null };

    private static ImmutableArray<CurrentPrice> Shown(ProductState product, int day) =>
        product.ToView(Availability.InStock, 1, Day(day)).CurrentPrices;
}

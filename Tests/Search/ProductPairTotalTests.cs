using System.Globalization;

namespace SoonShop.Tests.Search;

/// <summary>The totals of products that are bought together are the sums of their weeks, whatever is written.</summary>
[Collection(nameof(SearchedShop))]
public sealed class ProductPairTotalTests(SearchedShop shop)
{
    private const string Differences = """
        select count(*) from (select sku, other, sum(orders) as orders from product_pair group by sku, other) p
        full join product_pair_total t using (sku, other) where p.orders is distinct from t.orders
        """;

    [Fact]
    public async Task totals_are_the_sums_of_the_weeks()
    {
        var random = new Random(7);
        for (var step = 0; step < 60; step++)
        {
            await ExecuteAsync(random.Next(3) switch
            {
                0 => "delete from product_pair where ctid = any (array(select ctid from product_pair order by sku, other, week limit "
                    + $"{random.Next(1, 9)}))",
                _ => $"""
                    insert into product_pair (sku, other, week, orders)
                    select distinct on (1, 2, 3) 'PAIR-' || a % {random.Next(1, 5)}, 'OTHER-' || a % {random.Next(1, 7)},
                           date '2026-01-05' + 7 * (a % 3), 1 + a % 4
                    from generate_series(1, {random.Next(1, 30)}) a
                    on conflict (sku, other, week) do update set orders = product_pair.orders + excluded.orders
                    """,
            });
            Assert.Equal("0", await ExecuteAsync(Differences));
        }
        await ExecuteAsync("delete from product_pair");
        Assert.Equal("0", await ExecuteAsync("select count(*) from product_pair_total"));
    }

    private async Task<string?> ExecuteAsync(string sql)
    {
        await using var command = shop.Database.CreateCommand(sql);
        return Convert.ToString(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
    }
}

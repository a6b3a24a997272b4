using Npgsql;

namespace SoonShop.Silo.Telemetry;

/// <summary>The state of the shop as a whole, which no single silo can count.</summary>
/// <param name="InStock">Items in stock.</param>
/// <param name="Low">Items low in stock.</param>
/// <param name="Out">Items out of stock.</param>
/// <param name="AvailableUnits">Available units of all items.</param>
/// <param name="Unfinished">Orders that are neither confirmed nor ended.</param>
internal sealed record ShopMetricsSample(long InStock, long Low, long Out, long AvailableUnits, IReadOnlyList<UnfinishedOrders> Unfinished)
{
    /// <summary>Counting of orders stops here; beyond it only the order of magnitude matters.</summary>
    private const int MaxOrders = 100_000;

    /// <summary>Reads the database.</summary>
    public static async Task<ShopMetricsSample> ReadAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        var unfinished = new List<UnfinishedOrders>();
        await using (var command = database.CreateCommand($"""
            select 'pending', (select count(*) from (select 1 from order_pending limit {MaxOrders}) o),
                   coalesce((select extract(epoch from clock_timestamp() - min(placed_at)) from order_pending), 0)::double precision
            union all
            select 'awaiting_payment', (select count(*)
                from (select 1 from order_entry where stage = 'awaitingPayment' limit {MaxOrders}) o),
                   coalesce((select extract(epoch from clock_timestamp() - placed_at) from order_entry
                             where stage = 'awaitingPayment' order by placed_at, grain_key limit 1), 0)::double precision
            """))
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
                unfinished.Add(new UnfinishedOrders(reader.GetString(0), reader.GetInt64(1), Math.Max(0, reader.GetDouble(2))));
        }
        await using var stock = database.CreateCommand("""
            select count(*) filter (where available > threshold), count(*) filter (where available between 1 and threshold),
                   count(*) filter (where available <= 0), coalesce(sum(greatest(available, 0)), 0)::bigint
            from (select (index ->> 'available')::int as available, greatest((index ->> 'lowStockThreshold')::int, 0) as threshold
                  from grain_state_inventory where index is not null) item
            """);
        await using var one = await stock.ExecuteReaderAsync(cancellation);
        await one.ReadAsync(cancellation);
        return new ShopMetricsSample(one.GetInt64(0), one.GetInt64(1), one.GetInt64(2), one.GetInt64(3), unfinished);
    }
}

/// <summary>Orders of one status.</summary>
internal sealed record UnfinishedOrders(string Status, long Count, double OldestSeconds);

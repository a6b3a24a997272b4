using Npgsql;
using SoonShop.Catalog;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Silo.Inventory;

namespace SoonShop.Silo.Catalog;

/// <summary>
/// Finds changes of products and stock by their committed events. <see cref="ReadWindow"/> handles events that commit late.
/// </summary>
internal sealed class CatalogChangeSource(NpgsqlDataSource database, TimeProvider time, StockRows stock) : ICatalogChangeSource
{
    public ICatalogChangeReader Open() => new Reader(database, time, stock);

    private sealed class Reader(NpgsqlDataSource database, TimeProvider time, StockRows stock) : ICatalogChangeReader
    {
        /// <summary>The most changes in one read. The next read returns the rest.</summary>
        private const int MaxRows = 1000;

        /// <summary>The most consecutive reads without a pause.</summary>
        private const int MaxReadings = 10;

        /// <summary>The most positions that are remembered while a transaction of unknown length is running.</summary>
        private const int MaxKnown = 20_000;

        /// <summary>Changes that were found and not returned. They survive a read that fails halfway.</summary>
        private readonly List<CatalogChange> found = [];
        private readonly LongTransactions longTransactions = new(database);
        private ReadWindow? window;
        private bool lost;

        public async Task<ImmutableArray<CatalogChange>?> ReadAsync(CancellationToken cancellation)
        {
            window ??= new ReadWindow(await BeginningAsync(cancellation));
            await longTransactions.ForgetBystandersAsync(window, NowMs, cancellation);
            var complete = false;
            for (var readings = 0; readings < MaxReadings && (!complete || window.IsReady); readings++)
                complete = await ReadAsync(window, cancellation);
            // An incomplete read cannot tell that nothing else has changed.
            lost |= !complete || window.Known > MaxKnown;
            ImmutableArray<CatalogChange> changes = [.. found];
            found.Clear();
            return lost ? null : changes;
        }

        /// <summary>
        /// Returns a start position a little in the past. No transaction that assigns positions runs that long, and no grain lags the
        /// database by that much. Whatever a cache loads from now on therefore includes all changes before the position.
        /// </summary>
        private async Task<long> BeginningAsync(CancellationToken cancellation)
        {
            await using var command = database.CreateCommand("""
                select coalesce((
                  select position from event
                  where stream_namespace in ('product', 'inventory') and due_at is null and time < clock_timestamp() - interval '2 minutes'
                  order by position desc limit 1), 0)
                """);
            return (long)(await command.ExecuteScalarAsync(cancellation))!;
        }

        private long NowMs => (long)time.GetElapsedTime(0).TotalMilliseconds;

        private async Task<bool> ReadAsync(ReadWindow window, CancellationToken cancellation)
        {
            var nowMs = NowMs;
            var (from, known) = window.Next(nowMs);
            // The versions are the currently visible ones, which are at least those of the events.
            var keys = await stock.KeysAsync("'sku/' || e.stream_key");
            await using var command = database.CreateCommand($"""
                select s.snapshot::text, pg_snapshot_xmax(s.snapshot)::text::bigint + age(pg_snapshot_xmax(s.snapshot)::xid),
                       e.position, e.stream_key,
                       coalesce((select version from grain_state_product where state_name = 'product'
                           and grain_key = 'sku/' || e.stream_key), 0),
                       coalesce((select sum(version)::int from grain_state_inventory where state_name = 'inventory'
                           and grain_key in ({keys})), 0),
                       s.harmless
                from (select pg_current_snapshot() as snapshot, {DatabaseSnapshot.Harmless} as harmless) s
                left join lateral (
                  select position, stream_key from event
                  where stream_namespace in ('product', 'inventory') and due_at is null and position > $1 and position <> all ($2)
                  order by position limit $3) e on true
                order by e.position
                """);
            command.Parameters.Add(new() { Value = from });
            command.Parameters.Add(new() { Value = known });
            command.Parameters.Add(new() { Value = MaxRows });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var positions = new List<long>();
            DatabaseSnapshot? snapshot = null;
            while (await reader.ReadAsync(cancellation))
            {
                snapshot ??= new DatabaseSnapshot(reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<long[]>(6));
                if (reader.IsDBNull(2))
                    continue;
                positions.Add(reader.GetInt64(2));
                found.Add(new CatalogChange(reader.GetString(3), reader.GetInt32(4), reader.GetInt32(5)));
            }
            var complete = positions.Count < MaxRows;
            window.Read(from, positions, complete, snapshot!, nowMs);
            return complete;
        }
    }
}

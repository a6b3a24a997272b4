using Npgsql;
using SoonShop.Catalog;
using SoonShop.Silo.Streams;

namespace SoonShop.Silo.Catalog;

/// <summary>Finds changes by the events that are committed with them; see <see cref="ReadWindow"/> for those that commit late.</summary>
internal sealed class CatalogChangeSource(NpgsqlDataSource database, TimeProvider time) : ICatalogChangeSource
{
    public ICatalogChangeReader Open() => new Reader(database, time);

    private sealed class Reader(NpgsqlDataSource database, TimeProvider time) : ICatalogChangeReader
    {
        /// <summary>Changes in one reading; more are read by the next.</summary>
        private const int MaxRows = 1000;

        /// <summary>Readings that follow one another at once, at most.</summary>
        private const int MaxReadings = 10;

        /// <summary>The most positions that are remembered while a transaction of unknown length is under way.</summary>
        private const int MaxKnown = 20_000;

        /// <summary>After how long it is asked of a transaction whether it has written events, and how often.</summary>
        private static readonly TimeSpan LongTransaction = TimeSpan.FromSeconds(2);

        /// <summary>Found, but not answered yet: a reading that fails in the middle loses nothing.</summary>
        private readonly List<CatalogChange> found = [];
        private ReadWindow? window;
        private long askedAtMs;
        private bool lost;

        public async Task<ImmutableArray<CatalogChange>?> ReadAsync(CancellationToken cancellation)
        {
            window ??= new ReadWindow(await BeginningAsync(cancellation));
            await ForgetBystandersAsync(window, cancellation);
            var complete = false;
            for (var readings = 0; readings < MaxReadings && (!complete || window.IsReady); readings++)
                complete = await ReadAsync(window, cancellation);
            // Who has not read everything cannot say that nothing else changed.
            lost |= !complete || window.Known > MaxKnown;
            ImmutableArray<CatalogChange> changes = [.. found];
            found.Clear();
            return lost ? null : changes;
        }

        /// <summary>
        /// A little in the past: no transaction that takes positions lasts that long, and no grain is behind the database by that much, so
        /// that whatever is filled into a cache from now on is up to date with what lies before.
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

        /// <summary>A transaction that somebody has forgotten must not fill what is remembered.</summary>
        private async Task ForgetBystandersAsync(ReadWindow window, CancellationToken cancellation)
        {
            if (NowMs - askedAtMs < LongTransaction.TotalMilliseconds || window.WaitedFor(NowMs, LongTransaction) is not { Length: > 0 } waitedFor)
                return;
            window.Forget(await EventWriters.NotAmongAsync(database, waitedFor, cancellation), NowMs);
            askedAtMs = NowMs;
        }

        private long NowMs => (long)time.GetElapsedTime(0).TotalMilliseconds;

        private async Task<bool> ReadAsync(ReadWindow window, CancellationToken cancellation)
        {
            var nowMs = NowMs;
            var (from, known) = window.Next(nowMs);
            // The versions are those that are visible now: at least those that the events came with.
            await using var command = database.CreateCommand($"""
                select s.snapshot::text, pg_snapshot_xmax(s.snapshot)::text::bigint + age(pg_snapshot_xmax(s.snapshot)::xid), e.position, e.stream_key,
                       coalesce((select version from grain_state_product where state_name = 'product' and grain_key = 'sku/' || e.stream_key), 0),
                       coalesce((select version from grain_state_inventory where state_name = 'inventory' and grain_key = 'sku/' || e.stream_key), 0),
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

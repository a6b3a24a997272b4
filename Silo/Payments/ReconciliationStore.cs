using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Aggregates;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>
/// Stores the state of reconciliation: its lease, its progress and its discrepancies. All times come from the database's clock.
/// </summary>
internal sealed class ReconciliationStore(NpgsqlDataSource database) : IReconciliation
{
    /// <summary>How many resolved discrepancies one statement removes.</summary>
    private const int RemovalBatch = 5000;

    private const string Columns =
        "id, kind, payment_id, reference, ours, theirs, first_seen_at, last_seen_at, times_seen, resolved_at, resolution";

    public async Task<Result<Page<PaymentDiscrepancy>>> ListAsync(
        DiscrepancyFilter filter, PageRequest page, CancellationToken cancellation)
    {
        var list = $"discrepancies {filter}";
        await using var command = database.CreateCommand();
        var query = new PageQuery(command);
        if (filter.Resolved is { } resolved)
            query.And(resolved ? "resolved_at is not null" : "resolved_at is null");
        query.And("kind = {0}", filter.Kind is { } kind ? Word(kind) : null);
        query.And("last_seen_at >= {0}", filter.From?.ToUniversalTime());
        query.And("last_seen_at < {0}", filter.To?.ToUniversalTime());
        if (!query.After(page.Cursor, list, "last_seen_at"))
            return Cursor.Bad;
        command.CommandText =
            $"select {Columns} from payment_discrepancy where {query.Where} order by last_seen_at desc, id desc limit {page.Limit + 1}";
        var found = await ReadAsync(command, cancellation);
        return found.Count > page.Limit
            ? new Page<PaymentDiscrepancy>(
                [.. found.Take(page.Limit)], PageQuery.CursorOf(list, found[page.Limit - 1].LastSeenAt, found[page.Limit - 1].Id))
            : new Page<PaymentDiscrepancy>([.. found], null);
    }

    public async Task RequestAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("update payment_reconciliation set due_at = clock_timestamp()");
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<ReconciliationStatus> GetStatusAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select leased_until > clock_timestamp(), due_at, started_at, ended_at, report,
                   (select count(*) from payment_discrepancy where resolved_at is null)
            from payment_reconciliation
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        DateTimeOffset? Time(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
        return new ReconciliationStatus(
            reader.GetBoolean(0), Time(1)!.Value, Time(2), Time(3),
            reader.IsDBNull(4) ? null : JsonSerializer.Deserialize<ReconciliationReport>(reader.GetString(4), StateJson.Options),
            reader.GetInt64(5));
    }

    /// <summary>Takes the lease if a run is due and nobody holds it. Otherwise null.</summary>
    public async Task<(ReconciliationPosition Position, DateTimeOffset Now)?> TryTakeAsync(
        string owner, TimeSpan lease, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            update payment_reconciliation
            set owner = $1, leased_until = clock_timestamp() + $2, started_at = clock_timestamp()
            where due_at <= clock_timestamp() and leased_until <= clock_timestamp()
            returning position, started_at
            """);
        command.Parameters.Add(new() { Value = owner });
        command.Parameters.Add(new() { Value = lease });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? (
                JsonSerializer.Deserialize<ReconciliationPosition>(reader.GetString(0), StateJson.Options)!,
                reader.GetFieldValue<DateTimeOffset>(1))
            : null;
    }

    /// <summary>Renews the lease and stores the progress. False when another owner has the lease.</summary>
    public async Task<bool> SaveAsync(string owner, ReconciliationPosition position, TimeSpan lease, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "update payment_reconciliation set leased_until = clock_timestamp() + $2, position = $3 where owner = $1 and leased_until > "
                + "clock_timestamp()");
        command.Parameters.Add(new() { Value = owner });
        command.Parameters.Add(new() { Value = lease });
        command.Parameters.Add(Json(position));
        return await command.ExecuteNonQueryAsync(cancellation) > 0;
    }

    /// <summary>
    /// Ends the lease. The next run is due after the interval, or at once if it was requested meanwhile. The report contains the time since
    /// when runs have failed, for the integrity check.
    /// </summary>
    public async Task EndAsync(string owner, ReconciliationReport report, TimeSpan interval, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            update payment_reconciliation
            set owner = null, leased_until = '-infinity', ended_at = clock_timestamp(),
                report = case when $2 ->> 'error' is null then $2
                              else $2 || jsonb_build_object('failingSince',
                                  coalesce(report ->> 'failingSince', to_jsonb(clock_timestamp()) #>> '{}')) end,
                due_at = case when due_at > started_at then due_at else clock_timestamp() + $3 end
            where owner = $1
            """);
        command.Parameters.Add(new() { Value = owner });
        command.Parameters.Add(Json(report));
        command.Parameters.Add(new() { Value = interval });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Records the differences found for a payment and those left after settling. Resolves the ones that are gone, including earlier
    /// discrepancies under these references.
    /// </summary>
    /// <returns>The differences that are left and were not known.</returns>
    public async Task<ImmutableArray<PaymentDifference>> RecordAsync(
        Guid paymentId, string[] references, IReadOnlyCollection<PaymentDifference> found, IReadOnlyCollection<PaymentDifference> left,
        string resolution, CancellationToken cancellation)
    {
        PaymentDifference[] all = [.. found.Where(f => !left.Any(l => IsSame(l, f))), .. left];
        await using var command = database.CreateCommand("""
            with seen as (
              insert into payment_discrepancy (payment_id, reference, kind, ours, theirs)
              select $1, s.reference, s.kind, s.ours, s.theirs from unnest($2, $3, $4, $5) as s(reference, kind, ours, theirs)
              on conflict (payment_id, reference, kind) where resolved_at is null
              do update set last_seen_at = clock_timestamp(), times_seen = payment_discrepancy.times_seen + 1,
                            ours = excluded.ours, theirs = excluded.theirs
              returning reference, kind, times_seen)
            select reference, kind, times_seen from seen
            """);
        command.Parameters.Add(new() { Value = paymentId });
        command.Parameters.Add(new() { Value = all.Select(d => d.Reference).ToArray() });
        command.Parameters.Add(new() { Value = all.Select(d => Word(d.Kind)).ToArray() });
        command.Parameters.Add(new() { Value = all.Select(d => d.Ours).ToArray() });
        command.Parameters.Add(new() { Value = all.Select(d => d.Theirs).ToArray() });
        var known = new HashSet<(string, string)>();
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                if (reader.GetInt32(2) > 1)
                    known.Add((reader.GetString(0), reader.GetString(1)));
            }
        }
        await using var resolve = database.CreateCommand("""
            update payment_discrepancy set resolved_at = clock_timestamp(), resolution = $5
            where payment_id = $1 and resolved_at is null and reference = any ($2)
              and (reference, kind) not in (select * from unnest($3, $4))
            """);
        resolve.Parameters.Add(new() { Value = paymentId });
        resolve.Parameters.Add(new() { Value = references });
        resolve.Parameters.Add(new() { Value = left.Select(d => d.Reference).ToArray() });
        resolve.Parameters.Add(new() { Value = left.Select(d => Word(d.Kind)).ToArray() });
        resolve.Parameters.Add(new() { Value = resolution });
        await resolve.ExecuteNonQueryAsync(cancellation);
        return [.. left.Where(d => !known.Contains((d.Reference, Word(d.Kind))))];
    }

    /// <summary>Reads open discrepancies last seen before a time, oldest first.</summary>
    public async Task<List<PaymentDiscrepancy>> OpenAsync(DateTimeOffset before, int limit, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from payment_discrepancy where resolved_at is null and last_seen_at < $1 order by last_seen_at, id limit "
                + "$2");
        command.Parameters.Add(new() { Value = before.ToUniversalTime() });
        command.Parameters.Add(new() { Value = limit });
        return await ReadAsync(command, cancellation);
    }

    /// <summary>Counts the open discrepancies by kind.</summary>
    public async Task<Dictionary<DiscrepancyKind, long>> CountOpenAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select kind, count(*) from payment_discrepancy where resolved_at is null group by kind");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var counts = Enum.GetValues<DiscrepancyKind>().ToDictionary(k => k, _ => 0L);
        while (await reader.ReadAsync(cancellation))
            counts[Kind(reader.GetString(0))] = reader.GetInt64(1);
        return counts;
    }

    /// <summary>Returns up to when payments and orders have been compared; null where none have.</summary>
    public async Task<(DateTimeOffset? Payments, DateTimeOffset? Orders)> ComparedToAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select position from payment_reconciliation");
        var position = JsonSerializer.Deserialize<ReconciliationPosition>(
            (string)(await command.ExecuteScalarAsync(cancellation))!, StateJson.Options)!;
        return (position.PaymentsComparedTo, position.OrdersComparedTo);
    }

    /// <summary>Removes discrepancies that were resolved this many days ago.</summary>
    public async Task RemoveResolvedAsync(int days, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            delete from payment_discrepancy where id in (
              select id from payment_discrepancy where resolved_at < now() - make_interval(days => $1) order by resolved_at limit $2)
            """);
        command.Parameters.Add(new() { Value = days });
        command.Parameters.Add(new() { Value = RemovalBatch });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static bool IsSame(PaymentDifference a, PaymentDifference b) => a.Kind == b.Kind && a.Reference == b.Reference;

    private static string Word(DiscrepancyKind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());

    private static DiscrepancyKind Kind(string word) => Enum.Parse<DiscrepancyKind>(word, ignoreCase: true);

    private static NpgsqlParameter Json<T>(T value) =>
        new() { Value = JsonSerializer.Serialize(value, StateJson.Options), NpgsqlDbType = NpgsqlDbType.Jsonb };

    private static async Task<List<PaymentDiscrepancy>> ReadAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<PaymentDiscrepancy>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(new PaymentDiscrepancy(
                reader.GetGuid(0), Kind(reader.GetString(1)), reader.GetGuid(2), reader.GetString(3), reader.GetString(4),
                reader.GetString(5), reader.GetFieldValue<DateTimeOffset>(6), reader.GetFieldValue<DateTimeOffset>(7), reader.GetInt32(8),
                reader.IsDBNull(9) ? null : reader.GetFieldValue<DateTimeOffset>(9), reader.IsDBNull(10) ? null : reader.GetString(10)));
        }
        return found;
    }
}

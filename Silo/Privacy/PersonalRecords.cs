using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Privacy;
using SoonShop.Silo.Notifications;

namespace SoonShop.Silo.Privacy;

/// <summary>
/// Finds a user's records. This needs no index of events: an event's id consists of its grain's name and a number, and each of the user's
/// grains knows how many events it has published.
/// </summary>
internal sealed class PersonalRecords(
    NpgsqlDataSource database, EventTypes types, PersonalData personal, IEnumerable<INotificationChannel> channels,
    IEnumerable<IMailTransport> mail) : IPersonalRecords
{
    /// <summary>The number of events in one statement.</summary>
    private const int BatchSize = 500;

    /// <summary>The number of grains whose events are searched together.</summary>
    private const int SourcesAtOnce = 50;

    /// <summary>The state names whose key is the user's id.</summary>
    private readonly string[] own =
    [
        .. channels.Select(c => c.Handler).Concat(["user", "cart", "notification", "mail", "payment-customer"]).Distinct(),
    ];

    /// <summary>Event types without personal data.</summary>
    private readonly string[] harmless = [.. types.All.Select(t => t.Key).Where(t => !personal.IsBorneBy(t))];

    public async Task<ImmutableArray<string>> FindOpenOrdersAsync(Guid userId, int limit, CancellationToken cancellation)
    {
        // The index finds orders that may be open, and the state decides: the index of an earlier version marks every confirmed order as
        // open.
        await using var command = database.CreateCommand("""
            select o.index ->> 'number', o.state, p.open
            from order_entry e join grain_state_order o on o.state_name = 'order' and o.grain_key = e.grain_key
            cross join lateral (select exists (select from grain_state_payment p
                                               where p.state_name = 'payment' and p.grain_key = o.grain_key
                                                 and p.index ->> 'inBetween' = 'true') as open) p
            where e.customer_id = $1
              and (o.index ->> 'open' = 'true' or o.index ->> 'status' in ('pending', 'awaitingPayment', 'confirmed', 'shipped') or p.open)
            """);
        command.Parameters.Add(new() { Value = userId });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var open = ImmutableArray.CreateBuilder<string>();
        while (open.Count < limit && await reader.ReadAsync(cancellation))
        {
            if (reader.GetBoolean(2) || JsonSerializer.Deserialize<StateEnvelope<CheckoutState>>(
                reader.GetFieldValue<byte[]>(1), StateJson.Options)!.State!.Order!.IsOpen)
                open.Add(reader.GetString(0));
        }
        return open.ToImmutable();
    }

    public async Task<ImmutableArray<Guid>> FindOrdersAsync(Guid userId, int limit, CancellationToken cancellation) => await ListAsync(
        r => Guid.ParseExact(r.GetString(0), "N"),
        """
        select o.grain_key from order_entry e join grain_state_order o on o.state_name = 'order' and o.grain_key = e.grain_key
        where e.customer_id = $1 and o.index ->> 'buyerErased' is null limit $2
        """, cancellation, userId, limit);

    public async Task<ImmutableArray<Guid>> FindDraftOrdersAsync(Guid userId, int limit, CancellationToken cancellation) =>
        await ListAsync(
            r => Guid.ParseExact(r.GetString(0), "N"),
            "select grain_key from grain_state_draft_order where index ->> 'customerId' = $1 limit $2",
            cancellation, userId.ToString(), limit);

    public async Task<ImmutableArray<Guid>> FindRetainedAsync(DateTimeOffset now, int limit, CancellationToken cancellation) =>
        await ListAsync(
            r => Guid.ParseExact(r.GetString(0), "N"),
            "select grain_key from order_entry where retain_until <= $1 order by retain_until limit $2",
            cancellation, SortableTime.Of(now), limit);

    public async Task<bool> EraseEventsAsync(Guid userId, CancellationToken cancellation)
    {
        var settled = true;
        var (after, number) = (Source.First, 0L);
        while (await NextIdsAsync(userId, after, number, BatchSize, cancellation) is { Ids.Length: > 0 } batch)
        {
            settled &= await EraseAsync(batch.Ids, cancellation);
            (after, number) = (batch.Last, batch.Number);
        }
        return settled;
    }

    public async Task RemoveEmailAsync(string normalizedEmail, CancellationToken cancellation) => await ExecuteAsync(
        "delete from grain_state_email where state_name = 'email' and grain_key = $1 and state is null", cancellation,
        Users.UserKeys.Email(normalizedEmail));

    public async Task RemoveMailAsync(string email, CancellationToken cancellation)
    {
        foreach (var folder in mail.OfType<MailDirectory>())
            await folder.RemoveAsync(email, cancellation);
    }

    public async Task<Result<Page<PersonalEvent>>> ListEventsAsync(Guid userId, PageRequest page, CancellationToken cancellation)
    {
        var list = $"events of {userId:N}";
        var (after, number) = (Source.First, 0L);
        if (page.Cursor is { } cursor)
        {
            if (!Cursor.TryRead(cursor, list, 3, out var parts)
                || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out number))
                return Cursor.Bad;
            after = new Source(parts[0], parts[1], 0);
        }
        var batch = await NextIdsAsync(userId, after, number, page.Limit, cancellation);
        var events = await ListAsync(
            r => new PersonalEvent(
                r.GetString(0), r.GetString(1), r.GetFieldValue<DateTimeOffset>(2), Shown(r.GetString(1), r.GetString(3))),
            "select id, type, time, data::text from event where id = any ($1) and data is not null order by source, sequence", cancellation,
            (object)batch.Ids);
        return new Page<PersonalEvent>(events, batch.Ids.Length < page.Limit
            ? null
            : Cursor.Write(list, batch.Last.Name, batch.Last.Key, batch.Number.ToString(CultureInfo.InvariantCulture)));
    }

    public async Task<Result<Page<PersonalAuditEntry>>> ListAuditAsync(Guid userId, PageRequest page, CancellationToken cancellation)
    {
        var list = $"audit of {userId:N}";
        var before = long.MaxValue;
        if (page.Cursor is { } cursor
            && (!Cursor.TryRead(cursor, list, 1, out var parts) || !long.TryParse(parts[0], CultureInfo.InvariantCulture, out before)))
            return Cursor.Bad;
        var rows = await ListAsync(
            r => (Id: r.GetInt64(0), Entry: new PersonalAuditEntry(
                r.GetFieldValue<DateTimeOffset>(1), r.GetString(2), r.GetString(3), r.GetString(4),
                Enum.Parse<AuditOutcome>(r.GetString(5), ignoreCase: true), Text(r, 6), Text(r, 7), Text(r, 8))),
            """
            (select id, at, actor, action, subject, outcome, (details - 'subjects')::text, address, user_agent from audit_log
                where actor = $1 and id < $2 order by id desc limit $3)
            union all
            (select id, at, actor, action, subject, outcome, (details - 'subjects')::text, null, null from audit_log
                where subject = $1 and actor <> $1 and id < $2 order by id desc limit $3)
            order by id desc limit $3
            """, cancellation, userId.ToString(), before, page.Limit);
        return new Page<PersonalAuditEntry>(
            [.. rows.Select(r => r.Entry)],
            rows.Length < page.Limit ? null : Cursor.Write(list, rows[^1].Id.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>Erases personal data from these events and their copies. True when all of them have been processed.</summary>
    private async Task<bool> EraseAsync(string[] ids, CancellationToken cancellation)
    {
        var found = await ListAsync(
            r => (Id: r.GetString(0), Type: r.GetString(1), Data: r.GetString(2), Settled: r.GetBoolean(3)), """
            select e.id, e.type, e.data::text, e.queue is null or q.id is null
                or (e.due_at is null and (e.position <= q.watermark or e.position = any (q.done) or e.position <@ q.done_ranges))
            from event e left join stream_queue q on q.id = e.queue
            where e.id = any ($1) and e.type <> all ($2) and e.data is not null
            """, cancellation, ids, harmless);
        var changed = found.Select(e => (e.Id, e.Data, Erased: personal.Erase(e.Type, JsonNode.Parse(e.Data)!).ToJsonString()))
            .Where(e => !Same(e.Data, e.Erased)).ToArray();
        if (changed.Length > 0)
        {
            await ExecuteAsync(
                "update event e set data = n.data::jsonb from unnest($1::text[], $2::text[]) as n(id, data) where e.id = n.id",
                cancellation, changed.Select(e => e.Id).ToArray(), changed.Select(e => e.Erased).ToArray());
        }
        var copies = await ListAsync(
            r => (Id: r.GetGuid(0), Type: r.GetString(1), Data: r.GetFieldValue<byte[]>(2)),
            "select id, event_type, data from event_delivery where event_id = any ($1) and event_type <> all ($2)", cancellation, ids,
            harmless);
        if (copies.Length > 0)
        {
            await ExecuteAsync("""
                update event_delivery d
                set data = n.data, error_message = $3, fingerprint = $3,
                    history = coalesce((select jsonb_agg(h || jsonb_build_object('message', $3::text, 'stack', ''))
                        from jsonb_array_elements(d.history) h), '[]')
                from unnest($1::uuid[], $2::bytea[]) as n(id, data) where d.id = n.id
                """, cancellation, copies.Select(c => c.Id).ToArray(), copies.Select(c => Erased(c.Type, c.Data)).ToArray(),
                PersonalData.Erased);
        }
        await ExecuteAsync(
            "update event_failure set error_message = $3, stack = '' where event_id = any ($1) and event_type <> all ($2)", cancellation,
            ids, harmless, PersonalData.Erased);
        // What endpoints answered may repeat what they received.
        await ExecuteAsync(
            "update webhook_delivery set response = null, error = $2 where event_id = any ($1) and error is not null",
            cancellation, ids, PersonalData.Erased);
        return found.All(e => e.Settled);
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private byte[] Erased(string type, byte[] data) => JsonSerializer.SerializeToUtf8Bytes(personal.Erase(type, JsonNode.Parse(data)!));

    private string Shown(string type, string data) => personal.EraseSecrets(type, JsonNode.Parse(data)!).ToJsonString();

    private static bool Same(string a, string b) => JsonNode.DeepEquals(JsonNode.Parse(a), JsonNode.Parse(b));

    /// <summary>Returns the next event ids in the order of their grains, whether the events still exist or not.</summary>
    private async Task<(string[] Ids, Source Last, long Number)> NextIdsAsync(
        Guid userId, Source after, long number, int limit, CancellationToken cancellation)
    {
        var ids = new List<string>(limit);
        var last = after;
        while (ids.Count < limit)
        {
            var sources = await SourcesAsync(userId, last, inclusive: number > 0 && ids.Count == 0, cancellation);
            foreach (var source in sources)
            {
                var begin = source.Name == after.Name && source.Key == after.Key ? number : 0;
                (last, var taken) = (source, begin);
                while (taken < source.Sequence && ids.Count < limit)
                    ids.Add($"/{source.Name}/{source.Key}#{(++taken).ToString(CultureInfo.InvariantCulture)}");
                if (ids.Count == limit)
                    return ([.. ids], last, taken);
            }
            if (sources.Length < SourcesAtOnce)
                break;
        }
        return ([.. ids], last, last.Sequence);
    }

    private async Task<ImmutableArray<Source>> SourcesAsync(Guid userId, Source after, bool inclusive, CancellationToken cancellation) =>
        await ListAsync(
            r => new Source(r.GetString(0), r.GetString(1), r.IsDBNull(2) ? 0 : r.GetInt64(2)), $"""
                select name, key, sequence from (
                  select state_name as name, grain_key as key, (convert_from(state, 'UTF8')::jsonb ->> 'sequence')::bigint as sequence
                  from grain_state where state_name = any ($1) and grain_key = $2 and state is not null
                  union all
                  select g.state_name, g.grain_key, (convert_from(g.state, 'UTF8')::jsonb ->> 'sequence')::bigint
                  from order_entry e join grain_state g on g.grain_key = e.grain_key and g.state_name in ('order', 'payment')
                  where e.customer_id = $3 and g.state is not null) s
                where (name, key) {(inclusive ? ">=" : ">")} ($4, $5)
                order by name, key limit {SourcesAtOnce}
                """, cancellation, own, userId.ToString("N"), userId, after.Name, after.Key);

    private async Task<ImmutableArray<T>> ListAsync<T>(
        Func<NpgsqlDataReader, T> read, string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<T>();
        while (await reader.ReadAsync(cancellation))
            items.Add(read(reader));
        return items.ToImmutable();
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }

    /// <summary>A grain that publishes events about the user.</summary>
    private sealed record Source(string Name, string Key, long Sequence)
    {
        public static Source First { get; } = new("", "", 0);
    }
}

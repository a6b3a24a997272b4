using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Aggregates;
using SoonShop.Orders;

namespace SoonShop.Silo.Orders;

/// <summary>The database queries of <see cref="OrderHousekeeping"/>.</summary>
internal sealed class OrderMaintenance(NpgsqlDataSource database)
{
    /// <summary>
    /// Returns orders that were shipped by the given time and are not marked as delivered, by id, after the given id. Only the state has
    /// the time of shipment, so it is read only for orders that were placed by then.
    /// </summary>
    public async Task<ImmutableArray<Guid>> FindShippedAsync(
        DateTimeOffset shippedBy, Guid? after, int limit, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select o.grain_key
            from order_entry e join grain_state_order o on o.state_name = 'order' and o.grain_key = e.grain_key
            where e.stage = 'shipped' and e.placed_at <= $1::timestamptz and ($2::text is null or e.grain_key > $2)
              and (convert_from(o.state, 'UTF8')::jsonb #>> '{state,order,shipment,shippedAt}')::timestamptz <= $3
            order by e.grain_key limit $4
            """);
        command.Parameters.Add(new() { Value = SortableTime.Of(shippedBy) });
        command.Parameters.Add(new() { Value = after?.ToString("N") ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = shippedBy.ToUniversalTime() });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var orders = ImmutableArray.CreateBuilder<Guid>();
        while (await reader.ReadAsync(cancellation))
            orders.Add(Guid.ParseExact(reader.GetString(0), "N"));
        return orders.ToImmutable();
    }

    /// <summary>
    /// Adds the fields that lists need to the indexes of older rows. Returns the number of rows; fewer than the limit when none are left.
    /// </summary>
    public async Task<int> CompleteIndexesAsync(int limit, CancellationToken cancellation)
    {
        var (keys, versions, indexes) = (new List<string>(), new List<int>(), new List<string>());
        await using (var command = database.CreateCommand("""
            select o.grain_key, o.version, o.state
            from order_entry e join grain_state_order o on o.state_name = 'order' and o.grain_key = e.grain_key
            where e.skus is null and o.index is not null and not o.index ? 'skus' and o.index ->> 'status' <> 'pending' limit $1
            """))
        {
            command.Parameters.Add(new() { Value = limit });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                if (JsonSerializer.Deserialize<StateEnvelope<CheckoutState>>(
                    reader.GetFieldValue<byte[]>(2), StateJson.Options)?.State?.Order is not { } order)
                    continue;
                keys.Add(reader.GetString(0));
                versions.Add(reader.GetInt32(1));
                indexes.Add(JsonSerializer.Serialize(OrderIndex.Of(order), StateJson.Options));
            }
        }
        if (keys.Count == 0)
            return 0;
        // A row that its grain has written meanwhile already has the fields, or is found again by the next call.
        await using var update = database.CreateCommand("""
            update grain_state_order o set index = n.index::jsonb
            from unnest($1, $2, $3) as n(key, version, index) where o.grain_key = n.key and o.version = n.version and o.state_name = 'order'
            """);
        update.Parameters.Add(new() { Value = keys.ToArray() });
        update.Parameters.Add(new() { Value = versions.ToArray() });
        update.Parameters.Add(new() { Value = indexes.ToArray() });
        await update.ExecuteNonQueryAsync(cancellation);
        return keys.Count;
    }
}

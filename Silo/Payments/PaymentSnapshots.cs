using System.Text.Json;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>An order with its payment, as stored in the database at one moment.</summary>
internal sealed record PaymentSnapshot(Guid Id, OrderStatus? Order, PaymentState? Payment)
{
    /// <summary>The cursor of the page after this order; empty when the order was not read in a page.</summary>
    public string PlacedAt { get; init; } = "";
}

/// <summary>Reads orders and payments from the database without activating their grains.</summary>
internal sealed class PaymentSnapshots(NpgsqlDataSource database)
{
    private const string Columns = "k.grain_key, o.index ->> 'status', p.state, o.index ->> 'placedAt'";

    /// <summary>Reads the orders and payments with these ids. An id that is not found has neither.</summary>
    public async Task<Dictionary<Guid, PaymentSnapshot>> ReadAsync(IEnumerable<Guid> ids, CancellationToken cancellation)
    {
        var keys = ids.Distinct().Select(id => id.ToString("N")).ToArray();
        return (await SidesAsync($"""
            select {Columns} from unnest($1) as k(grain_key)
            left join grain_state_order o on o.state_name = 'order' and o.grain_key = k.grain_key
            left join grain_state_payment p on p.state_name = 'payment' and p.grain_key = k.grain_key
            """, cancellation, [keys])).ToDictionary(s => s.Id);
    }

    /// <summary>Reads orders that were placed in a period, oldest first, after a given order.</summary>
    public Task<List<PaymentSnapshot>> OrdersAsync(
        DateTimeOffset from, DateTimeOffset to, string afterPlacedAt, string afterKey, int limit, CancellationToken cancellation) =>
        SidesAsync($"""
            select {Columns} from (
              select placed_at, grain_key from order_entry
              where placed_at >= $1::timestamptz and placed_at < $2::timestamptz
                and (placed_at, grain_key) > (coalesce(nullif($3, ''), '-infinity')::timestamptz, $4)
              order by placed_at, grain_key limit $5) k
            join grain_state_order o on o.state_name = 'order' and o.grain_key = k.grain_key
            left join grain_state_payment p on p.state_name = 'payment' and p.grain_key = k.grain_key
            order by k.placed_at, k.grain_key
            """, cancellation, SortableTime.Of(from), SortableTime.Of(to), afterPlacedAt, afterKey, limit);

    /// <summary>Reads payments that have been unsettled for this long, by key, after a given payment.</summary>
    public Task<List<PaymentSnapshot>> UnsettledAsync(TimeSpan tooLong, string afterKey, int limit, CancellationToken cancellation) =>
        SidesAsync($"""
            select {Columns} from (
              select * from grain_state_payment p
              where p.index ->> 'inBetween' = 'true' and p.grain_key > $2 and p.modified_at < now() - $1
              order by p.grain_key limit $3) p
            cross join lateral (select p.grain_key) k
            left join grain_state_order o on o.state_name = 'order' and o.grain_key = p.grain_key
            order by p.grain_key
            """, cancellation, tooLong, afterKey, limit);

    private async Task<List<PaymentSnapshot>> SidesAsync(string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var sides = new List<PaymentSnapshot>();
        while (await reader.ReadAsync(cancellation))
        {
            sides.Add(new PaymentSnapshot(
                Guid.ParseExact(reader.GetString(0), "N"),
                reader.IsDBNull(1) ? null : Enum.Parse<OrderStatus>(reader.GetString(1), ignoreCase: true),
                reader.IsDBNull(2)
                    ? null
                    : JsonSerializer.Deserialize<StateEnvelope<PaymentState>>(reader.GetFieldValue<byte[]>(2), StateJson.Options)!.State)
            {
                PlacedAt = reader.IsDBNull(3) ? "" : reader.GetString(3),
            });
        }
        return sides;
    }
}

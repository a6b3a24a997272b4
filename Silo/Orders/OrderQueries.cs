using System.Text.Json;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Orders;
using SoonShop.Users;

namespace SoonShop.Silo.Orders;

internal sealed class OrderQueries(NpgsqlDataSource database) : IOrderQueries
{
    public async Task<Result<Page<Order>>> ListAsync(OrderQuery query, CancellationToken cancellation)
    {
        var number = query.Number is { } written ? OrderNumber.Normalize(written) : null;
        if (query.Number is not null && number is null)
            return new Page<Order>([], null);
        var email = query.Email is { } address ? EmailAddress.Normalize(address) : null;
        var key = $"{query.CustomerId}|{query.CartId}|{query.Status}|{query.From:O}|{query.To:O}|{number}|{email}|{query.Sku}|"
            + query.ReturnStatus;
        await using var command = database.CreateCommand();
        string Parameter(object value)
        {
            command.Parameters.Add(new() { Value = value });
            return $"${command.Parameters.Count}";
        }
        var where = new List<string> { "o.index is not null" };
        if (query.CustomerId is { } customer)
            where.Add($"e.customer_id = {Parameter(customer)}");
        if (query.CartId is { } cart)
            where.Add($"e.guest_cart_id = {Parameter(cart)}");
        if (query.Status is { } status)
        {
            // The first condition finds the rows through an index. The second one decides, because pending and confirmed orders have no
            // stage.
            where.Add(status switch
            {
                OrderStatus.Pending => "(e.placed_at, e.grain_key) in (select placed_at, grain_key from order_pending)",
                OrderStatus.Confirmed => "e.stage is null",
                _ => $"e.stage = {Parameter(NameOf(status))}",
            });
            where.Add($"o.index ->> 'status' = {Parameter(NameOf(status))}");
        }
        if (number is not null)
            where.Add($"e.number = {Parameter(number)}");
        if (email is not null)
            where.Add($"e.email = {Parameter(email)} and o.index ->> 'status' <> 'pending'");
        if (query.Sku is { } sku)
            where.Add($"e.skus @> array[{Parameter(sku)}::text] and o.index ->> 'status' <> 'pending'");
        if (query.ReturnStatus is { } returned)
            where.Add($"(e.placed_at, e.grain_key) in (select placed_at, grain_key from order_return where status = "
                + $"{Parameter(JsonNamingPolicy.CamelCase.ConvertName(returned.ToString()))})");
        if (query.From is { } from)
            where.Add($"e.placed_at >= {Parameter(SortableTime.Of(from))}::timestamptz");
        if (query.To is { } to)
            where.Add($"e.placed_at < {Parameter(SortableTime.Of(to))}::timestamptz");
        if (query.Page.Cursor is { } cursor)
        {
            if (!Cursor.TryRead(cursor, key, 2, out var after))
                return Cursor.Bad;
            where.Add($"(e.placed_at, e.grain_key) < ({Parameter(after[0])}::timestamptz, {Parameter(after[1])})");
        }
        command.CommandText = $"""
            select o.state, o.index ->> 'placedAt', o.grain_key
            from order_entry e join grain_state_order o on o.state_name = 'order' and o.grain_key = e.grain_key
            where {string.Join(" and ", where)}
            order by e.placed_at desc, e.grain_key desc limit {query.Page.Limit + 1}
            """;

        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<Order>();
        string? next = null, placedAt = null, grainKey = null;
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == query.Page.Limit)
            {
                next = Cursor.Write(key, placedAt!, grainKey!);
                break;
            }
            var envelope = JsonSerializer.Deserialize<StateEnvelope<CheckoutState>>(reader.GetFieldValue<byte[]>(0), StateJson.Options)!;
            var order = envelope.State!.Order!;
            items.Add(query.ForBuyer ? order.ToView() : order.ToView(Caller.Shop));
            (placedAt, grainKey) = (reader.GetString(1), reader.GetString(2));
        }
        return new Page<Order>(items.ToImmutable(), next);
    }

    private static string NameOf(OrderStatus status) => JsonNamingPolicy.CamelCase.ConvertName(status.ToString());

    public async Task<bool> HasBoughtAsync(Guid customerId, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select exists (
              select from order_entry e join grain_state_order o on o.state_name = 'order' and o.grain_key = e.grain_key
              where e.customer_id = $1 and o.index ->> 'status' in ('confirmed', 'shipped', 'delivered', 'refunded'))
            """);
        command.Parameters.Add(new() { Value = customerId });
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    public async Task<ImmutableArray<Guid>> FindUnfinishedAsync(
        Guid cartId, bool isGuest, IEnumerable<Guid> ordered, DateTimeOffset orderedUntil, CancellationToken cancellation)
    {
        // A customer's cart has the customer's id.
        await using var command = database.CreateCommand($"""
            select o.grain_key
            from order_entry e join grain_state_order o on o.state_name = 'order' and o.grain_key = e.grain_key
            where e.{(isGuest ? "guest_cart_id" : "customer_id")} = $1 and o.index ->> 'draft' is null
              and (o.index ->> 'status' in ('pending', 'awaitingPayment')
                   or (o.index ->> 'status' = 'confirmed' and o.index ->> 'placedAt' > $2 and o.grain_key <> all ($3)
                       and (o.index ->> 'cartId' = $1::text or o.index ->> 'moved' = 'true')))
            order by e.placed_at desc, e.grain_key desc limit {IOrderQueries.MaxUnfinished}
            """);
        command.Parameters.Add(new() { Value = cartId });
        command.Parameters.Add(new() { Value = SortableTime.Of(orderedUntil) });
        command.Parameters.Add(new() { Value = ordered.Select(o => o.ToString("N")).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = ImmutableArray.CreateBuilder<Guid>();
        while (await reader.ReadAsync(cancellation))
            found.Add(Guid.ParseExact(reader.GetString(0), "N"));
        return found.ToImmutable();
    }

    public async Task<ImmutableArray<CompetingOrder>> FindRivalsAsync(
        Guid cartId, IEnumerable<Guid> ordered, DateTimeOffset orderedUntil, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            select o.grain_key, o.index ->> 'status' not in ('pending', 'awaitingPayment')
            from order_entry e join grain_state_order o on o.state_name = 'order' and o.grain_key = e.grain_key
            where (e.guest_cart_id = $1 or e.customer_id = $1) and o.index ->> 'cartId' = $1::text
              and (o.index ->> 'status' in ('pending', 'awaitingPayment')
                   or (o.index ->> 'status' in ('confirmed', 'shipped', 'delivered') and o.index ->> 'placedAt' > $2
                       and o.grain_key <> all ($3)))
            order by e.placed_at desc, e.grain_key desc limit {IOrderQueries.MaxUnfinished}
            """);
        // A customer's cart has the customer's id.
        command.Parameters.Add(new() { Value = cartId });
        command.Parameters.Add(new() { Value = SortableTime.Of(orderedUntil) });
        command.Parameters.Add(new() { Value = ordered.Select(o => o.ToString("N")).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = ImmutableArray.CreateBuilder<CompetingOrder>();
        while (await reader.ReadAsync(cancellation))
            found.Add(new CompetingOrder(Guid.ParseExact(reader.GetString(0), "N"), reader.GetBoolean(1)));
        return found.ToImmutable();
    }

    public async Task<ImmutableArray<MovedOrder>> FindMovedAsync(Guid guestCartId, Guid customerId, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select state from grain_state_cart where grain_key = $1");
        command.Parameters.Add(new() { Value = guestCartId.ToString("N") });
        return await command.ExecuteScalarAsync(cancellation) is byte[] state
            && JsonSerializer.Deserialize<StateEnvelope<CartState>>(state, StateJson.Options)!.State is { } cart
            && cart.HandedOverTo == customerId
                ? cart.MovedOrders
                : [];
    }
}

using System.Text.Json;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Orders;
using SoonShop.Silo.Search;
using SoonShop.Users;

namespace SoonShop.Silo.Orders;

internal sealed class OrderQueries(NpgsqlDataSource database) : IOrderQueries
{
    public async Task<Outcome<Page<Order>>> ListAsync(OrderQuery query, CancellationToken cancellation)
    {
        var number = query.Number is { } written ? OrderNumber.Normalize(written) : null;
        if (query.Number is not null && number is null)
            return new Page<Order>([], null);
        var email = query.Email is { } address ? EmailAddress.Normalize(address) : null;
        var key = $"{query.CustomerId}|{query.CartId}|{query.Status}|{query.From:O}|{query.To:O}|{number}|{email}|{query.Sku}";
        await using var command = database.CreateCommand();
        string Parameter(object value)
        {
            command.Parameters.Add(new() { Value = value });
            return $"${command.Parameters.Count}";
        }
        var where = new List<string> { "index is not null" };
        if (query.CustomerId is { } customer)
            where.Add($"index ->> 'customerId' = {Parameter(customer.ToString())}");
        if (query.CartId is { } cart)
            where.Add($"index ->> 'cartId' = {Parameter(cart.ToString())} and index ->> 'customerId' is distinct from index ->> 'cartId'");
        if (query.Status is { } status)
            where.Add($"index ->> 'status' = {Parameter(JsonNamingPolicy.CamelCase.ConvertName(status.ToString()))}");
        if (number is not null)
            where.Add($"index ->> 'number' = {Parameter(number)}");
        if (email is not null)
            where.Add($"index ->> 'email' = {Parameter(email)}");
        if (query.Sku is { } sku)
            where.Add($"index -> 'skus' @> to_jsonb({Parameter(sku)}::text) and index ->> 'status' <> 'pending'");
        if (query.From is { } from)
            where.Add($"index ->> 'placedAt' >= {Parameter(SortableTime.Of(from))}");
        if (query.To is { } to)
            where.Add($"index ->> 'placedAt' < {Parameter(SortableTime.Of(to))}");
        if (query.Page.Cursor is { } cursor)
        {
            if (!Cursor.TryRead(cursor, key, 2, out var after))
                return Cursor.Bad;
            where.Add($"(index ->> 'placedAt', grain_key) < ({Parameter(after[0])}, {Parameter(after[1])})");
        }
        command.CommandText = $"""
            select state, index ->> 'placedAt', grain_key from grain_state_order
            where {string.Join(" and ", where)}
            order by index ->> 'placedAt' desc, grain_key desc limit {query.Page.Limit + 1}
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
            var document = JsonSerializer.Deserialize<Document<CheckoutState>>(reader.GetFieldValue<byte[]>(0), StateJson.Options)!;
            var order = document.State!.Order!.ToView();
            items.Add(query.ForBuyer ? order : order.WithoutClientSecret());
            (placedAt, grainKey) = (reader.GetString(1), reader.GetString(2));
        }
        return new Page<Order>(items.ToImmutable(), next);
    }

    public async Task<ImmutableArray<Guid>> FindUnfinishedAsync(
        Guid cartId, bool isGuest, IEnumerable<Guid> ordered, DateTimeOffset orderedUntil, CancellationToken cancellation)
    {
        // A customer's cart has the customer's id.
        await using var command = database.CreateCommand($"""
            select grain_key from grain_state_order
            where index ->> '{(isGuest ? "cartId" : "customerId")}' = $1
              and (index ->> 'status' in ('pending', 'awaitingPayment')
                   or (index ->> 'status' = 'confirmed' and index ->> 'placedAt' > $2 and grain_key <> all ($3)
                       and (index ->> 'cartId' = $1 or index ->> 'moved' = 'true')))
            order by index ->> 'placedAt' desc, grain_key desc limit {IOrderQueries.MaxUnfinished}
            """);
        command.Parameters.Add(new() { Value = cartId.ToString() });
        command.Parameters.Add(new() { Value = SortableTime.Of(orderedUntil) });
        command.Parameters.Add(new() { Value = ordered.Select(o => o.ToString("N")).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = ImmutableArray.CreateBuilder<Guid>();
        while (await reader.ReadAsync(cancellation))
            found.Add(Guid.ParseExact(reader.GetString(0), "N"));
        return found.ToImmutable();
    }

    public async Task<ImmutableArray<CartRival>> FindRivalsAsync(Guid cartId, IEnumerable<Guid> ordered, DateTimeOffset orderedUntil, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            select grain_key, index ->> 'status' not in ('pending', 'awaitingPayment') from grain_state_order
            where index ->> 'cartId' = $1
              and (index ->> 'status' in ('pending', 'awaitingPayment')
                   or (index ->> 'status' in ('confirmed', 'shipped', 'delivered') and index ->> 'placedAt' > $2 and grain_key <> all ($3)))
            order by index ->> 'placedAt' desc, grain_key desc limit {IOrderQueries.MaxUnfinished}
            """);
        command.Parameters.Add(new() { Value = cartId.ToString() });
        command.Parameters.Add(new() { Value = SortableTime.Of(orderedUntil) });
        command.Parameters.Add(new() { Value = ordered.Select(o => o.ToString("N")).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = ImmutableArray.CreateBuilder<CartRival>();
        while (await reader.ReadAsync(cancellation))
            found.Add(new CartRival(Guid.ParseExact(reader.GetString(0), "N"), reader.GetBoolean(1)));
        return found.ToImmutable();
    }

    public async Task<ImmutableArray<MovedOrder>> FindMovedAsync(Guid guestCartId, Guid customerId, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select state from grain_state_cart where grain_key = $1");
        command.Parameters.Add(new() { Value = guestCartId.ToString("N") });
        return await command.ExecuteScalarAsync(cancellation) is byte[] state
            && JsonSerializer.Deserialize<Document<CartState>>(state, StateJson.Options)!.State is { } cart && cart.HandedOverTo == customerId ? cart.MovedOrders : [];
    }
}

using Npgsql;
using SoonShop.Orders;
using SoonShop.Users;

namespace SoonShop.Silo.Orders;

internal sealed class GuestOrders(NpgsqlDataSource database) : IGuestOrders
{
    public async Task<Guid?> FindAsync(string number, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select grain_key from order_entry where number = $1");
        command.Parameters.Add(new() { Value = number });
        return await command.ExecuteScalarAsync(cancellation) is string key ? Guid.ParseExact(key, "N") : null;
    }

    public async Task<ImmutableArray<GuestOrder>> ListAsync(
        string normalizedEmail, GuestOrder? after, int limit, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select grain_key, placed_at from order_entry
            where email = any ($1) and customer_id is null and (placed_at, grain_key) > ($2, $3)
            order by placed_at, grain_key limit $4
            """);
        // Orders of an earlier version have the address in its earlier form.
        string[] forms = EmailAddress.EarlierForm(normalizedEmail) is { } earlier ? [normalizedEmail, earlier] : [normalizedEmail];
        command.Parameters.Add(new() { Value = forms });
        command.Parameters.Add(new() { Value = after?.PlacedAt ?? DateTimeOffset.UnixEpoch });
        command.Parameters.Add(new() { Value = after?.OrderId.ToString("N") ?? "" });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = ImmutableArray.CreateBuilder<GuestOrder>();
        while (await reader.ReadAsync(cancellation))
            found.Add(new GuestOrder(Guid.ParseExact(reader.GetString(0), "N"), reader.GetFieldValue<DateTimeOffset>(1)));
        return found.ToImmutable();
    }
}

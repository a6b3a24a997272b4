using Npgsql;

namespace SoonShop.Silo.Orders;

/// <summary>Accesses the table <c>open_checkout</c>: checkouts that have not reported their completion.</summary>
internal sealed class OpenCheckouts(NpgsqlDataSource database)
{
    /// <summary>
    /// Takes checkouts that no silo has resumed for this time, oldest first. Concurrent calls take different checkouts. A taken checkout
    /// can be taken again after the same time.
    /// </summary>
    public async Task<ImmutableArray<OpenCheckout>> TakeAsync(TimeSpan unseenFor, int limit, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            with due as (
              select grain_key from open_checkout where seen_at <= clock_timestamp() - $1 order by seen_at limit $2 for update skip locked)
            update open_checkout c set seen_at = clock_timestamp() from due where c.grain_key = due.grain_key
                returning c.grain_key, c.seen_at
            """);
        command.Parameters.Add(new() { Value = unseenFor });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var taken = ImmutableArray.CreateBuilder<OpenCheckout>();
        while (await reader.ReadAsync(cancellation))
            taken.Add(new OpenCheckout(Guid.ParseExact(reader.GetString(0), "N"), reader.GetFieldValue<DateTimeOffset>(1)));
        return taken.ToImmutable();
    }

    /// <summary>
    /// Removes completed checkouts. The commit does not wait for the disk: a checkout that reappears after a crash is resumed once more.
    /// </summary>
    public async Task RemoveAsync(IReadOnlyCollection<Guid> orders, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select set_config('synchronous_commit', 'off', true)"),
                new NpgsqlBatchCommand("delete from open_checkout where grain_key = any ($1)")
                { Parameters = { new() { Value = orders.Select(o => o.ToString("N")).ToArray() } } },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellation);
    }
}

/// <summary>A checkout that may have been interrupted.</summary>
/// <param name="OrderId">Its order.</param>
/// <param name="SeenAt">When it was last taken, by the database's clock.</param>
internal sealed record OpenCheckout(Guid OrderId, DateTimeOffset SeenAt);

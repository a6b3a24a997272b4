using Npgsql;
using SoonShop.Inventory;

namespace SoonShop.Silo.Inventory;

internal sealed class StockLedger(NpgsqlDataSource database) : IStockLedger
{
    public async Task<ImmutableArray<RecordedMovement>> FindAsync(string sku, string[] operationIds, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select operation_id, kind, delta from stock_ledger where sku = $1 and operation_id = any($2) order by sequence");
        command.Parameters.Add(new() { Value = sku });
        command.Parameters.Add(new() { Value = operationIds });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = ImmutableArray.CreateBuilder<RecordedMovement>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(new RecordedMovement(reader.GetString(0), Enum.Parse<StockMovementKind>(reader.GetString(1)), reader.GetInt32(2)));
        return rows.ToImmutable();
    }

    public async Task<ImmutableArray<StockMovement>> ListAsync(string sku, long before, int limit, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select sequence, at, kind, delta, on_hand_after, reserved_after, reference
            from stock_ledger where sku = $1 and sequence < $2 order by sequence desc limit $3
            """);
        command.Parameters.Add(new() { Value = sku });
        command.Parameters.Add(new() { Value = before });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = ImmutableArray.CreateBuilder<StockMovement>();
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(new StockMovement(
                reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), Enum.Parse<StockMovementKind>(reader.GetString(2)),
                reader.GetInt32(3), reader.GetInt32(4), reader.GetInt32(5), reader.IsDBNull(6) ? null : reader.GetString(6)));
        }
        return rows.ToImmutable();
    }
}

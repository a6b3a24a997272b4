using System.Text.Json;
using Npgsql;
using SoonShop.Inventory;
using SoonShop.Silo.Exports;

namespace SoonShop.Silo.Inventory;

/// <summary>Finds transfers by the index of their states.</summary>
internal sealed class StockTransfers(NpgsqlDataSource database) : IStockTransfers
{
    public async Task<Result<Page<StockTransfer>>> ListAsync(StockTransferQuery query, CancellationToken cancellation)
    {
        var key = $"stock-transfers|{query.Status}|{query.Location}";
        await using var command = database.CreateCommand();
        var page = new PageQuery(command);
        page.And("state is not null");
        page.And("index ->> 'status' = {0}", NameOf(query.Status));
        page.And("(index ->> 'from' = {0} or index ->> 'to' = {0})", query.Location);
        if (query.Page.Cursor is { } cursor)
        {
            if (!Cursor.TryRead(cursor, key, 2, out var after))
                return Cursor.Bad;
            page.And($"(index ->> 'createdAt', grain_key) < ({page.Parameter(after[0])}, {page.Parameter(after[1])})");
        }
        command.CommandText = $"""
            select grain_key, index ->> 'createdAt', state from grain_state_stock_transfer where {page.Where}
            order by index ->> 'createdAt' desc, grain_key desc limit {query.Page.Limit + 1}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<StockTransfer>();
        string? next = null, createdAt = null, grainKey = null;
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == query.Page.Limit)
            {
                next = Cursor.Write(key, createdAt!, grainKey!);
                break;
            }
            (createdAt, grainKey) = (reader.GetString(1), reader.GetString(0));
            items.Add(StateRows.State<StockTransferState>(reader, 2)!.ToView());
        }
        return new Page<StockTransfer>(items.ToImmutable(), next);
    }

    public async Task<int> InTransitAsync(string sku, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select least(coalesce(sum((index -> 'inTransit' ->> $1)::bigint), 0), 2000000000)::int from grain_state_stock_transfer
            where index -> 'inTransit' is not null and index -> 'inTransit' ? $1
            """);
        command.Parameters.Add(new() { Value = sku });
        return (int)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Returns the name of a status as states have it.</summary>
    private static string? NameOf(StockTransferStatus? status) =>
        status is { } known ? JsonNamingPolicy.CamelCase.ConvertName(known.ToString()) : null;
}

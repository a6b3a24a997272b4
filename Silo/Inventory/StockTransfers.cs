using System.Text.Json;
using Npgsql;
using SoonShop.Inventory;

namespace SoonShop.Silo.Inventory;

/// <summary>Finds transfers by the index of their states.</summary>
internal sealed class StockTransfers(NpgsqlDataSource database) : IStockTransfers
{
    public async Task<Result<Page<StockTransfer>>> ListAsync(StockTransferQuery query, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand();
        var page = new PageQuery(command);
        page.And("state is not null");
        page.And("index ->> 'status' = {0}", NameOf(query.Status));
        page.And("(index ->> 'from' = {0} or index ->> 'to' = {0})", query.Location);
        return await page.ReadStatesAsync(
            "grain_state_stock_transfer", $"stock-transfers|{query.Status}|{query.Location}", query.Page,
            (StockTransferState state) => state.ToView(), cancellation);
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

using Orleans.Concurrency;

namespace SoonShop.Inventory;

[StatelessWorker]
internal sealed class StockGrain(StockLocations locations, IStockTransfers transfers) : Grain, IStockGrain
{
    async Task<Result<StockOverview>> IStockGrain.GetAsync(string sku, CancellationToken cancellation)
    {
        var table = await locations.GetNewestAsync();
        var levels = await Task.WhenAll(table.All.Select(l => Item(sku, l.Id).GetAsync()));
        if (levels.Select(l => l.Error).FirstOrDefault(e => e is not null) is { } error)
            return error;
        var known = levels.Select(l => l.Value!).ToArray();
        ImmutableArray<LocationLevel> each =
        [
            .. table.All.Zip(known, (location, level) => new LocationLevel(
                location.Id, location.Name, table.Selling.Contains(location), level.OnHand, level.Reserved, level.Available,
                level.LowStockThreshold, level.Version)),
        ];
        var main = known[table.All.IndexOf(table.Find(Location.DefaultId)!)];
        return new StockOverview(
            sku, each.Sum(l => (long)l.OnHand), each.Sum(l => (long)l.Reserved), each.Where(l => l.Sells).Sum(l => (long)l.Available),
            main.LowStockThreshold, await transfers.InTransitAsync(sku, cancellation), each)
        {
            Version = main.Version,
        };
    }

    async Task<Result<ImmutableArray<CountedLine>>> IStockGrain.CountAsync(StockTake command)
    {
        if (await CheckAsync(command) is { } error)
            return error;
        var counted = await Task.WhenAll(command.Lines.Select(async line =>
        {
            var result = await Item(line.Sku, command.Location)
                .CountAsync(new CountStock($"{command.OperationId:N}/{line.Sku}", line.Counted, command.Reference));
            return new CountedLine(line.Sku, line.Counted, result.IsError ? 0 : result.Value.OnHandBefore, result.Error);
        }));
        return ImmutableArray.Create(counted);
    }

    private async Task<Error?> CheckAsync(StockTake command)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        if (!await locations.ExistsAsync(command.Location))
            errors["location"] = [StockLines.Unknown];
        await StockLines.CheckAsync(errors, GrainFactory, command.Lines.Select(l => l.Sku));
        return errors.Count > 0 ? Error.Invalid(errors) : null;
    }

    private IInventoryItemGrain Item(string sku, string location) =>
        GrainFactory.GetGrain<IInventoryItemGrain>(new StockKey(sku, location).GrainKey);

    Task<Result<Page<StockTransfer>>> IStockGrain.ListTransfersAsync(StockTransferQuery query, CancellationToken cancellation) =>
        transfers.ListAsync(query, cancellation);
}

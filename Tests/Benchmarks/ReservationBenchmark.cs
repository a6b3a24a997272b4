using System.Diagnostics;
using SoonShop.Inventory;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// Does a reservation cost more when many are outstanding? Two items, 100 against 10,000, in turn, in one run.
/// <c>./test.sh bench ReservationBenchmark</c>
/// </summary>
[Collection(nameof(InProcessSilo))]
public sealed class ReservationBenchmark(InProcessSilo silo, ITestOutputHelper output)
{
    private const int Rounds = 8;
    private const int PairsPerRound = 2000;
    private const int InFlight = 64;

    [Fact(Explicit = true)]
    public async Task one_hundred_against_ten_thousand_outstanding()
    {
        var few = await StockedAsync(outstanding: 100);
        var many = await StockedAsync(outstanding: 10_000);
        await MeasureAsync(few);
        await MeasureAsync(many);
        var results = new List<(double Few, double Many, double FewWal, double ManyWal)>();
        for (var round = 0; round < Rounds; round++)
        {
            // Each goes first in turn.
            var manyFirst = round % 2 == 1 ? await MeasureAsync(many) : default;
            var (a, aWal) = await MeasureAsync(few);
            var (b, bWal) = round % 2 == 1 ? manyFirst : await MeasureAsync(many);
            results.Add((a, b, aWal, bWal));
            output.WriteLine($"round {round + 1}: 100 outstanding {a,7:F0}/s {aWal,5:F0} B of WAL each | 10,000 outstanding {b,7:F0}/s "
                + $"{bWal,5:F0} B of WAL each | ratio {a / b:F2}");
        }
        output.WriteLine($"median ratio of rates (100 : 10,000 outstanding): {Median(results.Select(r => r.Few / r.Many)):F2}; of WAL a "
            + $"movement: {Median(results.Select(r => r.FewWal / r.ManyWal)):F2}");
    }

    private async Task<IInventoryItemGrain> StockedAsync(int outstanding)
    {
        var item = silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(await silo.CreateProductAsync()));
        await item.AdjustAsync(new AdjustStock("stock", 1_000_000, "delivery", null));
        await Task.WhenAll(Enumerable.Range(0, outstanding).Select(_ => item.ReserveAsync(Guid.NewGuid(), 1, repeated: false)));
        return item;
    }

    /// <summary>Reserves and releases, so that the number outstanding stays; movements a second, and bytes of WAL for each.</summary>
    private async Task<(double Rate, double WalBytes)> MeasureAsync(IInventoryItemGrain item)
    {
        var before = await WalAsync();
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, PairsPerRound), new ParallelOptions { MaxDegreeOfParallelism = InFlight }, async (_, _) =>
            {
                var order = Guid.NewGuid();
                await item.ReserveAsync(order, 1, repeated: false);
                await item.ReleaseAsync(order);
            });
        var movements = 2.0 * PairsPerRound;
        return (movements / watch.Elapsed.TotalSeconds, (await WalAsync() - before) / movements);
    }

    private async Task<double> WalAsync() => (double)await silo.QueryAsync<decimal>("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn");

    private static double Median(IEnumerable<double> values) => values.Order().Skip(Rounds / 2 - 1).Take(2).Average();
}

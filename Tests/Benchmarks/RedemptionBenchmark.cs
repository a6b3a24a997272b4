using System.Diagnostics;
using SoonShop.Inventory;
using SoonShop.Pricing;
using SoonShop.Tests.Grains;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// What does the use of one code cost beside the reservation of one item? An item, a promotion whose uses in all count, a code, and a code
/// of which each new customer has one use, in turn, in one run. <c>./test.sh bench RedemptionBenchmark</c>
/// </summary>
[Collection(nameof(InProcessSilo))]
public sealed class RedemptionBenchmark(InProcessSilo silo, ITestOutputHelper output)
{
    private const int Rounds = 8;
    private const int PairsPerRound = 2000;
    private const int InFlight = 64;

    [Fact(Explicit = true)]
    public async Task one_code_in_demand_against_one_item()
    {
        var item = silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(await silo.CreateProductAsync()));
        await item.AdjustAsync(new AdjustStock("stock", 1_000_000, "delivery", null));
        (string Name, Func<Task> Pair)[] rows =
        [
            ("item", async () =>
            {
                var order = Guid.NewGuid();
                await item.ReserveAsync(order, 1, repeated: false);
                await item.ReleaseAsync(order);
            }),
            ("promotion", Use("all", _ => [])),
            ("code", Use("code", _ => [new("code/SUMMER", 1_000_000)])),
            ("code and customer", Use("customer", customer => [new("code/SUMMER", 1_000_000), new($"customer/{customer:N}", 1)])),
        ];
        foreach (var (_, pair) in rows)
            await MeasureAsync(pair);
        var results = rows.ToDictionary(r => r.Name, _ => new List<(double Rate, double Wal)>());
        for (var round = 0; round < Rounds; round++)
        {
            // Each goes first in turn.
            foreach (var (name, pair) in rows.Skip(round % rows.Length).Concat(rows.Take(round % rows.Length)))
                results[name].Add(await MeasureAsync(pair));
            var last = rows.Select(r => $"{r.Name} {results[r.Name][^1].Rate,6:F0}/s {results[r.Name][^1].Wal,5:F0} B of WAL each");
            output.WriteLine($"round {round + 1}: {string.Join(" | ", last)}");
        }
        foreach (var (name, _) in rows)
        {
            var ratio = Median(results[name].Zip(results["item"], (a, b) => a.Rate / b.Rate));
            var (slowest, fastest, wal) = (
                results[name].Min(r => r.Rate), results[name].Max(r => r.Rate), Median(results[name].Select(r => r.Wal)));
            output.WriteLine($"{name}: {slowest:F0}–{fastest:F0}/s, median ratio to the item {ratio:F2}; {wal:F0} B of WAL each");
        }
    }

    private Func<Task> Use(string promotion, Func<Guid, PromotionHolder[]> holdersOf)
    {
        var uses = silo.Grains.GetGrain<IPromotionUsesGrain>($"{promotion}-{Guid.NewGuid():N}");
        return async () =>
        {
            var use = PromotionUse.New(amount: 100, holders: holdersOf(Guid.NewGuid()), total: 1_000_000, budget: 1_000_000_000);
            await uses.ReserveAsync(use);
            await uses.ReleaseAsync(use.ReservationId);
        };
    }

    /// <summary>Reserves and releases; movements a second, and bytes of WAL for each.</summary>
    private async Task<(double Rate, double WalBytes)> MeasureAsync(Func<Task> pair)
    {
        var before = await WalAsync();
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, PairsPerRound), new ParallelOptions { MaxDegreeOfParallelism = InFlight }, async (_, _) => await pair());
        const double Movements = 2.0 * PairsPerRound;
        return (Movements / watch.Elapsed.TotalSeconds, (await WalAsync() - before) / Movements);
    }

    private async Task<double> WalAsync() => (double)await silo.QueryAsync<decimal>("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn");

    private static double Median(IEnumerable<double> values) => values.Order().Skip(Rounds / 2 - 1).Take(2).Average();
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Silo.Storage;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// Writes a second through <see cref="IGrainStorage"/>, the group-commit provider against the ADO.NET provider, in turn, on
/// the same table of the same server, with fsync and synchronous_commit on. Every grain writes a state of about 400 bytes
/// again and again, each write after the last one is durable. <c>./test.sh bench StorageBenchmark</c>
/// </summary>
[Collection(nameof(StorageProviders))]
public sealed class StorageBenchmark(StorageProviders silo, ITestOutputHelper output)
{
    private const int Rounds = 5;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    [Fact(Explicit = true)]
    public async Task writes_a_second()
    {
        Assert.Equal("on/on", await silo.QueryAsync<string>("select current_setting('fsync') || '/' || current_setting('synchronous_commit')"));
        await MeasureAsync(StorageProvider.AdoNet, 64, WarmUp);
        await MeasureAsync(StorageProvider.GroupCommit, 64, WarmUp);
        foreach (var grains in (int[])[1, 8, 64, 256])
        {
            var ratios = new List<double>();
            for (var round = 0; round < Rounds; round++)
            {
                // Each goes first in turn.
                var names = round % 2 == 0 ? [StorageProvider.AdoNet, StorageProvider.GroupCommit] : (StorageProvider[])[StorageProvider.GroupCommit, StorageProvider.AdoNet];
                var results = new Dictionary<StorageProvider, Result>();
                foreach (var name in names)
                    results[name] = await MeasureAsync(name, grains, Duration);
                var (ado, group) = (results[StorageProvider.AdoNet], results[StorageProvider.GroupCommit]);
                ratios.Add(group.Rate / ado.Rate);
                output.WriteLine($"{grains,3} grains, round {round + 1}: ADO.NET {ado} | group commit {group} | ratio {ratios[^1]:F2}");
            }
            output.WriteLine($"{grains,3} grains: median ratio {ratios.Order().ElementAt(Rounds / 2):F2}");
        }
    }

    private async Task<Result> MeasureAsync(StorageProvider provider, int grains, TimeSpan duration)
    {
        var storage = silo.Storage(provider);
        var walBefore = await WalAsync();
        using var batches = new BatchCounter();
        var watch = Stopwatch.StartNew();
        var writes = await Task.WhenAll(Enumerable.Range(0, grains).Select(_ => Task.Run(async () =>
        {
            var id = GrainId.Create("cart", Guid.NewGuid().ToString("N"));
            var state = new GrainState<Document<CartState>> { State = Sample };
            var count = 0;
            for (; watch.Elapsed < duration; count++)
                await storage.WriteStateAsync("cart", id, state);
            return count;
        })));
        var (total, seconds) = (writes.Sum(), watch.Elapsed.TotalSeconds);
        return new Result(total / seconds, (await WalAsync() - walBefore) / total, batches.MeanSize);
    }

    private async Task<double> WalAsync() => (double)await silo.QueryAsync<decimal>("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn");

    private static readonly Document<CartState> Sample = new()
    {
        State = CartState.Empty(true) with
        {
            Lines = [.. Enumerable.Range(1, 3).Select(n => new CartLine($"SKU-{n:D8}", $"A product with a name of usual length, {n}", n, new Money(1999, "USD")))],
        },
    };

    private sealed record Result(double Rate, double WalBytes, double BatchSize)
    {
        public override string ToString() => $"{Rate,7:F0}/s, {BatchSize,5:F1} a batch, {WalBytes,5:F0} B of WAL each";
    }

    /// <summary>Listens to the storage's own meter.</summary>
    private sealed class BatchCounter : IDisposable
    {
        private readonly MeterListener listener = new();
        private long batches, writes;

        public BatchCounter()
        {
            listener.InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "soonshop.storage.batch.size")
                    l.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<int>((_, size, _, _) => (batches, writes) = (batches + 1, writes + size));
            listener.Start();
        }

        /// <summary>The mean; 1 where there are no batches.</summary>
        public double MeanSize => batches == 0 ? 1 : (double)writes / batches;

        public void Dispose() => listener.Dispose();
    }
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Silo.Storage;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// Operations a second through <see cref="IGrainStorage"/>, the group-commit provider against the ADO.NET provider, in turn, on
/// the same table of the same server, with fsync and synchronous_commit on. Every grain writes a state of about 400 bytes
/// again and again, each time after the last one is durable. <c>./test.sh bench StorageBenchmark</c>
/// </summary>
[Collection(nameof(StorageProviders))]
public sealed class StorageBenchmark(StorageProviders silo, ITestOutputHelper output)
{
    private const int Rounds = 5;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    [Fact(Explicit = true)]
    public async Task operations_a_second()
    {
        Assert.Equal(
            "on/on", await silo.QueryAsync<string>("select current_setting('fsync') || '/' || current_setting('synchronous_commit')"));
        await CompareAsync("warm-up", 64, rounds: 1, WriteAsync);
        foreach (var grains in (int[])[1, 8, 64, 256])
            await CompareAsync("writes", grains, Rounds, WriteAsync);
        await CompareAsync("writes with an event each", 64, Rounds, WriteWithEventAsync);
        await CompareAsync("first writes", 64, Rounds, WriteFirstAsync);
        await CompareAsync("reads", 64, Rounds, ReadAsync);
    }

    private delegate Task Operation(IGrainStorage storage, GrainId id, GrainState<StateEnvelope<CartState>> state, int n);

    private static Task WriteAsync(IGrainStorage storage, GrainId id, GrainState<StateEnvelope<CartState>> state, int n) =>
        storage.WriteStateAsync("cart", id, state);

    private static Task WriteWithEventAsync(IGrainStorage storage, GrainId id, GrainState<StateEnvelope<CartState>> state, int n)
    {
        state.State = new StateEnvelope<CartState>
        {
            State = Sample.State,
            Events = [new EventEnvelope(
                $"{id}#{n}", $"{id}", n, "inventory.out-of-stock", "x", "cart", $"{id}", DateTimeOffset.UtcNow, null, "c", null, null,
                new InventoryOutOfStock("MUG"))],
        };
        return storage.WriteStateAsync("cart", id, state);
    }

    private static Task WriteFirstAsync(IGrainStorage storage, GrainId id, GrainState<StateEnvelope<CartState>> state, int n) =>
        storage.WriteStateAsync("cart", NewId(), new GrainState<StateEnvelope<CartState>>(Sample));

    private static Task ReadAsync(IGrainStorage storage, GrainId id, GrainState<StateEnvelope<CartState>> state, int n) =>
        n == 0 ? storage.WriteStateAsync("cart", id, state) : storage.ReadStateAsync("cart", id, state);

    private static GrainId NewId() => GrainId.Create("cart", Guid.NewGuid().ToString("N"));

    private async Task CompareAsync(string what, int grains, int rounds, Operation operation)
    {
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            // Each goes first in turn.
            var results = new Dictionary<StorageProvider, Result>();
            foreach (var provider in round % 2 == 0
                ? [StorageProvider.AdoNet, StorageProvider.GroupCommit]
                : (StorageProvider[])[StorageProvider.GroupCommit, StorageProvider.AdoNet])
                results[provider] = await MeasureAsync(provider, grains, operation);
            var (ado, group) = (results[StorageProvider.AdoNet], results[StorageProvider.GroupCommit]);
            ratios.Add(group.Rate / ado.Rate);
            output.WriteLine($"{what}, {grains,3} grains, round {round + 1}: ADO.NET {ado} | group commit {group} | ratio {ratios[^1]:F2}");
        }
        output.WriteLine($"{what}, {grains,3} grains: median ratio {ratios.Order().ElementAt(rounds / 2):F2}");
    }

    private async Task<Result> MeasureAsync(StorageProvider provider, int grains, Operation operation)
    {
        var storage = silo.Storage(provider);
        var walBefore = await WalAsync();
        using var batches = new BatchCounter();
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, grains).Select(_ => Task.Run(async () =>
        {
            var id = NewId();
            var state = new GrainState<StateEnvelope<CartState>> { State = Sample };
            var n = 0;
            for (; watch.Elapsed < Duration; n++)
                await operation(storage, id, state, n);
            return n;
        })));
        var (total, seconds) = (counts.Sum(), watch.Elapsed.TotalSeconds);
        return new Result(total / seconds, (await WalAsync() - walBefore) / total, batches.MeanSize);
    }

    private async Task<double> WalAsync() => (double)await silo.QueryAsync<decimal>("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn");

    private static readonly StateEnvelope<CartState> Sample = new()
    {
        State = CartState.Empty(true) with
        {
            Lines = [.. Enumerable.Range(1, 3).Select(n =>
                new CartLine($"SKU-{n:D8}", $"A product with a name of usual length, {n}", n, new Money(1999, "USD")))],
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

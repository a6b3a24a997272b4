using SoonShop.Tests.Operations;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>What a number of checkouts took, without what the shop does by itself in such a time.</summary>
/// <param name="Load">The checkouts.</param>
/// <param name="Net">Counters by name, for all of them.</param>
/// <param name="Statements">Their statements.</param>
internal sealed record CheckoutCosts(LoadResult Load, IReadOnlyDictionary<string, double> Net, Statements Statements)
{
    /// <summary>What one checkout takes; not a number where this cannot be counted.</summary>
    public double Each(string name) => Net.TryGetValue(name, out var value) ? value / Load.Done : double.NaN;
}

/// <summary>
/// Measures what checkouts take of a shop: from before they begin until everything is done that they have set off. What comes minutes later
/// is left out: that grains and streams leave memory, and that old rows are removed.
/// </summary>
internal sealed class CostMeter(MeasuredShop shop)
{
    /// <summary>As long as the longest pause between things that a silo does by itself.</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);

    /// <summary>New processes get faster for some time: they are warm when one window brings no tenth more than the one before.</summary>
    private const int MinWarmUpWindows = 3, MaxWarmUpWindows = 8;

    private Snapshot idle = null!;

    /// <summary>What the processes of an idle shop take, in seconds of processor time a second.</summary>
    public Reading Idle => idle.Processes;

    /// <summary>Runs checkouts until they get no faster, and then measures the shop without any.</summary>
    public async Task WarmUpAsync(string[] skus, TimeSpan window)
    {
        var (before, now) = (0.0, (await BuyAsync(skus, 8, window)).Rate);
        for (var windows = 1; windows < MinWarmUpWindows || (windows < MaxWarmUpWindows && now > 1.1 * before); windows++)
            (before, now) = (now, (await BuyAsync(skus, 8, window)).Rate);
        await shop.QuietAsync();
        await Task.Delay(DatabaseProbe.StatisticsDelay);
        var start = await BeforeAsync();
        await Task.Delay(IdleTime);
        idle = (await AfterAsync()).Since(start);
    }

    /// <summary>Runs checkouts, and measures them.</summary>
    public async Task<CheckoutCosts> MeasureAsync(string[] skus, int clients, TimeSpan duration)
    {
        var (mails, lastEvent) = (CountMails(), await shop.Database.LastEventAsync());
        var start = await BeforeAsync();
        var load = await BuyAsync(skus, clients, duration);
        if (load.Done == 0)
            throw new InvalidOperationException($"No checkout of {clients} clients was granted: {string.Join("; ", load.Refusals)}");
        await shop.QuietAsync();
        var net = (await AfterAsync()).Since(start).Without(idle);
        var values = new[] { net.Processes, net.Metrics, net.Now, net.Late }.SelectMany(r => r.Values).ToDictionary();
        values["load generator"] = load.Processor;
        values["mails"] = CountMails() - mails;
        values["streams with events"] = await shop.Database.StreamsSinceAsync(lastEvent);
        return new CheckoutCosts(load, values, net.Statements);
    }

    private Task<LoadResult> BuyAsync(string[] skus, int clients, TimeSpan duration) =>
        Load.RunAsync(shop.Port, clients, duration, Buyers.Checkout(skus));

    private int CountMails() =>
        Directory.Exists(shop.Mail) ? Directory.EnumerateFiles(shop.Mail, "*", SearchOption.AllDirectories).Count() : 0;

    /// <summary>What costs the shop something to be asked for is read first, the processor time last.</summary>
    private async Task<Snapshot> BeforeAsync()
    {
        var late = await shop.Database.ReadLateAsync();
        var metrics = await MetricsAsync();
        return new Snapshot(metrics, late, await shop.Database.ReadNowAsync(), await shop.Database.StatementsAsync(), Processes());
    }

    /// <summary>The processor time first.</summary>
    private async Task<Snapshot> AfterAsync()
    {
        var processes = Processes();
        var (now, statements, metrics) = (await shop.Database.ReadNowAsync(), await shop.Database.StatementsAsync(), await MetricsAsync());
        await Task.Delay(DatabaseProbe.StatisticsDelay);
        return new Snapshot(metrics, await shop.Database.ReadLateAsync(), now, statements, processes);
    }

    private Reading Processes() => new(new Dictionary<string, double>
    {
        ["silo"] = ProcessorTime.Of(shop.SiloId),
        ["front end"] = ProcessorTime.Of(shop.FrontEndId),
        ["PostgreSQL"] = ProcessorTime.OfTree(shop.Database.Postmaster, shop.Database.Own),
    });

    private async Task<Reading> MetricsAsync()
    {
        var values = new Dictionary<string, double>();
        var (silo, frontEnd) = (await shop.SiloMetricsAsync(), await shop.FrontEndMetricsAsync());
        Add(silo, "dotnet_gc_heap_total_allocated_bytes_total", "allocated by the silo");
        Add(frontEnd, "dotnet_gc_heap_total_allocated_bytes_total", "allocated by the front end");
        Add(frontEnd, "orleans_app_requests_latency_milliseconds_count", "grain calls of the front end");
        Add(silo, "orleans_app_requests_latency_milliseconds_count", "grain calls of grains");
        Add(silo, "orleans_catalog_activation_created_total", "activations");
        Add(silo, "soonshop_storage_writes_total", "state writes");
        Add(silo, "soonshop_storage_batch_size_count", "batches of writes");
        Add(silo, "soonshop_events_published_total", "events");
        Add(silo, "soonshop_events_delivered_total", "events handled");
        Add(silo, "soonshop_streams_read_total", "events read from queues");
        AddEach("orleans_catalog_activation_created_total", "grain_type", "activations");
        AddEach("soonshop_events_published_total", "event_type", "events");
        return new Reading(values);

        void AddEach(string name, string label, string row)
        {
            foreach (var sample in silo.Of(name).GroupBy(s => s.Labels.GetValueOrDefault(label, "?")))
                values[$"{row}: {sample.Key}"] = sample.Sum(s => s.Value);
        }

        void Add(PrometheusText metrics, string name, string row)
        {
            if (metrics.Of(name).Any())
                values[row] = metrics.Sum(name);
        }
    }

    private sealed record Snapshot(Reading Metrics, Reading Late, Reading Now, Statements Statements, Reading Processes)
    {
        public Snapshot Since(Snapshot earlier) => new(
            Metrics.Since(earlier.Metrics), Late.Since(earlier.Late), Now.Since(earlier.Now),
            Statements.Since(earlier.Statements), Processes.Since(earlier.Processes));

        public Snapshot Without(Snapshot idle) => new(
            Metrics.Without(idle.Metrics), Late.Without(idle.Late), Now.Without(idle.Now),
            Statements.Without(idle.Statements), Processes.Without(idle.Processes));
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Streams;
using Orleans.Streams.Core;
using SoonShop.Events;
using SoonShop.Tests.Streams;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// How many events a second go from a commit to their handlers, over 10,000 streams, with 1, 4 and 16 queues: cold (every
/// consumer is activated for it) and warm; and how long one event takes, idle and busy.
/// <c>./test.sh bench StreamBenchmark</c>
/// </summary>
public sealed class StreamBenchmark(ITestOutputHelper output)
{
    private const int Streams = 10_000;

    [Theory(Explicit = true)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    public async Task committed_to_handled(int queues)
    {
        await using var database = await StreamDatabase.CreateAsync();
        await using var silo = await StreamSilo.StartAsync(
            database, o => o.Queues = queues, stream: s => s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));
        var run = Guid.NewGuid().ToString("N")[..8];
        // The first one compiles what the others use.
        await RoundAsync(database, $"warm-up-{run}", 500);
        var cold = await RoundAsync(database, run, Streams);
        var warm = await RoundAsync(database, run, Streams);
        var hot = await RoundAsync(database, run, 2 * Streams);
        output.WriteLine($"{queues,2} queues: {cold,6:F0} events/s to cold streams, {warm,6:F0}/s and {hot,6:F0}/s to warm ones");
        await LatencyAsync(silo, run, "idle", pauseMs: 30);
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(silo, run, stop.Token);
        await LatencyAsync(silo, run, "busy with some hundred events a second", pauseMs: 10);
        await stop.CancelAsync();
        await load;
        await database.IsDrainedAsync();
    }

    /// <summary>Commits events as fast as the database takes them, and waits until all were handled; events a second.</summary>
    private static async Task<double> RoundAsync(StreamDatabase database, string run, int events)
    {
        Counting.Expect(events);
        var watch = Stopwatch.StartNew();
        // In statements of 500, as group commit makes them.
        for (var first = 0; first < events; first += 500)
        {
            await database.QueryAsync<long>(
                """
                select count(pg_notify('soonshop_events', array_to_string(queues, ','))) from (select insert_events($1, (
                  select jsonb_agg(jsonb_build_object('id', gen_random_uuid(), 'source', gen_random_uuid(), 'sequence', 1, 'type',
                      'test', 'subject', n,
                    'streamNamespace', 'counting', 'streamKey', $2 || n % $5, 'time', now(), 'data',
                    jsonb_build_object('text', repeat('x', 200))))
                  from generate_series($3, $4) n)) as queues) inserted
                """,
                StreamSilo.Provider, $"{run}-", first, Math.Min(events, first + 500) - 1, Streams);
        }
        await Counting.Done.Task.WaitAsync(TimeSpan.FromMinutes(2));
        return events / watch.Elapsed.TotalSeconds;
    }

    private static async Task LoadAsync(StreamSilo silo, string run, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 5).Select(n =>
                silo.Streams.GetStream<long>("timing", $"{run}-load-{(5 * i + n) % 500}").OnNextAsync(0)));
            await Task.Delay(5, CancellationToken.None);
        }
    }

    private async Task LatencyAsync(StreamSilo silo, string run, string when, int pauseMs)
    {
        const int Samples = 300;
        Timing.Took.Clear();
        for (var i = 0; i < Samples; i++)
        {
            await silo.Streams.GetStream<long>("timing", $"{run}-{i % 20}").OnNextAsync(Stopwatch.GetTimestamp());
            await Task.Delay(pauseMs);
        }
        await Running.Until.TrueAsync("all handled", TimeSpan.FromSeconds(30), () => Task.FromResult(Timing.Took.Count >= Samples));
        var took = Timing.Took.Order().ToArray();
        output.WriteLine($"   OnNextAsync called to handled, {when}: p50 {took[Samples / 2]:F1} ms, p95 {took[Samples * 95 / 100]:F1} ms, "
            + $"p99 {took[Samples * 99 / 100]:F1} ms");
    }
}

/// <summary>Counts what it gets.</summary>
[ImplicitStreamSubscription("counting"), GrainType("bench-counting")]
internal sealed class Counting : Grain, IGrainWithStringKey, IStreamSubscriptionObserver
{
    private static int left;

    public static TaskCompletionSource Done { get; private set; } = new();

    public static void Expect(int events) =>
        (left, Done) = (events, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<CloudEvent>().ResumeAsync((_, _) =>
        {
            if (Interlocked.Decrement(ref left) == 0)
                Done.SetResult();
            return Task.CompletedTask;
        });
}

/// <summary>Takes the time since an event was published.</summary>
[ImplicitStreamSubscription("timing"), GrainType("bench-timing")]
internal sealed class Timing : Grain, IGrainWithStringKey, IStreamSubscriptionObserver
{
    public static ConcurrentBag<double> Took { get; } = [];

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<long>().ResumeAsync((began, _) =>
        {
            if (began > 0)
                Took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            return Task.CompletedTask;
        });
}

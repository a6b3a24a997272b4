using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>
/// Guest checkouts at the highest steady rate, mail included, for an hour (<c>SOONSHOP_SOAK_MINUTES</c>): what a silo has in memory does
/// not grow with what it has done. <c>./test.sh soak MemorySoak</c>
/// </summary>
public sealed class MemorySoak(ITestOutputHelper output)
{
    private const int Products = 200;
    private const int Clients = 8;

    /// <summary>Of what is possible at most: a rate that can be held.</summary>
    private const double SteadyShare = 0.8;

    /// <summary>
    /// The heap of a container with the memory limit of <c>deploy/k8s/base/silo.yaml</c>, three quarters of 2 GiB, in the runtime's
    /// notation.
    /// </summary>
    private const string HeapLimit = "60000000";

    private static readonly int Minutes = int.TryParse(
        Environment.GetEnvironmentVariable("SOONSHOP_SOAK_MINUTES"), CultureInfo.InvariantCulture, out var minutes)
            ? Math.Max(13, minutes)
            : 60;

    /// <summary>The minute whose memory the end is compared with: by then all that lives for minutes has come and gone.</summary>
    private const int Settled = 10;

    private readonly ConcurrentQueue<string> failures = new();
    private long orders;

    [Fact(Explicit = true)]
    public async Task an_hour_of_checkouts_leaves_the_memory_as_it_was_after_ten_minutes()
    {
        var mail = Directory.CreateTempSubdirectory("soonshop-mail-");
        var (shop, api) = await Shop.StartProcessesAsync(
            ("Silo__HttpPort", $"{TcpPort.Free()}"), ("DOTNET_GCHeapHardLimit", HeapLimit),
            ("Notifications__Email__Mode", "Directory"), ("Notifications__Email__Directory", mail.FullName),
            ("Notifications__Email__From", "shop@example.com"));
        await using var _ = shop;
        try
        {
            var admin = await api.AsAdminAsync();
            var skus = new string[Products];
            for (var i = 0; i < Products; i++)
                skus[i] = await admin.CreateProductAsync(stock: 1_000_000);

            var possible = await RunAsync(api, skus, double.MaxValue, TimeSpan.FromMinutes(1));
            var rate = possible * SteadyShare;
            output.WriteLine($"{possible:0} checkouts/s are possible; {rate:0} are kept up for {Minutes} minutes.");
            var running = RunAsync(api, skus, rate, TimeSpan.FromMinutes(Minutes));
            var samples = await SampleAsync(shop, mail, running);
            output.WriteLine($"{await running:0.0} checkouts/s, {failures.Count} failed.");

            var (memory, activations) = (Growth(samples, s => s.WorkingSet), Growth(samples, s => s.Activations));
            output.WriteLine($"Since minute {Settled}: working set {memory:P1}, activations {activations:P1}.");
            Assert.Empty(failures);
            Assert.True(memory <= 1.1, $"The working set is {memory:P1} of what it was after {Settled} minutes.");
            Assert.True(activations <= 1.1, $"There are {activations:P1} of the activations that there were after {Settled} minutes.");
        }
        finally
        {
            mail.Delete(recursive: true);
        }
    }

    /// <summary>Buys so often a second at most; answers how often it was.</summary>
    private async Task<double> RunAsync(ApiClient api, string[] skus, double rate, TimeSpan duration)
    {
        var (begun, before) = (0L, Interlocked.Read(ref orders));
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (watch.Elapsed < duration)
            {
                var due = TimeSpan.FromSeconds((Interlocked.Increment(ref begun) - 1) / rate);
                if (due > watch.Elapsed)
                    await Task.Delay(due - watch.Elapsed);
                var guest = await api.AsGuestAsync();
                await guest.FillCartAsync(skus[Random.Shared.Next(skus.Length)]);
                var order = await guest.OrderAsync();
                if ((int)order.Status == 201)
                    Interlocked.Increment(ref orders);
                else
                    failures.Enqueue(order.Body);
            }
        }));
        return (Interlocked.Read(ref orders) - before) / watch.Elapsed.TotalSeconds;
    }

    private async Task<List<Sample>> SampleAsync(Shop shop, DirectoryInfo mail, Task running)
    {
        var samples = new List<Sample>();
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1));
        while (!running.IsCompleted && await timer.WaitForNextTickAsync())
        {
            using var silo = Process.GetProcessById(shop.Silo.Id);
            var metrics = await PrometheusText.ScrapeAsync(shop.SiloHttp);
            var sample = new Sample(silo.WorkingSet64, metrics.Sum("orleans_catalog_activations"));
            samples.Add(sample);
            output.WriteLine($"minute {samples.Count,2}: {sample.WorkingSet / 1048576.0,6:0} MiB, {sample.Activations,7:0} activations, "
                + $"{Interlocked.Read(ref orders),7} orders");
            foreach (var file in mail.EnumerateFiles("*.eml", SearchOption.AllDirectories))
                file.Delete();
        }
        return samples;
    }

    /// <summary>The last three minutes compared with the three around the tenth: one is as the collector's last round left it.</summary>
    private static double Growth(List<Sample> samples, Func<Sample, double> of) =>
        samples.TakeLast(3).Average(of) / samples.Skip(Settled - 2).Take(3).Average(of);

    private sealed record Sample(long WorkingSet, double Activations);
}

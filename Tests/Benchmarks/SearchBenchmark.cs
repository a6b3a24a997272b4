using System.Diagnostics;
using System.Globalization;
using SoonShop.Tests.Search.Quality;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// The product search beside Lucene, over a generated catalogue: what is found, how fast, how soon a change is found, and whether facets
/// count right. <c>./test.sh bench SearchBenchmark [PRODUCTS]</c>
/// </summary>
public sealed class SearchBenchmark(ITestOutputHelper output)
{
    private const int DefaultSize = 10_000;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);

    [Fact(Explicit = true)]
    public async Task quality_and_speed()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var options = Environment.GetEnvironmentVariable("SOONSHOP_BENCH_OPTIONS");
        var size = string.IsNullOrWhiteSpace(options)
            ? DefaultSize
            : int.Parse(options, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        var watch = Stopwatch.StartNew();
        await using var shop = await SearchedCatalog.CreateAsync(size, cancellation);
        output.WriteLine(Invariant($"{size} products were added in {watch.Elapsed.TotalSeconds:F0} s, each with its index"));
        watch.Restart();
        using var lucene = new LuceneSearch(size);
        output.WriteLine(Invariant($"Lucene has them after {watch.Elapsed.TotalSeconds:F0} s, in memory"));

        var compared = await SearchComparison.RunAsync(shop, lucene, size, cancellation);
        output.WriteLine(compared.Table());
        var texts = compared.Rows.Select(r => r.Query.Text).ToArray();
        foreach (var clients in (int[])[1, 32])
        {
            await ReportAsync("SoonShop", clients, texts, text => shop.FindAsync(text, cancellation));
            await ReportAsync("Lucene", clients, texts, text => Task.Run(() => lucene.Find(text)));
        }
        await FreshnessAsync(shop, cancellation);
        await FacetsAsync(shop, size, texts, cancellation);
    }

    private async Task ReportAsync(string engine, int clients, string[] texts, Func<string, Task> find)
    {
        var next = -1;
        var times = new List<double>();
        var total = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (total.Elapsed < Duration)
            {
                var text = texts[Interlocked.Increment(ref next) % texts.Length];
                var watch = Stopwatch.StartNew();
                await find(text);
                lock (times)
                    times.Add(watch.Elapsed.TotalMilliseconds);
            }
        })));
        times.Sort();
        var rate = times.Count / total.Elapsed.TotalSeconds;
        var (median, slow) = (times[times.Count / 2], times[times.Count * 99 / 100]);
        output.WriteLine(Invariant($"{engine}, {clients} clients: {rate:F0} searches/s, p50 {median:F1} ms, p99 {slow:F1} ms"));
    }

    /// <summary>Writes products with a new word each, as their grains do, and asks for it until it is found.</summary>
    private async Task FreshnessAsync(SearchedCatalog shop, CancellationToken cancellation)
    {
        var times = new List<double>();
        for (var number = 0; number < 50; number++)
        {
            var digits = number.ToString(CultureInfo.InvariantCulture);
            var word = $"zq{string.Concat(digits.Select(d => (char)('b' + (d - '0'))))}word";
            await shop.ChangeAsync(number, content => content with { Name = word }, cancellation);
            var watch = Stopwatch.StartNew();
            while ((await shop.FindAsync(word, cancellation)).FirstOrDefault(-1) != number)
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{word} was not found.");
            times.Add(watch.Elapsed.TotalMilliseconds);
        }
        times.Sort();
        output.WriteLine(
            Invariant($"A change is found by the first search: after {times[25]:F1} ms (p50), {times[^1]:F1} ms (longest of 50)"));
    }

    private async Task FacetsAsync(SearchedCatalog shop, int size, string[] texts, CancellationToken cancellation)
    {
        var (wrong, checks) = (0, 0);
        foreach (var text in texts.Where((_, i) => i % 7 == 0))
        {
            if (await shop.CategoryCountsAsync(text, cancellation) is not var (counted, brute))
                continue;
            checks += brute.Count;
            wrong += brute.Count(c => counted.GetValueOrDefault(c.Key) != c.Value) + counted.Count(c => !brute.ContainsKey(c.Key));
        }
        output.WriteLine($"Facets: {checks} counts over {size} products, {wrong} wrong");
        Assert.Equal(0, wrong);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using SoonShop.Tests.Api;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// How fast is a large file checked and applied, and what does it cost in memory? In the middle of the application the silo is killed, and
/// another one goes on; the counts must be right. <c>SOONSHOP_IMPORT_ROWS=1000000 ./test.sh bench ImportBenchmark</c>, and
/// <c>SOONSHOP_IMPORT_KILL=0</c> for a run without a kill.
/// </summary>
public sealed class ImportBenchmark(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromHours(3);
    private static readonly int Rows = int.Parse(
        Environment.GetEnvironmentVariable("SOONSHOP_IMPORT_ROWS") ?? "100000", CultureInfo.InvariantCulture);
    private static readonly bool Kills = Environment.GetEnvironmentVariable("SOONSHOP_IMPORT_KILL") != "0";

    private static readonly string[] Words =
    [
        "cotton", "linen", "wool", "shirt", "jacket", "lamp", "chair", "table", "kettle", "coffee", "grinder", "bottle", "steel", "glass",
        "oak", "walnut", "classic", "modern", "outdoor", "travel", "summer", "winter", "light", "portable", "wireless", "speaker", "camera",
        "tripod", "cable", "charger",
    ];

    [Fact(Explicit = true)]
    public async Task new_products()
    {
        await using var shop = await StartAsync();
        await RunAsync(shop, "products", ProductFile(), "created");
        Assert.Equal(Rows, await shop.QueryAsync<long>("select count(*) from product_search where grain_key like 'sku/B-%'"));
        Assert.Equal(Rows, await shop.QueryAsync<long>("select count(*) from stock_ledger where delta = 5"));
    }

    [Fact(Explicit = true)]
    public async Task the_stock_of_products()
    {
        await using var shop = await StartAsync();
        await ImportedProducts.AddAsync(shop.Database, Rows);
        await RunAsync(shop, "stock", ImportedProducts.StockFile(Rows), "changed");
        Assert.Equal(
            Rows, await shop.QueryAsync<long>("select count(*) from stock_ledger where delta = 7 and operation_id like 'adjust/import/%'"));
        Assert.Equal(Rows, await shop.QueryAsync<long>("select count(distinct sku) from stock_ledger"));
    }

    private static async Task<Shop> StartAsync()
    {
        var shop = await Shop.CreateAsync(null, ("Imports__LeaseSeconds", "5"), ("Imports__PollSeconds", "0.2"));
        await shop.StartSiloProcessAsync();
        return shop;
    }

    private async Task RunAsync(Shop shop, string kind, string file, string outcome)
    {
        var admin = await (await shop.StartApiAsync()).AsAdminAsync();
        output.WriteLine($"{Rows:N0} rows of {kind}; the silo has {Memory(shop.Silo.Id)} MB.");
        var watch = Stopwatch.StartNew();
        var job = Expect.Status(201, await admin.PostAsync($"/admin/import-jobs?kind={kind}", ImportApiTests.Csv(file)));
        var path = $"/admin/import-jobs/{job.Text("id")}";
        output.WriteLine($"upload {job.Number("fileBytes") / 1e6:F1} MB in {watch.Elapsed.TotalSeconds:F1} s");
        await FollowAsync(shop, admin, path, "checked", int.MaxValue);
        Expect.Status(200, await admin.PostAsync($"{path}/apply"));
        if (Kills)
        {
            await FollowAsync(shop, admin, path, "done", Rows / 2);
            await shop.Silo.KillAsync();
            output.WriteLine("killed");
            await shop.StartSiloProcessAsync();
        }
        var done = await FollowAsync(shop, admin, path, "done", int.MaxValue);
        Assert.Equal((Rows, 0, 0), (done.Number($"counts.{outcome}"), done.Number("counts.unchanged"), done.Number("counts.wrong")));
    }

    /// <summary>Products of one variant, with a name of four words, a description of forty, and stock.</summary>
    private static string ProductFile()
    {
        var random = new Random(1);
        var text = new System.Text.StringBuilder("Title,URL handle,Description,Vendor,Type,SKU,Price,Inventory quantity\n");
        for (var i = 0; i < Rows; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{Some(4)} {i},b-{i},<p>{Some(40)}.</p>,Brand {i % 50},{Some(1)},B-{i:D8},{10 + (i % 90)}.50,5\n");
        }
        return text.ToString();

        string Some(int count) => string.Join(' ', random.GetItems(Words, count));
    }

    /// <summary>Prints the progress until the job has a status, or so many rows.</summary>
    private async Task<Reply> FollowAsync(Shop shop, ApiClient admin, string path, string status, int rows)
    {
        var (watch, last, first) = (Stopwatch.StartNew(), TimeSpan.Zero, -1L);
        while (watch.Elapsed < Limit)
        {
            var job = await admin.GetAsync(path);
            if ((int)job.Status == 200)
            {
                var done = job.Number("rows");
                first = first < 0 ? done : first;
                var isOver = job.Text("status") == status || done >= rows;
                if (isOver || watch.Elapsed - last > TimeSpan.FromSeconds(15))
                {
                    last = watch.Elapsed;
                    output.WriteLine(
                        $"{job.Text("status"),-8} {done,9:N0} rows, {(done - first) / watch.Elapsed.TotalSeconds,6:N0} rows/s, silo "
                            + $"{Memory(shop.Silo.Id)} MB");
                }
                if (isOver)
                    return job;
            }
            await Task.Delay(200);
        }
        throw new TimeoutException($"The import is not {status}.");
    }

    private static string Memory(int process) => (long.Parse(
        Regex.Match(File.ReadAllText($"/proc/{process}/status"), @"VmRSS:\s+(\d+)").Groups[1].Value,
        CultureInfo.InvariantCulture) / 1024).ToString(CultureInfo.InvariantCulture);
}

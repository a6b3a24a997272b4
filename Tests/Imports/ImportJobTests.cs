using System.Security.Cryptography;
using System.Text;
using SoonShop.Catalog;
using SoonShop.Exports;
using SoonShop.Imports;
using SoonShop.Inventory;
using SoonShop.Pricing;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Imports;

/// <summary>Imports as the silo runs them, on the grains and the database.</summary>
public sealed class ImportJobTests(ImportJobTests.Silo silo) : IClassFixture<ImportJobTests.Silo>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task stock_is_checked_applied_and_the_same_afterwards()
    {
        var (a, b, c) = (await silo.CreateProductAsync(), await silo.CreateProductAsync(), await silo.CreateProductAsync());
        var file = $"SKU;On hand;Low stock threshold;Note\n{a};7;;x\n{b};0;9;\n{c};-1;;\nno such sku;1;;\nT-NONE;1;;\n{c};0;;\n";
        var id = await UploadAsync("stock", file);
        var job = await EndAsync(id, ImportStatus.Checked);
        Assert.Equal((new ImportCounts(0, 2, 1, 3), 6L, 6L), (job.Counts, job.TotalRows, job.Rows));
        Assert.Equal(["Note"], job.IgnoredColumns);
        Assert.Equal(0, (await StockAsync(a)).OnHand);
        Assert.Equal(
            [
                $"2 Changed : on hand 0 -> 7", "3 Changed : low stock threshold 5 -> 9",
                "4 Wrong On hand: must be a whole number, 0–1000000000",
                "5 Wrong SKU: must be 1–64 letters, digits, points, hyphens and underscores",
                "6 Wrong SKU: The product T-NONE was not found.",
            ],
            await ResultsAsync(id));

        job = await ApplyAsync(id);
        Assert.Equal(new ImportCounts(0, 2, 1, 3), job.Counts);
        Assert.Equal((7, 9), ((await StockAsync(a)).OnHand, (await StockAsync(b)).LowStockThreshold));
        Assert.Equal(5, (await ResultsAsync(id)).Count);
        // Once it is done, it stays done.
        Assert.Equal(ImportStatus.Done, (await Jobs.ApplyAsync(id)).Value!.Status);

        var again = await UploadAsync("stock", file);
        Assert.Equal(new ImportCounts(0, 0, 3, 3), (await EndAsync(again, ImportStatus.Checked)).Counts);
        Assert.Equal(new ImportCounts(0, 0, 3, 3), (await ApplyAsync(again)).Counts);
        var movements = (await Item(a).GetLedgerAsync(new PageRequest(10), TestContext.Current.CancellationToken)).Value!.Items;
        Assert.Equal((7, $"import: import {id}"), (Assert.Single(movements).Delta, movements[0].Reference));
    }

    [Fact]
    public async Task rows_of_one_sku_follow_one_another_and_deltas_add_up()
    {
        var sku = await silo.CreateProductAsync();
        var job = await ApplyAsync(await UploadAsync(
            "stock", $"sku,delta,reason,reference\n{sku},5,delivery,DN-1\n{sku},-2,damaged,\n{sku},-4,,\n{sku},0,,\n"));
        Assert.Equal(new ImportCounts(0, 2, 1, 1), job.Counts);
        Assert.Equal(3, (await StockAsync(sku)).OnHand);
        Assert.Equal(
            ["delivery: DN-1", $"damaged: import {job.Id}"],
            (await Item(sku).GetLedgerAsync(new PageRequest(10), TestContext.Current.CancellationToken)).Value!.Items.Reverse().Select(m =>
                m.Reference!));
    }

    [Fact]
    public async Task prices_of_a_sku_replace_its_prices_and_differences_are_told()
    {
        var sku = await silo.CreateProductAsync();
        var unknown = await UploadAsync("prices", $"SKU,Currency,Price,Price list\n{sku},USD,12,nowhere\n{sku},QQQ,12,\n");
        Assert.Equal(2, (await EndAsync(unknown, ImportStatus.Checked)).Counts.Wrong);
        Assert.Equal(
            ["2 Wrong Price list: is no price list of this shop", "3 Wrong Currency: must be an ISO 4217 code such as EUR"],
            await ResultsAsync(unknown));
        await silo.CreateGroupsAsync("trade");
        Assert.False((await silo.Grains.GetGrain<IPricingRulesGrain>(0).CreateAsync(
            PricingRule.Of(new PriceList { Id = "trade", Name = "Trade", CustomerGroups = ["trade"] }))).IsError);
        var file = "SKU,Currency,Price,Compare-at price,Price list,Minimum "
            + $"quantity,From,To\n{sku},USD,17.99,19.99,,,,\n{sku},EUR,16.5,,,,,\n{sku},USD,12,,trade,10,2026-03-01,2027-03-01\n";
        var id = await UploadAsync("prices", file);
        Assert.Equal(new ImportCounts(2, 1, 0, 0), (await EndAsync(id, ImportStatus.Checked)).Counts);
        Assert.Equal(new ImportCounts(2, 1, 0, 0), (await ApplyAsync(id)).Counts);
        Assert.Equal("4 Created : price none -> 12.00 USD", (await ResultsAsync(id))[2]);
        var product = (await Product(sku).GetAsync()).Value!;
        Assert.Equal((1799, 1999, 2), (product.Price.Amount, product.CompareAtPrice!.Value.Amount, product.Prices.Length));
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), product.Prices[1].From);

        var exported = await ExportAsync("prices");
        Assert.Contains($"{sku},USD,12.00,,trade,10,2026-03-01T00:00:00Z,2027-03-01T00:00:00Z", exported, StringComparison.Ordinal);
        var version = product.Version;
        Assert.Equal(new ImportCounts(0, 0, 3, 0), (await ApplyAsync(await UploadAsync("prices", file))).Counts);
        Assert.Equal(version, (await Product(sku).GetAsync()).Value!.Version);

        var less = await UploadAsync("prices", $"SKU,Currency,Price,Compare-at price\n{sku},USD,17.99,19.99\n");
        Assert.Equal(new ImportCounts(0, 1, 0, 0), (await ApplyAsync(less)).Counts);
        Assert.Equal("2 Changed : 2 other price(s) removed", Assert.Single(await ResultsAsync(less)));
        Assert.Empty((await Product(sku).GetAsync()).Value!.Prices);
    }

    [Fact]
    public async Task a_wrong_price_leaves_all_prices_of_its_sku_alone()
    {
        var (a, b, c) = (await silo.CreateProductAsync(), await silo.CreateProductAsync(), await silo.CreateProductAsync());
        var id = await UploadAsync(
            "prices",
            $"SKU,Currency,Price\n{a},USD,5\n{a},EUR,3,4\n{b},usd,6.00\n{b},EUR,1\n{b},EUR,2\n{c},JPY,5.5\nT-NONE,USD,1\n{b},X,1\n");
        Assert.Equal(new ImportCounts(0, 0, 0, 8), (await ApplyAsync(id)).Counts);
        var results = await ResultsAsync(id);
        Assert.Contains("7 Wrong Price: has too many decimals: JPY has 0", results);
        Assert.Contains("3 Wrong : The row has 4 cells; the header has 3.", results);
        Assert.Contains("2 Wrong : Line 3 belongs to it and is wrong.", results);
        Assert.Contains("6 Wrong : Line 5 has the same price.", results);
        Assert.Equal(1, (await Product(a).GetAsync()).Value!.Version);
    }

    [Theory]
    [InlineData("stock")]
    [InlineData("prices")]
    public async Task an_export_that_is_imported_changes_nothing(string kind)
    {
        for (var i = 0; i < 5; i++)
        {
            var sku = await silo.CreateProductAsync();
            if (i > 2)
                continue;
            await Item(sku).AdjustAsync(new AdjustStock($"start-{sku}", 5 + i, "start", null));
            await Product(sku).SetPricesAsync(
                [new ProductPrice("JPY", 500 + i) { From = DateTimeOffset.UtcNow }, new ProductPrice("USD", 3) { MinQuantity = 2 }], null);
        }
        var job = await ApplyAsync(await UploadAsync(kind, await ExportAsync(kind)));
        Assert.Equal(new ImportCounts(0, 0, job.TotalRows!.Value, 0), job.Counts);
        Assert.True(job.TotalRows >= 5);
    }

    [Theory]
    [InlineData("stock", "SKU,Number\nA,1\n", "import.stock-columns")]
    [InlineData("prices", "SKU,Price,price\nA,1,2\n", "import.column-missing", "import.column-twice")]
    [InlineData("stock", "", "import.empty")]
    [InlineData("stock", "SKU,On hand\nA,\0\n", "import.binary")]
    public async Task a_file_that_cannot_be_read_fails(string kind, string file, params string[] keys)
    {
        var id = await UploadAsync(kind, file);
        Assert.Equal(keys, (await EndAsync(id, ImportStatus.Failed)).Problems.Select(p => p.Key));
        Assert.Equal(ErrorCode.Conflict, (await Jobs.ApplyAsync(id)).Error!.Code);
    }

    [Fact]
    public async Task a_group_that_is_too_large_is_wrong_as_a_whole()
    {
        var (large, small) = (await silo.CreateProductAsync(), await silo.CreateProductAsync());
        var rows = string.Concat(Enumerable.Range(0, CsvLimits.MaxGroupRows + 700).Select(_ => $"{large},1\n"));
        var job = await ApplyAsync(await UploadAsync("stock", $"SKU,Delta\n{small},1\n{rows}{small},1\n"));
        Assert.Equal(new ImportCounts(0, 2, 0, CsvLimits.MaxGroupRows + 700), job.Counts);
        Assert.Equal((0, 2), ((await StockAsync(large)).OnHand, (await StockAsync(small)).OnHand));
    }

    [Fact]
    public async Task actor_and_import_are_in_the_audit_log()
    {
        var sku = await silo.CreateProductAsync();
        RequestContext.Set(RequestKeys.Actor, "api-key/ada");
        var job = await ApplyAsync(await UploadAsync("stock", $"SKU,On hand\n{sku},3\n"));
        RequestContext.Clear();
        Assert.Equal(("api-key/ada", "api-key/ada"), (job.CreatedBy, job.AppliedBy));
        await using var command = silo.Database.CreateCommand(
            "select array_agg(action || ' ' || actor order by id) from audit_log where subject = $1 or (subject = $2 and trace_id = $3)");
        foreach (var value in (string[])[$"import/{job.Id}", sku, $"import {job.Id}"])
            command.Parameters.Add(new() { Value = value });
        Assert.Equal(
            ["imports.create api-key/ada", "imports.apply api-key/ada", "inventory.adjust api-key/ada"],
            (string[])(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
    }

    [Fact]
    public async Task what_is_open_is_limited_and_parts_must_be_complete()
    {
        var id = Guid.NewGuid();
        Assert.Equal(ErrorCode.ValidationFailed, (await Jobs.CreateAsync(id, "nothing")).Error!.Code);
        Assert.Equal(ErrorCode.NotFound, (await Jobs.GetAsync(id, TestContext.Current.CancellationToken)).Error!.Code);
        Assert.Equal(ErrorCode.NotFound, (await Jobs.AppendAsync(id, 0, [1])).Error!.Code);
        Assert.False((await Jobs.CreateAsync(id, "stock")).IsError);
        Assert.False((await Jobs.CreateAsync(id, "stock")).IsError);
        await Jobs.AppendAsync(id, 1, [1]);
        Assert.Equal(ErrorCode.Conflict, (await Jobs.CompleteAsync(id, 2, 2, "x")).Error!.Code);
        Assert.Equal(ErrorCode.Conflict, (await Jobs.ApplyAsync(id)).Error!.Code);
        await Jobs.AppendAsync(id, 0, [1]);
        Assert.False((await Jobs.CompleteAsync(id, 2, 2, "x")).IsError);
        Assert.False((await Jobs.CompleteAsync(id, 2, 2, "x")).IsError);
        Assert.Equal(ErrorCode.IdempotencyKeyReused, (await Jobs.CompleteAsync(id, 1, 1, "y")).Error!.Code);
        Assert.Equal(ErrorCode.Conflict, (await Jobs.AppendAsync(id, 0, [2])).Error!.Code);
        var list = (await Jobs.ListAsync(new PageRequest(1), TestContext.Current.CancellationToken)).Value!;
        Assert.Equal(id, Assert.Single(list.Items).Id);
        var older = (await Jobs.ListAsync(new PageRequest(100, list.NextCursor), TestContext.Current.CancellationToken)).Value!;
        Assert.DoesNotContain(older.Items, j => j.Id == id);
    }

    private IImportJobsGrain Jobs => silo.Grains.GetGrain<IImportJobsGrain>(0);

    private IInventoryItemGrain Item(string sku) => silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku));

    private IProductGrain Product(string sku) => silo.Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku));

    private async Task<StockLevel> StockAsync(string sku) => (await Item(sku).GetAsync()).Value!;

    private Task<Guid> UploadAsync(string kind, string text) => UploadAsync(Jobs, kind, text);

    internal static async Task<Guid> UploadAsync(IImportJobsGrain jobs, string kind, string text)
    {
        var (id, content) = (Guid.NewGuid(), Encoding.UTF8.GetBytes(text));
        Assert.False((await jobs.CreateAsync(id, kind)).IsError);
        foreach (var (part, bytes) in content.Chunk(IImportJobsGrain.MaxPartBytes).Index())
            Assert.False((await jobs.AppendAsync(id, part, bytes)).IsError);
        var parts = (content.Length + IImportJobsGrain.MaxPartBytes - 1) / IImportJobsGrain.MaxPartBytes;
        Assert.False((await jobs.CompleteAsync(id, parts, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)))).IsError);
        return id;
    }

    private async Task<ImportJob> ApplyAsync(Guid id)
    {
        await EndAsync(id, ImportStatus.Checked);
        Assert.Equal(ImportStatus.Applying, (await Jobs.ApplyAsync(id)).Value!.Status);
        return await EndAsync(id, ImportStatus.Done);
    }

    private async Task<ImportJob> EndAsync(Guid id, ImportStatus status)
    {
        var job = (await Jobs.GetAsync(id, TestContext.Current.CancellationToken)).Value!;
        await Until.TrueAsync($"import {id} is {status}", Limit, async () =>
        {
            job = (await Jobs.GetAsync(id, TestContext.Current.CancellationToken)).Value!;
            Assert.True(job.Status == status || job.Status != ImportStatus.Failed, $"{job.Status}: {string.Join(' ', job.Problems)}");
            return job.Status == status;
        });
        return job;
    }

    private async Task<List<string>> ResultsAsync(Guid id)
    {
        var found = new List<string>();
        for (long? from = 0; from is not null;)
        {
            var part = (await Jobs.GetResultsAsync(id, from.Value, TestContext.Current.CancellationToken)).Value!;
            found.AddRange(part.Lines.Select(l => $"{l.Line} {l.Outcome} {l.Column}: {l.Text}"));
            from = part.Next;
        }
        return found;
    }

    private async Task<string> ExportAsync(string kind)
    {
        var (text, export, after) = (new StringBuilder(), silo.Grains.GetGrain<IExportGrain>(0), (string?)null);
        do
        {
            var part = (await export.ReadAsync(new ExportQuery(kind), after, TestContext.Current.CancellationToken)).Value!;
            text.Append(Encoding.UTF8.GetString(part.Content));
            after = part.Next;
        }
        while (after is not null);
        return text.ToString();
    }

    /// <summary>A silo that sees its jobs at once.</summary>
    public sealed class Silo : InProcessSilo
    {
        protected override Dictionary<string, string?> Settings => new() { ["Imports:PollSeconds"] = "0.05" };
    }
}

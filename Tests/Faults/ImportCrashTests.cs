using System.Globalization;
using System.Text;
using SoonShop.Aggregates;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>The silo that applies a file dies. Another one goes on, and each row is applied and counted once.</summary>
public sealed class ImportCrashTests
{
    private const int Products = 1_300;

    public static TheoryData<string> Points => [.. CrashPoint.Imports];

    [Theory, MemberData(nameof(Points))]
    public async Task an_import_goes_on_where_it_was(string point)
    {
        await using var shop = await CrashedImport.StartAsync();
        await ImportedProducts.AddAsync(shop.Shop.Database, Products);
        // The second batch of three.
        var done = await shop.ImportAsync("stock", ImportedProducts.StockFile(Products), $"{point}#2");
        Assert.Equal((Products, 0, 0), (done.Number("counts.changed"), done.Number("counts.unchanged"), done.Number("counts.wrong")));
        await CountsAsync(
            shop, Products, "select count(*) from stock_ledger where operation_id like 'adjust/import/%'",
            "select count(distinct sku) from stock_ledger where delta = 7");
        var results = (await shop.Admin.GetAsync($"/admin/import-jobs/{done.Text("id")}/results.csv")).Body.Split(
            '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(Products + 1, results.Length);
        Assert.Equal(Products, results.Distinct().Count(r => r.EndsWith("on hand 0 -> 7", StringComparison.Ordinal)));
    }

    public static TheoryData<string> NewProductPoints => [.. CrashPoint.NewProducts.SelectMany(p => (string[])[$"{p}#1", $"{p}#400"])];

    [Theory, MemberData(nameof(NewProductPoints))]
    public async Task new_products_are_stored_once_with_their_stock(string point)
    {
        await using var shop = await CrashedImport.StartAsync();
        var file = new StringBuilder("Title,URL handle,Option1 name,Option1 value,SKU,Price,Inventory quantity\n");
        for (var i = 0; i < Products; i++)
            file.Append(CultureInfo.InvariantCulture, $"Thing {i / 2},new-{i / 2},Size,{"SM"[i % 2]},NEW-{i},12.50,7\n");
        AssertAllCreated(await shop.ImportAsync("products", file.ToString(), point));
        await CountsAsync(
            shop, Products, "select count(*) from stock_ledger where delta = 7",
            "select count(*) from event where type = 'product.created' and source like '/product/sku/NEW-%'",
            "select count(*) from grain_state_product where grain_key like 'sku/NEW-%'");
        await CountsAsync(shop, Products / 2, "select count(*) from grain_state_product_group where grain_key like '%/new-%'");
        var product = Api.Expect.Status(200, await shop.Admin.GetAsync("/products/NEW-1299"));
        Assert.Equal(("inStock", "Thing 649"), (product.Text("availability"), product.Text("name")![..9]));
    }

    public static TheoryData<string> NewCustomerPoints => [.. CrashPoint.NewCustomers.SelectMany(p => (string[])[$"{p}#1", $"{p}#700"])];

    [Theory, MemberData(nameof(NewCustomerPoints))]
    public async Task customers_get_one_account_each(string point)
    {
        await using var shop = await CrashedImport.StartAsync();
        await shop.Admin.CreateGroupAsync("trade");
        var file = new StringBuilder("First Name,Email,Groups\n");
        for (var i = 0; i < Products; i++)
            file.Append(CultureInfo.InvariantCulture, $"Customer,customer-{i}@example.com,trade\n");
        AssertAllCreated(await shop.ImportAsync("customers", file.ToString(), point));
        await CountsAsync(
            shop, Products, "select count(*) from grain_state_user where index ->> 'email' like 'customer-%'",
            "select count(distinct index ->> 'email') from grain_state_user where index ->> 'email' like 'customer-%'",
            "select count(*) from grain_state_email where grain_key like 'email/customer-%' and convert_from(state, 'UTF8')::jsonb #>> "
                + "'{state,confirmed}' = 'true'");
    }

    private static void AssertAllCreated(Reply done) => Assert.Equal(
        (Products, 0, 0, 0),
        (done.Number("counts.created"), done.Number("counts.changed"), done.Number("counts.unchanged"), done.Number("counts.wrong")));

    private static async Task CountsAsync(CrashedImport shop, int count, params string[] queries)
    {
        foreach (var query in queries)
            Assert.True(await shop.Shop.QueryAsync<long>(query) == count, $"not {count}: {query}");
    }
}

/// <summary>A shop whose silo dies in the middle of an import, and is replaced.</summary>
internal sealed class CrashedImport : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly SiloProcess silos;

    private CrashedImport(Shop shop, SiloProcess silos, ApiClient admin) => (Shop, this.silos, Admin) = (shop, silos, admin);

    public Shop Shop { get; }

    public ApiClient Admin { get; }

    public static async Task<CrashedImport> StartAsync()
    {
        var shop = await Shop.CreateAsync(null, ("Imports__LeaseSeconds", "1"), ("Imports__PollSeconds", "0.1"));
        var silos = await SiloProcess.StartAsync(shop);
        return new CrashedImport(shop, silos, await (await shop.StartApiAsync()).AsAdminAsync());
    }

    /// <summary>Uploads, checks and applies a file; replaces the silo when it dies at the point. Returns the job that is done.</summary>
    public async Task<Reply> ImportAsync(string kind, string file, string point)
    {
        var path = $"/admin/import-jobs?kind={kind}";
        var id = Api.Expect.Status(201, await Admin.PostAsync(path, Api.ImportApiTests.Csv(file))).Text("id");
        await StatusAsync(id!, "checked");
        await silos.ArmAsync(point);
        Api.Expect.Status(200, await Admin.PostAsync($"/admin/import-jobs/{id}/apply"));
        await silos.DeathAsync(Limit);
        await silos.ArmAsync(null);
        await silos.ReplaceAsync();
        return await StatusAsync(id!, "done");
    }

    private async Task<Reply> StatusAsync(string id, string status)
    {
        Reply? reply = null;
        await Until.TrueAsync($"import {id} is {status}", Limit, async () =>
        {
            reply = await Admin.GetAsync($"/admin/import-jobs/{id}");
            return (int)reply.Status == 200 && reply.Text("status") == status;
        });
        return reply!;
    }

    public async ValueTask DisposeAsync()
    {
        await silos.DisposeAsync();
        await Shop.DisposeAsync();
    }
}

/// <summary>Many products, put into the database at once.</summary>
internal static class ImportedProducts
{
    /// <summary>The SKU of a product.</summary>
    public static string Sku(int number) => $"I-{number.ToString("D8", CultureInfo.InvariantCulture)}";

    /// <summary>A file that sets the stock of each product to 7.</summary>
    public static string StockFile(int count)
    {
        var text = new StringBuilder("SKU,On hand\n");
        for (var i = 1; i <= count; i++)
            text.Append(CultureInfo.InvariantCulture, $"{Sku(i)},7\n");
        return text.ToString();
    }

    /// <summary>Inserts products as their grains write them, without the rows that find them by words.</summary>
    public static async Task AddAsync(Npgsql.NpgsqlDataSource database, int count)
    {
        await using var batch = database.CreateCommand("""
            alter table grain_state_product disable trigger user;
            insert into grain_state (state_name, grain_key, version, state, index)
            select 'product', 'sku/I-' || lpad(n::text, 8, '0'), 1,
                   convert_to(jsonb_build_object('state', jsonb_build_object(
                     'sku', 'I-' || lpad(n::text, 8, '0'), 'createdAt', '2026-01-01T00:00:00+00:00', 'published', true,
                     'content', jsonb_build_object(
                       'name', 'Imported ' || n, 'description', '', 'category', 'things', 'price',
                       jsonb_build_object('amount', 1000, 'currency', 'USD'), 'attributes', '{}'::jsonb, 'images', '[]'::jsonb, 'active',
                       true)), 'sequence', 1)::text, 'UTF8'),
                   jsonb_build_object('sku', 'I-' || lpad(n::text, 8, '0'), 'name', 'Imported ' || n, 'description', '',
                       'category', 'things',
                     'attributes', '', 'price', 1000, 'active', true, 'createdAt', '2026-01-01T00:00:00.0000000Z')
            from generate_series(1, {0}) n;
            alter table grain_state_product enable trigger user;
            """.Replace("{0}", count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        batch.CommandTimeout = 1800;
        await batch.ExecuteNonQueryAsync();
    }
}

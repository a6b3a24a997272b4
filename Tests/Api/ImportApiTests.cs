using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Imports and exports over HTTP.</summary>
[Collection(nameof(RunningShop))]
public sealed class ImportApiTests(RunningShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task a_file_is_uploaded_checked_applied_and_its_results_are_read()
    {
        var admin = shop.Admin;
        var sku = await admin.CreateProductAsync(stock: 5);
        var created = Expect.Status(201, await admin.PostAsync("/admin/import-jobs?kind=stock", Csv($"SKU,On hand\n{sku},8\nT-NONE,1\n")));
        var path = $"/admin/import-jobs/{created.Text("id")}";
        Assert.Equal($"/api/v1{path}", created.Headers["Location"]);
        await StatusAsync(admin, path, "checked");
        Assert.Equal(5, Expect.Status(200, await admin.GetAsync($"/inventory/{sku}")).Number("onHand"));
        Expect.Status(200, await admin.PostAsync($"{path}/apply"));
        var done = await StatusAsync(admin, path, "done");
        Assert.Equal((1, 1, 2), (done.Number("counts.changed"), done.Number("counts.wrong"), done.Number("totalRows")));
        Assert.Equal(8, Expect.Status(200, await admin.GetAsync($"/inventory/{sku}")).Number("onHand"));

        var results = Expect.Status(200, await admin.GetAsync($"{path}/results.csv"));
        Assert.StartsWith("text/csv", results.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Equal(
            ["Line,Outcome,Column,Text", "2,changed,,on hand 5 -> 8", "3,wrong,SKU,The product T-NONE was not found."], Lines(results));
        var chinese = await admin.SendAsync(HttpMethod.Get, $"{path}/results.csv", more: ("Accept-Language", "zh"));
        Assert.DoesNotContain("was not found", chinese.Body, StringComparison.Ordinal);
        Assert.Equal(created.Text("id"), Expect.Status(200, await admin.GetAsync("/admin/import-jobs?limit=1")).Text("items.0.id"));
        Expect.Problem(409, "conflict", await admin.PostAsync($"{path}/cancel"));
        Expect.Problem(404, "not-found", await admin.GetAsync($"/admin/import-jobs/{Guid.NewGuid()}/results.csv"));
    }

    [Fact]
    public async Task no_api_key_imports_customers_or_sees_such_an_import()
    {
        var key = Expect.Status(
            201, await shop.Admin.PostAsync("/admin/api-keys", new { name = "stock", scopes = new[] { "imports:read", "imports:write" } }));
        var machine = shop.Api with { AccessToken = key.Text("key") };
        Expect.Problem(403, "forbidden", await machine.PostAsync("/admin/import-jobs?kind=customers", Csv("E-mail\na@example.com\n")));
        var job = Expect.Status(201, await shop.Admin.PostAsync("/admin/import-jobs?kind=customers", Csv($"E-mail\n{Make.Email()}\n")))
            .Text("id");
        await StatusAsync(shop.Admin, $"/admin/import-jobs/{job}", "checked");
        foreach (var path in (string[])["", "/results.csv"])
            Expect.Problem(403, "forbidden", await machine.GetAsync($"/admin/import-jobs/{job}{path}"));
        foreach (var path in (string[])["/apply", "/cancel"])
            Expect.Problem(403, "forbidden", await machine.PostAsync($"/admin/import-jobs/{job}{path}"));
        Expect.Status(200, await shop.Admin.PostAsync($"/admin/import-jobs/{job}/cancel"));
        Expect.Status(201, await machine.PostAsync("/admin/import-jobs?kind=stock", Csv("SKU,On hand\nT-NONE,1\n")));
    }

    [Fact]
    public async Task a_repeated_upload_is_the_same_job_and_another_file_under_its_key_is_refused()
    {
        var admin = shop.Admin;
        var key = Guid.NewGuid().ToString();
        var first = Expect.Status(201, await admin.PostAsync("/admin/import-jobs?kind=prices", Csv("SKU,Currency,Price\n"), key));
        var again = Expect.Status(201, await admin.PostAsync("/admin/import-jobs?kind=prices", Csv("SKU,Currency,Price\n"), key));
        Assert.Equal((first.Text("id"), "true"), (again.Text("id"), again.Headers["Idempotent-Replayed"]));
        Expect.Problem(
            422, "idempotency-key-reused", await admin.PostAsync(
                "/admin/import-jobs?kind=prices", Csv("SKU,Currency,Price\nA,USD,1\n"), key));
    }

    [Fact]
    public async Task a_body_of_many_parts_and_a_compressed_one_are_taken()
    {
        var admin = shop.Admin;
        var text = "SKU,On hand\n" + string.Concat(Enumerable.Range(0, 200_000).Select(n => $"NO-SUCH-SKU-{n:D6},{n}\n"));
        var plain = Expect.Status(201, await admin.PostAsync("/admin/import-jobs?kind=stock", Csv(text)));
        Expect.Status(200, await admin.PostAsync($"/admin/import-jobs/{plain.Text("id")}/cancel"));
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
        var content = Csv(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        var compressed = Expect.Status(201, await admin.PostAsync("/admin/import-jobs?kind=stock", content));
        Expect.Status(200, await admin.PostAsync($"/admin/import-jobs/{compressed.Text("id")}/cancel"));
        Assert.Equal(
            (Encoding.UTF8.GetByteCount(text), plain.Number("fileBytes")),
            (compressed.Number("fileBytes"), compressed.Number("fileBytes")));

        var broken = Csv("not gzip");
        broken.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(400, (int)(await admin.PostAsync("/admin/import-jobs?kind=stock", broken)).Status);
        var unknown = Csv("x");
        unknown.Headers.ContentEncoding.Add("br");
        Assert.Equal(415, (int)(await admin.PostAsync("/admin/import-jobs?kind=stock", unknown)).Status);
        Assert.Equal(415, (int)(await admin.PostAsync("/admin/import-jobs?kind=stock", new { a = 1 })).Status);
        Expect.Invalid("kind", await admin.PostAsync("/admin/import-jobs?kind=nothing", Csv("x")));
    }

    [Fact]
    public async Task exports_are_files_with_the_columns_of_the_imports()
    {
        var admin = shop.Admin;
        var sku = await admin.CreateProductAsync(stock: 4, price: 1250);
        var buyer = await shop.Api.AsGuestAsync();
        await buyer.FillCartAsync(sku, 2);
        var order = Expect.Status(201, await buyer.OrderAsync());

        var products = Expect.Status(200, await admin.GetAsync("/admin/exports/products"));
        Assert.StartsWith("Title,URL handle,Description,", products.Body, StringComparison.Ordinal);
        Assert.Contains(Lines(products), l => l.Contains($",{sku},", StringComparison.Ordinal));
        var stock = Expect.Status(200, await admin.GetAsync("/admin/exports/stock"));
        Assert.Matches("^attachment; filename=\"?stock-[0-9]{4}-[0-9]{2}-[0-9]{2}\\.csv\"?$", stock.Headers["Content-Disposition"]);
        Assert.Equal("SKU,On hand,Low stock threshold,Location", Lines(stock)[0]);
        // The two units of the order are on the shelf until they are shipped.
        Assert.Contains($"{sku},4,5,", Lines(stock));
        Assert.Contains($"{sku},USD,12.50,,,,,", Lines(Expect.Status(200, await admin.GetAsync("/admin/exports/prices"))));

        var orders = Expect.Status(200, await admin.GetAsync("/admin/exports/orders?from=2000-01-01"));
        var line = Assert.Single(Lines(orders), l => l.Contains(order.Text("id")!, StringComparison.Ordinal));
        Assert.StartsWith(order.Text("number")!, line, StringComparison.Ordinal);
        Assert.Contains($",{sku},Test product {sku},2,12.50,25.00,", line, StringComparison.Ordinal);
        Assert.DoesNotContain(Lines(Expect.Status(200, await admin.GetAsync("/admin/exports/orders?to=2000-01-01"))), l =>
            l.Contains(sku, StringComparison.Ordinal));
        var customers = Expect.Status(200, await admin.GetAsync("/admin/exports/customers"));
        Assert.Contains(Lines(customers), l => l.Contains(Shop.AdminEmail, StringComparison.Ordinal));
        Expect.Invalid("promotion", await admin.GetAsync("/admin/exports/codes?promotion=no-such-promotion"));
        var log = Expect.Status(200, await admin.GetAsync("/admin/audit-log?action=exports.read&limit=2"));
        Assert.Equal("export/customers", log.Text("items.0.subject"));
    }

    internal static ByteArrayContent Csv(string text) => Csv(Encoding.UTF8.GetBytes(text));

    internal static ByteArrayContent Csv(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        return content;
    }

    private static string[] Lines(Reply reply) =>
        reply.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static async Task<Reply> StatusAsync(ApiClient admin, string path, string status)
    {
        Reply? reply = null;
        await Until.TrueAsync($"{path} is {status}", Limit, async () => (reply = await admin.GetAsync(path)).Text("status") == status);
        return reply!;
    }
}

using SoonShop.Media;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Media;

/// <summary>Images that nothing uses are removed after a time, with their files.</summary>
public sealed class MediaRetentionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task images_that_nothing_uses_are_removed_with_their_files()
    {
        var (shop, api) = await Shop.StartAsync(
            ("MediaRetention__Days", "0.0001"), ("MediaRetention__SweepMinutes", "0.01"), ("Media__SweepSeconds", "0.2"));
        await using var _ = shop;
        var admin = await api.AsAdminAsync();
        var used = await UploadAsync(admin, 30);
        var sku = await admin.CreateProductAsync(stock: 0);
        Expect.Status(200, await admin.PatchAsync($"/products/{sku}", new { media = new[] { new { mediaId = used } } }));
        var ofGroup = await UploadAsync(admin, 31);
        Expect.Status(201, await admin.PostAsync(
            "/admin/product-groups", new { id = "a-group", name = "A group", media = new[] { new { mediaId = ofGroup } } }));
        var unused = await UploadAsync(admin, 32);
        // An upload whose front end died before all its files were stored.
        Assert.True(MediaId.TryParse(unused[..^5] + "33x33", out var incomplete));
        var media = shop.Grains.GetGrain<IMediaGrain>(0);
        Assert.False((await media.BeginAsync(incomplete.ToString(), "image/png", 10)).IsError);
        await RunAsync(shop, "update media set unused_since = unused_since - interval '2 days' where status = 'storing'");
        await RunAsync(shop, "update media set used_at = used_at - interval '2 minutes'");

        await Until.TrueAsync(
            "the unused image is gone", Limit, async () => await CountAsync(shop) == 2 && FilesOf(shop, unused).Length == 0);
        Assert.Equal((1, 1), (FilesOf(shop, used).Length, FilesOf(shop, ofGroup).Length));
        Expect.Status(200, await admin.GetAsync($"/admin/media/{used}"));
        Expect.Problem(404, "not-found", await admin.GetAsync($"/admin/media/{unused}"));

        // Once its product has lost it, its time begins.
        Expect.Status(200, await admin.PatchAsync($"/products/{sku}", new { images = Array.Empty<string>() }));
        await Until.TrueAsync("it is gone, too", Limit, async () => await CountAsync(shop) == 1 && FilesOf(shop, used).Length == 0);
        Assert.Single(FilesOf(shop, ofGroup));
    }

    [Fact]
    public async Task a_removal_that_was_interrupted_is_completed()
    {
        var (shop, api) = await Shop.StartAsync(("Media__SweepSeconds", "0.2"));
        await using var _ = shop;
        var admin = await api.AsAdminAsync();
        var id = await UploadAsync(admin, 40);
        // As after a front end that died when it had begun: nobody uploads or uses the image until it is gone.
        await RunAsync(shop, "update media set status = 'removing', taken_until = clock_timestamp() + interval '10 minutes'");
        Expect.Problem(409, "conflict", await admin.PostAsync("/admin/media", Picture.Content(Picture.Png(40, 40))));
        Expect.Invalid("images", await admin.PostAsync("/products", new
        {
            sku = Make.Sku(),
            name = "A thing",
            category = "things",
            price = new { amount = 1, currency = "USD" },
            media = new[] { new { mediaId = id } },
        }));
        await RunAsync(shop, "update media set taken_until = clock_timestamp()");
        await Until.TrueAsync("it is gone", Limit, async () => await CountAsync(shop) == 0 && FilesOf(shop, id).Length == 0);
        Assert.Equal(id, await UploadAsync(admin, 40));
        // Files that were lost are made again by an upload.
        foreach (var file in FilesOf(shop, id))
            File.Delete(file);
        Expect.Status(200, await admin.PostAsync("/admin/media", Picture.Content(Picture.Png(40, 40))));
        Assert.Single(FilesOf(shop, id));
    }

    private static async Task<string> UploadAsync(ApiClient admin, int size) =>
        Expect.Status(201, await admin.PostAsync("/admin/media", Picture.Content(Picture.Png(size, size)))).Text("id");

    private static Task<long> CountAsync(Shop shop) => shop.QueryAsync<long>("select count(*) from media");

    private static string[] FilesOf(Shop shop, string id) =>
        Directory.Exists(shop.MediaDirectory) ? Directory.GetFiles(shop.MediaDirectory, $"{id}-*", SearchOption.AllDirectories) : [];

    private static async Task RunAsync(Shop shop, string sql)
    {
        await using var command = shop.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}

using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>A backup that is taken while the shop sells is a whole shop, on another server.</summary>
[Collection(nameof(CheckedShop))]
public sealed class BackupTests(CheckedShop original)
{
    private static readonly string Script = Path.Combine(Repository.Root, "deploy", "backup.sh");

    [Fact]
    public async Task what_was_acknowledged_before_a_backup_under_load_is_there_elsewhere_and_every_promise_is_kept()
    {
        var file = Path.Combine(Repository.TestData, $"backup-{Guid.NewGuid():N}.dump");
        var crowd = new Crowd(
            original.Shop, original.Api, 4, n => ([original.Ids["sku"]], n % 5 == 4 ? "pm_card_visa_chargeDeclined" : "pm_card_visa"));
        var acknowledged = new List<Buyer>();
        for (var i = 0; i < 5; i++)
        {
            var buyer = await Buyer.ArriveAsync(original.Api, original.Ids["sku"]);
            Assert.Equal(201, (int)(await buyer.OrderAsync()).Status);
            acknowledged.Add(buyer);
        }
        await RunAsync(original.Shop.ConnectionString, "dump", file);
        await crowd.MoreAsync(5);
        await crowd.CloseAsync();

        var elsewhere = await PostgresServer.StartAsync("restored");
        try
        {
            await using var restored = await Shop.CreateEmptyAsync(elsewhere, original.Settings);
            await RunAsync(restored.ConnectionString, "restore", file);
            Assert.True(
                (await TryAsync(restored.ConnectionString, "restore", file)).Code == 64, "A restore must not touch a shop that is there.");
            Assert.Equal(0, await restored.QueryAsync<long>("select count(*) from cluster_member"));
            var (code, output, error) = await Repository.TryRunAsync(
                "dotnet", [Repository.Program("Silo"), "check"], new() { ["ConnectionStrings__soonshop"] = restored.ConnectionString });
            Assert.True(code == 0, output + error);

            // It goes on from there by itself: what was under way comes to its end, and it sells.
            await restored.StartSiloAsync();
            var api = await restored.StartApiAsync();
            foreach (var buyer in acknowledged)
            {
                var there = buyer.Guest with { Http = api.Http };
                Assert.Equal("confirmed", (await Buyer.AskAsync(() => there.GetAsync($"/orders/{buyer.OrderId}"))).Text("status"));
                // Asked again, a checkout is answered as it was.
                Assert.Equal(buyer.OrderId, Guid.Parse((await Buyer.AskAsync(() => there.OrderAsync(buyer.Key))).Text("id")));
            }
            Assert.Equal(201, (int)(await (await Buyer.ArriveAsync(api, original.Ids["sku"])).OrderAsync()).Status);
            await InvariantChecker.AssertBalanceAsync(restored);
        }
        finally
        {
            await elsewhere.StopAsync();
            File.Delete(file);
        }
    }

    [Fact]
    public async Task what_is_no_backup_and_no_database_is_told_apart()
    {
        var file = Path.Combine(Repository.TestData, $"broken-{Guid.NewGuid():N}.dump");
        await RunAsync(original.Shop.ConnectionString, "dump", file);
        await RunAsync(original.Shop.ConnectionString, "verify", file);
        var whole = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, whole[..(whole.Length / 2)], TestContext.Current.CancellationToken);
        Assert.Equal(65, (await TryAsync(original.Shop.ConnectionString, "verify", file)).Code);
        Assert.Equal(65, (await TryAsync(original.Shop.ConnectionString, "restore", file)).Code);
        Assert.Equal(64, (await TryAsync(original.Shop.ConnectionString, "burn", file)).Code);
        Assert.Equal(73, (await TryAsync(original.Shop.ConnectionString, "dump", "/nonexistent/file")).Code);
        Assert.Equal(78, (await TryAsync("", "dump", file)).Code);
        var (code, _, error) = await TryAsync(
            $"Host=127.0.0.1;Port={TcpPort.Free()};Database=soonshop;Username=soonshop;Password=not-told", "dump", file);
        Assert.Equal(69, code);
        Assert.DoesNotContain("not-told", error, StringComparison.Ordinal);
        File.Delete(file);
    }

    private static async Task RunAsync(string connectionString, params string[] arguments)
    {
        var (code, _, error) = await TryAsync(connectionString, arguments);
        Assert.True(code == 0, error);
    }

    private static Task<(int Code, string Output, string Error)> TryAsync(string connectionString, params string[] arguments) =>
        Repository.TryRunAsync(Script, arguments, new() { ["ConnectionStrings__soonshop"] = connectionString });
}

using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>PostgreSQL is restarted under a shop that has nothing to do at that moment: then nobody notices.</summary>
[Collection(nameof(Outages))]
public sealed class DatabaseRestartTests
{
    /// <summary>Seconds from the moment when the server accepts connections to the first request.</summary>
    private static readonly (string Mode, double[] Waits)[] Restarts = [("fast", [0, 0.3, 5]), ("immediate", [0, 1, 20])];

    [Fact]
    public async Task after_a_restart_of_the_database_the_first_writes_and_orders_succeed()
    {
        var server = await PostgresServer.StartAsync("postgres-outage");
        await using var shop = await Shop.CreateAsync(server);
        await shop.StartSiloProcessAsync();
        var api = await shop.StartApiAsync();
        var sku = await (await api.AsAdminAsync()).CreateProductAsync(stock: 1000);
        // Everything that a checkout needs has its connections.
        Assert.Equal(201, (int)(await (await Buyer.ArriveAsync(api, sku)).OrderAsync()).Status);

        foreach (var (mode, waits) in Restarts)
        {
            foreach (var wait in waits)
            {
                var ready = (await api.AsGuestAsync());
                Assert.Equal(200, (int)(await ready.FillCartAsync(sku)).Status);

                await server.RestartAsync(mode);
                await Task.Delay(TimeSpan.FromSeconds(wait), TestContext.Current.CancellationToken);

                // The very first request is an order; then carts, one write after the other.
                var order = await ready.OrderAsync();
                Assert.True((int)order.Status == 201, $"{mode}, after {wait} s: {(int)order.Status} {order.Body}\n{shop.LastLogs}");
                for (var i = 0; i < 5; i++)
                {
                    var guest = await api.PostAsync("/carts");
                    Assert.True((int)guest.Status == 201, $"{mode}, after {wait} s, cart {i}: {(int)guest.Status} {guest.Body}");
                    var filled = await (api with { AccessToken = null, CartId = guest.Text("id") }).FillCartAsync(sku);
                    Assert.True((int)filled.Status == 200, $"{mode}, after {wait} s, cart {i}: {(int)filled.Status} {filled.Body}");
                }
            }
        }
    }

    [Fact]
    public async Task a_silo_and_a_migration_that_start_while_the_database_is_away_wait_for_it()
    {
        var server = await PostgresServer.StartAsync("postgres-outage");
        await using var shop = await Shop.CreateEmptyAsync(server);
        var environment = new Dictionary<string, string?>
        {
            ["ConnectionStrings__soonshop"] = shop.ConnectionString,
            ["DOTNET_ENVIRONMENT"] = "Production",
        };
        await server.KillAsync();
        var migration = Repository.TryRunAsync("dotnet", [Repository.Program("Silo"), "migrate"], environment);
        var silo = shop.StartSiloProcessAsync();
        await Until.TrueAsync("the silo says that it waits", TimeSpan.FromSeconds(60), () =>
            Task.FromResult(shop.Silo.Log.Contains("Waiting for it", StringComparison.Ordinal)));
        Assert.False(shop.Silo.HasExited, shop.Silo.Log);

        await server.StartAgainAsync();

        var (code, _, error) = await migration;
        Assert.True(code == 0, error);
        await silo.EndsAsync("the start of the silo", TimeSpan.FromMinutes(4));
        Assert.Equal(201, (int)(await (await shop.StartApiAsync()).PostAsync("/carts")).Status);
    }
}

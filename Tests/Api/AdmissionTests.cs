using Npgsql;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A front end that works on two requests at once, before a database whose products are locked: searches hang.</summary>
public sealed class AdmissionTests : IAsyncLifetime
{
    private const string Hanging =
        "from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%product_search%'";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <summary>After a minute a query would end by itself.</summary>
    private static readonly TimeSpan SoonerThanByThemselves = TimeSpan.FromSeconds(30);

    private Shop shop = null!;
    private ShopHost? silo;
    private ApiClient api = null!;

    public async ValueTask InitializeAsync()
    {
        shop = await Shop.CreateAsync(null,
        [
            ("Admission__InitialLimit", "2"), ("Admission__MinLimit", "2"), ("Admission__MaxLimit", "2"), ("Admission__MaxWaiting", "0"),
            .. PatientSilo.FrontEnd,
        ]);
        silo = await PatientSilo.StartAsync(shop);
        api = await shop.StartApiAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (silo is not null)
            await silo.DisposeAsync();
        await shop.DisposeAsync();
    }

    [Fact]
    public async Task beyond_its_limit_a_front_end_refuses_at_once_but_never_health_and_webhooks()
    {
        await using var connection = await LockProductsAsync();
        using var hangUp = new CancellationTokenSource();
        var hanging = Enumerable.Range(0, 2).Select(n => SearchAsync(n, hangUp.Token)).ToArray();
        await HangAsync(2, CallTimeout);

        for (var i = 0; i < 5; i++)
        {
            var refused = await api.PostAsync("/carts");
            Assert.Equal(503, (int)refused.Status);
            Assert.Equal("unavailable", refused.Code);
            Assert.InRange(int.Parse(refused.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture), 1, 10);
            Assert.Equal(200, (int)(await api.GetAsync("//health/live")).Status);
            Assert.Equal(200, (int)(await api.GetAsync("//health/ready")).Status);
            // The simulated provider posts nothing; but it was asked.
            Assert.Equal(404, (int)(await api.PostAsync("/webhooks/stripe", new { })).Status);
        }

        // Those who hang up make room, and their queries end in the database, long before they would by themselves.
        await hangUp.CancelAsync();
        foreach (var search in hanging)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => search);
        await HangAsync(0, SoonerThanByThemselves);
        await connection.CloseAsync();
        await Until.TrueAsync("there is room again", CallTimeout, async () => (int)(await api.PostAsync("/carts")).Status == 201);
    }

    [Fact]
    public async Task a_query_whose_time_is_over_is_answered_so_and_ends_in_the_database()
    {
        await using var slow = await Shop.CreateAsync(
            null, ("Cluster__QueryTimeoutSeconds", "15"), ("Cluster__CallTimeoutSeconds", "60"));
        (shop, var mine) = (slow, shop);
        try
        {
            await using var patient = await PatientSilo.StartAsync(slow);
            var hasty = await slow.StartApiAsync();
            Assert.Equal(200, (int)(await Buyer.AskAsync(() => hasty.GetAsync("/products"))).Status);
            await using var connection = await LockProductsAsync();
            var search = hasty.GetAsync("/products?limit=7");
            // What has not begun when its time is over is not cancelled, but ends by itself.
            await HangAsync(1, SoonerThanByThemselves);
            var reply = await search;
            Assert.Equal(503, (int)reply.Status);
            Assert.Equal("unavailable", reply.Code);
            Assert.True(reply.Headers.ContainsKey("Retry-After"));
            await HangAsync(0, SoonerThanByThemselves);
        }
        finally
        {
            shop = mine;
        }
    }

    private async Task<NpgsqlConnection> LockProductsAsync()
    {
        var connection = await shop.Database.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("begin; lock table grain_state_product in access exclusive mode", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private async Task HangAsync(int queries, TimeSpan limit)
    {
        try
        {
            await Until.TrueAsync(
                $"{queries} searches hang", limit, async () => await shop.QueryAsync<long>($"select count(*) {Hanging}") == queries);
        }
        catch (TimeoutException e)
        {
            var hanging = await shop.QueryAsync<string>($"select coalesce(string_agg(pg_stat_activity::text, E'\n'), 'none') {Hanging}");
            throw new TimeoutException($"{e.Message}. These hang: {hanging}", e);
        }
    }

    private async Task<HttpResponseMessage> SearchAsync(int limit, CancellationToken cancellation) =>
        await api.Http.GetAsync($"/api/v1/products?limit={limit + 10}", cancellation);
}

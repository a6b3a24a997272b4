#pragma warning disable xUnit1051 // Every call ends by the time limits of the shop.
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Npgsql;
using SoonShop.ApiFrontend.Grpc.V1;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grpc;

/// <summary>Rate limits, admission, deadlines, cancellation and sizes. Where products are locked in the database, searches hang.</summary>
public sealed class GrpcLimitTests : IAsyncLifetime
{
    private const string Search = "soonshop.v1.Catalog.SearchProducts";
    private const string Hanging =
        "from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%product_search%'";

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <summary>After a minute a query would end by itself.</summary>
    private static readonly TimeSpan SoonerThanByThemselves = TimeSpan.FromSeconds(30);

    private Shop shop = null!;
    private ShopHost? silo;

    public async ValueTask InitializeAsync()
    {
        shop = await Shop.CreateAsync();
        silo = await PatientSilo.StartAsync(shop);
    }

    public async ValueTask DisposeAsync()
    {
        if (silo is not null)
            await silo.DisposeAsync();
        await shop.DisposeAsync();
    }

    [Fact]
    public async Task a_deadline_shortens_the_call_and_ends_its_query()
    {
        using var clients = await StartAsync();
        await using var connection = await LockProductsAsync();
        var call = GrpcExpect.TryAsync(() => GrpcRaw.Call(clients, Search, [], [], DateTime.UtcNow.AddSeconds(15)));
        // The shop keeps the time itself, also where the client does not.
        using var http = Http(clients);
        var body = GrpcRaw.Frame(new SearchProductsRequest { Limit = 7 }.ToByteArray());
        var raw = GrpcRaw.SendAsync(http, Search, body, [], TestContext.Current.CancellationToken, ("grpc-timeout", "15S"));
        // What has not begun at the deadline is not cancelled, but ends by itself.
        await HangAsync(2, CallTimeout);
        Assert.Equal(StatusCode.DeadlineExceeded, (await call)!.Exception.StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, await raw);
        await HangAsync(0, SoonerThanByThemselves);
    }

    [Fact]
    public async Task deadlines_of_clients_do_not_close_the_shop_to_others()
    {
        using var clients = await StartAsync();
        using var http = Http(clients);
        var body = GrpcRaw.Frame(new GetCartRequest().ToByteArray());
        for (var i = 0; i < 100; i++)
        {
            await GrpcRaw.SendAsync(
                http, "soonshop.v1.Carts.GetCart", body, [], TestContext.Current.CancellationToken,
                ("grpc-timeout", "1m"), ("x-cart-id", Guid.NewGuid().ToString()));
        }
        await clients.Carts.CreateCartAsync(new CreateCartRequest());
        await GrpcExpect.FailsAsync(StatusCode.NotFound, "not-found", () => clients.Orders.GetOrderAsync(
            new GetOrderRequest { Id = Guid.NewGuid().ToString() }, new Metadata { { "x-cart-id", Guid.NewGuid().ToString() } }));
    }

    [Fact]
    public async Task a_cancelled_call_ends_its_query()
    {
        using var clients = await StartAsync();
        await using var connection = await LockProductsAsync();
        using var hangUp = new CancellationTokenSource();
        var call = clients.Catalog.SearchProductsAsync(new SearchProductsRequest { Limit = 8 }, cancellationToken: hangUp.Token);
        await HangAsync(1, CallTimeout);
        await hangUp.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await HangAsync(0, SoonerThanByThemselves);
    }

    [Fact]
    public async Task a_query_whose_time_is_over_is_unavailable()
    {
        using var clients = await StartAsync(("Cluster__QueryTimeoutSeconds", "15"));
        await using var connection = await LockProductsAsync();
        var call = GrpcExpect.FailsAsync(
            StatusCode.Unavailable, "unavailable", () => clients.Catalog.SearchProductsAsync(new SearchProductsRequest { Limit = 9 }));
        await HangAsync(1, CallTimeout);
        var failure = await call;
        Assert.NotNull(failure.Detail<RetryInfo>());
        await HangAsync(0, SoonerThanByThemselves);
    }

    [Fact]
    public async Task beyond_its_limit_a_front_end_refuses_at_once()
    {
        using var clients = await StartAsync(
            ("Admission__InitialLimit", "2"), ("Admission__MinLimit", "2"), ("Admission__MaxLimit", "2"), ("Admission__MaxWaiting", "0"));
        await using var connection = await LockProductsAsync();
        var hanging = Enumerable.Range(10, 2)
            .Select(n => clients.Catalog.SearchProductsAsync(new SearchProductsRequest { Limit = n }).ResponseAsync).ToArray();
        await HangAsync(2, CallTimeout);
        var refused = await GrpcExpect.FailsAsync(
            StatusCode.Unavailable, "unavailable", () => clients.Carts.CreateCartAsync(new CreateCartRequest()));
        Assert.InRange(refused.Detail<RetryInfo>()!.RetryDelay.ToTimeSpan(), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10));
        await connection.CloseAsync();
        await Task.WhenAll(hanging);
        await clients.Carts.CreateCartAsync(new CreateCartRequest());
    }

    [Fact]
    public async Task a_rate_limit_says_when_to_come_back_and_is_shared_with_http()
    {
        var (http, grpc) = (TcpPort.Free(), TcpPort.Free());
        var api = await shop.StartApiAsync(http,
            [.. GrpcShop.Settings(http, grpc), ("RateLimits__Reads__Requests", "3"), ("RateLimits__Reads__WindowSeconds", "3600")]);
        using var clients = new GrpcClients(grpc);
        await clients.Catalog.SearchProductsAsync(new SearchProductsRequest());
        Assert.Equal(200, (int)(await api.GetAsync("/products")).Status);
        await clients.Catalog.SearchProductsAsync(new SearchProductsRequest());
        var refused = await GrpcExpect.FailsAsync(
            StatusCode.ResourceExhausted, "rate-limited", () => clients.Catalog.SearchProductsAsync(new SearchProductsRequest()));
        Assert.InRange(refused.Detail<RetryInfo>()!.RetryDelay.ToTimeSpan(), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Assert.Equal(429, (int)(await api.GetAsync("/products")).Status);
        // Writes have their own.
        await clients.Carts.CreateCartAsync(new CreateCartRequest());
    }

    [Fact]
    public async Task a_message_that_is_too_large_is_refused_and_the_connection_goes_on()
    {
        using var clients = await StartAsync(("Http__MaxRequestBytes", "20000"));
        foreach (var bytes in (int[])[20_001, 100_000, 1_000_000])
        {
            var request = new SearchProductsRequest { Q = new string('q', bytes) };
            await GrpcExpect.FailsAsync(
                StatusCode.ResourceExhausted, "payload-too-large", () => clients.Catalog.SearchProductsAsync(request));
        }
        await clients.Catalog.SearchProductsAsync(new SearchProductsRequest());
    }

    private async Task<GrpcClients> StartAsync(params (string Name, string? Value)[] own)
    {
        var (http, grpc) = (TcpPort.Free(), TcpPort.Free());
        await shop.StartApiAsync(http, [.. GrpcShop.Settings(http, grpc), .. PatientSilo.FrontEnd, .. own]);
        var clients = new GrpcClients(grpc);
        // Connects to the cluster.
        await clients.Carts.CreateCartAsync(new CreateCartRequest());
        return clients;
    }

    private static HttpClient Http(GrpcClients clients) => new() { BaseAddress = new Uri($"http://127.0.0.1:{clients.Port}") };

    private async Task<NpgsqlConnection> LockProductsAsync()
    {
        var connection = await shop.Database.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("begin; lock table grain_state_product in access exclusive mode", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private Task HangAsync(int queries, TimeSpan limit) => Until.TrueAsync(
        $"{queries} searches hang", limit, async () => await shop.QueryAsync<long>($"select count(*) {Hanging}") == queries);
}

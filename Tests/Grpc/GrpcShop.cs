using Grpc.Core;
using Grpc.Net.Client;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;
using V1 = SoonShop.ApiFrontend.Grpc.V1;

namespace SoonShop.Tests.Grpc;

/// <summary>
/// A shop whose front end serves HTTP/1.1 on one port and gRPC, without TLS, on another one. Silo and front end are processes.
/// </summary>
public sealed class GrpcShop : IAsyncLifetime
{
    internal Shop Shop { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    internal GrpcClients Grpc { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Shop = await Shop.CreateAsync(null, PatientSilo.FrontEnd);
        await Shop.StartSiloProcessAsync();
        (Api, Grpc) = await StartApiAsync(Shop);
        Admin = await Api.AsAdminAsync();
    }

    /// <summary>Starts a front end that serves both, as a process.</summary>
    internal static async Task<(ApiClient Api, GrpcClients Grpc)> StartApiAsync(Shop shop, params (string Name, string? Value)[] own)
    {
        var (http, grpc) = (TcpPort.Free(), TcpPort.Free());
        var (api, _) = await shop.StartApiProcessAsync(http, [.. Settings(http, grpc), .. own]);
        return (api, new GrpcClients(grpc));
    }

    /// <summary>What a front end that serves both is told.</summary>
    internal static (string Name, string? Value)[] Settings(int http, int grpc) =>
    [
        ("Grpc__Enabled", "true"),
        ("Kestrel__Endpoints__Http__Url", $"http://127.0.0.1:{http}"),
        ("Kestrel__Endpoints__Grpc__Url", $"http://127.0.0.1:{grpc}"),
        ("Kestrel__Endpoints__Grpc__Protocols", "Http2"),
    ];

    public async ValueTask DisposeAsync()
    {
        Grpc?.Dispose();
        await Shop.DisposeAsync();
    }
}

/// <summary>Clients of a front end's services.</summary>
internal sealed class GrpcClients : IDisposable
{
    private readonly GrpcChannel channel;

    public GrpcClients(int port)
    {
        Port = port;
        channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        (Catalog, Carts, Orders) = (new(channel), new(channel), new(channel));
    }

    public int Port { get; }

    /// <summary>For calls by name.</summary>
    public CallInvoker Invoker => channel.CreateCallInvoker();

    public V1.Catalog.CatalogClient Catalog { get; }

    public V1.Carts.CartsClient Carts { get; }

    public V1.Orders.OrdersClient Orders { get; }

    public void Dispose() => channel.Dispose();
}

/// <summary>Sends what an HTTP client sends in headers.</summary>
internal static class GrpcCallers
{
    /// <summary>The metadata of a caller.</summary>
    public static Metadata Metadata(this ApiClient caller, string? key = null, params (string Name, string Value)[] more)
    {
        var metadata = new Metadata();
        if (caller.AccessToken is not null)
            metadata.Add("authorization", $"Bearer {caller.AccessToken}");
        if (caller.CartId is not null)
            metadata.Add("x-cart-id", caller.CartId);
        if (key is not null)
            metadata.Add("idempotency-key", key);
        foreach (var (name, value) in more)
            metadata.Add(name, value);
        return metadata;
    }
}

/// <summary>The tests of this collection share such a shop.</summary>
[CollectionDefinition(nameof(GrpcShop))]
public sealed class GrpcShopCollection : ICollectionFixture<GrpcShop>;

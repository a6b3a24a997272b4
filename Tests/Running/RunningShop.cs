namespace SoonShop.Tests.Running;

/// <summary>One shop for all tests that only talk to it.</summary>
public sealed class RunningShop : IAsyncLifetime
{
    private Shop shop = null!;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    internal Shop Shop => shop;

    public async ValueTask InitializeAsync()
    {
        (shop, Api) = await Shop.StartAsync(("Silo__HttpPort", $"{TcpPort.Free()}"), ("Telemetry__DatabaseCapacityGigabytes", "100"));
        await Until.TrueAsync("the administrator exists", TimeSpan.FromSeconds(20), async () =>
            (int)(await Api.PostAsync("/auth/login", new { email = Shop.AdminEmail, password = Shop.AdminPassword })).Status == 200);
        Admin = await Api.AsAdminAsync();
    }

    public ValueTask DisposeAsync() => shop.DisposeAsync();
}

/// <summary>The tests of this collection share a shop.</summary>
[CollectionDefinition(nameof(RunningShop))]
public sealed class RunningShopCollection : ICollectionFixture<RunningShop>;

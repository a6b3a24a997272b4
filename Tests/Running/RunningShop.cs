using SoonShop.Tests.Api;

namespace SoonShop.Tests.Running;

/// <summary>
/// One shop for all tests that only talk to it. <c>SOONSHOP_ADDRESS</c> names one that runs already; its database is then out of reach, and
/// the tests that look into it are skipped.
/// </summary>
public sealed class RunningShop : IAsyncLifetime
{
    private static readonly string? Address = Environment.GetEnvironmentVariable("SOONSHOP_ADDRESS");
    private Shop? shop;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    internal Shop Shop
    {
        get
        {
            Assert.SkipWhen(shop is null, $"This test looks into the shop's database; that of {Address} is out of reach.");
            return shop!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (Address is { Length: > 0 })
        {
            Api = new ApiClient(new HttpClient { BaseAddress = new Uri(Address), Timeout = TimeSpan.FromSeconds(60) });
            Admin = await Api.AsAdminAsync(
                Environment.GetEnvironmentVariable("SOONSHOP_ADMIN_EMAIL") ?? DemoShop.AdminEmail,
                Environment.GetEnvironmentVariable("SOONSHOP_ADMIN_PASSWORD") ?? DemoShop.AdminPassword);
            return;
        }
        (shop, Api) = await Shop.StartProcessesAsync(
            ("Silo__HttpPort", $"{TcpPort.Free()}"), ("Telemetry__DatabaseCapacityGigabytes", "100"));
        Admin = await Api.AsAdminAsync();
    }

    public ValueTask DisposeAsync() => shop?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The tests of this collection share a shop.</summary>
[CollectionDefinition(nameof(RunningShop))]
public sealed class RunningShopCollection : ICollectionFixture<RunningShop>;

/// <summary>The tests of this collection share another one, and run beside those.</summary>
[CollectionDefinition(nameof(SecondRunningShop))]
public sealed class SecondRunningShop : ICollectionFixture<RunningShop>;

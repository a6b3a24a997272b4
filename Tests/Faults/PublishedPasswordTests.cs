using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// A shop that was made in Development, with the administrator's password that the documents publish, and goes to production.
/// </summary>
public sealed class PublishedPasswordTests
{
    private const string OwnPassword = "Own-Words-Of-This-Shop-7";

    [Fact]
    public async Task outside_development_a_published_password_of_an_administrator_is_replaced_once_or_no_silo_starts()
    {
        await using var shop = await Shop.CreateAsync(
            null, ("DOTNET_ENVIRONMENT", "Development"), ("Accounts__AdminEmail", DemoShop.AdminEmail),
            ("Accounts__AdminPassword", DemoShop.AdminPassword));
        await shop.StartSiloProcessAsync();
        var api = await shop.StartApiAsync();
        await shop.HasAccountAsync(DemoShop.AdminEmail);
        var session = Expect.Status(200, await LoginAsync(DemoShop.AdminPassword));
        await shop.Silo.StopAsync();

        shop.Set("DOTNET_ENVIRONMENT", null);
        shop.Set("Accounts__AdminEmail", Shop.AdminEmail);
        shop.Set("Accounts__AdminPassword", Shop.AdminPassword);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => shop.StartSiloProcessAsync());
        Assert.Contains("ended with 78", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"set Accounts__AdminEmail to {DemoShop.AdminEmail}", refused.Message, StringComparison.Ordinal);

        shop.Set("Accounts__AdminEmail", DemoShop.AdminEmail);
        shop.Set("Accounts__AdminPassword", OwnPassword);
        await Task.WhenAll(shop.StartSiloProcessAsync(), shop.StartSiloProcessAsync(ports: (TcpPort.Free(), TcpPort.Free())));
        await Until.TrueAsync("the published password is replaced", TimeSpan.FromMinutes(3), async () => await ReplacementsAsync() == 1);
        Expect.Status(200, await LoginAsync(OwnPassword));
        Assert.Equal(401, (int)(await LoginAsync(DemoShop.AdminPassword)).Status);
        Expect.Status(401, await Buyer.AskAsync(() => api.PostAsync("/auth/refresh", new { refreshToken = session.Text("refreshToken") })));
        Assert.Equal(1, await ReplacementsAsync());

        // With another administrator in the configuration, the one of before is nobody to refuse any more.
        shop.Set("Accounts__AdminEmail", Shop.AdminEmail);
        shop.Set("Accounts__AdminPassword", Shop.AdminPassword);
        await shop.StartSiloProcessAsync(ports: (TcpPort.Free(), TcpPort.Free()));
        Assert.Equal(1, await ReplacementsAsync());

        // Silos come and go: the front end may just be looking for one.
        Task<Reply> LoginAsync(string password) =>
            Buyer.AskAsync(() => api.PostAsync("/auth/login", new { email = DemoShop.AdminEmail, password }));
        Task<long> ReplacementsAsync() =>
            shop.QueryAsync<long>("select count(*) from audit_log where action = 'users.replace-password' and actor = 'system'");
    }
}

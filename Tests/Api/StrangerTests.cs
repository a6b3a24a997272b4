using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using SoonShop.ApiKeys;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Api;

/// <summary>Who has no rights, and makes up ids and addresses.</summary>
[Collection(nameof(RunningShop))]
public sealed class StrangerTests(RunningShop shop)
{
    /// <summary>Requests of each kind.</summary>
    private const int Times = 20;

    /// <summary>What must remember for a while what a stranger has asked; each has a limit of age of two minutes.</summary>
    private static readonly string[] Remembering = ["IdempotencyGrain", "RateLimitGrain"];

    [Fact]
    public async Task ids_and_addresses_that_nobody_has_leave_no_activation_behind()
    {
        var asked = (await Task.WhenAll(Enumerable.Range(0, Times).Select(_ => AskAsync()))).SelectMany(k => k)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

        using var client = await ConnectAsync();
        var silo = client.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0);
        List<string> left = [];
        try
        {
            await Until.TrueAsync("nothing of it is in memory", TimeSpan.FromSeconds(30), async () =>
            {
                var active = await silo.GetDetailedGrainStatistics();
                left = [.. active.Where(a =>
                    asked.Contains(a.GrainId.Key.ToString()!) && !Remembering.Any(r => a.GrainType.EndsWith(r, StringComparison.Ordinal)))
                    .Select(a => $"{a.GrainId}")];
                return left.Count == 0;
            });
        }
        catch (TimeoutException)
        {
            Assert.Empty(left);
        }
        await client.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>
    /// Asks every route that takes an id, an address or a token from whoever comes; answers the keys of the grains that were asked.
    /// </summary>
    private async Task<List<string>> AskAsync()
    {
        var keys = new List<string>();
        var api = shop.Api;
        Guid Made()
        {
            var id = Guid.NewGuid();
            keys.Add($"{id:N}");
            return id;
        }
        string Mailed() => new MailedToken(Made(), "a secret").ToString();
        object Refresh() => new { refreshToken = new RefreshToken(Made(), Guid.NewGuid(), "a secret").ToString() };

        Expect.Problem(404, "not-found", await api.GetAsync($"/erasures/{Made()}"));
        Expect.Problem(401, "unauthenticated", await api.PostAsync("/auth/refresh", Refresh()));
        Expect.Status(204, await api.PostAsync("/auth/logout", Refresh()));
        Expect.Invalid("token", await api.PostAsync("/auth/email/verify", new { token = Mailed() }));
        Expect.Status(400, await api.PostAsync("/auth/email/change/confirm", new { token = Mailed() }));
        Expect.Status(400, await api.PostAsync("/auth/email/change/undo", new { token = Mailed() }));
        Expect.Invalid("token", await api.PostAsync("/auth/password/reset", new { token = Mailed(), password = "a window in Lisbon" }));
        var email = Make.Email();
        keys.AddRange([UserKeys.Email(email), $"{Deterministic.Id("nobody", UserKeys.Email(email)):N}"]);
        Expect.Status(202, await api.PostAsync("/auth/password/forgot", new { email }));

        var sku = Make.Sku();
        keys.Add(Sku.GrainKey(sku));
        Expect.Status(404, await api.GetAsync($"/products/{sku}"));
        var guest = api with { CartId = $"{Made()}" };
        Expect.Status(404, await guest.GetAsync("/cart"));
        Expect.Status(404, await guest.FillCartAsync(sku));
        var key = Guid.NewGuid().ToString();
        keys.Add($"{Orders.OrderId.For(new Caller(null, Guid.Parse(guest.CartId), false), key):N}");
        Expect.Status(404, await guest.OrderAsync(key));
        Expect.Status(404, await guest.GetAsync($"/orders/{Made()}"));
        Expect.Status(404, await guest.PostAsync($"/orders/{Made()}/payments", new { paymentMethod = "pm_card_visa" }));
        Expect.Status(404, await guest.PostAsync($"/orders/{Made()}/cancel"));
        Expect.Status(404, await guest.GetAsync($"/payments/{Made()}"));
        Expect.Status(404, await guest.PostAsync($"/simulated-payments/{Made()}/authenticate"));
        var stranger = api with { AccessToken = ApiKeyToken.New(Made()).ToString() };
        Expect.Problem(401, "unauthenticated", await stranger.GetAsync("/admin/orders"));
        return keys;
    }

    private async Task<IHost> ConnectAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client => client
            .UseStaticClustering(new IPEndPoint(IPAddress.Loopback, shop.Shop.Ports.Gateway))
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("soonshop", "soonshop")));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }
}

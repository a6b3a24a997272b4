using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A shop with the limits that it ships with, but for those of each caller, and passwords that cost what they cost in production.</summary>
public sealed class PasswordFloodTests : IAsyncLifetime
{
    private const int Flood = 40;
    private const int Rounds = 30;

    private Shop shop = null!;
    private ApiClient api = null!;

    public async ValueTask InitializeAsync() => (shop, api) = await Shop.StartAsync(
        ("RateLimits__Enabled", "false"), ("Accounts__PasswordHashIterations", "100000"),
        ("Admission__InitialLimit", "64"), ("Admission__MinLimit", "16"), ("Admission__PasswordLimit", "8"), ("Admission__PasswordMaxWaitMilliseconds", "10000"));

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task a_flood_of_logins_keeps_nobody_elses_request_out()
    {
        await Until.TrueAsync("the administrator exists", TimeSpan.FromSeconds(30), async () =>
            (int)(await api.PostAsync("/auth/login", new { email = Shop.AdminEmail, password = Shop.AdminPassword })).Status == 200);
        var sku = await (await api.AsAdminAsync()).CreateProductAsync(stock: 1000);
        using var over = new CancellationTokenSource();
        var flood = Enumerable.Range(0, Flood).Select(n => LoginsAsync(n, over.Token)).ToArray();
        var refused = new List<string>();
        for (var i = 0; i < Rounds; i++)
        {
            var guest = await api.AsGuestAsync();
            Note(await guest.GetAsync($"/products/{sku}"));
            Note(await guest.GetAsync("/products"));
            Note(await guest.PutAsync($"/cart/items/{sku}", new { quantity = 1 }));
            Note(await guest.OrderAsync());
        }
        await over.CancelAsync();
        var statuses = (await Task.WhenAll(flood)).SelectMany(s => s).ToList();

        Assert.Empty(refused);
        Assert.True(statuses.Count >= Flood, $"{statuses.Count} logins were answered");
        // Wrong, or refused because too many wait; nothing else becomes of them.
        Assert.All(statuses, s => Assert.Contains(s, (int[])[401, 503]));

        void Note(Reply reply)
        {
            if ((int)reply.Status is not (200 or 201))
                refused.Add($"{(int)reply.Status} {reply.Body}");
        }
    }

    [Fact]
    public async Task registrations_that_come_at_once_wait_their_turn()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 24).Select(n =>
            api.PostAsync("/auth/register", new { email = $"crowd-{n}-{Guid.NewGuid():N}@example.com", password = "a window in Lisbon" })));
        Assert.All(replies, r => Expect.Status(201, r));
    }

    private async Task<List<int>> LoginsAsync(int number, CancellationToken over)
    {
        var statuses = new List<int>();
        for (var i = 0; !over.IsCancellationRequested; i++)
            statuses.Add((int)(await api.PostAsync("/auth/login", new { email = $"nobody-{number}-{i}@example.com", password = "guess after guess" })).Status);
        return statuses;
    }
}

using System.Collections.Concurrent;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>
/// A shop with the limits that it ships with, but for those of each caller and the wait for a password, and passwords that cost what they
/// cost in production.
/// </summary>
public sealed class FloodedShop : IAsyncLifetime
{
    internal Shop Shop { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (Shop, Api) = await Shop.StartProcessesAsync(
            ("RateLimits__Enabled", "false"), ("Accounts__PasswordHashIterations", "100000"),
            ("Admission__InitialLimit", "64"), ("Admission__MinLimit", "16"), ("Admission__PasswordLimit", "8"),
            ("Admission__PasswordMaxWaitMilliseconds", "60000"));
        Admin = await Api.AsAdminAsync();
    }

    public ValueTask DisposeAsync() => Shop.DisposeAsync();
}

public sealed class PasswordFloodTests(FloodedShop shop) : IClassFixture<FloodedShop>
{
    private const int Flood = 40;
    private const int Customers = 8;
    private const int Rounds = 30;

    private readonly ApiClient api = shop.Api;

    /// <summary>Who floods: strangers with addresses that nobody has, or customers with their own, each with the right password.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task while_logins_flood_reads_and_checkouts_succeed(bool byCustomers)
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 1000);
        var customers = byCustomers ? await Task.WhenAll(Enumerable.Range(0, Customers).Select(_ => Customer.RegisterAsync(api))) : [];
        using var over = new CancellationTokenSource();
        var (sent, statuses) = (0, new ConcurrentQueue<int>());
        var flood = Enumerable.Range(0, Flood).Select(n => LoginsAsync(n)).ToArray();
        var (answers, refused) = (new Dictionary<string, int>(), new List<string>());
        for (var i = 0; i < Rounds; i++)
        {
            var before = sent;
            var guest = await api.AsGuestAsync();
            Count("read", 200, await guest.GetAsync($"/products/{sku}"));
            Count("read", 200, await guest.GetAsync("/products"));
            Count("write", 200, await guest.PutAsync($"/cart/items/{sku}", new { quantity = 1 }));
            Count("read", 200, await guest.GetAsync("/cart"));
            var order = await guest.OrderAsync();
            Count("checkout", 201, order);
            Count("read", 200, await guest.GetAsync($"/orders/{order.Text("id")}"));
            // The flood does not pause for it.
            Assert.True(sent - statuses.Count >= Flood / 2, $"{sent - statuses.Count} logins are on their way after {sent - before} more");
        }
        await over.CancelAsync();
        await Task.WhenAll(flood);

        Assert.Empty(refused);
        Assert.Equal((4 * Rounds, Rounds, Rounds), (answers["read"], answers["write"], answers["checkout"]));
        Assert.True(statuses.Count >= Flood, $"{statuses.Count} logins were answered");
        // Looked at, or refused because too many wait; nothing else becomes of them.
        Assert.All(statuses, s => Assert.Contains(s, (int[])[byCustomers ? 200 : 401, 503]));
        Assert.Contains(byCustomers ? 200 : 401, statuses);

        void Count(string kind, int wanted, Reply reply)
        {
            if ((int)reply.Status == wanted)
                answers[kind] = answers.GetValueOrDefault(kind) + 1;
            else
                refused.Add($"{(int)reply.Status} {reply.Body}");
        }

        async Task LoginsAsync(int number)
        {
            for (var i = 0; !over.IsCancellationRequested; i++)
            {
                object login = byCustomers
                    ? new { email = customers[number % Customers].Email, password = customers[number % Customers].Password }
                    : new { email = $"nobody-{number}-{i}@example.com", password = "guess after guess" };
                Interlocked.Increment(ref sent);
                statuses.Enqueue((int)(await api.PostAsync("/auth/login", login)).Status);
            }
        }
    }

    [Fact]
    public async Task registrations_that_come_at_once_wait_their_turn()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 24).Select(n =>
            api.PostAsync("/auth/register", new { email = $"crowd-{n}-{Guid.NewGuid():N}@example.com", password = "a window in Lisbon" })));
        Assert.All(replies, r => Expect.Status(201, r));
    }
}

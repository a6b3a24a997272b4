using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Client;

using SoonShop.Client;

/// <summary>How the client keeps a session alive.</summary>
[Collection(nameof(SecondRunningShop))]
public sealed class ClientSessionTests(RunningShop shop) : IAsyncLifetime
{
    private const string RefreshPath = "/api/v1/auth/refresh";
    private FaultyProxy proxy = null!;

    public async ValueTask InitializeAsync() => proxy = await FaultyProxy.StartAsync(shop);

    public ValueTask DisposeAsync() => proxy.DisposeAsync();

    [Fact]
    public async Task two_calls_with_an_expired_token_refresh_it_once()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var stored = new List<SessionTokens>();
        var session = new SessionCredentials(new SessionTokens(Expired(customer), customer.RefreshToken), tokens =>
        {
            stored.Add(tokens);
            return Task.CompletedTask;
        });
        using var client = shop.Client(proxy.Address);
        var signedIn = client.WithCredentials(session);
        // Both calls are on their way with the old token before either is answered.
        var (arrived, both) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        proxy.Before = request =>
        {
            if (request.Path != "/api/v1/me" || request.Authorization != $"Bearer {Expired(customer)}")
                return Task.CompletedTask;
            if (Interlocked.Increment(ref arrived) == 2)
                both.SetResult();
            return both.Task;
        };
        var profiles = await Task.WhenAll(signedIn.GetProfileAsync(), signedIn.GetProfileAsync()).InTimeAsync();

        Assert.All(profiles, p => Assert.Equal(customer.Email, p.Email));
        Assert.Single(proxy.To(RefreshPath));
        Assert.Equal(session.Tokens, Assert.Single(stored));
        Assert.NotEqual(customer.RefreshToken, session.Tokens.RefreshToken);
        Assert.Equal(customer.Email, (await signedIn.GetProfileAsync()).Email);
        Assert.Single(proxy.To(RefreshPath));
    }

    [Fact]
    public async Task a_token_that_ends_is_refreshed_before_the_shop_refuses_it()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        using var client = shop.Client(proxy.Address);
        var signedIn = client.WithCredentials(new SessionCredentials(
            new SessionTokens(customer.Api.AccessToken!, customer.RefreshToken, DateTimeOffset.UtcNow.AddSeconds(-1))));
        await signedIn.GetProfileAsync();
        await signedIn.GetProfileAsync();
        Assert.Equal([RefreshPath, "/api/v1/me", "/api/v1/me"], proxy.Requests.Select(r => r.Path));
    }

    [Fact]
    public async Task a_session_survives_a_refresh_whose_answer_is_lost()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var expired = new SessionTokens(Expired(customer), customer.RefreshToken);
        using var client = shop.Client(proxy.Address, o => o.MaxRetries = 0);
        proxy.Choose = (request, number) => request.Path == RefreshPath && number == 1 ? Fault.ResetAfter : Fault.None;
        var lost = await Clients.FailsAsync(() => client.WithCredentials(new SessionCredentials(expired)).GetProfileAsync());
        Assert.Equal(SoonShopErrorCodes.NoAnswer, lost.Code);

        // As after a restart of the program, which has stored the old tokens only.
        var restarted = client.WithCredentials(new SessionCredentials(expired));
        Assert.Equal(customer.Email, (await restarted.GetProfileAsync()).Email);
        Assert.Single(proxy.To(RefreshPath).Select(r => r.IdempotencyKey).Distinct());
    }

    [Fact]
    public async Task a_session_that_has_ended_is_told()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Status(204, await shop.Api.PostAsync("/auth/logout", new { refreshToken = customer.RefreshToken }));
        using var client = shop.Client(proxy.Address);
        var ended = await Clients.FailsAsync(() => client.WithCredentials(
            new SessionCredentials(new SessionTokens(customer.Api.AccessToken!, customer.RefreshToken))).GetProfileAsync());
        Assert.Equal(SoonShopErrorCodes.Unauthenticated, ended.Code);
    }

    [Fact]
    public async Task a_wrong_password_refreshes_nothing()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        using var client = shop.Client(proxy.Address);
        var signedIn = client.WithCredentials(new SessionCredentials(new SessionTokens(customer.Api.AccessToken!, customer.RefreshToken)));
        var login = new LoginRequest { Email = customer.Email, Password = "not the password" };
        var wrong = await Clients.FailsAsync(() => signedIn.LoginAsync(login));
        Assert.Equal(SoonShopErrorCodes.Unauthenticated, wrong.Code);
        Assert.Empty(proxy.To(RefreshPath));
        Assert.Single(proxy.Requests);
    }

    [Fact]
    public async Task tokens_that_cannot_be_stored_end_the_call_and_are_not_lost()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var expired = new SessionTokens(Expired(customer), customer.RefreshToken);
        var session = new SessionCredentials(expired, _ => throw new IOException("The disk is full."));
        using var client = shop.Client(proxy.Address);
        var signedIn = client.WithCredentials(session);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => signedIn.GetProfileAsync());
        Assert.IsType<IOException>(error.InnerException);
        Assert.Equal(customer.Email, (await signedIn.GetProfileAsync()).Email);
        Assert.DoesNotContain(session.Tokens.RefreshToken, $"{session.Tokens}", StringComparison.Ordinal);
    }

    /// <summary>The customer's access token as it is after its time.</summary>
    private static string Expired(Customer customer) => $"{customer.Api.AccessToken![..^4]}AAAA";
}

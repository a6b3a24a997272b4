using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>The keys of access tokens are exchanged under a running front end, as <c>docs/security.md</c> describes it.</summary>
[Collection(nameof(SecondRunningShop))]
public sealed class KeyRotationTests(RunningShop shop) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string file = Path.Combine(Directory.CreateTempSubdirectory("soonshop-keys").FullName, "keys.pem");
    private readonly TestKey old = new();
    private readonly TestKey next = new();

    [Fact]
    public async Task keys_are_exchanged_without_a_restart_and_without_signing_anybody_out()
    {
        await WriteAsync(old.Pem);
        var api = await shop.Shop.StartApiAsync(own: [("Auth__Keys", null), ("Auth__KeyFile", file)]);
        var early = await Customer.RegisterAsync(api);
        Assert.Equal([old.Id], await PublishedAsync(api));
        Expect.Problem(401, "unauthenticated", await GetMeAsync(api, next.Token(TestKey.ClaimsOf(early.Api.AccessToken!))));

        // A key is known before it signs, so that every front end, and everybody who keeps the key set, can verify what it signs.
        await WriteAsync(old.Pem + next.Pem);
        await PublishedIsAsync(api, old.Id, next.Id);
        Assert.Equal(old.Id, KidOf((await early.LoginAsync()).Api.AccessToken!));
        Expect.Status(200, await GetMeAsync(api, next.Token(TestKey.ClaimsOf(early.Api.AccessToken!))));

        await WriteAsync(next.Pem + old.Pem);
        await PublishedIsAsync(api, next.Id, old.Id);
        var late = await early.LoginAsync();
        Assert.Equal(next.Id, KidOf(late.Api.AccessToken!));
        Expect.Status(200, await early.Api.GetAsync("/me"));

        // A file that is of no use changes nothing.
        await WriteAsync("nonsense");
        await Until.TrueAsync(
            "the front end says what is wrong", Limit, () => Task.FromResult(shop.Shop.Logs.Contains(file, StringComparison.Ordinal)));
        Expect.Status(200, await late.Api.GetAsync("/me"));

        await WriteAsync(next.Pem);
        await PublishedIsAsync(api, next.Id);
        Expect.Problem(401, "unauthenticated", await early.Api.GetAsync("/me"));
        Expect.Status(200, await late.Api.GetAsync("/me"));
        var renewed = Expect.Status(200, await api.PostAsync("/auth/refresh", new { refreshToken = early.RefreshToken }));
        Expect.Status(200, await GetMeAsync(api, renewed.Text("accessToken")));
    }

    [Fact]
    public async Task the_key_set_shows_public_keys_alone_and_may_be_kept_for_a_while()
    {
        var reply = Expect.Status(200, await shop.Api.GetAsync("//.well-known/jwks.json"));
        Assert.Equal("public, max-age=300", reply.Headers["Cache-Control"]);
        var key = Assert.Single(reply["keys"]!.AsArray())!.AsObject();
        Assert.Equal(["alg", "crv", "kid", "kty", "use", "x", "y"], key.Select(m => m.Key).Order(StringComparer.Ordinal));
        Assert.Equal(
            ("EC", "P-256", "ES256", TestKey.OfShops.Id),
            (reply.Text("keys.0.kty"), reply.Text("keys.0.crv"), reply.Text("keys.0.alg"), reply.Text("keys.0.kid")));

        // Another service checks a token with nothing but this.
        var customer = await shop.Api.AsNewCustomerAsync();
        var result = await new Microsoft.IdentityModel.JsonWebTokens.JsonWebTokenHandler().ValidateTokenAsync(customer.AccessToken, new()
        {
            IssuerSigningKeys = new Microsoft.IdentityModel.Tokens.JsonWebKeySet(reply.Body).GetSigningKeys(),
            ValidIssuer = "https://soonshop.dev",
            ValidAudience = "https://soonshop.dev",
        });
        Assert.True(result.IsValid, result.Exception?.Message);
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);

    /// <summary>As a secret is exchanged that is mounted: in one step.</summary>
    private async Task WriteAsync(string text)
    {
        await File.WriteAllTextAsync(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }

    private static Task<Reply> GetMeAsync(ApiClient api, string token) => (api with { AccessToken = token }).GetAsync("/me");

    private static async Task<string[]> PublishedAsync(ApiClient api) =>
        [.. (await api.GetAsync("//.well-known/jwks.json"))["keys"]!.AsArray().Select(k => k!["kid"]!.GetValue<string>())];

    private static Task PublishedIsAsync(ApiClient api, params string[] keys) =>
        Until.TrueAsync($"the keys are {string.Join(", ", keys)}", Limit, async () => (await PublishedAsync(api)).SequenceEqual(keys));

    private static string KidOf(string token) => new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(token).Kid;
}

using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Users;
using SoonShop.ApiKeys;

namespace SoonShop.ApiFrontend.ApiKeys;

/// <summary>
/// Authenticates machine clients by <c>Authorization: Bearer sk_soonshop_…</c>. It uses the same header as access tokens: proxies, logs and
/// caches treat that header as secret, and a request has only one place for credentials.
/// </summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, KnownApiKeys keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>The scheme's name.</summary>
    public const string SchemeName = "ApiKey";

    private const string Bearer = "Bearer ";

    /// <summary>True for a header with an API key, or with something that begins like one.</summary>
    public static bool IsMeant(HttpRequest request) =>
        request.Headers.Authorization is { Count: 1 } header
        && header[0]!.StartsWith(Bearer + ApiKeyToken.Prefix, StringComparison.OrdinalIgnoreCase);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // The checksum reveals a mistyped key without a call to the cluster.
        if (ApiKeyToken.Parse(Request.Headers.Authorization.ToString()[Bearer.Length..].Trim()) is not { } token)
            return AuthenticateResult.Fail("This is no API key.");
        // A public route needs no credentials.
        if (Context.GetEndpoint()?.Metadata.GetMetadata<Access>() is not { Level: not (AccessLevel.Anyone or AccessLevel.Provider) })
            return AuthenticateResult.NoResult();
        return await keys.CheckAsync(token) is { } principal
            ? AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName))
            : AuthenticateResult.Fail("The API key is no longer good.");
    }
}

/// <summary>Caches the results of checking API keys for some seconds, for valid and invalid keys.</summary>
internal sealed class KnownApiKeys(AuthOptions options, IClusterClient cluster, TimeProvider time) : IDisposable
{
    private const int MaxKeys = 5_000;

    /// <summary>The time limit of a check.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private int forgotten;
    private readonly TimeSpan fresh = TimeSpan.FromSeconds(options.RecheckSeconds);
    private readonly MemoryCache good = new(new MemoryCacheOptions { SizeLimit = MaxKeys, CompactionPercentage = 0.1 });

    /// <summary>Invalid keys have a cache of their own, so that guesses do not evict valid keys.</summary>
    private readonly MemoryCache bad = new(new MemoryCacheOptions { SizeLimit = MaxKeys, CompactionPercentage = 0.1 });

    /// <summary>Returns the machine client; null when its key is not valid.</summary>
    public async ValueTask<ClaimsPrincipal?> CheckAsync(ApiKeyToken token)
    {
        // The cache uses digests, so that a memory dump contains keys only during requests.
        var id = (token.Id, Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(token.Secret))));
        if (good.TryGetValue(id, out ClaimsPrincipal? principal) || bad.TryGetValue(id, out _))
            return principal;
        var asked = Volatile.Read(ref forgotten);
        principal = await AskAsync(token);
        // A check that began before a revocation in this process must not be cached.
        if (fresh > TimeSpan.Zero && asked == Volatile.Read(ref forgotten))
            (principal is null ? bad : good).Set(
                id, principal, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = fresh });
        return principal;
    }

    /// <summary>Clears the caches, because this process has revoked a key.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref forgotten);
        good.Clear();
    }

    public void Dispose()
    {
        good.Dispose();
        bad.Dispose();
    }

    private async Task<ClaimsPrincipal?> AskAsync(ApiKeyToken token)
    {
        var answer = await cluster.GetGrain<IApiKeyGrain>(token.Id).CheckAsync(token.Secret).WaitAsync(CallTimeout, time);
        return answer.IsError ? null : new ClaimsPrincipal(new ClaimsIdentity(
            [
                new Claim(Callers.ApiKeyClaim, answer.Value.Id.ToString()),
                .. answer.Value.Scopes.Select(s => new Claim(Callers.ScopeClaim, s)),
            ],
            ApiKeyAuthentication.SchemeName));
    }
}

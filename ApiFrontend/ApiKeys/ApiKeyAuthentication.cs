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
/// Authenticates machines by <c>Authorization: Bearer sk_soonshop_…</c>. The same header as for access tokens: proxies, logs and caches
/// know that it holds a secret, and a request has one place for credentials.
/// </summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, KnownApiKeys keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>The scheme's name.</summary>
    public const string SchemeName = "ApiKey";

    private const string Bearer = "Bearer ";

    /// <summary>True for a header that holds, or is to hold, an API key.</summary>
    public static bool IsMeant(HttpRequest request) =>
        request.Headers.Authorization is { Count: 1 } header && header[0]!.StartsWith(Bearer + ApiKeyToken.Prefix, StringComparison.OrdinalIgnoreCase);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // A mistyped key is known by its checksum; nobody needs to be asked.
        if (ApiKeyToken.Parse(Request.Headers.Authorization.ToString()[Bearer.Length..].Trim()) is not { } token)
            return AuthenticateResult.Fail("This is no API key.");
        // What is for anyone needs no proof.
        if (Context.GetEndpoint()?.Metadata.GetMetadata<Access>() is not { Level: not (AccessLevel.Anyone or AccessLevel.Provider) })
            return AuthenticateResult.NoResult();
        return await keys.CheckAsync(token) is { } principal
            ? AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName))
            : AuthenticateResult.Fail("The API key is no longer good.");
    }
}

/// <summary>What was heard of API keys in the last seconds, good and bad ones.</summary>
internal sealed class KnownApiKeys(AuthOptions options, IClusterClient cluster, TimeProvider time) : IDisposable
{
    private const int MaxKeys = 5_000;

    /// <summary>How long a key may take to answer.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private int forgotten;
    private readonly TimeSpan fresh = TimeSpan.FromSeconds(options.RecheckSeconds);
    private readonly MemoryCache good = new(new MemoryCacheOptions { SizeLimit = MaxKeys, CompactionPercentage = 0.1 });

    /// <summary>Apart, so that guesses do not push good keys out.</summary>
    private readonly MemoryCache bad = new(new MemoryCacheOptions { SizeLimit = MaxKeys, CompactionPercentage = 0.1 });

    /// <summary>The machine; null when its key is no good.</summary>
    public async ValueTask<ClaimsPrincipal?> CheckAsync(ApiKeyToken token)
    {
        // By digest: a dump of this process's memory need not hold keys for longer than a request.
        var id = (token.Id, Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(token.Secret))));
        if (good.TryGetValue(id, out ClaimsPrincipal? principal) || bad.TryGetValue(id, out _))
            return principal;
        var asked = Volatile.Read(ref forgotten);
        principal = await AskAsync(token);
        // What was asked before keys were revoked here says nothing of them.
        if (fresh > TimeSpan.Zero && asked == Volatile.Read(ref forgotten))
            (principal is null ? bad : good).Set(id, principal, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = fresh });
        return principal;
    }

    /// <summary>Keys were revoked by this process: it asks again.</summary>
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
            [new Claim(Callers.ApiKeyClaim, answer.Value.Id.ToString()), .. answer.Value.Scopes.Select(s => new Claim(Callers.ScopeClaim, s))],
            ApiKeyAuthentication.SchemeName));
    }
}

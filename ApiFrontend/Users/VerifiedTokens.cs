using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SoonShop.ApiFrontend.Users;

/// <summary>
/// Remembers which tokens were verified, until they expire or other keys come into force: an elliptic curve's signature takes longer to
/// verify than all else of a request together, and a client sends the same token again and again.
/// </summary>
internal sealed class VerifiedTokens : JsonWebTokenHandler, IDisposable
{
    /// <summary>Tokens remembered, of some 2 KB each.</summary>
    private const int MaxTokens = 20_000;

    private readonly TimeProvider time;
    private MemoryCache verified = NewCache();

    public VerifiedTokens(SigningKeys keys, TimeProvider time)
    {
        this.time = time;
        // No map: claims keep the names that they have in the token.
        MapInboundClaims = false;
        keys.Changed += () => verified = NewCache();
    }

    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        // Taken before the token is verified: what an older set of keys verified must not get among what a newer one did.
        var cache = verified;
        if (cache.TryGetValue(token, out TokenValidationResult? known))
            return known!;
        var result = await base.ValidateTokenAsync(token, validationParameters);
        // A token that is no good is anybody's to make up: it would only push good ones out.
        if (result is { IsValid: true, SecurityToken: { } security } && security.ValidTo > time.GetUtcNow().UtcDateTime)
        {
            // Claims are read by many requests at a time from here on; nobody changes them.
            _ = result.ClaimsIdentity;
            cache.Set(token, result, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = new DateTimeOffset(security.ValidTo, TimeSpan.Zero) });
        }
        return result;
    }

    public void Dispose() => verified.Dispose();

    private static MemoryCache NewCache() => new(new MemoryCacheOptions { SizeLimit = MaxTokens, CompactionPercentage = 0.1 });
}

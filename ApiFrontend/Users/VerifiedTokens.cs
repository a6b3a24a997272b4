using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SoonShop.ApiFrontend.Users;

/// <summary>
/// Remembers verified tokens until they expire or the keys change. Verifying an elliptic-curve signature takes longer than the rest of a
/// request, and a client sends the same token many times.
/// </summary>
internal sealed class VerifiedTokens : JsonWebTokenHandler, IDisposable
{
    /// <summary>The most tokens that are remembered, at about 2 KB each.</summary>
    private const int MaxTokens = 20_000;

    private readonly TimeProvider time;
    private MemoryCache verified = NewCache();

    public VerifiedTokens(SigningKeys keys, TimeProvider time)
    {
        this.time = time;
        // Without a map, claims keep their names from the token.
        MapInboundClaims = false;
        keys.Changed += () => verified = NewCache();
    }

    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        // Taken before the verification, so that a token verified with old keys is not added to the cache of the new ones.
        var cache = verified;
        if (cache.TryGetValue(token, out TokenValidationResult? known))
            return known!;
        var result = await base.ValidateTokenAsync(token, validationParameters);
        // Invalid tokens are not cached: anybody can create them, and they would evict valid ones.
        if (result is { IsValid: true, SecurityToken: { } security } && security.ValidTo > time.GetUtcNow().UtcDateTime)
        {
            // Reads the claims once, because many requests share the identity afterwards, and none modifies it.
            _ = result.ClaimsIdentity;
            cache.Set(
                token, result,
                new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = new DateTimeOffset(security.ValidTo, TimeSpan.Zero) });
        }
        return result;
    }

    public void Dispose() => verified.Dispose();

    private static MemoryCache NewCache() => new(new MemoryCacheOptions { SizeLimit = MaxTokens, CompactionPercentage = 0.1 });
}

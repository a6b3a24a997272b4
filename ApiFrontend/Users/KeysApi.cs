using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Users;

/// <summary>The public keys of access tokens, by which other services check them.</summary>
internal static class KeysApi
{
    /// <summary>Seconds for which others may keep the keys: so long before it signs, a new key must be in force.</summary>
    private const int MaxAgeSeconds = 300;

    public static void MapKeys(this IEndpointRouteBuilder app) => app.MapGet("/.well-known/jwks.json", Get)
        .WithTags("Service").ForAnyone().WithName("getKeys").WithSummary("Get the public keys of access tokens");

    private static Ok<PublicKeys> Get(HttpContext context, SigningKeys keys)
    {
        context.Response.Headers.CacheControl = $"public, max-age={MaxAgeSeconds}";
        return TypedResults.Ok(new PublicKeys(keys.Current.Public));
    }
}

/// <summary>A JSON Web Key Set.</summary>
internal sealed record PublicKeys(IReadOnlyList<PublicKey> Keys);

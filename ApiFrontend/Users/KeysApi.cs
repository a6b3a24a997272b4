using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Users;

/// <summary>The public keys of access tokens, with which other services verify them.</summary>
internal static class KeysApi
{
    /// <summary>How long others may cache the keys, in seconds. A new key must be published for this long before it signs.</summary>
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

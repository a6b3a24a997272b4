using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SoonShop.ApiFrontend.Http;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Users;

/// <summary>Signs and checks access tokens (JWT, RFC 7519, ES256).</summary>
internal sealed class Tokens(AuthOptions options, SigningKeys keys, TimeProvider time)
{
    private const string Issuer = "https://soonshop.dev";
    private readonly TimeSpan lifetime = TimeSpan.FromMinutes(options.AccessTokenMinutes);
    private readonly JsonWebTokenHandler handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>How a token is checked: by the key that it names, which must be one of ours, and by no algorithm but ours.</summary>
    public static TokenValidationParameters Validation(SigningKeys keys) => new()
    {
        ValidIssuer = Issuer,
        ValidAudience = Issuer,
        IssuerSigningKeyResolver = (_, _, id, _) => keys.Find(id),
        TryAllIssuerSigningKeys = false,
        ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
        ClockSkew = TimeSpan.FromSeconds(5),
        NameClaimType = "sub",
        RoleClaimType = Callers.RoleClaim,
    };

    /// <summary>What a client gets who signed in.</summary>
    public SessionResponse ToResponse(SignedIn signedIn)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var token = handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Issuer,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + lifetime,
            SigningCredentials = keys.Current.Signing,
            Subject = new ClaimsIdentity(
            [
                new Claim("sub", signedIn.User.Id.ToString()),
                new Claim(Callers.SessionClaim, signedIn.SessionId.ToString()),
                .. signedIn.User.Roles.Select(r => new Claim(Callers.RoleClaim, r)),
            ]),
        });
        return new SessionResponse(
            signedIn.User, token, signedIn.RefreshToken.ToString(), "Bearer", (int)lifetime.TotalSeconds, signedIn.DeviceToken);
    }
}

/// <summary>A session just opened or renewed.</summary>
/// <param name="User">The account.</param>
/// <param name="AccessToken">For <c>Authorization: Bearer</c>.</param>
/// <param name="RefreshToken">For one call of <c>/auth/refresh</c>.</param>
/// <param name="TokenType">Always <c>Bearer</c>.</param>
/// <param name="ExpiresIn">Seconds for which the access token is good.</param>
/// <param name="DeviceToken">For <c>deviceToken</c> of the next login on this device: failed logins elsewhere do not hold it up. Null after <c>/auth/refresh</c>.</param>
internal sealed record SessionResponse(User User, string AccessToken, string RefreshToken, string TokenType, int ExpiresIn, string? DeviceToken);

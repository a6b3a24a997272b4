using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SoonShop.ApiFrontend.Http;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Users;

/// <summary>Creates and validates access tokens (JWT, RFC 7519, ES256).</summary>
internal sealed class Tokens(AuthOptions options, SigningKeys keys, TimeProvider time)
{
    private const string Issuer = "https://soonshop.dev";
    private readonly TimeSpan lifetime = TimeSpan.FromMinutes(options.AccessTokenMinutes);
    private readonly JsonWebTokenHandler handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>Returns the validation rules: only our algorithm, with the key that the token names, which must be one of ours.</summary>
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

    /// <summary>Creates the response to a login.</summary>
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

/// <summary>A session that was just opened or renewed.</summary>
/// <param name="User">The account.</param>
/// <param name="AccessToken">The token for <c>Authorization: Bearer</c>.</param>
/// <param name="RefreshToken">The token for one call of <c>/auth/refresh</c>.</param>
/// <param name="TokenType">Always <c>Bearer</c>.</param>
/// <param name="ExpiresIn">How long the access token is valid, in seconds.</param>
/// <param name="DeviceToken">
/// The value of <c>deviceToken</c> for the next login on this device, so that failed logins elsewhere do not block it. Null after
/// <c>/auth/refresh</c>.
/// </param>
internal sealed record SessionResponse(
    User User, string AccessToken, string RefreshToken, string TokenType, int ExpiresIn, string? DeviceToken);

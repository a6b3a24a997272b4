using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Carts;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Users;

/// <summary>Accounts and sessions.</summary>
internal static class AuthApi
{
    public static void MapAuth(this IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Accounts").ForAnyone();
        auth.MapPost("/register", RegisterAsync).LimitRate(RateClass.Registration).WithName("register").WithSummary("Create an account").Refuses(RefusalCode.EmailTaken);
        auth.MapPost("/login", LoginAsync).LimitRate(RateClass.Login).WithName("login").WithSummary("Sign in").Refuses(RefusalCode.Unauthenticated);
        auth.MapPost("/refresh", RefreshAsync).LimitRate(RateClass.Tokens).WithName("refreshSession").WithSummary("Trade a refresh token for a new pair").Refuses(RefusalCode.Unauthenticated);
        auth.MapPost("/logout", LogoutAsync).LimitRate(RateClass.Tokens).WithName("logout").WithSummary("End a session");
        auth.MapPost("/password/forgot", ForgotPasswordAsync).LimitRate(RateClass.Recovery).LimitRateByEmail<ForgotPasswordRequest>(RateClass.Mail, b => b.Email).WithName("forgotPassword").WithSummary("Ask for a new password by mail");
        auth.MapPost("/password/reset", ResetPasswordAsync).LimitRate(RateClass.Recovery).WithName("resetPassword").WithSummary("Set a new password by a mailed token");
        auth.MapPost("/email/verify", VerifyEmailAsync).LimitRate(RateClass.Recovery).WithName("verifyEmail").WithSummary("Prove an e-mail address by a mailed token");
    }

    private static async Task<Results<Created<SessionAnswer>, Problem>> RegisterAsync(
        RegisterRequest body, HttpContext context, IClusterClient cluster, Tokens tokens)
    {
        var result = await cluster.GetGrain<IUserGrain>(context.OperationId()).RegisterAsync(new RegisterUser(body.Email!, body.Password!, body.DisplayName));
        return result.IsRefused ? new Problem(result.Refusal) : TypedResults.Created("/api/v1/me", tokens.Answer(result.Value));
    }

    private static async Task<Results<Ok<SessionAnswer>, Problem>> LoginAsync(LoginRequest body, IClusterClient cluster, Tokens tokens)
    {
        var result = await ByEmail(cluster, body.Email!).LoginAsync(body.Password!);
        if (result.IsRefused)
            return new Problem(result.Refusal);
        if (body.CartId is { } cartId && cartId != Guid.Empty)
        {
            // A cart that is gone, or was never a guest's, is no reason not to sign in.
            var userId = result.Value.User.Id;
            await cluster.GetGrain<ICartGrain>(userId).MergeAsync(new Caller(userId, null, false), cartId);
        }
        return TypedResults.Ok(tokens.Answer(result.Value));
    }

    private static async Task<Results<Ok<SessionAnswer>, Problem>> RefreshAsync(RefreshRequest body, IClusterClient cluster, Tokens tokens) =>
        RefreshToken.Parse(body.RefreshToken) is { } token
            ? (await cluster.GetGrain<IUserGrain>(token.UserId).RefreshAsync(token)).Ok(tokens.Answer)
            : new Problem(new Refusal(RefusalCode.Unauthenticated, "The refresh token is no good."));

    private static async Task<NoContent> LogoutAsync(RefreshRequest body, IClusterClient cluster, Sessions sessions)
    {
        if (RefreshToken.Parse(body.RefreshToken) is { } token)
        {
            await cluster.GetGrain<IUserGrain>(token.UserId).LogoutAsync(token);
            sessions.Recheck(token.SessionId);
        }
        return TypedResults.NoContent();
    }

    private static async Task<Accepted> ForgotPasswordAsync(ForgotPasswordRequest body, IClusterClient cluster)
    {
        await ByEmail(cluster, body.Email!).ForgotPasswordAsync();
        return TypedResults.Accepted((string?)null);
    }

    private static async Task<Results<NoContent, Problem>> ResetPasswordAsync(ResetPasswordRequest body, IClusterClient cluster) =>
        MailedToken.Parse(body.Token) is { } token
            ? (await cluster.GetGrain<IUserGrain>(token.UserId).ResetPasswordAsync(token.Secret, body.Password!)).NoContent()
            : new Problem(Refusal.Invalid("token", "is none that was mailed"));

    private static async Task<Results<NoContent, Problem>> VerifyEmailAsync(VerifyEmailRequest body, IClusterClient cluster) =>
        MailedToken.Parse(body.Token) is { } token
            ? (await cluster.GetGrain<IUserGrain>(token.UserId).VerifyEmailAsync(token.Secret)).NoContent()
            : new Problem(Refusal.Invalid("token", "is none that was mailed"));

    private static IEmailGrain ByEmail(IClusterClient cluster, string email) => cluster.GetGrain<IEmailGrain>(UserKeys.Email(EmailAddress.Normalize(email)));
}

public sealed record RegisterRequest(
    [property: Required, MailAddress] string? Email,
    [property: Required, StringLength(PasswordPolicy.MaxLength, MinimumLength = PasswordPolicy.MinLength)] string? Password,
    [property: StringLength(100), CleanText] string? DisplayName);

public sealed record LoginRequest(
    [property: Required, MailAddress] string? Email,
    [property: Required, StringLength(PasswordPolicy.MaxLength)] string? Password,
    Guid? CartId);

public sealed record RefreshRequest([property: Required, StringLength(256)] string? RefreshToken);

public sealed record ForgotPasswordRequest([property: Required, MailAddress] string? Email);

public sealed record ResetPasswordRequest(
    [property: Required, StringLength(256)] string? Token,
    [property: Required, StringLength(PasswordPolicy.MaxLength, MinimumLength = PasswordPolicy.MinLength)] string? Password);

public sealed record VerifyEmailRequest([property: Required, StringLength(256)] string? Token);

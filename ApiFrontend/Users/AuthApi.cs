using System.Security.Claims;
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
        auth.MapPost("/register", RegisterAsync).LimitRate(RateClass.Registration)
            .TakesPassword().WithName("register").WithSummary("Create an account").ProducesProblems(ErrorCode.EmailTaken);
        auth.MapPost("/login", LoginAsync).LimitRate(RateClass.Login)
            .TakesPassword().WithName("login").WithSummary("Sign in").ProducesProblems(ErrorCode.Unauthenticated);
        auth.MapPost("/refresh", RefreshAsync).LimitRate(RateClass.Tokens)
            .HoldsSecret().WithName("refreshSession").WithSummary("Refresh a session").ProducesProblems(ErrorCode.Unauthenticated);
        auth.MapPost("/logout", LogoutAsync).LimitRate(RateClass.Tokens).HoldsSecret().WithName("logout").WithSummary("Sign out");
        auth.MapPost("/password/forgot", ForgotPasswordAsync)
            .LimitRate(RateClass.Recovery).LimitRateByEmail<ForgotPasswordRequest>(RateClass.Mail, b => b.Email)
            .WithName("forgotPassword").WithSummary("Request a mail to set a new password");
        auth.MapPost("/password/reset", ResetPasswordAsync)
            .LimitRate(RateClass.Recovery).TakesPassword().WithName("resetPassword").WithSummary("Set a new password with a mailed token");
        auth.MapPost("/email/verify", VerifyEmailAsync).LimitRate(RateClass.Recovery)
            .HoldsSecret().WithName("verifyEmail").WithSummary("Verify an e-mail address with a mailed token");
        auth.MapPost("/email/verification", RequestVerificationAsync).ForCustomers().LimitRate(RateClass.Recovery)
            .WithName("requestEmailVerification").WithSummary("Request another verification mail").ProducesProblems(ErrorCode.NotFound);
        auth.MapPost("/email/change/confirm", ConfirmEmailChangeAsync).LimitRate(RateClass.Recovery).HoldsSecret()
            .WithName("confirmEmailChange").WithSummary("Confirm a change of e-mail address")
            .ProducesProblems(ErrorCode.EmailTaken);
        auth.MapPost("/email/change/undo", UndoEmailChangeAsync).LimitRate(RateClass.Recovery).HoldsSecret()
            .WithName("undoEmailChange").WithSummary("Stop or undo a change of e-mail address");
    }

    private static async Task<Results<Created<SessionResponse>, Problem>> RegisterAsync(
        RegisterRequest body, HttpContext context, IClusterClient cluster, Tokens tokens)
    {
        var result = await cluster.GetGrain<IUserGrain>(context.OperationId())
            .RegisterAsync(new RegisterUser(body.Email!, body.Password!, body.DisplayName));
        return result.IsError ? new Problem(result.Error) : TypedResults.Created("/api/v1/me", tokens.ToResponse(result.Value));
    }

    private static async Task<Results<Ok<SessionResponse>, Problem>> LoginAsync(LoginRequest body, IClusterClient cluster, Tokens tokens)
    {
        RequestContext.Set(RequestKeys.Device, body.DeviceToken ?? "");
        var result = await ByEmail(cluster, body.Email!).LoginAsync(body.Password!);
        if (result.IsError)
            return new Problem(result.Error);
        if (body.CartId is { } cartId && cartId != Guid.Empty)
        {
            // A cart that does not exist, or is not a guest's, does not prevent the login.
            var userId = result.Value.User.Id;
            try
            {
                await cluster.GetGrain<ICartGrain>(userId).MergeAsync(new Caller(userId, null, false), cartId);
            }
            catch (Exception e) when (e is UnavailableException or TimeoutException)
            {
                // A cart that is being checked out does not prevent it either: POST /cart/merge can merge it later.
            }
        }
        return TypedResults.Ok(tokens.ToResponse(result.Value));
    }

    private static async Task<Results<Ok<SessionResponse>, Problem>> RefreshAsync(
        RefreshRequest body, IClusterClient cluster, Tokens tokens) =>
        RefreshToken.Parse(body.RefreshToken) is { } token
            ? (await cluster.GetGrain<IUserGrain>(token.UserId).RefreshAsync(token)).Ok(tokens.ToResponse)
            : new Problem(Error.Of(ErrorCode.Unauthenticated, "error.refresh-token", "The refresh token is not valid. Sign in again."));

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
            : new Problem(Error.Invalid("token", "field.token", "is not a valid token; use the link in the newest mail"));

    private static async Task<Results<NoContent, Problem>> VerifyEmailAsync(VerifyEmailRequest body, IClusterClient cluster) =>
        MailedToken.Parse(body.Token) is { } token
            ? (await cluster.GetGrain<IUserGrain>(token.UserId).VerifyEmailAsync(token.Secret)).NoContent()
            : new Problem(Error.Invalid("token", "field.token", "is not a valid token; use the link in the newest mail"));

    private static async Task<Results<NoContent, Problem>> ConfirmEmailChangeAsync(
        ConfirmEmailChangeRequest body, IClusterClient cluster) =>
        MailedToken.Parse(body.Token) is { } token
            ? (await cluster.GetGrain<IUserGrain>(token.UserId).ConfirmEmailChangeAsync(token.Secret)).NoContent()
            : new Problem(Error.Invalid("token", "field.token", "is not a valid token; use the link in the newest mail"));

    private static async Task<Results<NoContent, Problem>> UndoEmailChangeAsync(UndoEmailChangeRequest body, IClusterClient cluster) =>
        MailedToken.Parse(body.Token) is { } token
            ? (await cluster.GetGrain<IUserGrain>(token.UserId).UndoEmailChangeAsync(token.Secret)).NoContent()
            : new Problem(Error.Invalid("token", "field.token", "is not a valid token; use the link in the newest mail"));

    private static async Task<Results<Accepted, Problem>> RequestVerificationAsync(
        HttpContext context, ClaimsPrincipal user, IClusterClient cluster, RateLimiter limiter)
    {
        var account = cluster.GetGrain<IUserGrain>(user.RequiredUserId());
        var profile = await account.GetAsync();
        if (profile.IsError)
            return new Problem(profile.Error);
        if (await limiter.TakeAsync(context, RateClass.Mail, Subjects.OfEmail(profile.Value.Email)) is { } tooMany)
            return new Problem(tooMany);
        var result = await account.RequestVerificationAsync();
        return result.IsError ? new Problem(result.Error) : TypedResults.Accepted((string?)null);
    }

    private static IEmailGrain ByEmail(IClusterClient cluster, string email) =>
        cluster.GetGrain<IEmailGrain>(UserKeys.Email(EmailAddress.Normalize(email)));
}

/// <summary>The e-mail address, password and name of a new account.</summary>
public sealed record RegisterRequest(
    [property: RequiredField, MailAddress] string? Email,
    [property: RequiredField, NewPassword] string? Password,
    [property: TextLength(DisplayNames.MaxLength), MailedText] string? DisplayName);

/// <summary>The e-mail address and password of an account; with <c>cartId</c>, a guest's cart that moves to the account.</summary>
public sealed record LoginRequest(
    [property: RequiredField, KnownMailAddress] string? Email,
    [property: RequiredField, KnownPassword] string? Password,
    Guid? CartId,
    [property: TextLength(100), Line] string? DeviceToken = null);

/// <summary>The refresh token of the session to renew.</summary>
public sealed record RefreshRequest([property: RequiredField, TextLength(256)] string? RefreshToken);

/// <summary>The e-mail address of the account whose password is forgotten.</summary>
public sealed record ForgotPasswordRequest([property: RequiredField, KnownMailAddress] string? Email);

/// <summary>A new password, with the token from the mail.</summary>
public sealed record ResetPasswordRequest(
    [property: RequiredField, TextLength(256)] string? Token,
    [property: RequiredField, NewPassword] string? Password);

/// <summary>The token from the mail, which verifies an e-mail address.</summary>
public sealed record VerifyEmailRequest([property: RequiredField, TextLength(256)] string? Token);

/// <summary>The token from the mail to the new address, which confirms the change.</summary>
public sealed record ConfirmEmailChangeRequest([property: RequiredField, TextLength(256)] string? Token);

/// <summary>The token from the mail to the former address, which undoes the change.</summary>
public sealed record UndoEmailChangeRequest([property: RequiredField, TextLength(256)] string? Token);

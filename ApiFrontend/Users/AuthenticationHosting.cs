using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using SoonShop.ApiFrontend.ApiKeys;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Users;

/// <summary>Registers authentication: access tokens and API keys, both in <c>Authorization: Bearer</c>.</summary>
internal static class AuthenticationHosting
{
    /// <summary>The default scheme, which selects one of the others.</summary>
    private const string EitherScheme = "Either";

    /// <summary>The property that <c>UseAuthentication</c> sets. Without it, ASP.NET Core authenticates every request first.</summary>
    private const string IsUsed = "__AuthenticationMiddlewareSet";

    /// <summary>The user of all requests without credentials. It is never modified.</summary>
    private static readonly ClaimsPrincipal Anonymous = new(new ClaimsIdentity());

    public static void AddShopAuthentication(this IServiceCollection services, AuthOptions options)
    {
        services.AddSingleton(options)
            .AddSingleton<Tokens>().AddSingleton<Sessions>().AddSingleton<KnownApiKeys>().AddSingleton<VerifiedTokens>()
            .AddSingleton<SigningKeys>().AddHostedService(s => s.GetRequiredService<SigningKeys>());
        services.AddAuthentication(EitherScheme)
            .AddPolicyScheme(EitherScheme, null, o => o.ForwardDefaultSelector =
                context => ApiKeyAuthentication.IsMeant(context.Request)
                    ? ApiKeyAuthentication.SchemeName
                    : JwtBearerDefaults.AuthenticationScheme)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null)
            .AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<SigningKeys, VerifiedTokens>((o, keys, verified) =>
            {
                o.TokenValidationParameters = Tokens.Validation(keys);
                o.TokenHandlers.Clear();
                o.TokenHandlers.Add(verified);
                o.Events = new JwtBearerEvents { OnTokenValidated = CheckSessionAsync };
            });
    }

    /// <summary>
    /// Authenticates requests. Only requests with <c>Authorization</c> pass the middleware, because the schemes read nothing else and
    /// create new handlers for each request.
    /// </summary>
    public static void UseShopAuthentication(this IApplicationBuilder app)
    {
        app.UseWhen(context => context.Request.Headers.Authorization.Count > 0, branch => branch.UseAuthentication());
        app.Use((context, next) =>
        {
            if (context.Request.Headers.Authorization.Count == 0)
                context.User = Anonymous;
            return next(context);
        });
        app.Properties[IsUsed] = true;
    }

    private static async Task CheckSessionAsync(TokenValidatedContext context)
    {
        // A public route needs no credentials and must not wait for the check.
        if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<Access>() is { Level: AccessLevel.Anyone or AccessLevel.Provider })
            return;
        if (await context.HttpContext.RequestServices.GetRequiredService<Sessions>().CheckAsync(context.Principal!, context.SecurityToken)
            is { } user)
            context.Principal = user;
        else
            context.Fail("The session has ended.");
    }
}

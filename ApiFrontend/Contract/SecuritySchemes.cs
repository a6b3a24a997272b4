using Microsoft.OpenApi;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>The ways in which callers authenticate.</summary>
internal static class SecuritySchemes
{
    private const string Token = "Bearer";
    private const string Cart = "Cart";
    private const string OrderLink = "OrderLink";

    public static Dictionary<string, IOpenApiSecurityScheme> All() => new()
    {
        [Token] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "The accessToken of a session, or, where an operation names a scope, an API key (sk_soonshop_…).",
        },
        [Cart] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = Callers.CartHeader,
            Description = "A guest's cart id: who has it holds the cart, and the orders that came from it.",
        },
        [OrderLink] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = OrderTokens.Header,
            Description =
                "The token of a mailed link to one order: who has it reads, watches, pays and cancels that order, and returns its goods.",
        },
    };

    /// <summary>Returns the requirements of an operation. Any one of them is sufficient.</summary>
    public static List<OpenApiSecurityRequirement>? For(OperationKind kind, OpenApiDocument document) => kind switch
    {
        { TakesNobody: true } => [[], Of(Token, document)],
        { TakesOrderToken: true } => [Of(Token, document), Of(Cart, document), Of(OrderLink, document)],
        { TakesGuests: true } => [Of(Token, document), Of(Cart, document)],
        { NeedsToken: true } => [Of(Token, document)],
        _ => null,
    };

    private static OpenApiSecurityRequirement Of(string scheme, OpenApiDocument document) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };
}

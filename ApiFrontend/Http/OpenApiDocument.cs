using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using Scalar.AspNetCore;
using SoonShop.ApiFrontend.Edge;

namespace SoonShop.ApiFrontend.Http;

/// <summary>The OpenAPI document and the page that shows it.</summary>
internal static class OpenApiDocument
{
    private const string Scheme = "Bearer";

    public static IServiceCollection AddShopOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "SoonShop",
                Version = "v1",
                Description = "Amounts are integer minor units. POSTs take an Idempotency-Key. Errors are RFC 9457 problems.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<IAuthorizeData>().Any() && !metadata.OfType<IAllowAnonymous>().Any())
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
            if (string.Equals(context.Description.HttpMethod, "POST", StringComparison.Ordinal))
                AddHeader(operation, IdempotencyMiddleware.Header, metadata.OfType<IdempotencyRule>().Any(r => r.Required), "The same key and body again gives the same answer.");
            if (context.Description.RelativePath is { } path && (path.Contains("/cart", StringComparison.Ordinal) || path.Contains("/orders", StringComparison.Ordinal) || path.Contains("payments/", StringComparison.Ordinal))
                && !path.Contains("/admin/", StringComparison.Ordinal))
                AddHeader(operation, Callers.CartHeader, false, "A guest's cart id, instead of an access token.");
            return Task.CompletedTask;
        });
    });

    public static void MapShopOpenApi(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi().AllowAnonymous();
        app.MapScalarApiReference("/scalar", ScalarPage.Configure).WithMetadata(new ScalarPage()).AllowAnonymous();
    }

    private static void AddHeader(OpenApiOperation operation, string name, bool required, string description)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = name,
            In = ParameterLocation.Header,
            Required = required,
            Description = description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        });
    }
}

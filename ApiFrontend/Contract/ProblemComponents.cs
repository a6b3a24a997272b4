using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Localization;
using SoonShop.ApiFrontend.RateLimits;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>
/// Describes problems in the OpenAPI document. Each set of codes that a route can return with one status is a response. Its schema
/// restricts <c>type</c> to these codes, so that generated clients can distinguish them.
/// </summary>
internal static class ProblemComponents
{
    private const string Base = "Problem";

    /// <summary>Returns the response for some codes of one status. It is created at first use.</summary>
    /// <param name="document">The document that it is added to.</param>
    /// <param name="typeBase">The prefix of problem types.</param>
    /// <param name="status">The status.</param>
    /// <param name="codes">The codes.</param>
    public static OpenApiResponseReference Refer(OpenApiDocument document, string typeBase, int status, string[] codes)
    {
        var name = string.Join("Or", codes.Select(ProblemCodes.NameOf));
        document.Components ??= new OpenApiComponents();
        if (document.Components.Responses?.ContainsKey(name) != true)
        {
            if (document.Components.Schemas?.ContainsKey(Base) != true)
                document.AddComponent<IOpenApiSchema>(Base, BaseSchema());
            document.AddComponent<IOpenApiSchema>(name + Base, SchemaOf(codes, typeBase, document));
            document.AddComponent<IOpenApiResponse>(name, ResponseOf(name, typeBase, status, codes, document));
        }
        return new OpenApiResponseReference(name, document);
    }

    private static OpenApiResponse ResponseOf(string name, string typeBase, int status, string[] codes, OpenApiDocument document)
    {
        var headers = new Dictionary<string, IOpenApiHeader>
        {
            ["Content-Language"] = Headers.Text("The language of title, detail and errors.", "en", true),
        };
        if (codes.Contains(ErrorCode.Unauthenticated))
            headers["WWW-Authenticate"] = Headers.Text("The way to authenticate (RFC 9110, section 11.6.1).", "Bearer", true);
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status409Conflict)
            headers["Retry-After"] = Headers.Text("Seconds to wait before trying again.", "2", status != StatusCodes.Status409Conflict);
        if (status is StatusCodes.Status429TooManyRequests)
            (headers[RateLimitHeaders.Policy], headers[RateLimitHeaders.Limit]) = (Headers.RateLimitPolicy(), Headers.RateLimit());
        return new OpenApiResponse
        {
            Description = string.Join(" ", codes.Select(c => $"`{c}`: {Messages.English[$"about.{c}"]}")),
            Headers = headers,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new()
                {
                    Schema = new OpenApiSchemaReference(name + Base, document),
                    Examples = codes.ToDictionary(c => c, c => (IOpenApiExample)new OpenApiExample
                    {
                        Summary = Messages.English[$"title.{c}"],
                        Value = ExampleOf(c, typeBase, status),
                    }),
                },
            },
        };
    }

    private static OpenApiSchema BaseSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "An error (RFC 9457).",
        Required = new HashSet<string> { "type", "title", "status", "instance", "traceId" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = Text("What happened; this never changes.", "uri"),
            ["title"] = Text("What happened, in a few words of the answer's language."),
            ["status"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Format = "int32",
                Minimum = "400",
                Maximum = "599",
                Description = "The HTTP status.",
            },
            ["detail"] = Text("What is wrong and what to do, in the answer's language."),
            ["instance"] = Text("The path of the request."),
            ["traceId"] = Text("The id of the request in the shop's logs and traces."),
        },
    };

    private static OpenApiSchema SchemaOf(string[] codes, string typeBase, OpenApiDocument document)
    {
        var own = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string> { "type" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Enum = [.. codes.Select(c => JsonValue.Create(typeBase + c))],
                    // Names of the values for generators: NSwag's and OpenAPI Generator's extensions.
                    Extensions = new Dictionary<string, IOpenApiExtension>
                    {
                        ["x-enumNames"] = Names(codes),
                        ["x-enum-varnames"] = Names(codes),
                    },
                },
            },
        };
        if (codes.Contains(ErrorCode.ValidationFailed) || codes.Contains(ErrorCode.Conflict))
            own.Properties["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "For each wrong field, what is wrong with it.",
                AdditionalProperties = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Items = new OpenApiSchema { Type = JsonSchemaType.String },
                },
            };
        if (codes is [ErrorCode.ValidationFailed])
            own.Required.Add("errors");
        if (codes.Any(c => c is ErrorCode.PaymentDeclined or ErrorCode.OutOfStock or ErrorCode.InvalidOrderState))
            own.Properties["orderId"] = Text("The order that was placed in spite of the error.", "uuid");
        if (codes.Contains(ErrorCode.PaymentDeclined))
            own.Properties["declineCode"] = Text("The card network's reason, such as insufficient_funds.");
        if (codes.Contains(ErrorCode.OutOfStock))
            own.Properties["lines"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Description = "The lines that stock cannot fill.",
                Items = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string> { "sku", "requested", "available" },
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["sku"] = Text("The stock keeping unit."),
                        ["requested"] =
                            new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "Units ordered." },
                        ["available"] =
                            new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "Units available." },
                    },
                },
            };
        return new OpenApiSchema { Description = DescriptionOf(codes), AllOf = [new OpenApiSchemaReference(Base, document), own] };
    }

    private static string DescriptionOf(string[] codes) => codes switch
    {
        [var only] => $"The problem `{only}`.",
        [.. var others, var last] => $"One of the problems {string.Join(", ", others.Select(c => $"`{c}`"))} and `{last}`.",
        [] => throw new ArgumentException("A response needs the code of a problem.", nameof(codes)),
    };

    private static JsonNodeExtension Names(string[] codes) =>
        new(new JsonArray([.. codes.Select(c => (JsonNode)JsonValue.Create(ProblemCodes.NameOf(c)))]));

    private static OpenApiSchema Text(string description, string? format = null) =>
        new() { Type = JsonSchemaType.String, Format = format, Description = description };

    private static JsonObject ExampleOf(string code, string typeBase, int status)
    {
        var example = new JsonObject
        {
            ["type"] = typeBase + code,
            ["title"] = Messages.English[$"title.{code}"].Value,
            ["status"] = status,
            ["detail"] = Messages.English[$"about.{code}"].Value,
            ["instance"] = "/api/v1/orders",
            ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        };
        switch (code)
        {
            case ErrorCode.ValidationFailed:
                example["errors"] = new JsonObject
                {
                    ["shippingAddress.country"] = new JsonArray("must be a country code of two upper-case letters, such as US"),
                };
                break;
            case ErrorCode.PaymentDeclined:
                (example["orderId"], example["declineCode"]) = ("0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11", "insufficient_funds");
                break;
            case ErrorCode.OutOfStock:
                (example["orderId"], example["lines"]) = ("0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11",
                    new JsonArray(new JsonObject { ["sku"] = "COFFEE-HOUSE-1KG", ["requested"] = 3, ["available"] = 1 }));
                break;
        }
        return example;
    }
}

using Asp.Versioning;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.ApiFrontend.Versions;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>Describes an operation by its metadata: who may call it, its request and response headers, and its problems.</summary>
internal static class OperationDescriber
{
    public static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, ApiVersion version)
    {
        var document = context.Document!;
        var route = context.Description;
        var kind = OperationKind.Of(route);
        var metadata = route.ActionDescriptor.EndpointMetadata;
        operation.OperationId ??= IdOf(route.HttpMethod!, route.RelativePath!);
        operation.Security = SecuritySchemes.For(kind, document);
        if (kind.Scope is { } scope)
            operation.Description ??= $"An API key needs the scope {scope}.";
        if (kind.IsPost && kind.IsApi)
            AddHeader(operation, new RequestHeader(
                IdempotencyMiddleware.Header, "The same key and body return the same answer. Use a UUID.",
                "6f1c2c1e-6d0b-4b64-9d0e-0c1a8e3e7a55", metadata.OfType<IdempotencyRule>().Any(r => r.Required)), "^[ -~]{1,255}$");
        foreach (var header in metadata.OfType<RequestHeader>())
            AddHeader(operation, header);
        operation.Responses ??= [];
        // The framework omits statuses that are neither success nor error.
        if (metadata.OfType<IProducesResponseTypeMetadata>().Any(p => p.StatusCode == StatusCodes.Status304NotModified))
            operation.Responses.TryAdd(StatusText(StatusCodes.Status304NotModified), new OpenApiResponse { Description = "Not Modified" });
        foreach (var stream in operation.Responses.Values.SelectMany(r => r.Content ?? new Dictionary<string, OpenApiMediaType>())
            .Where(c => c.Key == "text/event-stream"))
            stream.Value.Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "Server-sent events; the data of each is JSON.",
            };
        foreach (var sku in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(p =>
            p is { In: ParameterLocation.Path, Name: "sku" }))
            ((IDescribesSchema)new SkuTextAttribute()).Describe((OpenApiSchema)sku.Schema!);
        AddAnswerHeaders(operation.Responses, kind, metadata.OfType<ResponseHeader>());
        var typeBase = context.ApplicationServices.GetRequiredService<HttpOptions>().ProblemTypeBase;
        foreach (var problems in GeneralProblems.Of(route, kind))
            operation.Responses[StatusText(problems.Key)] = ProblemComponents.Refer(document, typeBase, problems.Key, [.. problems]);
        Deprecate(
            operation, context.ApplicationServices.GetRequiredService<Deprecations>()
                .Find(version, route.HttpMethod!, BelowVersion(route.RelativePath!)));
        return Task.CompletedTask;
    }

    private static void AddHeader(OpenApiOperation operation, RequestHeader header, string? pattern = null)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = header.Name,
            In = ParameterLocation.Header,
            Required = header.Required,
            Description = header.Description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = pattern },
            Example = header.Example,
        });
    }

    private static void AddAnswerHeaders(OpenApiResponses responses, OperationKind kind, IEnumerable<ResponseHeader> declared)
    {
        foreach (var (status, response) in responses)
        {
            if (response is not OpenApiResponse answer)
                continue;
            answer.Headers ??= new Dictionary<string, IOpenApiHeader>();
            if (status is "201")
                answer.Headers["Location"] = Headers.Text(
                    "The URL of the new resource.", "/api/v1/orders/0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11", true);
            if (kind is { IsApi: true, IsPost: true })
                answer.Headers["Idempotent-Replayed"] = Headers.Text("True when this is the stored answer of an earlier request.", "true");
            if (kind.IsApi)
            {
                answer.Headers[RateLimitHeaders.Policy] = Headers.RateLimitPolicy();
                answer.Headers[RateLimitHeaders.Limit] = Headers.RateLimit();
                answer.Headers["api-supported-versions"] = Headers.Text("The versions of the API.", "1");
            }
            foreach (var header in declared)
            {
                if (header.Statuses.Count == 0 || header.Statuses.Any(s => StatusText(s) == status))
                    answer.Headers[header.Name] = Headers.Text(header.Description, header.Example, header.Always);
            }
        }
    }

    private static void Deprecate(OpenApiOperation operation, Deprecation? deprecation)
    {
        if (deprecation is null)
            return;
        operation.Deprecated = true;
        operation.Description =
            ($"{operation.Description}\n\nDeprecated{(deprecation.SunsetAt is { } end ? $", gone after {end:yyyy-MM-dd}" : "")}"
                + $": {deprecation.Policy}").TrimStart();
        foreach (var answer in operation.Responses!.Values.OfType<OpenApiResponse>())
        {
            answer.Headers!["Deprecation"] = Headers.Text("When the operation is deprecated (RFC 9745).", "@1767225600", true);
            answer.Headers["Link"] = Headers.Text("What to use instead.", $"<{deprecation.Policy}>; rel=\"deprecation\"", true);
            if (deprecation.SunsetAt is not null)
                answer.Headers["Sunset"] = Headers.Text("When the operation is removed (RFC 8594).", "Thu, 31 Dec 2026 23:59:59 GMT", true);
        }
    }

    /// <summary>Returns an id for a route without a name, such as <c>getMeSessions</c> or <c>deleteMeSessionsById</c>.</summary>
    private static string IdOf(string method, string path) =>
        BelowVersion(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate(
            method.ToLowerInvariant(),
            (id, part) => id + (part[0] == '{' ? "By" + Pascal(part[1..^1]) : Pascal(part)));

    private static string Pascal(string words) =>
        string.Concat(words.Split('-', '.').Where(w => w.Length > 0).Select(w => char.ToUpperInvariant(w[0]) + w[1..]));

    private static string BelowVersion(string path) =>
        path.StartsWith("api/v", StringComparison.Ordinal) ? path[path.IndexOf('/', "api/v".Length)..] : "/" + path;

    private static string StatusText(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Response headers.</summary>
internal static class Headers
{
    public static OpenApiHeader Text(string description, string example, bool always = false) => new()
    {
        Description = description,
        Required = always,
        Example = example,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    public static OpenApiHeader RateLimitPolicy() =>
        Text("The rate limits of the operation: requests (q) in a window of seconds (w).", "\"reads\";q=600;w=60");

    public static OpenApiHeader RateLimit() =>
        Text("For each rate limit, the requests that are left (r), and the seconds until there are more (t).", "\"reads\";r=599;t=1");
}

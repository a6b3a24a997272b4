using System.Security.Cryptography;
using System.Text;
using Asp.Versioning;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Versions;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>The OpenAPI documents, one per version, and the page that shows them.</summary>
internal static class OpenApiDocuments
{
    private const string Description = """
Amounts are integers in minor units of their currency; times are RFC 3339 in UTC. Members of bodies and query parameters that an
operation does not know are refused, each by name, as are names in another case and names that are given twice.

**Errors** are RFC 9457 problems. `type` says what happened and never changes. `title`, `detail` and `errors` are for people, in English or
Chinese by `Accept-Language`. `errors` names every wrong field. A request line or headers that are too long or malformed are
refused with 400, 414 or 431 and no body. A method that a path does not have is 405.

**Idempotency.** Every POST accepts an `Idempotency-Key`: the same key and body return the same answer, with `Idempotent-Replayed: true`.

**Lists** are paged: send `nextCursor` as `cursor` until it is null.

**Tracing.** The trace of a W3C `traceparent` header goes on; the `traceId` of a problem is its trace id.
""";

    public static IServiceCollection AddShopOpenApi(this IServiceCollection services)
    {
        foreach (var version in ApiVersions.All)
        {
            services.AddOpenApi(ApiVersions.NameOf(version), options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                options.AddSchemaTransformer(SchemaDescriber.DescribeAsync);
                options.AddOperationTransformer((operation, context, _) => OperationDescriber.DescribeAsync(operation, context, version));
                options.AddDocumentTransformer((document, _, _) => Describe(document, version));
                options.AddDocumentTransformer((document, _, _) => Descriptions.AddTo(document));
                options.AddDocumentTransformer((document, _, _) => Examples.AddTo(document));
            });
        }
        return services.AddSingleton<OpenApiFiles>();
    }

    public static void MapShopOpenApi(this IEndpointRouteBuilder app)
    {
        app.MapGet("/openapi/{version:regex(^v\\d+$)}.json", ServeAsync)
            .ForAnyone().Compressed().Admit(AdmissionClass.Free).ExcludeFromDescription();
        app.MapScalarApiReference("/scalar", o =>
        {
            ScalarPage.Configure(o);
            o.AddDocuments(ApiVersions.All.Select(ApiVersions.NameOf));
        }).WithMetadata(new ScalarPage(), new AnyQuery()).ForAnyone().Admit(AdmissionClass.Free);
    }

    private static async Task<IResult> ServeAsync(string version, OpenApiFiles files) => await files.FindAsync(version) is { } file
        ? TypedResults.Bytes(file.Content, "application/json", entityTag: file.ETag)
        : TypedResults.NotFound();

    private static Task Describe(OpenApiDocument document, ApiVersion version)
    {
        document.Info = new OpenApiInfo
        {
            Title = "SoonShop",
            Version = ApiVersions.NameOf(version),
            Description = Description.ReplaceLineEndings("\n"),
        };
        // Relative to the document's URL, so that it does not depend on the host.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        // The descriptions of the streams explain their events.
        foreach (var name in (document.Components.Schemas?.Keys ?? []).Where(k => k.StartsWith("SseItemOf", StringComparison.Ordinal))
            .ToArray())
            document.Components.Schemas!.Remove(name);
        document.Components.SecuritySchemes = SecuritySchemes.All();
        ShareWords(document);
        foreach (var content in document.Paths.Values.SelectMany(p => p.Operations!.Values).SelectMany(o =>
            o.RequestBody?.Content?.Values ?? Enumerable.Empty<OpenApiMediaType>()))
            Close(document, content.Schema, []);
        return Task.CompletedTask;
    }

    /// <summary>Declares that schemas of requests have no members other than the named ones.</summary>
    private static void Close(OpenApiDocument document, IOpenApiSchema? schema, HashSet<string> seen)
    {
        if (schema is OpenApiSchemaReference { Reference.Id: { } id })
        {
            if (!seen.Add(id))
                return;
            schema = document.Components!.Schemas![id];
        }
        if (schema is not OpenApiSchema own)
            return;
        if (own.Properties is { Count: > 0 })
            own.AdditionalPropertiesAllowed = false;
        foreach (var inner in (own.Properties?.Values ?? []).Concat(own.OneOf ?? [])
            .Concat(own.AllOf ?? []).Append(own.Items).Append(own.AdditionalProperties))
            Close(document, inner, seen);
    }

    /// <summary>
    /// Makes parameters and fields with the values of one enumeration share a schema, also with the responses that contain it.
    /// </summary>
    private static void ShareWords(OpenApiDocument document)
    {
        foreach (var parameter in document.Paths.Values.SelectMany(p => p.Operations!.Values)
            .SelectMany(o => o.Parameters ?? []).OfType<OpenApiParameter>())
        {
            if (parameter.Schema is OpenApiSchema { Title: { } name } words)
                parameter.Schema = Share(name, words);
        }
        foreach (var fields in (document.Components!.Schemas ?? new Dictionary<string, IOpenApiSchema>()).Values.Select(s => s.Properties)
            .OfType<IDictionary<string, IOpenApiSchema>>().ToArray())
        {
            foreach (var (field, schema) in fields.ToArray())
            {
                if (schema is OpenApiSchema { Title: { } name, Enum: not null } words)
                    fields[field] = new OpenApiSchema { OneOf = [new OpenApiSchema { Type = JsonSchemaType.Null }, Share(name, words)] };
            }
        }

        OpenApiSchemaReference Share(string name, OpenApiSchema words)
        {
            if (document.Components!.Schemas?.ContainsKey(name) != true)
            {
                words.Type = JsonSchemaType.String;
                document.AddComponent<IOpenApiSchema>(name, words);
            }
            return new OpenApiSchemaReference(name, document);
        }
    }
}

/// <summary>Serves the OpenAPI documents; each is generated once.</summary>
internal sealed class OpenApiFiles(IServiceProvider services)
{
    private readonly Dictionary<string, Lazy<Task<OpenApiFile>>> files = ApiVersions.All.Select(ApiVersions.NameOf).ToDictionary(
        name => name, name => new Lazy<Task<OpenApiFile>>(() => MakeAsync(services, name)));

    /// <summary>Returns the document of a version such as <c>v1</c>; null when there is no such version.</summary>
    public async Task<OpenApiFile?> FindAsync(string version) => files.TryGetValue(version, out var file) ? await file.Value : null;

    private static async Task<OpenApiFile> MakeAsync(IServiceProvider services, string version)
    {
        await using var scope = services.CreateAsyncScope();
        var document = await scope.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(version).GetOpenApiDocumentAsync();
        var json = await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
        return new OpenApiFile(Encoding.UTF8.GetBytes(json.ReplaceLineEndings("\n") + "\n"));
    }
}

/// <summary>An OpenAPI document, in JSON.</summary>
internal sealed record OpenApiFile(byte[] Content)
{
    /// <summary>Changes with the content.</summary>
    public Microsoft.Net.Http.Headers.EntityTagHeaderValue ETag { get; } = new(
        $"\"{Convert.ToHexStringLower(SHA256.HashData(Content))[..16]}\"");
}

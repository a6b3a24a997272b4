using System.Globalization;
using System.Text.Json.Nodes;
using NJsonSchema;
using NSwag;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>The OpenAPI document as a judge: whether an answer is one that it allows.</summary>
internal sealed class FuzzContract
{
    private const string ProblemType = "application/problem+json";
    private readonly OpenApiDocument document;
    private readonly JsonSchema anyProblem;

    private FuzzContract(OpenApiDocument document, JsonNode json)
    {
        (this.document, Json) = (document, json);
        anyProblem = document.Components.Schemas["Problem"];
        Operations =
        [
            .. from path in json["paths"]!.AsObject()
               from operation in path.Value!.AsObject()
               select new FuzzOperation(
                   path.Key, operation.Key.ToUpperInvariant(), operation.Value!.AsObject(), document.Paths[path.Key][operation.Key]),
        ];
    }

    /// <summary>The document.</summary>
    public JsonNode Json { get; }

    public FuzzOperation[] Operations { get; }

    public static async Task<FuzzContract> ReadAsync(ApiClient api) =>
        await ParseAsync(Expect.Status(200, await api.GetAsync("//openapi/v1.json")).Body);

    public static async Task<FuzzContract> ParseAsync(string text) => new(await OpenApiDocument.FromJsonAsync(text), JsonNode.Parse(text)!);

    /// <summary>What a schema points to.</summary>
    public JsonObject Resolve(JsonObject schema) => schema["$ref"]?.GetValue<string>() is { } reference
        ? reference.Split('/').Skip(1).Aggregate(Json, (node, part) => node[part]!).AsObject()
        : schema;

    /// <summary>What is wrong with an answer; null when nothing is.</summary>
    public string? Flaw(FuzzRequest request, Reply reply)
    {
        var status = (int)reply.Status;
        if (status >= 500)
            return $"{status}: the shop's fault";
        var type = reply.Headers.TryGetValue("Content-Type", out var value) ? value.Split(';')[0] : null;
        // What is no HTTP is refused by the server, before it is anybody's request.
        if (request.IsMalformed && status is 400 or 414 or 431 && type is null)
            return null;
        if (request.Operation is not { } operation || (request.IsElsewhere && status is 404 or 405))
            return status is 404 or 405 or 413 or 415 ? ProblemFlaw(anyProblem, type, reply) : $"{status} for what is not in the document";
        var name = status.ToString(CultureInfo.InvariantCulture);
        if (!operation.Described.Responses.TryGetValue(name, out var response))
            return $"{status} is not in the document";
        var answer = response.ActualResponse;
        foreach (var header in answer.Headers.Where(h => h.Value.IsRequired && !reply.Headers.ContainsKey(h.Key)))
            return $"{status} without {header.Key}";
        if (answer.Content.Count == 0)
            return reply.Body.Length == 0 ? null : $"{status} with a body that is not in the document";
        if (type is null || !answer.Content.TryGetValue(type, out var content))
            return $"{status} as {type ?? "nothing"}, which is not in the document";
        return type switch
        {
            ProblemType => ProblemFlaw(content.Schema, type, reply),
            "application/json" => SchemaFlaw(content.Schema, reply) ?? Undocumented(content.Schema, reply.Json, ""),
            _ => null,
        };
    }

    private static string? ProblemFlaw(JsonSchema schema, string? type, Reply reply) =>
        type != ProblemType ? $"{(int)reply.Status} as {type ?? "nothing"}" : Expect.Flaw(reply) ?? SchemaFlaw(schema, reply);

    private static string? SchemaFlaw(JsonSchema schema, Reply reply)
    {
        var errors = schema.ActualSchema.Validate(reply.Body);
        return errors.Count == 0
            ? null
            : $"a body against the schema: {string.Join("; ", errors.Select(e => e.ToString().ReplaceLineEndings(" ")).Take(5))}";
    }

    /// <summary>A field that the document does not know.</summary>
    private static string? Undocumented(JsonSchema schema, JsonNode? node, string path)
    {
        schema = schema.ActualSchema;
        if (schema.OneOf.FirstOrDefault(o => o.Type != JsonObjectType.Null) is { } choice)
            schema = choice.ActualSchema;
        switch (node)
        {
            case JsonObject fields when schema.ActualProperties.Count > 0:
                foreach (var (name, value) in fields)
                {
                    if (!schema.ActualProperties.TryGetValue(name, out var property))
                        return $"the field {path}.{name}, which is not in the document";
                    if (Undocumented(property, value, $"{path}.{name}") is { } extra)
                        return extra;
                }
                return null;
            case JsonArray items when schema.Item is { } item:
                return items.Select((v, i) => Undocumented(item, v, $"{path}[{i}]")).FirstOrDefault(e => e is not null);
            default:
                return null;
        }
    }
}

/// <summary>One operation of the document.</summary>
/// <param name="Path">Such as <c>/api/v1/orders/{id}</c>.</param>
/// <param name="Method">Upper case.</param>
/// <param name="Json">As the document has it.</param>
/// <param name="Described">As NSwag reads it.</param>
internal sealed record FuzzOperation(string Path, string Method, JsonObject Json, OpenApiOperation Described)
{
    public string Name => $"{Method} {Path}";

    public IEnumerable<JsonObject> Parameters(string place) =>
        (Json["parameters"]?.AsArray() ?? []).Select(p => p!.AsObject()).Where(p => p["in"]!.GetValue<string>() == place);

    /// <summary>The schema of the body; null where there is none.</summary>
    public JsonObject? Body => Json["requestBody"]?["content"]?["application/json"]?["schema"] as JsonObject;

    public bool TakesBodies => Method is "POST" or "PUT" or "PATCH";
}

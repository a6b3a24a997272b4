using System.Text.Json;
using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>One operation of the OpenAPI document; paths below <c>/api/v1</c>.</summary>
internal sealed record Route(string Path, HttpMethod Method, JsonObject Operation, JsonNode Document)
{
    /// <summary>Such as <c>PUT /products/{sku}</c>.</summary>
    public string Name => $"{Method} {Path}";

    public bool IsPost => Method == HttpMethod.Post;

    public bool IsForAdmins =>
        Path.StartsWith("/admin/", StringComparison.Ordinal) || Path.StartsWith("/inventory/", StringComparison.Ordinal);

    /// <summary>The schema of the body; null where there is none.</summary>
    public JsonObject? Body =>
        Operation["requestBody"]?["content"]?["application/json"]?["schema"] is JsonObject schema ? Resolve(schema) : null;

    /// <summary>True where the body is a file.</summary>
    public bool TakesFile => Operation["requestBody"]?["content"] is JsonObject content
        && content.Any(c => c.Key == "text/csv" || c.Key.StartsWith("image/", StringComparison.Ordinal));

    public bool RequiresBody => Operation["requestBody"]?["required"]?.GetValue<bool>() == true;

    public bool RequiresKey => Operation["parameters"]?.AsArray()
        .Any(p => p!["name"]!.GetValue<string>() == "Idempotency-Key" && p["required"]?.GetValue<bool>() == true) == true;

    /// <summary>True where a token that is sent must be good.</summary>
    public bool IsGuarded => Operation["security"] is not null || Parameters("header").Contains("X-Cart-Id");

    /// <summary>The names of the parameters in a place.</summary>
    public string[] Parameters(string place) =>
        [.. (Operation["parameters"]?.AsArray() ?? []).Where(p => p!["in"]!.GetValue<string>() == place).Select(p =>
            p!["name"]!.GetValue<string>())];

    public static async Task<Route[]> AllAsync(ApiClient api)
    {
        var document = Expect.Status(200, await api.GetAsync("//openapi/v1.json")).Json!;
        return
        [
            .. from path in document["paths"]!.AsObject()
               where path.Key.StartsWith("/api/v1/", StringComparison.Ordinal)
               from operation in path.Value!.AsObject()
               select new Route(
                   path.Key["/api/v1".Length..], HttpMethod.Parse(operation.Key.ToUpperInvariant()), operation.Value!.AsObject(), document),
        ];
    }

    /// <summary>The fields of the body with their schemas, those of objects within it as <c>price.amount</c>.</summary>
    public IEnumerable<(string Name, JsonObject Schema)> Fields() => Body is { } body ? Fields(body, "") : [];

    /// <summary>
    /// Where the body has objects with members of their own, also as items of lists: such as <c>price</c> and <c>lines[0]</c>.
    /// </summary>
    public IEnumerable<string> Objects() => Body is { } body ? Objects(body, "") : [];

    /// <summary>A body that every rule allows.</summary>
    public JsonObject Sample() => (JsonObject)Sample(Body!, "")!;

    /// <summary>A body with the object of a place (<see cref="Objects()"/>) in it, and that object; the body itself for no place.</summary>
    public (JsonObject Body, JsonObject Owner) SampleWith(string place)
    {
        var (body, schema) = (Sample(), Body!);
        JsonNode node = body;
        foreach (var part in place.Split(['.', '[', ']'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (node is JsonArray list)
            {
                schema = Resolve(schema["items"]!.AsObject());
                if (list.Count == 0)
                    list.Add(Sample(schema, ""));
                node = list[0]!;
                continue;
            }
            schema = Resolve(schema["properties"]![part]!.AsObject());
            if (Allows(schema, "array") && node[part] is not JsonArray)
                node[part] = new JsonArray();
            node = node[part]!;
        }
        return (body, (JsonObject)node);
    }

    /// <summary>True when the schema allows values of this JSON type.</summary>
    public static bool Allows(JsonObject schema, string type) => schema["type"] switch
    {
        JsonArray types => types.Any(t => t!.GetValue<string>() == type),
        { } one => one.GetValue<string>() == type,
        _ => type == "object" && schema["properties"] is not null,
    };

    private IEnumerable<(string Name, JsonObject Schema)> Fields(JsonObject schema, string prefix)
    {
        foreach (var (name, value) in schema["properties"]?.AsObject() ?? [])
        {
            var field = Resolve(value!.AsObject());
            yield return (prefix + name, field);
            foreach (var inner in Fields(field, $"{prefix}{name}."))
                yield return inner;
        }
    }

    private IEnumerable<string> Objects(JsonObject schema, string prefix)
    {
        foreach (var (name, value) in schema["properties"]?.AsObject() ?? [])
        {
            var (place, field) = (prefix + name, Resolve(value!.AsObject()));
            if (Allows(field, "array") && field["items"] is JsonObject items)
                (place, field) = ($"{place}[0]", Resolve(items));
            if (field["properties"] is null)
                continue;
            yield return place;
            foreach (var inner in Objects(field, $"{place}."))
                yield return inner;
        }
    }

    private JsonNode? Sample(JsonObject schema, string name) => name switch
    {
        "email" or "newEmail" => Make.Email(),
        "password" or "newPassword" or "currentPassword" => "correct horse",
        "locale" => "en",
        "country" => "US",
        "region" => "CA",
        "postalCode" => "94105",
        "currency" => "USD",
        "roles" => new JsonArray("customer"),
        "scopes" => new JsonArray("orders:read"),
        "expiresAt" => "2100-01-01T00:00:00Z",
        "type" => "transient",
        "images" => new JsonArray("https://example.com/a.jpg"),
        // Images are told by their URLs.
        "media" or "mediaId" or "sources" => null,
        "attributes" when !Allows(schema, "array") => new JsonObject { ["colour"] = "blue" },
        "sku" => Make.Sku(),
        // Nobody listens there, and hardly anything happens that would be posted.
        "url" => "http://127.0.0.1:9/hook",
        "eventTypes" => new JsonArray("inventory.back-in-stock"),
        "preferences" => new JsonObject { ["orderShipped"] = new JsonObject { ["inbox"] = false } },
        "category" or "family" => "things",
        // An address of the book and one written out exclude each other.
        "addressId" => null,
        // A refund says one of amount, lines and full. Where lines must be there, one is.
        "lines" when schema["type"]?.GetValueKind() == JsonValueKind.String =>
            new JsonArray(Sample(Resolve(schema["items"]!.AsObject()), "")),
        "lines" or "full" => null,
        // Guests have no account to keep one in.
        "savePaymentMethod" => false,
        "location" => "default",
        "from" or "to" when schema["pattern"] is not null => name == "from" ? "default" : "elsewhere",
        // Rules that change nothing for anybody.
        "enabled" => false,
        "id" or "code" or "from" or "to" or "customerId" or "at" or "position" or "taxExemptionReason" or "freeFrom" => null,
        "action" => new JsonObject { ["kind"] = "unitDiscount", ["percentPpm"] = 1 },
        "areas" => new JsonArray(new JsonObject { ["country"] = "AQ" }),
        "zoneId" => "gb",
        "shippingMethod" => "standard",
        "customerGroups" => new JsonArray("things"),
        "taxCategory" or "sizeClass" => "things",
        "trackingUrlTemplate" => "https://example.com/{number}",
        _ when schema["enum"] is JsonArray words => words[0]!.DeepClone(),
        _ when Allows(schema, "array") => new JsonArray(),
        _ when schema["properties"] is JsonObject properties => new JsonObject(
            properties.Select(p => KeyValuePair.Create(p.Key, Sample(Resolve(p.Value!.AsObject()), p.Key)))),
        _ when schema["additionalProperties"] is JsonObject => new JsonObject(),
        _ when Allows(schema, "integer") => 1,
        _ when Allows(schema, "boolean") => true,
        _ when schema["format"]?.GetValue<string>() == "date-time" => "2026-03-01T09:30:00Z",
        _ when schema["format"]?.GetValue<string>() == "uuid" => Guid.NewGuid().ToString(),
        _ => "some text",
    };

    private JsonObject Resolve(JsonObject schema)
    {
        if (schema["oneOf"] is JsonArray choices)
            return Resolve(choices.Select(c => c!.AsObject()).First(c => c["$ref"] is not null));
        return schema["$ref"]?.GetValue<string>() is { } reference
            ? Resolve(reference.Split('/').Skip(1).Aggregate(Document, (node, part) => node[part]!).AsObject())
            : schema;
    }
}

using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace SoonShop.Tests.Api;

/// <summary>
/// Makes up values: what a schema allows, and what nothing allows. The same seed makes the same, as far as the shop's answers are the same.
/// </summary>
internal sealed class FuzzValues(FuzzContract contract, ConcurrentDictionary<string, string[]> known, Random random)
{
    private const int MaxDepth = 6;

    /// <summary>JSON that is hardly ever right.</summary>
    private static readonly string[] BadJson =
    [
        "null", "true", "false", "0", "-1", "1.5", "-0", "1e2", "1e308", "1e999", "2147483648", "-2147483649", "9223372036854775807",
        "9223372036854775808", "99999999999999999999999999", "\"\"", "\" \"", "\"\\u0000\"", "\"a\\u0000b\"", "\"a\\ud800\"", "\"\\udc00\"",
        "\"\\u202e\\ufeff\"", "\"💥é\\u0301\"", "\"' or 1=1 --\"", "\"<script>\"", "\"%00\"", "\"../../etc/passwd\"",
        "\"00000000-0000-0000-0000-000000000000\"", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59.9999999Z\"", "\"yesterday\"", "[]",
        "{}", "[[]]", "[null]", "{\"a\":{}}", "{\"\":1}", "[1,\"a\",null,{}]",
    ];

    /// <summary>Text as it stands in a path or a query, with escapes that are none.</summary>
    private static readonly string[] BadText =
    [
        "nonsense", "0", "-1", "1.5", "1e3", "99999999999999999999", "%20", "%00", "%ff%fe", "%c0%80", "%ed%a0%80", "%", "%zz",
        "%F0%9F%92%A5", "%0d%0a", "%25", "%5c", "%2f", "'", "..%2f", "00000000-0000-0000-0000-000000000000", "0001-01-01T00:00:00%2B14:00",
        "9999-12-31T23:59:59.9999999-14:00", "0001-01-01", "true", "null", "%7B%7D", "+", "*", "%E2%80%AE",
    ];

    public Random Random => random;

    public bool Chance(double probability) => random.NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> values) => values[random.Next(values.Count)];

    public string AnyBadJson() => Chance(0.1) ? $"\"{new string('x', Pick([129, 256, 1000, 10_000]))}\"" : Pick(BadJson);

    public string AnyBadText() => Chance(0.1) ? new string('x', Pick([65, 300, 3000])) : Pick(BadText);

    /// <summary>An id that some answer told, of a kind such as <c>orders</c>; or one that nobody has.</summary>
    public string AnyId(string kind) =>
        known.TryGetValue(kind, out var ids) && ids.Length > 0 && Chance(0.85) ? Pick(ids)
        : Chance(0.5)
            && !known.IsEmpty
            && known.Values.SelectMany(v => v).Where(v => Guid.TryParse(v, out _)).ToArray() is { Length: > 0 } all
            ? Pick(all)
        : NewId().ToString();

    /// <summary>A value that a schema allows.</summary>
    public JsonNode? Allowed(JsonObject schema, string name, int depth = 0)
    {
        schema = contract.Resolve(schema);
        if (schema["oneOf"] is JsonArray choices)
            return Chance(0.2) || depth > MaxDepth
                ? null
                : Allowed(choices.Select(c => c!.AsObject()).First(c => c["type"]?.ToJsonString() != "\"null\""), name, depth);
        if (schema["enum"] is JsonArray words)
            return Pick([.. words])!.DeepClone();
        if (Named(name) is { } made)
            return made();
        return TypeOf(schema) switch
        {
            "object" when schema["properties"] is JsonObject properties => ObjectOf(schema, properties, depth),
            "object" => schema["additionalProperties"] is JsonObject values && depth < MaxDepth
                ? new JsonObject(
                    Enumerable.Range(0, random.Next(3)).Select(i => KeyValuePair.Create($"key{i}", Allowed(values, "", depth + 1))))
                : new JsonObject(),
            "array" =>
                new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => Allowed(schema["items"]!.AsObject(), name, depth + 1))]),
            "boolean" => Chance(0.5),
            "integer" or "number" => Number(schema),
            _ => Text(schema),
        };
    }

    private JsonObject ObjectOf(JsonObject schema, JsonObject properties, int depth)
    {
        var required = schema["required"]?.AsArray().Select(r => r!.GetValue<string>()).ToHashSet() ?? [];
        var made = new JsonObject();
        foreach (var (name, property) in properties)
        {
            if (required.Contains(name) || Chance(0.6))
                made[name] = Allowed(property!.AsObject(), name, depth + 1);
        }
        // An address of the book and one written out exclude each other.
        if (made["shippingAddress"] is not null)
            made.Remove("addressId");
        return made;
    }

    private Func<JsonNode?>? Named(string name) => name switch
    {
        "email" or "newEmail" => () => Chance(0.3) && known.TryGetValue("email", out var mails) ? Pick(mails) : $"{NewId():N}@example.com",
        "password" or "newPassword" or "currentPassword" => () => "correct horse",
        "sku" => () => Chance(0.5) ? AnyId("sku") : $"F-{NewId():N}"[..12],
        "cartId" => () => AnyId("carts"),
        "addressId" => () => AnyId("addresses"),
        "country" => () => Pick(["US", "AE", "CN"]),
        "region" => () => Pick(["CA", "Dubai", "california", "北京市"]),
        "postalCode" => () => Pick(["94105", "94105-1234", "100096"]),
        "currency" => () => "USD",
        "category" or "family" => () => "things",
        "locale" => () => Pick(["en", "zh-CN"]),
        "roles" => () => new JsonArray("customer"),
        "images" => () => new JsonArray("https://example.com/a.jpg"),
        "attributes" => () => new JsonObject { ["colour"] = "blue" },
        "paymentMethod" => () => Pick([
            "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds",
            "pm_card_authenticationRequired", "pm_none"]),
        "url" => () => "http://127.0.0.1:9/hook",
        "eventTypes" => () => new JsonArray("inventory.back-in-stock"),
        "preferences" => () => new JsonObject { ["orderShipped"] = new JsonObject { ["inbox"] = Chance(0.5) } },
        "refreshToken" => () => AnyId("refreshToken"),
        "quantity" => () => random.Next(0, 4),
        "delta" => () => random.Next(1, 1000),
        "from" or "to" => () => $"20{random.Next(20, 30)}-0{random.Next(1, 10)}-01T00:00:00Z",
        _ => null,
    };

    private JsonValue Number(JsonObject schema)
    {
        var (least, most) = (schema["minimum"]?.GetValue<long>() ?? -1000, schema["maximum"]?.GetValue<long>() ?? 1_000_000);
        return JsonValue.Create(Chance(0.2) ? least : Chance(0.2) ? most : random.NextInt64(least, Math.Min(most, 10_000) + 1));
    }

    private JsonValue Text(JsonObject schema) => JsonValue.Create(schema["format"]?.GetValue<string>() switch
    {
        "uuid" => NewId().ToString(),
        "date-time" => $"2026-0{random.Next(1, 10)}-01T09:30:00{Pick(["Z", "+08:00", ".123Z"])}",
        _ => Line(
            Math.Max(1, schema["minLength"]?.GetValue<int>() ?? 0), Math.Min(
                schema["maxLength"]?.GetValue<int>() ?? 20, Chance(0.1) ? 1000 : 20)),
    });

    private string Line(int least, int most)
    {
        var text = new StringBuilder();
        var length = random.Next(least, Math.Max(least, most) + 1);
        while (text.Length < length)
            text.Append(Chance(0.9) ? Pick("abcdefgh XYZ0189-_.") : Pick("éßж中文字ñ–"));
        return text.ToString();
    }

    private char Pick(string characters) => characters[random.Next(characters.Length)];

    private Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private static string? TypeOf(JsonObject schema) => schema["type"] switch
    {
        JsonArray types => types.Select(t => t!.GetValue<string>()).First(t => t != "null"),
        { } one => one.GetValue<string>(),
        _ => null,
    };
}

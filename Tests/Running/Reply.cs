using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SoonShop.Tests.Running;

/// <summary>An HTTP answer, read to its end.</summary>
internal sealed record Reply(HttpStatusCode Status, string Body, Dictionary<string, string> Headers)
{
    /// <summary>The body as JSON; null when it is none.</summary>
    public JsonNode? Json { get; } = Parse(Body);

    /// <summary>The problem's code; null for no problem.</summary>
    public string? Code => Json is JsonObject o
        && o["type"]?.GetValue<string>() is { } type
        && type.StartsWith("https://soonshop.dev/problems/", StringComparison.Ordinal)
        ? type["https://soonshop.dev/problems/".Length..]
        : null;

    /// <summary>True when the shop said that this is the answer it gave before.</summary>
    public bool Replayed => Headers.TryGetValue("Idempotent-Replayed", out var value) && value == "true";

    /// <summary>A member of the body, by a path such as <c>payment.status</c> or <c>items.0.sku</c>.</summary>
    public JsonNode? this[string path] => path.Split('.').Aggregate(Json, (node, part) =>
        node is JsonArray array ? array[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)] : node?[part]);

    /// <summary>A member of the body as text.</summary>
    public string Text(string path) => this[path]?.ToString() ?? throw new InvalidOperationException($"No {path} in {Body}");

    /// <summary>A member of the body as a whole number.</summary>
    public long Number(string path) => (this[path] ?? throw new InvalidOperationException($"No {path} in {Body}")).GetValue<long>();

    private static JsonNode? Parse(string body)
    {
        try
        {
            return body.Length == 0 ? null : JsonNode.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

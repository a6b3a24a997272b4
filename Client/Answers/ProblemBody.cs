using System.Text.Json;

namespace SoonShop.Client.Answers;

/// <summary>The body of an error answer, as far as it is a problem (RFC 9457).</summary>
internal sealed record ProblemBody
{
    private static readonly string[] Known = ["type", "title", "status", "detail", "instance", "traceId", "errors"];

    /// <summary>What a body says that is no problem: nothing.</summary>
    public static ProblemBody None { get; } = new();

    /// <summary>The last part of <c>type</c>; null when the body is no problem.</summary>
    public string? Code { get; private init; }

    public string? Title { get; private init; }

    public string? Detail { get; private init; }

    public string? TraceId { get; private init; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Errors { get; private init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    public IReadOnlyDictionary<string, JsonElement> Extensions { get; private init; } = new Dictionary<string, JsonElement>();

    /// <summary>What a body says.</summary>
    public static ProblemBody Parse(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(document.RootElement) : None;
        }
        catch (JsonException)
        {
            return None;
        }
    }

    private static ProblemBody Read(JsonElement problem) => new()
    {
        // The shop's operator may let types lead to a page: https://shop.example/problems.md#out-of-stock.
        Code = Text(problem, "type")?.Split('/', '#')[^1] is { Length: > 0 } code ? code : null,
        Title = Text(problem, "title"),
        Detail = Text(problem, "detail"),
        TraceId = Text(problem, "traceId"),
        Errors = problem.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Object
            ? errors.EnumerateObject().DistinctBy(e => e.Name).ToDictionary(e => e.Name, e => Texts(e.Value))
            : new(),
        Extensions = problem.EnumerateObject().DistinctBy(m => m.Name).Where(m => !Known.Contains(m.Name))
            .ToDictionary(m => m.Name, m => m.Value.Clone()),
    };

    private static string? Text(JsonElement problem, string name) =>
        problem.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static IReadOnlyList<string> Texts(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => v.ToString())] : [value.ToString()];
}

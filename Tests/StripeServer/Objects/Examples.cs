using System.Text.Json;
using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Objects;

/// <summary>The example object that Stripe publishes for each kind: which fields an answer has, and in which shape.</summary>
internal static class Examples
{
    private static readonly JsonDocument Published = Load();

    /// <summary>The names of the fields of a kind, in their order.</summary>
    public static IReadOnlyList<string> Fields(string kind) =>
        [.. Published.RootElement.GetProperty(kind).EnumerateObject().Select(p => p.Name)];

    /// <summary>An object with every field of its kind, each null.</summary>
    public static JsonObject Blank(string kind)
    {
        var json = new JsonObject();
        foreach (var field in Published.RootElement.GetProperty(kind).EnumerateObject())
            json[field.Name] = null;
        json["object"] = kind;
        return json;
    }

    /// <summary>A part of the example, as it is published.</summary>
    public static JsonObject Part(string kind, params ReadOnlySpan<string> path)
    {
        var element = Published.RootElement.GetProperty(kind);
        foreach (var name in path)
            element = element.GetProperty(name);
        return JsonObject.Create(element.Clone())!;
    }

    private static JsonDocument Load()
    {
        using var stream = typeof(Examples).Assembly.GetManifestResourceStream("examples.json")!;
        return JsonDocument.Parse(stream);
    }
}

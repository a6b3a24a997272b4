using System.Text;
using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Documents;

/// <summary>The routes of the OpenAPI document, by tag.</summary>
internal static class RoutePage
{
    private const string Version = "/api/v1";

    public static string Text()
    {
        var document = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "ApiFrontend", "openapi", "v1.json")))!;
        var routes = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject()
                .Select(method => (Method: method.Key.ToUpperInvariant(), Path: path.Key, Operation: method.Value!)))
            .ToLookup(route => route.Operation["tags"]![0]!.GetValue<string>());
        var page = new StringBuilder();
        foreach (var tag in document["tags"]!.AsArray())
        {
            var name = tag!["name"]!.GetValue<string>();
            page.Append($"## {name}\n\n");
            if (tag["description"] is { } description)
                page.Append($"{description}\n\n");
            page.Append("| Method | Path | Who may call | |\n|---|---|---|---|\n");
            foreach (var (method, path, operation) in routes[name])
            {
                var below = path.StartsWith(Version, StringComparison.Ordinal) ? path[Version.Length..] : path;
                page.Append($"| {method} | `{below}` | {WhoMayCall(below, operation)} | {operation["summary"]} |\n");
            }
            page.Append('\n');
        }
        return page.ToString().TrimEnd('\n');
    }

    private static string WhoMayCall(string path, JsonNode operation)
    {
        if (path.StartsWith("/webhooks/", StringComparison.Ordinal))
            return "the payment provider";
        var schemes = operation["security"]?.AsArray().SelectMany(s => s!.AsObject().Select(o => o.Key).DefaultIfEmpty("")).ToArray() ?? [];
        var scope = operation["description"]?.GetValue<string>() is { } text && text.Split("An API key needs the scope ") is [_, var words]
            ? $", key with `{words.Split('.')[0]}`" : "";
        return schemes switch
        {
            [] => "anyone",
            _ when schemes.Contains("") => "anyone",
            _ when schemes.Contains("OrderLink") => $"customer, guest, mailed link{scope}",
            _ when schemes.Contains("Cart") => $"customer, guest{scope}",
            _ when scope.Length > 0 || path.StartsWith("/admin/", StringComparison.Ordinal) => $"administrator{scope}",
            _ => "customer",
        };
    }
}

using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Http;

/// <summary>One method of one URL.</summary>
/// <param name="Method">GET, POST or DELETE.</param>
/// <param name="Path">Such as <c>/v1/payment_intents/{intent}</c>.</param>
/// <param name="Rules">What it takes.</param>
/// <param name="Execute">Does it, while no other request runs; answers the body.</param>
/// <param name="Publishable">True when customers may call it, with the publishable key and the object's client secret.</param>
internal sealed record ApiMethod(string Method, string Path, ParameterRules Rules, Func<Call, JsonObject> Execute, bool Publishable = false)
{
    private static readonly string[] Verbs = ["confirm", "capture", "cancel", "close", "attach", "detach", "search"];

    /// <summary>Such as <c>POST /v1/payment_intents/{intent}/confirm</c>.</summary>
    public string Name { get; } = $"{Method} {Path}";

    /// <summary>True when the answer is a page of objects.</summary>
    public bool IsList { get; } = Method == "GET" && !Path.EndsWith('}');

    /// <summary>Which kind of object it answers with: the last part of the path that names a kind, in the singular.</summary>
    public string Kind { get; } = Path.Split('/').Last(p => !p.StartsWith('{') && !Verbs.Contains(p))[..^1];

    public static ApiMethod Get(string path, string rules, Func<Call, JsonObject> execute, bool publishable = false) =>
        new("GET", path, new(rules), execute, publishable);

    public static ApiMethod Post(string path, string rules, Func<Call, JsonObject> execute, bool publishable = false) =>
        new("POST", path, new(rules), execute, publishable);

    public static ApiMethod Delete(string path, string rules, Func<Call, JsonObject> execute) => new("DELETE", path, new(rules), execute);
}

using System.Globalization;
using System.Text.Json.Nodes;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting.Http;

/// <summary>One request to the API, checked, and what it caused.</summary>
internal sealed class Call(
    string requestId, string? idempotencyKey, string version, Form form, RouteValueDictionary route, bool isPublishable)
{
    private readonly Queue<Action<Call>> afterwards = new();

    private Call(List<StripeEvent> events) : this("", null, "", new Form(), [], false) => Events = events;

    /// <summary>For what happens by itself, or by the test's hand: nobody's request.</summary>
    public static Call None() => new("", null, "", new Form(), [], false);

    /// <summary>
    /// Keeps for later what a request sets off and its answer does not show yet; that is nobody's request, but its events go out with the
    /// request's.
    /// </summary>
    public void Afterwards(Action<Call> act) => afterwards.Enqueue(act);

    /// <summary>Does what was kept for later. To be called once the answer stands, with the account's lock still held.</summary>
    public void RunAfterwards()
    {
        var later = new Call(Events);
        while (afterwards.TryDequeue(out var act))
            act(later);
    }

    public string RequestId => requestId;

    public string? IdempotencyKey => idempotencyKey;

    /// <summary>The API version that it is in, such as <c>2026-10-28.endive</c>; versions compare as texts.</summary>
    public string Version => version;

    public Form Form => form;

    /// <summary>True when it came from the customer's side, with the publishable key.</summary>
    public bool IsPublishable => isPublishable;

    /// <summary>What happened, for the webhooks, in order.</summary>
    public List<StripeEvent> Events { get; } = [];

    /// <summary>A part of the URL.</summary>
    public string Route(string name) => (string)route[name]!;

    /// <summary>A parameter; null when it was not sent, or was sent empty.</summary>
    public string? Text(string name) => form[name] is { Length: > 0 } value ? value : null;

    public long? Number(string name) => Text(name) is { } value ? long.Parse(value, CultureInfo.InvariantCulture) : null;

    public bool? Flag(string name) => Text(name) is { } value ? value == "true" : null;

    /// <summary>A nested parameter as JSON with these members, null where they were not sent; null when none was.</summary>
    public JsonObject? Object(string name, params string[] members)
    {
        if (!form.Has(name))
            return null;
        var json = new JsonObject();
        foreach (var member in members)
        {
            var nested = member.Split('.');
            var target = json;
            foreach (var part in nested[..^1])
                target = (target[part] ??= new JsonObject()).AsObject();
            target[nested[^1]] = Text(name + string.Concat(nested.Select(p => $"[{p}]")));
        }
        return json;
    }
}

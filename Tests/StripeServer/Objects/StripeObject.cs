using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Objects;

/// <summary>A thing with an id. Read and changed only while the account's lock is held.</summary>
internal abstract class StripeObject(string id, long created)
{
    public string Id => id;

    /// <summary>When it was made, in Unix seconds.</summary>
    public long Created => created;

    public SortedDictionary<string, string> Metadata { get; private set; } = new(StringComparer.Ordinal);

    /// <summary>The object as the API shows it, with every field that Stripe publishes for its kind.</summary>
    public abstract JsonObject Render();

    /// <summary>Adds, changes and (with an empty value) removes metadata as a request says; <c>metadata=</c> removes all.</summary>
    public void Merge(Http.Form form)
    {
        if (form["metadata"] is { Length: 0 })
            Metadata.Clear();
        foreach (var (key, value) in form.Map("metadata"))
        {
            if (value.Length == 0)
                Metadata.Remove(key);
            else
                Metadata[key] = value;
        }
    }

    protected JsonObject Blank(string kind)
    {
        var json = Examples.Blank(kind);
        json["id"] = id;
        if (json.ContainsKey("created"))
            json["created"] = created;
        if (json.ContainsKey("livemode"))
            json["livemode"] = false;
        if (json.ContainsKey("metadata"))
            json["metadata"] = MetadataJson();
        return json;
    }

    protected JsonObject MetadataJson() => new(Metadata.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
}

using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Users;

namespace SoonShop.Privacy;

/// <summary>Erases, in the JSON of an event, what <see cref="PersonalAttribute"/> marks in its type.</summary>
public sealed class PersonalData(EventTypes types)
{
    /// <summary>What stands where something was erased. No address of anything.</summary>
    public const string Erased = "[erased]";

    /// <summary>Whose marks are looked at; they may be asked for before anything was written.</summary>
    private static readonly JsonSerializerOptions Json = ReadOnly(StateJson.Options);

    private readonly Dictionary<string, Type> byName = types.All.ToDictionary(t => t.Key, t => t.Value);

    /// <summary>True for a type that this version of the shop has.</summary>
    public bool Knows(string eventType) => byName.ContainsKey(eventType);

    /// <summary>The event types that may bear personal data; others need not be looked at.</summary>
    public bool IsBorneBy(string eventType) => !byName.TryGetValue(eventType, out var type) || Bears(type, []);

    /// <summary>Erases what is personal. Of a type that is not known here, everything goes.</summary>
    /// <returns>The data without it.</returns>
    public JsonNode Erase(string eventType, JsonNode data) => Clean(eventType, data, secretsOnly: false);

    /// <summary>Erases only what is secret, for showing the rest to whom it is about.</summary>
    public JsonNode EraseSecrets(string eventType, JsonNode data) => Clean(eventType, data, secretsOnly: true);

    /// <summary>An address of which only the country is left: taxes depend on it.</summary>
    public static Address ErasedAddress(Address address) => new(Erased, Erased, null, Erased, null, Erased, address.Country, null);

    private JsonNode Clean(string eventType, JsonNode data, bool secretsOnly)
    {
        if (!byName.TryGetValue(eventType, out var type))
            return new JsonObject();
        Clean(type, data, secretsOnly);
        return data;
    }

    private void Clean(Type type, JsonNode? node, bool secretsOnly)
    {
        if (node is JsonArray array)
        {
            if (ElementOf(type) is { } element)
            {
                foreach (var item in array)
                    Clean(element, item, secretsOnly);
            }
            return;
        }
        if (node is not JsonObject json)
            return;
        // What leaves the shop stands within another event.
        if (type == typeof(WebhookPayload) && json["type"]?.GetValue<string>() is { } inner && json["data"] is { } data)
        {
            json["data"] = Clean(inner, data.DeepClone(), secretsOnly);
            return;
        }
        foreach (var property in Json.GetTypeInfo(type).Properties)
        {
            if (json[property.Name] is not { } value)
                continue;
            if (MarkOf(property) is not { } mark)
                Clean(property.PropertyType, value, secretsOnly);
            else if (mark.IsSecret || !secretsOnly)
                Overwrite(json, property.Name, value);
        }
    }

    private static void Overwrite(JsonObject json, string name, JsonNode value)
    {
        if (value.GetValueKind() == JsonValueKind.String)
            json[name] = Erased;
        else
            json.Remove(name);
    }

    private static bool Bears(Type type, HashSet<Type> seen)
    {
        if (type == typeof(WebhookPayload))
            return true;
        if (!seen.Add(type))
            return false;
        if (ElementOf(type) is { } element)
            return Bears(element, seen);
        var info = Json.GetTypeInfo(type);
        return info.Kind == JsonTypeInfoKind.Object && info.Properties.Any(p => MarkOf(p) is not null || Bears(p.PropertyType, seen));
    }

    private static PersonalAttribute? MarkOf(JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(PersonalAttribute), inherit: true) is [PersonalAttribute mark, ..] ? mark : null;

    private static Type? ElementOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || !type.IsAssignableTo(typeof(IEnumerable)) ? null
            : type.IsArray ? type.GetElementType()
            : type.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];
    }

    private static JsonSerializerOptions ReadOnly(JsonSerializerOptions options)
    {
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}

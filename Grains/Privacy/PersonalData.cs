using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Users;

namespace SoonShop.Privacy;

/// <summary>Erases the properties of an event's JSON that <see cref="PersonalAttribute"/> marks in its type.</summary>
public sealed class PersonalData(EventTypes types)
{
    /// <summary>Replaces erased text. It cannot be mistaken for an address.</summary>
    public const string Erased = "[erased]";

    /// <summary>Read-only options, because the type metadata may be needed before anything is serialized.</summary>
    private static readonly JsonSerializerOptions Json = ReadOnly(StateJson.Options);

    private readonly Dictionary<string, Type> byName = types.All.ToDictionary(t => t.Key, t => t.Value);

    /// <summary>True for a type that this version knows.</summary>
    public bool Knows(string eventType) => byName.ContainsKey(eventType);

    /// <summary>True for an event type that may contain personal data; other types need not be examined.</summary>
    public bool IsBorneBy(string eventType) => !byName.TryGetValue(eventType, out var type) || Bears(type, []);

    /// <summary>Erases personal data. For an unknown type, erases everything.</summary>
    /// <returns>The data without personal data.</returns>
    public JsonNode Erase(string eventType, JsonNode data) => Clean(eventType, data, Overwrite);

    /// <summary>Erases only secrets, so that the rest can be shown to its owner.</summary>
    public JsonNode EraseSecrets(string eventType, JsonNode data) => Clean(eventType, data, (json, name, mark) =>
    {
        if (mark.IsSecret)
            Overwrite(json, name, mark);
    });

    /// <summary>
    /// Removes the members that hold personal data, for receivers that are to have none: they can tell it from data that was erased.
    /// </summary>
    public JsonNode Remove(string eventType, JsonNode data) => Clean(eventType, data, (json, name, _) => json.Remove(name));

    /// <summary>Returns an address with only the country, which taxes depend on.</summary>
    public static Address ErasedAddress(Address address) => new(Erased, Erased, null, Erased, null, Erased, address.Country, null);

    /// <summary>What is done with a member that holds personal data.</summary>
    private delegate void Treatment(JsonObject json, string name, PersonalAttribute mark);

    private JsonNode Clean(string eventType, JsonNode data, Treatment treat)
    {
        if (!byName.TryGetValue(eventType, out var type))
            return new JsonObject();
        Clean(type, data, treat);
        return data;
    }

    private void Clean(Type type, JsonNode? node, Treatment treat)
    {
        if (node is JsonArray array)
        {
            if (ElementOf(type) is { } element)
            {
                foreach (var item in array)
                    Clean(element, item, treat);
            }
            return;
        }
        if (node is not JsonObject json)
            return;
        // The event for a webhook contains another event.
        if (type == typeof(WebhookPayload) && json["type"]?.GetValue<string>() is { } inner && json["data"] is { } data)
        {
            json["data"] = Clean(inner, data.DeepClone(), treat);
            return;
        }
        foreach (var property in Json.GetTypeInfo(type).Properties)
        {
            if (json[property.Name] is not { } value)
                continue;
            if (MarkOf(property) is { } mark)
                treat(json, property.Name, mark);
            else
                Clean(property.PropertyType, value, treat);
        }
    }

    private static void Overwrite(JsonObject json, string name, PersonalAttribute mark)
    {
        if (json[name]!.GetValueKind() == JsonValueKind.String)
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
        property.AttributeProvider?.GetCustomAttributes(typeof(PersonalAttribute), inherit: true) is [PersonalAttribute mark, ..]
            ? mark
            : null;

    private static Type? ElementOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || !type.IsAssignableTo(typeof(IEnumerable)) ? null
            : type.IsArray ? type.GetElementType()
            : type.GetInterfaces()
                .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];
    }

    private static JsonSerializerOptions ReadOnly(JsonSerializerOptions options)
    {
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}

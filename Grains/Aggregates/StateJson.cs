using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SoonShop.Aggregates;

/// <summary>
/// The JSON format of states, indexes and events. It uses reflection, not source generation: only reflection keeps the initial value of an
/// init-only property that an older version did not write. After the first use both are equally fast.
/// </summary>
public static class StateJson
{
    /// <summary>The options for writing and reading.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        // Computed properties of a state are not stored.
        IgnoreReadOnlyProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // jsonb reorders keys.
        AllowOutOfOrderMetadataProperties = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AddStored } },
    };

    /// <summary>Adds the members that only states have (<see cref="StoredAttribute"/>).</summary>
    private static void AddStored(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
            return;
        foreach (var member in type.Type.GetProperties().Where(p => p.IsDefined(typeof(StoredAttribute), inherit: false)))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(member.Name);
            if (type.Properties.FirstOrDefault(p => p.Name == name) is { } ignored)
                type.Properties.Remove(ignored);
            var stored = type.CreateJsonPropertyInfo(member.PropertyType, name);
            (stored.Get, stored.Set, stored.ShouldSerialize) = (member.GetValue, member.SetValue, (_, value) => value is not null);
            type.Properties.Add(stored);
        }
    }
}

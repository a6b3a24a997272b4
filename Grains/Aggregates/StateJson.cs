using System.Text.Json;
using System.Text.Json.Serialization;

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
    };
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoonShop.Aggregates;

/// <summary>
/// How states, indexes and events are written as JSON. By reflection rather than generated code, because only that keeps
/// the initial value of an init-only property that an older version did not write; after the first use the two are
/// equally fast.
/// </summary>
public static class StateJson
{
    /// <summary>The options; the same for writing and reading.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        // What a state derives from itself is not written down.
        IgnoreReadOnlyProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // jsonb puts keys in an order of its own.
        AllowOutOfOrderMetadataProperties = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };
}

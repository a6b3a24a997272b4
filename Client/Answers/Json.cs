using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoonShop.Client.Answers;

/// <summary>How bodies are written and read.</summary>
internal static class Json
{
    /// <summary>Members that are null are left out of requests. Unknown members of answers are ignored.</summary>
    public static JsonSerializerOptions Options { get; } = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}

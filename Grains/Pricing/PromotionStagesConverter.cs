using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoonShop.Pricing;

/// <summary>Writes a set of stages as an array of words, such as <c>["order","shipping"]</c>.</summary>
public sealed class PromotionStagesConverter : JsonConverter<PromotionStages>
{
    private static readonly ImmutableArray<(PromotionStages Stage, string Word)> Words =
        [(PromotionStages.Line, "line"), (PromotionStages.Order, "order"), (PromotionStages.Shipping, "shipping")];

    /// <inheritdoc/>
    public override PromotionStages Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("A set of stages is an array.");
        var stages = PromotionStages.None;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var word = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            var known = Words.FirstOrDefault(w => w.Word == word);
            stages |= known.Word is null ? throw new JsonException("The array contains what is not a stage.") : known.Stage;
        }
        return stages;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, PromotionStages value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var (stage, word) in Words)
        {
            if (value.HasFlag(stage))
                writer.WriteStringValue(word);
        }
        writer.WriteEndArray();
    }
}

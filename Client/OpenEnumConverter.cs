using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoonShop.Client;

/// <summary>A text with known values, to which newer versions of the shop add others.</summary>
/// <typeparam name="T">The type itself.</typeparam>
public interface IOpenEnum<out T>
{
    /// <summary>The value as the API writes it.</summary>
    string Value { get; }

    /// <summary>The value of a text, known or not.</summary>
    static abstract T Of(string value);
}

/// <summary>Writes and reads the values of an <see cref="IOpenEnum{T}"/>. It reads unknown ones, too.</summary>
/// <typeparam name="T">The type.</typeparam>
public sealed class OpenEnumConverter<T> : JsonConverter<T>
    where T : IOpenEnum<T>
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.Of(reader.GetString() ?? throw new JsonException($"{typeToConvert.Name} must not be null."));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value ?? throw new JsonException($"{typeof(T).Name} has no value."));
}

using Orleans.Serialization;
using Orleans.Storage;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Serializes states with Orleans' own serializer, when no other is configured. It keeps derived types,
/// private setters and references, or rejects the type at its first write. It also reads the JSON that earlier versions wrote.
/// </summary>
internal sealed class PlainStateSerializer(Serializer serializer, SystemTextJsonGrainStorageSerializer json) : IGrainStorageSerializer
{
    private readonly OrleansGrainStorageSerializer orleans = new(serializer);

    public BinaryData Serialize<T>(T? input)
    {
        try
        {
            return orleans.Serialize(input);
        }
        catch (CodecNotFoundException e)
        {
            throw new NotSupportedException(
                $"The state {typeof(T)} cannot be stored: {e.Message} Mark that type with [GenerateSerializer] and its members with [Id]; "
                + $"or register an {nameof(IGrainStorageSerializer)}, such as {nameof(SystemTextJsonGrainStorageSerializer)}, as a keyed "
                + "service under the storage's name.", e);
        }
    }

    public T Deserialize<T>(BinaryData input) =>
        (IsJson<T>(input.ToMemory().Span) ? json.Deserialize<T>(input) : orleans.Deserialize<T>(input))!;

    /// <summary>
    /// Tells whether an earlier version wrote this input, as JSON. Orleans' format begins with the header of field 0, whose lowest three
    /// bits are 0. Of the characters that JSON can begin with, only the digits 0 and 8 have such bits. They begin a number, and the header
    /// that Orleans writes for a number differs from both.
    /// </summary>
    private static bool IsJson<T>(ReadOnlySpan<byte> input) =>
        input.Length > 0 && ((input[0] & 0b111) != 0 || (input[0] is (byte)'0' or (byte)'8' && typeof(T).IsValueType));
}

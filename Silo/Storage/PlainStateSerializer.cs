using Orleans.Serialization;
using Orleans.Storage;

namespace SoonShop.Silo.Storage;

/// <summary>
/// States of types that are not the shop's, where no other serializer was chosen: as Orleans writes what it sends. That keeps derived types,
/// private setters and references, or refuses the type at its first write. What earlier versions wrote as JSON is read.
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
                $"The state {typeof(T)} cannot be kept: {e.Message} Mark that type with [GenerateSerializer] and its members with [Id]; or register an "
                + $"{nameof(IGrainStorageSerializer)}, such as {nameof(SystemTextJsonGrainStorageSerializer)}, as a keyed service under the storage's name.", e);
        }
    }

    public T Deserialize<T>(BinaryData input) => (IsJson<T>(input.ToMemory().Span) ? json.Deserialize<T>(input) : orleans.Deserialize<T>(input))!;

    /// <summary>
    /// Whether this is what earlier versions wrote. Orleans begins with the header of a field of number 0: the lowest three bits are 0. JSON
    /// never does, but for the digits 0 and 8; those are numbers, and a number's header says that its type is the expected one, as neither digit does.
    /// </summary>
    private static bool IsJson<T>(ReadOnlySpan<byte> input) =>
        input.Length > 0 && ((input[0] & 0b111) != 0 || (input[0] is (byte)'0' or (byte)'8' && typeof(T).IsValueType));
}

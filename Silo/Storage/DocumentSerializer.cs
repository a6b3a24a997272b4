using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Orleans.Storage;
using SoonShop.Aggregates;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Writes a <see cref="Document{TState}"/> as the frame that <c>write_grain_state</c> takes apart (state, index, events and
/// ledger rows, committed in one transaction), and reads back the state alone.
/// </summary>
internal sealed class DocumentSerializer : IGrainStorageSerializer
{
    private const int HeaderBytes = 16;

    /// <summary>The largest frame: a grain beyond it has a bug, and the database must not pay for that.</summary>
    private const int MaxFrameBytes = 4 * 1024 * 1024;

    public BinaryData Serialize<T>(T? input)
    {
        if (input is not IDocument document)
            throw new NotSupportedException($"{typeof(T)} is no Document<TState>: only those are stored here.");
        var buffer = new ArrayBufferWriter<byte>(1024);
        buffer.Advance(buffer.GetSpan(HeaderBytes)[..HeaderBytes].Length);
        Span<int> lengths = stackalloc int[4];
        using (var json = new Utf8JsonWriter(buffer))
        {
            lengths[0] = Append(json, input);
            lengths[1] = document.Index is { } index ? Append(json, index) : 0;
            lengths[2] = document.Events.Count > 0 ? AppendEvents(json, document.Events) : 0;
            lengths[3] = document.Ledger.Count > 0 ? Append(json, document.Ledger) : 0;
        }
        if (buffer.WrittenCount > MaxFrameBytes)
            throw new InvalidOperationException($"A write of {buffer.WrittenCount} bytes exceeds {MaxFrameBytes}.");
        var frame = buffer.WrittenSpan.ToArray();
        for (var i = 0; i < lengths.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4 * i), lengths[i]);
        return new BinaryData(frame);
    }

    public T Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input.ToMemory().Span, StateJson.Options)
        ?? throw new JsonException($"The stored state of {typeof(T)} is null.");

    private static int Append<T>(Utf8JsonWriter json, T value)
    {
        JsonSerializer.Serialize(json, value, value!.GetType(), StateJson.Options);
        return EndPart(json);
    }

    private static int AppendEvents(Utf8JsonWriter json, IReadOnlyList<EventEnvelope> events)
    {
        json.WriteStartArray();
        foreach (var e in events)
        {
            json.WriteStartObject();
            json.WriteString("id", e.Id);
            json.WriteString("source", e.Source);
            json.WriteNumber("sequence", e.Sequence);
            json.WriteString("type", e.Type);
            json.WriteString("subject", e.Subject);
            json.WriteString("streamNamespace", e.StreamNamespace);
            json.WriteString("streamKey", e.StreamKey);
            json.WriteString("time", e.Time);
            if (e.NotBefore is { } notBefore)
                json.WriteString("notBefore", notBefore);
            if (e.CorrelationId is not null)
                json.WriteString("correlationId", e.CorrelationId);
            if (e.CausationId is not null)
                json.WriteString("causationId", e.CausationId);
            if (e.TraceParent is not null)
                json.WriteString("traceParent", e.TraceParent);
            json.WritePropertyName("data");
            JsonSerializer.Serialize(json, e.Data, e.Data.GetType(), StateJson.Options);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        return EndPart(json);
    }

    /// <summary>Ends one JSON value, so that the next can follow it in the same buffer; answers its bytes.</summary>
    private static int EndPart(Utf8JsonWriter json)
    {
        json.Flush();
        var length = (int)json.BytesCommitted;
        json.Reset();
        return length;
    }
}

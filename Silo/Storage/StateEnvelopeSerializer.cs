using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Packs state, index, events and ledger rows into one payload for the ADO.NET provider, which has one parameter for all of them. The
/// function <c>write_grain_state</c> unpacks the payload. Reading returns the state alone.
/// </summary>
internal sealed class StateEnvelopeSerializer(StateSerializer serializer) : IGrainStorageSerializer
{
    private const int HeaderBytes = 16;

    public BinaryData Serialize<T>(T? input)
    {
        var parts = serializer.Write(input!);
        var buffer = new ArrayBufferWriter<byte>(HeaderBytes + parts.Bytes);
        buffer.Advance(buffer.GetSpan(HeaderBytes)[..HeaderBytes].Length);
        Span<int> lengths = stackalloc int[4];
        buffer.Write(parts.State);
        lengths[0] = parts.State!.Length;
        buffer.Write(parts.Index);
        lengths[1] = parts.Index?.Length ?? 0;
        using (var json = new Utf8JsonWriter(buffer))
        {
            lengths[2] = parts.Events.Count > 0 ? AppendEvents(json, parts.Events) : 0;
            lengths[3] = parts.Rows.Count > 0 ? AppendLedger(json, parts.Rows) : 0;
        }
        if (buffer.WrittenCount > StateSerializer.MaxBytes)
            throw StateSerializer.TooLarge(buffer.WrittenCount);
        var frame = buffer.WrittenSpan.ToArray();
        for (var i = 0; i < lengths.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4 * i), lengths[i]);
        return new BinaryData(frame);
    }

    public T Deserialize<T>(BinaryData input) => serializer.Read<T>(input.ToArray())
        ?? throw new JsonException($"The stored state of {typeof(T)} is null.");

    private static int AppendEvents(Utf8JsonWriter json, IReadOnlyList<CommittedEvent> events)
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
            json.WriteRawValue(e.Data, skipInputValidation: true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        return EndPart(json);
    }

    private static int AppendLedger(Utf8JsonWriter json, IReadOnlyList<TableRow> rows)
    {
        JsonSerializer.Serialize(json, rows.Select(r => r.Row), StateJson.Options);
        return EndPart(json);
    }

    /// <summary>Ends one JSON value, so that the next one can follow in the same buffer. Returns its number of bytes.</summary>
    private static int EndPart(Utf8JsonWriter json)
    {
        json.Flush();
        var length = (int)json.BytesCommitted;
        json.Reset();
        return length;
    }
}

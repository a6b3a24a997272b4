using System.Text;
using SoonShop.Aggregates;

namespace SoonShop.Silo.Storage;

/// <summary>What one write stores.</summary>
/// <param name="State">The state; null clears it.</param>
/// <param name="Index">The fields that queries use, as JSON; null for none.</param>
/// <param name="Events">Events to commit with the state.</param>
/// <param name="EventData">For each event, its data as JSON.</param>
/// <param name="Ledger">Stock movements to commit with the state.</param>
internal sealed record StateParts(
    byte[]? State, byte[]? Index, IReadOnlyList<EventEnvelope> Events, byte[][] EventData, IReadOnlyList<LedgerRow> Ledger)
{
    /// <summary>The parts that clear a state.</summary>
    public static readonly StateParts None = new(null, null, [], [], []);

    /// <summary>
    /// The approximate size on the wire. Throws here when a text is not valid Unicode, so that it cannot fail a whole batch.
    /// </summary>
    public int Bytes { get; } = RowOverhead + (State?.Length ?? 0) + (Index?.Length ?? 0) + BytesOf(Events, EventData) + BytesOf(Ledger);

    private const int RowOverhead = 100;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static int BytesOf(IReadOnlyList<EventEnvelope> events, byte[][] data)
    {
        var bytes = 0;
        for (var i = 0; i < events.Count; i++)
            bytes += BytesOf(events[i]) + data[i].Length;
        return bytes;
    }

    private static int BytesOf(IReadOnlyList<LedgerRow> ledger)
    {
        var bytes = 0;
        for (var i = 0; i < ledger.Count; i++)
            bytes += BytesOf(ledger[i]);
        return bytes;
    }

    private static int BytesOf(EventEnvelope e) => RowOverhead
        + BytesOf(e.Id, e.Source, e.Type, e.Subject, e.StreamNamespace, e.StreamKey, e.CorrelationId, e.CausationId, e.TraceParent);

    private static int BytesOf(LedgerRow row) => RowOverhead + BytesOf(row.Sku, row.OperationId, row.Kind, row.Reference);

    private static int BytesOf(params ReadOnlySpan<string?> texts)
    {
        var bytes = 0;
        foreach (var text in texts)
            bytes += text is null ? 0 : Strict.GetByteCount(text);
        return bytes;
    }
}

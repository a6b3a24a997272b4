using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>What one write of a grain stores, in one transaction.</summary>
/// <param name="State">The state; null clears it.</param>
/// <param name="Index">The fields that SQL queries use, as UTF-8 JSON (column <c>index</c>, <c>jsonb</c>); null for none.</param>
/// <param name="Events">Events to commit with the state; <see cref="PostgresGrainStorageOptions.StreamProvider"/> delivers them.</param>
/// <param name="Rows">Rows of other tables to insert with the state.</param>
/// <remarks>
/// When the database refuses an event or a row, it refuses the whole write, and the grain gets a <c>PostgresException</c>.
/// </remarks>
public sealed record StateParts(byte[]? State, byte[]? Index, IReadOnlyList<CommittedEvent> Events, IReadOnlyList<TableRow> Rows)
{
    /// <summary>The parts that clear a state.</summary>
    internal static readonly StateParts None = new(null, null, [], []);

    private const int RowOverhead = 100;

    /// <summary>
    /// The approximate size on the wire. Throws here when a text is not valid Unicode, so that it cannot fail a whole batch.
    /// </summary>
    internal int Bytes { get; } = RowOverhead + (State?.Length ?? 0) + (Index?.Length ?? 0) + BytesOf(Events) + BytesOf(Rows);

    private static int BytesOf(IReadOnlyList<CommittedEvent> events)
    {
        var bytes = 0;
        for (var i = 0; i < events.Count; i++)
            bytes += BytesOf(events[i]);
        return bytes;
    }

    private static int BytesOf(IReadOnlyList<TableRow> rows)
    {
        var bytes = 0;
        for (var i = 0; i < rows.Count; i++)
            bytes += RowOverhead + rows[i].Table.BytesOf(rows[i].Row);
        return bytes;
    }

    private static int BytesOf(CommittedEvent e) => RowOverhead + e.Data.Length
        + Utf8.BytesOf(e.Id) + Utf8.BytesOf(e.Source) + Utf8.BytesOf(e.Type) + Utf8.BytesOf(e.Subject) + Utf8.BytesOf(e.StreamNamespace)
        + Utf8.BytesOf(e.StreamKey) + Utf8.BytesOf(e.CorrelationId) + Utf8.BytesOf(e.CausationId) + Utf8.BytesOf(e.TraceParent);
}

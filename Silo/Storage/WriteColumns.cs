using Npgsql;
using NpgsqlTypes;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Holds a batch as <c>write_grain_states</c> takes it: one list per column, reused from batch to batch, and the command that has the lists
/// as its parameters.
/// </summary>
internal sealed class WriteColumns
{
    private readonly List<string> names, keys;
    private readonly List<int> versions;
    private readonly List<byte[]?> states, indexes;

    private readonly List<int> eventRows;
    private readonly List<string> eventIds, sources, types, subjects, namespaces, streamKeys;
    private readonly List<long> sequences;
    private readonly List<DateTime> times;
    private readonly List<DateTime?> notBefore;
    private readonly List<string?> correlationIds, causationIds, traceParents;
    private readonly List<byte[]> eventData;

    private readonly List<int> ledgerRows, deltas, onHand, reserved;
    private readonly List<string> skus, operationIds, kinds;
    private readonly List<long> ledgerSequences;
    private readonly List<DateTime> at;
    private readonly List<string?> references;

    private readonly List<Action> restart = [];

    /// <param name="streamProvider">The stream provider whose queues receive the events.</param>
    public WriteColumns(string streamProvider)
    {
        StreamProvider = streamProvider;
        names = Add<string>(NpgsqlDbType.Text);
        keys = Add<string>(NpgsqlDbType.Text);
        versions = Add<int>(NpgsqlDbType.Integer);
        states = Add<byte[]?>(NpgsqlDbType.Bytea);
        indexes = Add<byte[]?>(NpgsqlDbType.Jsonb);
        Command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = streamProvider, NpgsqlDbType = NpgsqlDbType.Text });
        eventRows = Add<int>(NpgsqlDbType.Integer);
        eventIds = Add<string>(NpgsqlDbType.Text);
        sources = Add<string>(NpgsqlDbType.Text);
        sequences = Add<long>(NpgsqlDbType.Bigint);
        types = Add<string>(NpgsqlDbType.Text);
        subjects = Add<string>(NpgsqlDbType.Text);
        namespaces = Add<string>(NpgsqlDbType.Text);
        streamKeys = Add<string>(NpgsqlDbType.Text);
        times = Add<DateTime>(NpgsqlDbType.TimestampTz);
        notBefore = Add<DateTime?>(NpgsqlDbType.TimestampTz);
        correlationIds = Add<string?>(NpgsqlDbType.Text);
        causationIds = Add<string?>(NpgsqlDbType.Text);
        traceParents = Add<string?>(NpgsqlDbType.Text);
        eventData = Add<byte[]>(NpgsqlDbType.Jsonb);
        ledgerRows = Add<int>(NpgsqlDbType.Integer);
        skus = Add<string>(NpgsqlDbType.Text);
        ledgerSequences = Add<long>(NpgsqlDbType.Bigint);
        operationIds = Add<string>(NpgsqlDbType.Text);
        at = Add<DateTime>(NpgsqlDbType.TimestampTz);
        kinds = Add<string>(NpgsqlDbType.Text);
        deltas = Add<int>(NpgsqlDbType.Integer);
        onHand = Add<int>(NpgsqlDbType.Integer);
        reserved = Add<int>(NpgsqlDbType.Integer);
        references = Add<string?>(NpgsqlDbType.Text);
        Command.CommandText =
            $"select conflicts, stored, queues from write_grain_states("
            + string.Join(", ", Enumerable.Range(1, Command.Parameters.Count).Select(n => $"${n}")) + ")";
    }

    /// <summary>The stream provider whose queues receive the events.</summary>
    public string StreamProvider { get; }

    /// <summary>The command whose parameters are these columns.</summary>
    public NpgsqlCommand Command { get; } = new();

    /// <summary>Replaces the content with these writes.</summary>
    public void Set(ReadOnlySpan<PendingWrite> writes)
    {
        foreach (var start in restart)
            start();
        for (var i = 0; i < writes.Length; i++)
        {
            var write = writes[i];
            names.Add(write.Key.Name);
            keys.Add(write.Key.Key);
            versions.Add(write.Version);
            states.Add(write.Parts.State);
            indexes.Add(write.Parts.Index);
            AddEvents(i + 1, write.Parts);
            AddLedger(i + 1, write.Parts);
        }
    }

    private void AddEvents(int row, StateParts parts)
    {
        for (var i = 0; i < parts.EventData.Length; i++)
        {
            var e = parts.Events[i];
            eventRows.Add(row);
            eventIds.Add(e.Id);
            sources.Add(e.Source);
            sequences.Add(e.Sequence);
            types.Add(e.Type);
            subjects.Add(e.Subject);
            namespaces.Add(e.StreamNamespace);
            streamKeys.Add(e.StreamKey);
            times.Add(e.Time.UtcDateTime);
            notBefore.Add(e.NotBefore?.UtcDateTime);
            correlationIds.Add(e.CorrelationId);
            causationIds.Add(e.CausationId);
            traceParents.Add(e.TraceParent);
            eventData.Add(parts.EventData[i]);
        }
    }

    private void AddLedger(int row, StateParts parts)
    {
        for (var i = 0; i < parts.Ledger.Count; i++)
        {
            var l = parts.Ledger[i];
            ledgerRows.Add(row);
            skus.Add(l.Sku);
            ledgerSequences.Add(l.Sequence);
            operationIds.Add(l.OperationId);
            at.Add(l.At.UtcDateTime);
            kinds.Add(l.Kind);
            deltas.Add(l.Delta);
            onHand.Add(l.OnHandAfter);
            reserved.Add(l.ReservedAfter);
            references.Add(l.Reference);
        }
    }

    private List<TItem> Add<TItem>(NpgsqlDbType type)
    {
        var column = new ColumnParameter<TItem>(type);
        Command.Parameters.Add(column.Parameter);
        restart.Add(column.Restart);
        return column.Items;
    }
}

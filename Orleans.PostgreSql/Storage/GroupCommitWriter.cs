using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Storage;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Writes a batch in one transaction and settles every write: as committed, with a version conflict, with the row's own error, or with an
/// unknown outcome when the connection is lost or the command times out.
/// </summary>
internal sealed partial class GroupCommitWriter(
    BatchConnection connection, WriteStatements statements, IEventSignal? signal, StorageMetrics metrics, ILogger log) : IAsyncDisposable
{
    /// <summary>
    /// Classes of SQLSTATE that concern the server or the schema, not a row. Retrying row by row does not help against them.
    /// </summary>
    private static readonly HashSet<string> ServerFaults = ["08", "0A", "25", "26", "28", "3D", "42", "53", "57", "58", "F0", "XX"];

    private const string VersionSql = "select version from grain_state where state_name = $1 and grain_key = $2";

    /// <summary>Writes and settles every item; does not throw.</summary>
    public async Task WriteAsync(List<PendingWrite> batch, CancellationToken cancellation)
    {
        batch.Sort(static (a, b) => a.Key.CompareTo(b.Key));
        var writes = batch.ToArray();
        var began = StorageTraces.Begin();
        try
        {
            await WriteAsync(writes, Environment.TickCount64 + (long)connection.CommandTimeout.TotalMilliseconds, cancellation);
        }
        catch (Exception e)
        {
            // A bug. It must not leave any caller waiting forever.
            await connection.DropAsync();
            FailAll(writes, e, "the storage failed", outcomeUnknown: true);
        }
        StorageTraces.End("commit batch", writes, began);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task WriteAsync(ReadOnlyMemory<PendingWrite> writes, long deadlineMs, CancellationToken cancellation)
    {
        NpgsqlConnection open;
        try
        {
            open = await connection.OpenAsync(cancellation);
        }
        catch (Exception e)
        {
            FailAll(writes.Span, e, "the database is unreachable", outcomeUnknown: false);
            return;
        }
        try
        {
            await ExecuteAsync(open, writes, cancellation);
        }
        catch (PostgresException e) when (writes.Length > 1 && IsErrorOfRow(e))
        {
            // The whole transaction is rolled back, and the batch has more than one row.
            await SplitAsync(writes, e, deadlineMs, cancellation);
        }
        catch (PostgresException e) when (e.InvariantSeverity == "ERROR")
        {
            await connection.DropAsync();
            FailAll(writes.Span, e, "the database refuses all writes", outcomeUnknown: false);
        }
        catch (Exception e)
        {
            await connection.DropAsync();
            FailAll(writes.Span, e, "the connection was lost or the command timed out", outcomeUnknown: true);
        }
    }

    /// <summary>
    /// Splits a batch in halves, so that one bad row or conflict among many costs few statements. If a row is locked, every write goes
    /// alone, because each statement with that row waits for the lock. The deadline keeps a locked table from delaying the following
    /// batches.
    /// </summary>
    private async Task SplitAsync(
        ReadOnlyMemory<PendingWrite> writes, PostgresException why, long deadlineMs, CancellationToken cancellation)
    {
        if (!WriteStatements.MayBeConflict(why))
            LogSplit(log, writes.Length, why.SqlState, why.MessageText);
        var part = why.SqlState == PostgresErrorCodes.LockNotAvailable ? 1 : (writes.Length + 1) / 2;
        for (var start = 0; start < writes.Length; start += part)
        {
            if (Environment.TickCount64 > deadlineMs)
            {
                FailAll(writes.Span[start..], why, "too many other writes of its batch failed", outcomeUnknown: false);
                return;
            }
            await WriteAsync(writes.Slice(start, Math.Min(part, writes.Length - start)), deadlineMs, cancellation);
        }
    }

    private async Task ExecuteAsync(NpgsqlConnection open, ReadOnlyMemory<PendingWrite> writes, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        int[] queues;
        try
        {
            queues = await statements.WriteAsync(open, connection.CommandTimeout, writes, cancellation);
        }
        catch (PostgresException e) when (writes.Length == 1 && IsErrorOfRow(e))
        {
            await RefuseAsync(open, writes.Span[0], e, cancellation);
            return;
        }
        connection.Used();
        metrics.BatchWritten(writes.Length, Stopwatch.GetElapsedTime(started));
        // Signals before the grains continue: a grain that learns of its commit may rely on its events being on their way.
        signal?.Raise(queues);
        foreach (var write in writes.Span)
            write.Commit();
    }

    /// <summary>Settles a write that the database refused alone: with a version conflict, otherwise with the row's own error.</summary>
    private async Task RefuseAsync(NpgsqlConnection open, PendingWrite write, PostgresException e, CancellationToken cancellation)
    {
        if (WriteStatements.MayBeConflict(e)
            && await StoredVersionAsync(open, write.Key, cancellation) is var stored
            && (stored ?? 0) != write.Version)
        {
            metrics.Conflicted();
            write.TrySetException(StateConflict.Of(write.Key, stored, write.Version));
        }
        else
        {
            Fail(write, e);
        }
        connection.Used();
    }

    /// <summary>Returns the stored version; null when there is no row.</summary>
    private async Task<int?> StoredVersionAsync(NpgsqlConnection open, StateKey key, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(VersionSql, open)
        { CommandTimeout = (int)Math.Ceiling(connection.CommandTimeout.TotalSeconds) };
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Key });
        return await command.ExecuteScalarAsync(cancellation) as int?;
    }

    /// <summary>True for an error that concerns a row, and not the server or the schema.</summary>
    private static bool IsErrorOfRow(PostgresException e) => e.InvariantSeverity == "ERROR" && !ServerFaults.Contains(e.SqlState[..2]);

    private void Fail(PendingWrite write, PostgresException e)
    {
        metrics.Failed(1);
        LogRefused(log, write.Key.Name, write.Key.Key, e.SqlState, e.MessageText);
        write.TrySetException(e);
    }

    private void FailAll(ReadOnlySpan<PendingWrite> writes, Exception e, string reason, bool outcomeUnknown)
    {
        metrics.Failed(writes.Length);
        LogFailed(log, writes.Length, reason, outcomeUnknown, e);
        var message = outcomeUnknown ? "may or may not have been written" : "was not written";
        foreach (var write in writes)
        {
            write.TrySetException(new StorageFailedException(
                $"{write.Key} {message}: {reason} ({e.Message}). Read it again before the next decision.", outcomeUnknown, e));
        }
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "A batch of {Count} writes is split, because one of them fails: {SqlState} {Reason}")]
    private static partial void LogSplit(ILogger log, int count, string sqlState, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database refuses the write of {StateName} {GrainKey}: {SqlState} {Reason}")]
    private static partial void LogRefused(ILogger log, string stateName, string grainKey, string sqlState, string reason);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "{Count} writes failed: {Reason} (outcome unknown: {OutcomeUnknown}). Their grains read their states again.")]
    private static partial void LogFailed(ILogger log, int count, string reason, bool outcomeUnknown, Exception e);
}

/// <summary>Creates Orleans' exception for a version conflict.</summary>
internal static class StateConflict
{
    /// <param name="key">The row.</param>
    /// <param name="stored">The stored version; null when there is no row.</param>
    /// <param name="current">The grain's version; 0 for none.</param>
    public static InconsistentStateException Of(StateKey key, int? stored, int current) => new(
        $"Version conflict: {key} was changed by another writer since it was read.", ETag(stored), ETag(current == 0 ? null : current));

    private static string? ETag(int? version) => version?.ToString(CultureInfo.InvariantCulture);
}

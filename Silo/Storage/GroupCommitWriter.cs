using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Storage;
using SoonShop.Silo.Streams;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Writes a batch in one transaction and settles every write: as committed, with a version conflict, with the row's own error, or with an
/// unknown outcome when the connection is lost or the command times out.
/// </summary>
internal sealed partial class GroupCommitWriter(
    BatchConnection connection, WriteColumns columns, IEventSignal? signal, StorageMetrics metrics, ILogger log) : IAsyncDisposable
{
    /// <summary>
    /// Classes of SQLSTATE that concern the server or the schema, not a row. Retrying row by row does not help against them.
    /// </summary>
    private static readonly HashSet<string> ServerFaults = ["08", "0A", "25", "26", "28", "3D", "42", "53", "57", "58", "F0", "XX"];

    private readonly WriteStatements statements = new(columns.StreamProvider);

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

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await columns.Command.DisposeAsync();
    }

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
        catch (PostgresException e) when (e.InvariantSeverity == "ERROR" && !ServerFaults.Contains(e.SqlState[..2]))
        {
            // The whole transaction is rolled back. If the batch has one row, that row is the cause.
            if (writes.Length == 1)
                Fail(writes.Span[0], e);
            else
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
    /// Splits a batch in halves, so that one bad row among many costs few statements. If a row is locked, every write goes alone, because
    /// each statement with that row waits for the lock. The deadline keeps a locked table from delaying the following batches.
    /// </summary>
    private async Task SplitAsync(
        ReadOnlyMemory<PendingWrite> writes, PostgresException why, long deadlineMs, CancellationToken cancellation)
    {
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
        int[]? conflicts = null;
        int?[]? stored = null;
        var queues = await statements.TryWriteAsync(open, connection.CommandTimeout, writes, cancellation);
        if (queues is null)
            (conflicts, stored, queues) = await AskFunctionAsync(open, writes, cancellation);
        connection.Used();
        metrics.BatchWritten(writes.Length, Stopwatch.GetElapsedTime(started), conflicts?.Length ?? 0);
        // Signals before the grains continue: a grain that learns of its commit may rely on its events being on their way.
        if (queues is not null)
            signal?.Raise(queues);
        Settle(writes.Span, conflicts, stored);
    }

    /// <summary>
    /// Writes the rows without a conflict. Returns the positions of the conflicting rows, from 1, with their stored versions.
    /// </summary>
    private async Task<(int[]? Conflicts, int?[]? Stored, int[]? Queues)> AskFunctionAsync(
        NpgsqlConnection open, ReadOnlyMemory<PendingWrite> writes, CancellationToken cancellation)
    {
        columns.Set(writes.Span);
        var command = columns.Command;
        command.Connection = open;
        command.CommandTimeout = (int)Math.Ceiling(connection.CommandTimeout.TotalSeconds);
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var answer = (
            reader.IsDBNull(0) ? null : reader.GetFieldValue<int[]>(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<int?[]>(1),
            reader.IsDBNull(2) ? null : reader.GetFieldValue<int[]>(2));
        // The rows arrive before the commit. Only the end of the results proves that the commit succeeded.
        await reader.NextResultAsync(cancellation);
        return answer;
    }

    private static void Settle(ReadOnlySpan<PendingWrite> writes, int[]? conflicts, int?[]? stored)
    {
        for (var i = 0; i < conflicts?.Length; i++)
        {
            var write = writes[conflicts[i] - 1];
            write.TrySetException(StateConflict.Of(write.Key, stored![i], write.Version));
        }
        // Does nothing for the writes that are settled with a conflict.
        foreach (var write in writes)
            write.Commit();
    }

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

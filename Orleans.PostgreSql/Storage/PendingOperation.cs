using System.Diagnostics;
using System.Globalization;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>A read or write that waits for its batch. Its caller awaits <see cref="TaskCompletionSource{TResult}.Task"/>.</summary>
internal abstract class PendingOperation<TResult>(StateKey key)
    : TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously), IBatchItem
{
    public StateKey Key => key;

    StateKey? IBatchItem.Key => key;

    public abstract int Bytes { get; }

    public bool IsSettled => Task.IsCompleted;

    public long EnqueuedAtMs { get; } = Environment.TickCount64;

    /// <summary>The trace that the operation belongs to, if it is recorded.</summary>
    public ActivityContext Trace { get; } = StorageTraces.Current;

    public abstract void Reject(string reason);
}

/// <summary>One grain's write. The result is the new version.</summary>
/// <param name="key">The row.</param>
/// <param name="version">The version that the grain read; 0 for a first write.</param>
/// <param name="parts">What to write.</param>
internal class PendingWrite(StateKey key, int version, StateParts parts) : PendingOperation<int>(key)
{
    public int Version => version;

    public StateParts Parts => parts;

    public override int Bytes => parts.Bytes;

    /// <summary>Completes the write as committed. Does nothing when it is already settled.</summary>
    public void Commit()
    {
        if (IsSettled)
            return;
        Committed(version + 1);
        TrySetResult(version + 1);
    }

    public override void Reject(string reason) =>
        TrySetException(new StorageFailedException($"{Key} was not written: {reason}. Nothing has changed; try again later."));

    /// <summary>Runs before the caller's wait ends.</summary>
    protected virtual void Committed(int newVersion) { }
}

/// <summary>
/// A write that its caller cannot cancel: only the batch settles it. It updates the grain's state itself, so that the caller has nothing
/// else to await.
/// </summary>
internal sealed class PendingStateWrite<T>(StateKey key, int version, StateParts parts, IGrainState<T> state)
    : PendingWrite(key, version, parts)
{
    protected override void Committed(int newVersion)
    {
        state.ETag = newVersion.ToString(CultureInfo.InvariantCulture);
        state.RecordExists = true;
    }
}

/// <summary>One grain's read.</summary>
internal sealed class PendingRead(StateKey key) : PendingOperation<StoredState>(key)
{
    /// <summary>The size is unknown before the read and counts as 1.</summary>
    public override int Bytes => 1;

    public override void Reject(string reason) =>
        TrySetException(new StorageFailedException($"{Key} was not read: {reason}. Try again later."));
}

/// <summary>A row as it was read. The version is null when there is no row; the state is null when it was cleared.</summary>
internal readonly record struct StoredState(int? Version, byte[]? State);

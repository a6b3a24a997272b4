using System.Diagnostics;
using System.Globalization;

namespace SoonShop.Silo.Storage;

/// <summary>A read or a write on its way into a batch; its caller awaits <see cref="TaskCompletionSource{TResult}.Task"/>.</summary>
internal abstract class PendingOperation<TResult>(StateKey key)
    : TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously), IBatchItem
{
    public StateKey Key => key;

    StateKey? IBatchItem.Key => key;

    public abstract int Bytes { get; }

    public bool IsSettled => Task.IsCompleted;

    public long EnqueuedAtMs { get; } = Environment.TickCount64;

    /// <summary>The trace that it belongs to, where that is recorded.</summary>
    public ActivityContext Trace { get; } = StorageTraces.Current;

    public abstract void Reject(string reason);
}

/// <summary>One grain's write. The result is the new version.</summary>
/// <param name="key">The row.</param>
/// <param name="version">The version that the grain has read; 0 for a first write.</param>
/// <param name="parts">What to write.</param>
internal class PendingWrite(StateKey key, int version, StateParts parts) : PendingOperation<int>(key)
{
    public int Version => version;

    public StateParts Parts => parts;

    public override int Bytes => parts.Bytes;

    /// <summary>The write is committed. Does nothing when it is settled already.</summary>
    public void Commit()
    {
        if (IsSettled)
            return;
        Committed(version + 1);
        TrySetResult(version + 1);
    }

    public override void Reject(string reason) =>
        TrySetException(new StorageFailedException($"{Key} was not written: {reason}. Nothing has changed; try again later."));

    /// <summary>Called before the caller's wait ends.</summary>
    protected virtual void Committed(int newVersion) { }
}

/// <summary>
/// A write that its caller cannot cancel: nobody but the batch settles it. It brings the grain's state up to date itself, so that its caller awaits
/// nothing else.
/// </summary>
internal sealed class PendingStateWrite<T>(StateKey key, int version, StateParts parts, IGrainState<T> state) : PendingWrite(key, version, parts)
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
    /// <summary>What is not known before it is read counts as little.</summary>
    public override int Bytes => 1;

    public override void Reject(string reason) =>
        TrySetException(new StorageFailedException($"{Key} was not read: {reason}. Try again later."));
}

/// <summary>A row as it was read: no version when there is none, no state when it was cleared.</summary>
internal readonly record struct StoredState(int? Version, byte[]? State);

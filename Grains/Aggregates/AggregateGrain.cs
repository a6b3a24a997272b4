using System.Buffers.Binary;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using SoonShop.Auditing;
using SoonShop.Events;

namespace SoonShop.Aggregates;

/// <summary>
/// Base class of grains that own an aggregate. It holds the last committed state and commits the next one together with its events. An
/// uncommitted state is never visible.
/// </summary>
/// <typeparam name="TState">An immutable record.</typeparam>
public abstract class AggregateGrain<TState>(IPersistentState<StateEnvelope<TState>> storage, TimeProvider time) : Grain, ICallCounter
    where TState : class
{
    /// <summary>During a commit: the envelope before it, which stays the visible one until the database has committed the next.</summary>
    private StateEnvelope<TState>? before;

    /// <summary>During a commit: the version before it. The storage may update its version before this grain adopts the state.</summary>
    private int versionBefore;

    /// <summary>The meters; resolved when there is something to count.</summary>
    private (EventMetrics? Events, BusinessMetrics? Business)? counted;

    /// <summary>The state, if it is read at its first use.</summary>
    private readonly ILazyState? lazy = storage as ILazyState;

    /// <summary>The first write, while it runs without a read before it.</summary>
    private Task? inserting;

    /// <summary>The cached key, because Orleans formats it anew at each request.</summary>
    private string? key;

    /// <summary>How long an empty grain waits for another call.</summary>
    private static readonly TimeSpan EmptyLifetime = TimeSpan.FromMilliseconds(100);

    /// <summary>The last read of the state of an empty grain, running or completed; null before the first one.</summary>
    private Task? reloading;

    /// <summary>The most times that it waits for another call.</summary>
    private const int MaxEmptyLifetimes = 10;

    /// <summary>The number of running calls.</summary>
    private int calls;

    /// <summary>False when a call has begun since the last look.</summary>
    private bool idle;

    /// <summary>True while an empty grain waits for another call.</summary>
    private bool endsSoon;

    /// <summary>The committed state; null before the first commit and until it is read.</summary>
    protected TState? State => (before ?? storage.State)?.State;

    /// <summary>False until the grain's row has been looked up.</summary>
    protected bool IsRead => lazy is null or { IsLoaded: true };

    /// <summary>The number of commits.</summary>
    protected int Version => before is not null ? versionBefore : int.TryParse(storage.Etag, out var version) ? version : 0;

    /// <summary>The current time for the rules.</summary>
    protected DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The clock.</summary>
    protected TimeProvider Time => time;

    /// <summary>The aggregate's name: the namespace of its stream and the first part of its events' source.</summary>
    protected abstract string Aggregate { get; }

    /// <summary>Returns the stream key of this state's events: the id of the customer, or the SKU.</summary>
    protected abstract string StreamKeyOf(TState state);

    /// <summary>Returns the fields of a state that SQL queries use; null for none.</summary>
    protected virtual object? IndexOf(TState state) => null;

    /// <summary>
    /// Tells whether a method needs the state before it begins. Applies only to a grain whose state is read at its first use
    /// (<see cref="LazyStateAttribute"/>).
    /// </summary>
    private protected virtual bool NeedsState(string method) => true;

    /// <summary>True while this activation has no state but holds something in memory that a later call needs.</summary>
    private protected virtual bool KeepsMemory => false;

    /// <summary>
    /// True for grains whose first state others may store (<see cref="IFirstStates"/>): while such a grain is empty, each call reads the
    /// state again.
    /// </summary>
    private protected virtual bool CanBeAdded => false;

    /// <summary>Runs when an empty grain has read a state that others have stored.</summary>
    private protected virtual void Reloaded() { }

    /// <summary>Returns the ids of processed events that the envelope stores with the current commit.</summary>
    private protected virtual IReadOnlyList<string>? ProcessedEventsAfter(IReadOnlyList<string>? processed) => processed;

    /// <summary>Runs when a commit is adopted, before its caller continues.</summary>
    private protected virtual void Committed() { }

    /// <summary>Runs when a commit has failed: memory may differ from the database.</summary>
    private protected virtual void CommitFailed() { }

    /// <summary>Commits a decision. Does nothing if it changes nothing. The decision must not be an error.</summary>
    protected Task CommitAsync(Decision<TState> decision) =>
        decision.Error is not null ? throw new InvalidOperationException("A decision with an error cannot be committed.")
        : decision.Changed ? CommitAsync(decision.State, decision.Events)
        : Task.CompletedTask;

    /// <summary>Commits a decision together with an entry in the audit log. If it changes nothing, there is no entry.</summary>
    protected Task CommitAsync(Decision<TState> decision, AuditRecorded auditEvent) =>
        decision is { Error: null, Changed: true } ? CommitAsync(decision.State, [.. decision.Events, auditEvent]) : CommitAsync(decision);

    /// <summary>Creates an audit entry of the caller, to be committed with the state that it changes.</summary>
    protected static AuditRecorded Audit(AuditEvent auditEvent) => AuditRecorded.Of(auditEvent);

    /// <summary>
    /// Writes the next state, its events and its ledger rows in one transaction, and adopts the state. When the write fails or its outcome
    /// is unknown, the old state stays and the grain is deactivated: the next call reads what the database has.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another commit of this grain is running: an interleaving method must not
    /// commit.</exception>
    /// <exception cref="StateExistsException">The state was not read before, and a row exists. It is read now; nothing was
    /// written.</exception>
    protected async Task CommitAsync(TState next, IReadOnlyList<IShopEvent> events, IReadOnlyList<ILedgerRow>? ledger = null)
    {
        // A read of the row is running.
        if (lazy?.Loading is not null)
            await ReadNewAsync();
        if (before is not null)
            throw new InvalidOperationException($"{Aggregate} {GrainKey} is already committing.");
        if (IsRead)
        {
            await WriteAsync(next, events, ledger);
            return;
        }
        var insertion = new TaskCompletionSource();
        inserting = insertion.Task;
        try
        {
            await WriteAsync(next, events, ledger);
        }
        finally
        {
            inserting = null;
            insertion.SetResult();
        }
    }

    /// <summary>Reads the state if it is not read yet.</summary>
    protected async Task ReadAsync()
    {
        while (inserting is { } insertion)
            await insertion;
        if (!IsRead)
            await lazy!.LoadAsync();
    }

    /// <summary>Commits the first state, for a method that began without a read.</summary>
    /// <exception cref="StateExistsException">A row exists; an interleaving call may have read it. Nothing was written.</exception>
    protected Task CommitNewAsync(TState next, IReadOnlyList<IShopEvent> events) =>
        State is null ? CommitAsync(next, events) : throw NotNew();

    /// <summary>Reads the state if it is not read yet, and expects that there is none.</summary>
    /// <exception cref="StateExistsException">A row exists that the calling method did not know.</exception>
    protected async Task ReadNewAsync()
    {
        await ReadAsync();
        if (State is not null)
            throw NotNew();
    }

    private StateExistsException NotNew() => new($"{Aggregate} {GrainKey} already exists.");

    private async Task WriteAsync(TState next, IReadOnlyList<IShopEvent> events, IReadOnlyList<ILedgerRow>? ledger)
    {
        versionBefore = Version;
        // Without a read, the grain assumes that there is no state.
        before = storage.State ?? new StateEnvelope<TState>();
        try
        {
            storage.State = new StateEnvelope<TState>
            {
                State = next,
                Sequence = before.Sequence + events.Count,
                ProcessedEventIds = ProcessedEventsAfter(before.ProcessedEventIds),
                Index = IndexOf(next),
                Events = Envelopes(next, events, before.Sequence),
                Ledger = ledger ?? [],
            };
            await storage.WriteStateAsync();
            lazy?.Written();
            if (events.Count > 0 || ledger is { Count: > 0 })
                Count(events, ledger ?? []);
            // Events and ledger rows are written, so the envelope drops them.
            storage.State = new StateEnvelope<TState>
            {
                State = next,
                Sequence = storage.State.Sequence,
                ProcessedEventIds = storage.State.ProcessedEventIds
            };
        }
        catch (InconsistentStateException) when (!IsRead)
        {
            storage.State = before;
            before = null;
            await lazy!.LoadAsync();
            throw NotNew();
        }
        catch
        {
            storage.State = before;
            CommitFailed();
            DeactivateOnIdle();
            throw;
        }
        finally
        {
            before = null;
        }
        Committed();
    }

    /// <summary>Reads the state from the database again, in case it is newer than this activation's.</summary>
    /// <exception cref="InvalidOperationException">A commit of this grain is running.</exception>
    protected Task ReloadAsync() =>
        before is not null ? throw new InvalidOperationException($"{Aggregate} {GrainKey} is being committed.") : storage.ReadStateAsync();

    /// <summary>Clears the state and deactivates the grain: the next call finds a grain without state.</summary>
    protected async Task ClearAsync()
    {
        DeactivateOnIdle();
        await storage.ClearStateAsync();
    }

    /// <summary>
    /// The key as stored in the state table: a Guid without dashes, or the string key. A number is the last half of a Guid.
    /// </summary>
    protected string GrainKey => key ??= this is IGrainWithIntegerKey
        ? StoredKeyOf(this.GetPrimaryKeyLong()) : this.GetGrainId().Key.ToString()!;

    private static string StoredKeyOf(long number)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], number);
        return new Guid(bytes).ToString("N");
    }

    ValueTask ICallCounter.CallBeginsAsync(string method)
    {
        calls++;
        idle = false;
        if (reloading is { IsCompleted: false } running)
            return new ValueTask(running);
        if (CanBeAdded && endsSoon && calls == 1 && IsRead && IsEmpty)
            return new ValueTask(reloading = ReloadEmptyAsync());
        return IsRead || !NeedsState(method) ? ValueTask.CompletedTask : new ValueTask(ReadAsync());
    }

    void ICallCounter.CallEnded()
    {
        if (--calls == 0 && IsEmpty && !endsSoon)
            _ = DeactivateSoonAsync();
    }

    /// <summary>Reads the state of an empty grain again, before a call that is not its first. Other calls wait for it.</summary>
    private async Task ReloadEmptyAsync()
    {
        await storage.ReadStateAsync();
        if (State is not null)
            Reloaded();
    }

    private bool IsEmpty => before is null && DeactivateWhenEmptyAttribute.Is(GetType()) && State is null && !KeepsMemory;

    /// <summary>
    /// Deactivates the grain if it is empty and nobody calls it for a moment. If it were deactivated at the end of a call, all calls that
    /// wait would be forwarded to a new activation, which would end after one of them. Orleans forwards a call twice, and then rejects it.
    /// </summary>
    private async Task DeactivateSoonAsync()
    {
        endsSoon = true;
        // It must not stay for as long as somebody asks: strangers would decide how long.
        for (var waits = 1; waits <= MaxEmptyLifetimes; waits++)
        {
            idle = true;
            await Task.Delay(EmptyLifetime);
            if (!IsEmpty || (idle && calls == 0))
                break;
        }
        endsSoon = false;
        if (IsEmpty)
            DeactivateOnIdle();
    }

    private void Count(IReadOnlyList<IShopEvent> events, IReadOnlyList<ILedgerRow> ledger)
    {
        counted ??= (ServiceProvider.GetService<EventMetrics>(), ServiceProvider.GetService<BusinessMetrics>());
        CommitMetrics.Count(counted.Value.Events, counted.Value.Business, events, ledger);
    }

    private EventEnvelope[] Envelopes(TState next, IReadOnlyList<IShopEvent> events, long sequence) =>
        events.Count == 0 ? [] : EventEnvelopes.Of(Aggregate, GrainKey, StreamKeyOf(next), events, sequence, Now);
}

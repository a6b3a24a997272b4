using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using SoonShop.Auditing;
using SoonShop.Events;

namespace SoonShop.Aggregates;

/// <summary>
/// The shell around an aggregate's rules: it holds the last committed state and commits the next one together with
/// its events. A state that was not committed is never shown.
/// </summary>
/// <typeparam name="TState">An immutable record.</typeparam>
public abstract class AggregateGrain<TState>(IPersistentState<StateEnvelope<TState>> storage, TimeProvider time) : Grain, ICallCounter
    where TState : class
{
    /// <summary>While a commit is under way: the document before it, which is what is true until the database has the next.</summary>
    private StateEnvelope<TState>? before;

    /// <summary>While a commit is under way: the version before it. The storage may know the next one earlier than this grain adopts its state.</summary>
    private int versionBefore;

    /// <summary>The meters, once there was something to count.</summary>
    private (EventMetrics? Events, BusinessMetrics? Business)? counted;

    /// <summary>The state, where it is read at its first use.</summary>
    private readonly ILazyState? lazy = storage as ILazyState;

    /// <summary>The first write, while it is under way without the row having been read.</summary>
    private Task? inserting;

    /// <summary>The key, once it was asked for: Orleans makes the text of it anew each time.</summary>
    private string? key;

    /// <summary>Calls under way.</summary>
    private int calls;

    /// <summary>The committed state; null before the first commit, and while it was not read.</summary>
    protected TState? State => (before ?? storage.State)?.State;

    /// <summary>False while nobody has looked whether the grain has a row.</summary>
    protected bool IsRead => lazy is null or { IsLoaded: true };

    /// <summary>Counts the commits; 0 before the first.</summary>
    protected int Version => before is not null ? versionBefore : int.TryParse(storage.Etag, out var version) ? version : 0;

    /// <summary>The time by which rules decide.</summary>
    protected DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The clock.</summary>
    protected TimeProvider Time => time;

    /// <summary>The aggregate's name: its stream namespace, and the first part of its events' source.</summary>
    protected abstract string Aggregate { get; }

    /// <summary>Whom this state's events concern: the customer, or the SKU.</summary>
    protected abstract string StreamKeyOf(TState state);

    /// <summary>The fields of a state that SQL queries use; null when there are none.</summary>
    protected virtual object? IndexOf(TState state) => null;

    /// <summary>
    /// Whether a method needs the state to be read before it begins. Asked only of a grain whose state is read at its first use
    /// (<see cref="LazyStateAttribute"/>).
    /// </summary>
    private protected virtual bool NeedsState(string method) => true;

    /// <summary>True while this activation keeps something in memory alone that a later call needs, although it has no state.</summary>
    private protected virtual bool KeepsMemory => false;

    /// <summary>What the document remembers of handled events after the commit that is under way.</summary>
    private protected virtual IReadOnlyList<string>? ProcessedEventsAfter(IReadOnlyList<string>? handledBefore) => handledBefore;

    /// <summary>Called when a commit was adopted, before anybody is told of it.</summary>
    private protected virtual void Committed() { }

    /// <summary>Called when a commit failed: what is in memory may no longer be what the database has.</summary>
    private protected virtual void CommitFailed() { }

    /// <summary>Commits what a rule decided; does nothing for a decision to stay. The decision must not be a refusal.</summary>
    protected Task CommitAsync(Decision<TState> decision) =>
        decision.Error is not null ? throw new InvalidOperationException("A refusal cannot be committed.")
        : decision.Changed ? CommitAsync(decision.State, decision.Events)
        : Task.CompletedTask;

    /// <summary>Commits what a rule decided together with the note of it in the audit log; a decision to stay is no act.</summary>
    protected Task CommitAsync(Decision<TState> decision, AuditRecorded auditEvent) =>
        decision is { Error: null, Changed: true } ? CommitAsync(decision.State, [.. decision.Events, auditEvent]) : CommitAsync(decision);

    /// <summary>An act of the caller's, to be committed with the state that it changes.</summary>
    protected static AuditRecorded Audit(AuditEvent auditEvent) => AuditRecorded.Of(auditEvent);

    /// <summary>
    /// Writes the next state, its events and its ledger rows in one transaction, and adopts it. When the write fails, or its outcome
    /// is unknown, the old state stays and the grain is deactivated: the next call finds what the database holds.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another commit of this grain is under way: an interleaving method must not commit.</exception>
    /// <exception cref="StateExistsException">The state was not read before, and there is a row. It is read now; nothing was written.</exception>
    protected async Task CommitAsync(TState next, IReadOnlyList<IShopEvent> events, IReadOnlyList<LedgerRow>? ledger = null)
    {
        // Somebody looks for the row just now.
        if (lazy?.Loading is not null)
            await ReadNewAsync();
        if (before is not null)
            throw new InvalidOperationException($"{Aggregate} {GrainKey} commits already.");
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

    /// <summary>Reads the state, if nobody has.</summary>
    protected async Task ReadAsync()
    {
        while (inserting is { } insertion)
            await insertion;
        if (!IsRead)
            await lazy!.LoadAsync();
    }

    /// <summary>Commits the first state, for a method that began without the state having been read.</summary>
    /// <exception cref="StateExistsException">There is a row; an interleaving call may have read it. Nothing was written.</exception>
    protected Task CommitNewAsync(TState next, IReadOnlyList<IShopEvent> events) => State is null ? CommitAsync(next, events) : throw NotNew();

    /// <summary>Reads the state, if nobody has, and expects that there is none.</summary>
    /// <exception cref="StateExistsException">There is a row that the calling method did not know.</exception>
    protected async Task ReadNewAsync()
    {
        await ReadAsync();
        if (State is not null)
            throw NotNew();
    }

    private StateExistsException NotNew() => new($"{Aggregate} {GrainKey} is there already.");

    private async Task WriteAsync(TState next, IReadOnlyList<IShopEvent> events, IReadOnlyList<LedgerRow>? ledger)
    {
        versionBefore = Version;
        // A state that was not read is none.
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
            // What went to the database with the state is not needed again.
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

    /// <summary>Takes what the database holds, should that be newer than what this activation knows.</summary>
    /// <exception cref="InvalidOperationException">A commit of this grain is under way.</exception>
    protected Task ReloadAsync() =>
        before is not null ? throw new InvalidOperationException($"{Aggregate} {GrainKey} is being committed.") : storage.ReadStateAsync();

    /// <summary>Forgets the state, and ends the activation: the next call finds a grain that never was.</summary>
    protected async Task ClearAsync()
    {
        DeactivateOnIdle();
        await storage.ClearStateAsync();
    }

    /// <summary>The key as it stands in the state table: a Guid without dashes, or the string key.</summary>
    protected string GrainKey => key ??= this.GetGrainId().Key.ToString()!;

    ValueTask ICallCounter.CallBeginsAsync(string method)
    {
        calls++;
        return IsRead || !NeedsState(method) ? ValueTask.CompletedTask : new ValueTask(ReadAsync());
    }

    void ICallCounter.CallEnded()
    {
        if (--calls == 0 && before is null && DeactivateWhenEmptyAttribute.Is(GetType()) && State is null && !KeepsMemory)
            DeactivateOnIdle();
    }

    private void Count(IReadOnlyList<IShopEvent> events, IReadOnlyList<LedgerRow> ledger)
    {
        counted ??= (ServiceProvider.GetService<EventMetrics>(), ServiceProvider.GetService<BusinessMetrics>());
        foreach (var e in events)
        {
            // Nobody handles it.
            if (e is AuditRecorded)
                continue;
            counted.Value.Events?.Published(e);
            counted.Value.Business?.Published(e);
        }
        foreach (var row in ledger)
            counted.Value.Business?.Moved(row);
    }

    private EventEnvelope[] Envelopes(TState next, IReadOnlyList<IShopEvent> events, long sequence)
    {
        if (events.Count == 0)
            return [];
        var source = $"/{Aggregate}/{GrainKey}";
        var own = new EventStream(Aggregate, StreamKeyOf(next));
        var now = Now;
        var correlation = RequestContext.Get(RequestKeys.CorrelationId) as string;
        var trace = EventTraces.Parent;
        var causation = RequestContext.Get(RequestKeys.CausationId) as string;
        var envelopes = new EventEnvelope[events.Count];
        for (var i = 0; i < envelopes.Length; i++)
        {
            var number = sequence + i + 1;
            var stream = events[i].Stream ?? own;
            envelopes[i] = new EventEnvelope(
                $"{source}#{number}", source, number, events[i].Type, GrainKey, stream.Namespace, stream.Key,
                now, events[i].NotBefore, correlation, causation, trace, events[i]);
        }
        return envelopes;
    }
}

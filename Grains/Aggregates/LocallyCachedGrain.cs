namespace SoonShop.Aggregates;

/// <summary>
/// An aggregate keyed by a SKU or a stock key whose value other grains of the silo read without a call (<see cref="LocalGrainCache{T}"/>).
/// </summary>
/// <typeparam name="TState">An immutable record.</typeparam>
/// <typeparam name="TAnswer">The type of the value.</typeparam>
public abstract class LocallyCachedGrain<TState, TAnswer>(
    IPersistentState<StateEnvelope<TState>> storage, TimeProvider time, LocalGrainCache<TAnswer> answers)
        : AggregateGrain<TState>(storage, time)
    where TState : class
{
    /// <summary>The key without its prefix.</summary>
    protected string KeyText => Sku.OfGrainKey(GrainKey);

    /// <summary>The value that a call would return now; null when readers must call the grain.</summary>
    protected abstract TAnswer? CachedValue { get; }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        AddToCache();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        RemoveFromCache();
        return Task.CompletedTask;
    }

    private protected override void Committed() => AddToCache();

    private protected override bool CanBeAdded => true;

    private protected override void Reloaded() => AddToCache();

    private protected override void CommitFailed() => RemoveFromCache();

    private void AddToCache()
    {
        if (CachedValue is { } answer)
            answers.Set(KeyText, this, answer);
    }

    private void RemoveFromCache() => answers.Remove(KeyText, this);
}

namespace SoonShop.Aggregates;

/// <summary>An aggregate of one SKU whose answer the grains of this silo read without calling it (<see cref="ActiveAnswers{T}"/>).</summary>
/// <typeparam name="TState">An immutable record.</typeparam>
/// <typeparam name="TAnswer">What it answers.</typeparam>
public abstract class AnsweringGrain<TState, TAnswer>(
    IPersistentState<Document<TState>> storage, TimeProvider time, ActiveAnswers<TAnswer> answers) : AggregateGrain<TState>(storage, time)
    where TState : class
{
    /// <summary>The SKU.</summary>
    protected string SkuText => Sku.OfGrainKey(GrainKey);

    /// <summary>What a call would be answered now; null where whoever wants to know has to call.</summary>
    protected abstract TAnswer? Answer { get; }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Show();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Hide();
        return Task.CompletedTask;
    }

    private protected override void Committed() => Show();

    private protected override void CommitFailed() => Hide();

    private void Show()
    {
        if (Answer is { } answer)
            answers.Set(SkuText, this, answer);
    }

    private void Hide() => answers.Remove(SkuText, this);
}

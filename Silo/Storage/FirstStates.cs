using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Silo.Storage;

/// <summary>Stores first states through a grain storage: a write without a version succeeds only where there is no row.</summary>
internal sealed class FirstStates(IGrainStorage storage, TimeProvider time, EventMetrics events, BusinessMetrics business) : IFirstStates
{
    public async Task<bool> TryAddAsync<TState>(FirstState<TState> first, CancellationToken cancellation) where TState : class
    {
        try
        {
            var state = new GrainState<StateEnvelope<TState>>(first.ToEnvelope(time.GetUtcNow()));
            await storage.WriteStateAsync(first.Name, first.Grain, state, cancellation);
        }
        catch (InconsistentStateException)
        {
            return false;
        }
        CommitMetrics.Count(events, business, first.Events, first.Ledger);
        return true;
    }
}

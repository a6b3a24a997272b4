using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Silo.Streams;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Wakes the readers of the queues that a write has brought something to, for a storage that does not know of queues. After
/// the write, and before its grain goes on: who has been told of a commit may count on its events being under way.
/// </summary>
/// <param name="storage">The storage. It takes part in the silo's life cycle by itself.</param>
/// <param name="queues">Ids of the queues by number; none while they are not known, when nobody reads them either.</param>
/// <param name="signal">Wakes the readers.</param>
internal sealed class SignallingStorage(IGrainStorage storage, Func<int[]> queues, IEventSignal signal) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        storage.ReadStateAsync(stateName, grainId, grainState);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        storage.ReadStateAsync(stateName, grainId, grainState, cancellationToken);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var events = (grainState.State as IStateEnvelope)?.Events ?? [];
        await storage.WriteStateAsync(stateName, grainId, grainState, cancellationToken);
        if (events.Count > 0)
            Raise(events);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        storage.ClearStateAsync(stateName, grainId, grainState);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        storage.ClearStateAsync(stateName, grainId, grainState, cancellationToken);

    /// <summary>A scheduled event is signalled when it is released.</summary>
    private void Raise(IReadOnlyList<EventEnvelope> events)
    {
        if (queues() is { Length: > 0 } ids)
            signal.Raise([.. events.Where(e => !(e.NotBefore > e.Time)).Select(e => ids[QueueMapper.NumberOf(e.StreamNamespace, e.StreamKey, ids.Length)]).Distinct()]);
    }
}

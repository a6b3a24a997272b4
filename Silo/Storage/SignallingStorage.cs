using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Signals the queues that receive events from a write, for a storage that does not know the queues. It signals after the write and before
/// the grain continues: a grain that learns of its commit may rely on its events being on their way.
/// </summary>
/// <param name="storage">The storage. It takes part in the silo's lifecycle itself.</param>
/// <param name="queues">Returns the ids of the queues by number. Empty until they are known; until then no reader runs either.</param>
/// <param name="signal">Wakes the queues' readers.</param>
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

    /// <summary>Signals the queues of the events, except for scheduled events: those are signalled when they are released.</summary>
    private void Raise(IReadOnlyList<EventEnvelope> events)
    {
        if (queues() is { Length: > 0 } ids)
            signal.Raise([
                .. events.Where(e => !(e.NotBefore > e.Time))
                    .Select(e => ids[QueueMapper.NumberOf(e.StreamNamespace, e.StreamKey, ids.Length)]).Distinct(),
            ]);
    }
}

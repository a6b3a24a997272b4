using SoonShop.Aggregates;
using SoonShop.Auditing;

namespace SoonShop.Logging;

internal sealed class LogLevelsGrain([PersistentState("log-levels")] IPersistentState<StateEnvelope<LogLevelsState>> storage,
    TimeProvider time)
    : AggregateGrain<LogLevelsState>(storage, time), ILogLevelsGrain
{
    protected override string Aggregate => "log-levels";

    protected override string StreamKeyOf(LogLevelsState state) => GrainKey;

    private LogLevels Current => State?.At(Now) ?? LogLevels.None;

    Task<LogLevels> ILogLevelsGrain.GetAsync() => Task.FromResult(Current);

    async Task<Result<LogLevels>> ILogLevelsGrain.SetAsync(SetLogLevels command)
    {
        var decision = LogLevelsState.Set(command, Now);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(
            decision, Audit(new AuditEvent("logging.set-levels", "log-levels") { Before = Current, After = decision.State.At(Now) }));
        return Current;
    }
}

using Orleans.Concurrency;

namespace SoonShop.Events;

[StatelessWorker, Reentrant]
internal sealed class EventAdminGrain(IEventStatistics statistics, IFailureRecord failures, IDeadLetters letters, IAuditLog audit)
    : Grain, IEventAdminGrain
{
    Task<EventStats> IEventAdminGrain.GetStatsAsync(int windowMinutes) => statistics.ReadAsync(windowMinutes, CancellationToken.None);

    Task<Outcome<Page<EventError>>> IEventAdminGrain.ListErrorsAsync(EventErrorFilter filter, PageRequest page) =>
        failures.ListAsync(filter, page, CancellationToken.None);

    async Task<Outcome<EventError>> IEventAdminGrain.ResolveErrorAsync(Guid id, string actor)
    {
        if (await failures.ResolveAsync(id, actor, CancellationToken.None) is not { } error)
            return Refusal.NotFound($"The failure {id}");
        await audit.AddAsync(actor, "event-errors.resolve", id.ToString(), 1, new { error.EventId, error.Handler }, CancellationToken.None);
        return error;
    }

    Task<Outcome<Page<DeadLetter>>> IEventAdminGrain.ListDeadLettersAsync(EventErrorFilter filter, PageRequest page) =>
        letters.ListAsync(filter, page, CancellationToken.None);

    Task<ImmutableArray<DeadLetterGroup>> IEventAdminGrain.GroupDeadLettersAsync(EventErrorFilter filter, DeadLetterGrouping by) =>
        letters.GroupAsync(filter, by, CancellationToken.None);

    async Task<Outcome<DeadLetterDetails>> IEventAdminGrain.GetDeadLetterAsync(Guid id) =>
        await letters.FindAsync(id, CancellationToken.None) is { } found ? found : Refusal.NotFound($"The dead letter {id}");

    Task<Outcome<DeadLetter>> IEventAdminGrain.ReplayAsync(Guid id, string actor) => letters.ReplayAsync(id, actor, CancellationToken.None);

    Task<ReplayAnswer> IEventAdminGrain.ReplayAsync(EventErrorFilter filter, string actor) => letters.ReplayAsync(filter, actor, CancellationToken.None);

    Task<Outcome<DeadLetter>> IEventAdminGrain.DiscardAsync(Guid id, string reason, string actor) =>
        letters.DiscardAsync(id, reason, actor, CancellationToken.None);

    Task<Outcome<Page<AuditEntry>>> IEventAdminGrain.ListAuditAsync(string? action, PageRequest page) => audit.ListAsync(action, page, CancellationToken.None);
}

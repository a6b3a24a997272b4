using Orleans.Concurrency;

namespace SoonShop.Auditing;

// One activation per silo, so that a cancellation finds its call.
[StatelessWorker(1), Reentrant]
internal sealed class AuditGrain(IAuditLog log, IAuditAggregator refused) : Grain, IAuditGrain
{
    Task<Result<Page<AuditEntry>>> IAuditGrain.ListAsync(AuditFilter filter, PageRequest page, CancellationToken cancellation) =>
        log.ListAsync(filter, page, cancellation);

    Task IAuditGrain.NoteRefusedAsync(string action, string subject, AuditOutcome outcome)
    {
        refused.Record(action, subject, outcome);
        return Task.CompletedTask;
    }
}

using Orleans.Concurrency;

namespace SoonShop.Privacy;

[StatelessWorker, Reentrant]
internal sealed class PersonalDataGrain(IPersonalRecords records) : Grain, IPersonalDataGrain
{
    Task<Result<Page<PersonalEvent>>> IPersonalDataGrain.EventsAsync(PageRequest page) =>
        records.ListEventsAsync(this.GetPrimaryKey(), page, CancellationToken.None);

    Task<Result<Page<PersonalAuditEntry>>> IPersonalDataGrain.AuditAsync(PageRequest page) =>
        records.ListAuditAsync(this.GetPrimaryKey(), page, CancellationToken.None);
}

using Orleans.Concurrency;

namespace SoonShop.Pricing;

// One activation per silo, so that a cancellation finds its call. Callers distribute their calls over several keys.
[StatelessWorker(1), Reentrant]
internal sealed class CustomerGroupMembersGrain(ICustomerGroupMembers members) : Grain, ICustomerGroupMembersGrain
{
    Task<Result<Page<CustomerGroupMember>>> ICustomerGroupMembersGrain.ListAsync(
        string groupId, PageRequest page, CancellationToken cancellation) => members.ListAsync(groupId, page, cancellation);
}

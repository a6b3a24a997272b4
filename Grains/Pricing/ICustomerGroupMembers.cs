namespace SoonShop.Pricing;

/// <summary>The port to a query over many accounts.</summary>
public interface ICustomerGroupMembers
{
    /// <summary>
    /// Returns one page of the customers of a group, in the order of their ids. Error: <c>validation-failed</c> for an invalid cursor.
    /// </summary>
    Task<Result<Page<CustomerGroupMember>>> ListAsync(string groupId, PageRequest page, CancellationToken cancellation);
}

using System.Text;

namespace SoonShop.Pricing;

/// <summary>
/// Lists the customers of groups. Any key addresses it; calls run in parallel. The gateway admits only administrators.
/// </summary>
[Alias("soonshop.customer-group-members")]
public interface ICustomerGroupMembersGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Lists the customers of a group in the order of their ids, one page at a time. The group need not exist. Error:
    /// <c>validation-failed</c> for an invalid cursor.
    /// </summary>
    [Alias("list"), Repeatable]
    Task<Result<Page<CustomerGroupMember>>> ListAsync(string groupId, PageRequest page, CancellationToken cancellation = default);
}

/// <summary>A customer who is in a group.</summary>
/// <param name="Id">The id of the account.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="DisplayName">The customer's name.</param>
/// <param name="CreatedAt">When the account was created.</param>
[GenerateSerializer, Immutable, Alias("soonshop.customer-group-member")]
public sealed record CustomerGroupMember(Guid Id, string Email, string DisplayName, DateTimeOffset CreatedAt)
{
    /// <summary>Prints no personal data, because printed records end up in logs.</summary>
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Id = ").Append(Id);
        return true;
    }
}

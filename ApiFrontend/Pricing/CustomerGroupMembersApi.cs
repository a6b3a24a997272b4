using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>The customers of a group. Not for API keys: they are personal data.</summary>
internal static class CustomerGroupMembersApi
{
    public static void MapCustomerGroupMembers(this IEndpointRouteBuilder admin)
    {
        var groups = RuleNames.CustomerGroups;
        admin.MapGet($"{groups.Path}/{{id}}/customers", ListAsync).WithTags(groups.Tag).ForAdministrators()
            .WithName("listCustomerGroupCustomers").WithSummary("List the customers of a group");
    }

    private static async Task<Results<Ok<Page<CustomerGroupMemberResponse>>, Problem>> ListAsync(
        string id, HttpContext context, IClusterClient cluster, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit)
    {
        var group = await cluster.GetGrain<IPricingRulesGrain>(0).FindAsync(PricingRuleKind.CustomerGroup, id);
        if (group.IsError)
            return new Problem(group.Error);
        return (await cluster.GetGrain<ICustomerGroupMembersGrain>(WorkerKeys.Next())
            .ListAsync(id, new PageRequest(limit, cursor), context.RequestAborted))
            .Ok(page => new Page<CustomerGroupMemberResponse>(
                [.. page.Items.Select(CustomerGroupMemberResponse.Of)], page.NextCursor));
    }
}

/// <summary>A customer who is in a group.</summary>
/// <param name="Id">The id of the account.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="DisplayName">The name by which the shop addresses the customer.</param>
/// <param name="CreatedAt">When the account was created.</param>
internal sealed record CustomerGroupMemberResponse(Guid Id, string Email, string DisplayName, DateTimeOffset CreatedAt)
{
    public static CustomerGroupMemberResponse Of(CustomerGroupMember member) =>
        new(member.Id, member.Email, member.DisplayName, member.CreatedAt);
}

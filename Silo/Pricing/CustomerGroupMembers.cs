using Npgsql;
using SoonShop.Pricing;
using SoonShop.Silo.Exports;
using SoonShop.Users;

namespace SoonShop.Silo.Pricing;

internal sealed class CustomerGroupMembers(NpgsqlDataSource database) : ICustomerGroupMembers
{
    public async Task<Result<Page<CustomerGroupMember>>> ListAsync(string groupId, PageRequest page, CancellationToken cancellation)
    {
        var (list, after) = ($"group/{groupId}", "");
        if (page.Cursor is { } cursor)
        {
            if (!Cursor.TryRead(cursor, list, 1, out var last))
                return Cursor.Bad;
            after = last[0];
        }
        // Materialized: the index finds the members, however few they are. In the order of the keys, PostgreSQL might read all accounts.
        await using var command = database.CreateCommand("""
            with member as materialized (
              select grain_key from grain_state_user
              where index ? 'groups' and index -> 'groups' ? $1 and state is not null and grain_key > $2)
            select state, grain_key from grain_state_user
            where state_name = 'user' and grain_key in (select grain_key from member order by grain_key limit $3)
            order by grain_key
            """);
        command.Parameters.Add(new() { Value = groupId });
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = page.Limit + 1 });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<CustomerGroupMember>();
        for (var rows = 1; await reader.ReadAsync(cancellation); rows++)
        {
            if (rows > page.Limit)
                return new Page<CustomerGroupMember>(items.ToImmutable(), Cursor.Write(list, after));
            after = reader.GetString(1);
            // An account may be erased or leave the group while the query runs.
            if (StateRows.State<UserState>(reader, 0) is { Erasure: null } user && user.CustomerGroups.Contains(groupId))
                items.Add(new CustomerGroupMember(user.Id, user.Email, user.DisplayName, user.CreatedAt));
        }
        return new Page<CustomerGroupMember>(items.ToImmutable(), null);
    }
}

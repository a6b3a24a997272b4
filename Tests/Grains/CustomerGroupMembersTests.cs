using SoonShop.Pricing;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Grains;

/// <summary>The customers of groups, as SQL finds them.</summary>
[Collection(nameof(InProcessSilo))]
public sealed class CustomerGroupMembersTests(InProcessSilo silo)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task accounts_from_before_there_were_groups_beside_the_state_are_found_too()
    {
        var group = $"g-{Guid.NewGuid():N}"[..12];
        await silo.CreateGroupsAsync(group);
        var id = Guid.NewGuid();
        var email = Make.Email();
        Assert.False((await silo.Grains.GetGrain<IUserGrain>(id).ImportAsync(
            new ImportUser(email, "Ada", null, null, [group], null))).IsError);
        Assert.Equal([(id, email)], await MembersAsync());

        await silo.QueryAsync<int>(
            "with old as (update grain_state_user set index = index - 'groups' where grain_key = $1 returning 1) select count(*)::int "
                + "from old", id.ToString("N"));
        Assert.Empty(await MembersAsync());
        var assembly = typeof(SoonShop.Silo.SiloOptions).Assembly;
        await using var migration = assembly.GetManifestResourceStream(
            assembly.GetManifestResourceNames().Single(n => n.EndsWith("0180-customer-groups.sql", StringComparison.Ordinal)))!;
        using var reader = new StreamReader(migration);
        await using var command = silo.Database.CreateCommand((await reader.ReadToEndAsync(Cancellation)).Split(';')[0]);
        await command.ExecuteNonQueryAsync(Cancellation);
        Assert.Equal([(id, email)], await MembersAsync());

        async Task<(Guid, string)[]> MembersAsync()
        {
            var members = silo.Grains.GetGrain<ICustomerGroupMembersGrain>(0);
            var page = (await members.ListAsync(group, new PageRequest(10), Cancellation)).Value!;
            return [.. page.Items.Select(m => (m.Id, m.Email))];
        }
    }
}

using System.Text.RegularExpressions;
using Npgsql;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>The shop's role in the database may do what the shop does, and is no superuser, wherever it comes from.</summary>
public sealed partial class DatabaseRoleTests
{
    [Fact]
    public async Task the_role_under_which_all_tests_run_is_no_superuser()
    {
        var server = await PostgresServer.SharedAsync();
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var command = database.CreateCommand(
            "select rolsuper or rolcreaterole or rolreplication or rolbypassrls from pg_roles where rolname = current_user");
        Assert.Equal(false, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void no_server_that_comes_along_makes_the_shops_role_its_administrator()
    {
        foreach (var file in (string[])["compose.yaml", "k8s/overlays/dev/postgres.yaml"])
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, "deploy", file));
            Assert.Equal("postgres", Administrator().Match(text).Groups[1].Value);
            Assert.Contains("role.sh", text, StringComparison.Ordinal);
        }
        var role = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "database", "role.sh"));
        Assert.Contains("create role soonshop login nosuperuser nocreatedb nocreaterole noreplication", role, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"POSTGRES_USER(?:: |, value: )(\w+)")]
    private static partial Regex Administrator();
}

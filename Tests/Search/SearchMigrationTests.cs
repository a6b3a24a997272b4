using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SoonShop.Silo.Migrations;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Search;

/// <summary>The upgrade of a database that has products, while silos of the version before write and search.</summary>
public sealed class SearchMigrationTests : IAsyncLifetime
{
    /// <summary>What a row should be, beside what it is.</summary>
    private const string Wrong = """
        select count(*) from (select * from grain_state_product where index is not null) p full join product_search s using (grain_key)
        where s.grain_key is null or p.grain_key is null or s.name is distinct from p.index ->> 'name'
           or s.active is distinct from (p.index ->> 'active')::boolean
          or s.price is distinct from (p.index ->> 'price')::bigint or s.terms is distinct from (search_terms(p.index)).terms
        """;

    /// <summary>Products whose names are not suggested as they should be.</summary>
    private const string WronglySuggested = """
        select count(*) from grain_state_product p
        cross join lateral (
          select coalesce(array_agg(s.suffix order by s.place), '{}') as found from product_suggestion s where s.grain_key = p.grain_key) f
        cross join lateral (
          select coalesce(array_agg(left(substr(s.spelling, b), 64) order by b), '{}') as wanted
          from search_spelling(p.index ->> 'name') s, unnest(s.beginnings[1:24]) b where (p.index ->> 'active')::boolean) w
        where f.found <> w.wanted
        """;

    private PostgresServer server = null!;
    private string connectionString = null!;
    private NpgsqlDataSource database = null!;

    public async ValueTask InitializeAsync()
    {
        server = await PostgresServer.SharedAsync();
        connectionString = await server.CreateDatabaseAsync();
        database = NpgsqlDataSource.Create(connectionString);
        await Migrator.MigrateAsync(connectionString, NullLogger.Instance, TestContext.Current.CancellationToken);
        // As the version before left it: products, and nothing that the search is made of.
        await ExecuteAsync("""
            alter table grain_state_product disable trigger learn_words;
            insert into grain_state (state_name, grain_key, version, index)
              select 'product', 'sku/' || n, 1,
                     jsonb_build_object('sku', n::text, 'name', 'Thing number' || n, 'description', 'For tests.', 'category', 'test/things',
                'family', null, 'attributes', 'blue', 'price', n, 'active', n % 10 <> 0, 'createdAt', '2026-01-01')
              from generate_series(1, 1500) n;
            alter table grain_state_product enable trigger learn_words;
            delete from schema_version where scriptname like '%0045%';
            """);
    }

    [Fact]
    public async Task products_that_exist_come_into_the_search_while_others_write_them()
    {
        Assert.NotEqual(0, await AskAsync(Wrong));
        using var over = new CancellationTokenSource();
        var writing = Task.WhenAll(WriteAsync("Renamed", over.Token), WriteAsync("Called", over.Token));
        await Migrator.MigrateAsync(connectionString, NullLogger.Instance, TestContext.Current.CancellationToken);
        await over.CancelAsync();
        await writing;

        Assert.Equal(0, await AskAsync(Wrong));
        Assert.Empty(Migrator.Missing(connectionString));
    }

    [Fact]
    public async Task products_that_exist_can_be_suggested_while_others_write_them()
    {
        await ExecuteAsync("delete from product_suggestion; delete from schema_version where scriptname like '%0122%'");
        Assert.NotEqual(0, await AskAsync(WronglySuggested));
        using var over = new CancellationTokenSource();
        var writing = Task.WhenAll(WriteAsync("Renamed", over.Token), WriteAsync("Called", over.Token));
        await Migrator.MigrateAsync(connectionString, NullLogger.Instance, TestContext.Current.CancellationToken);
        await over.CancelAsync();
        await writing;

        Assert.Equal(0, await AskAsync(WronglySuggested));
    }

    [Fact]
    public async Task the_search_of_the_version_before_goes_on()
    {
        await Migrator.MigrateAsync(connectionString, NullLogger.Instance, TestContext.Current.CancellationToken);

        Assert.Equal(1, await AskAsync("""
            select count(*) from grain_state_product p
            where (p.index ->> 'active')::boolean and product_words(p.index) @@ to_tsquery('english', 'number1234:*')
            """));
        Assert.Equal(1, await AskAsync("select count(*) from (select word from search_word where word % 'nunber1234' order by "
            + "similarity(word, 'nunber1234') desc, word limit 1) w where word = 'number1234'"));
    }

    [Fact]
    public async Task a_product_whose_write_was_rolled_back_meanwhile_is_not_passed_over()
    {
        await using (var connection = await database.OpenConnectionAsync(TestContext.Current.CancellationToken))
        await using (var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using (var command = new NpgsqlCommand(
                "select from grain_state where state_name = 'product' and grain_key = 'sku/7' for update", connection))
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            var migrating = Migrator.MigrateAsync(connectionString, NullLogger.Instance, TestContext.Current.CancellationToken);
            await Until.TrueAsync("all others are there", TimeSpan.FromSeconds(60), async () =>
                await AskAsync("select count(*) from product_search") >= 1499 || migrating.IsCompleted);
            await transaction.RollbackAsync(TestContext.Current.CancellationToken);
            await migrating;
        }
        Assert.Equal(0, await AskAsync(Wrong));
    }

    private async Task WriteAsync(string verb, CancellationToken over)
    {
        for (var n = 1; !over.IsCancellationRequested; n = n % 1500 + 1)
        {
            await ExecuteAsync($$"""
                update grain_state set version = version + 1,
                    index = index || jsonb_build_object('name', '{{verb}} ' || {{n}} || ' ' || version, 'active', version % 3 <> 0)
                where state_name = 'product' and grain_key = any (array['sku/{{n}}', 'sku/{{1501 - n}}'])
                """);
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> AskAsync(string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        await server.DropDatabaseAsync(connectionString);
    }
}

using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SoonShop.Silo.Migrations;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>What orders are listed by agrees with the orders, whoever writes them, and costs nothing when an order is confirmed.</summary>
public sealed class OrderEntryTests : IAsyncLifetime
{
    private const int Orders = 3500;

    /// <summary>Orders whose entry is not what their index says.</summary>
    private const string Wrong = """
        select count(*) from (select * from grain_state_order where index is not null) o
        full join order_entry e on e.grain_key = o.grain_key
        full join order_pending p on p.grain_key = coalesce(o.grain_key, e.grain_key)
        where o.grain_key is null or e.placed_at is distinct from (o.index ->> 'placedAt')::timestamptz
           or e.customer_id is distinct from (o.index ->> 'customerId')::uuid
          or e.guest_cart_id is distinct from case when o.index ->> 'cartId' is distinct from o.index ->> 'customerId'
              then (o.index ->> 'cartId')::uuid end
          or e.number is distinct from o.index ->> 'number' or e.email is distinct from o.index ->> 'email'
          or to_jsonb(e.skus) is distinct from o.index -> 'skus'
          or e.stage is distinct from case when o.index ->> 'status' not in ('pending', 'confirmed') then o.index ->> 'status' end
          or e.retain_until is distinct from o.index ->> 'retainUntil' or (p.grain_key is not null) <> (o.index ->> 'status' = 'pending')
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
        await ExecuteAsync($$"""
            create function an_index(n integer, status text) returns jsonb language sql as $f$
              select jsonb_strip_nulls(jsonb_build_object('cartId', md5('cart' || n)::uuid, 'customerId',
                  case n % 3 when 0 then md5('cart' || n)::uuid when 1 then md5('customer' || n)::uuid end,
                'number', 'number ' || n, 'status', status, 'placedAt', '2026-11-01T10:00:' || lpad((n % 60)::text, 2, '0') || '.1234567Z',
                'email', case when n % 2 = 0 then n || '@example.com' end, 'skus', jsonb_build_array('SKU-' || n, 'SKU'))) $f$
            """);
    }

    [Fact]
    public async Task orders_that_exist_get_their_entries_while_others_write_them()
    {
        // As the version before left it.
        await ExecuteAsync($$"""
            alter table grain_state_order disable trigger order_lists;
            insert into grain_state (state_name, grain_key, version, index)
              select 'order', md5(n::text), 1,
                     an_index(n, case when n % 50 = 0 then 'pending' when n % 7 = 0 then 'shipped' else 'confirmed' end)
                         from generate_series(1, {{Orders}}) n;
            alter table grain_state_order enable trigger order_lists;
            delete from schema_version where scriptname like '%0061%';
            """);
        Assert.NotEqual(0, await AskAsync(Wrong));
        using var over = new CancellationTokenSource();
        var writing = WriteAsync(over.Token);
        await Migrator.MigrateAsync(connectionString, NullLogger.Instance, TestContext.Current.CancellationToken);
        await over.CancelAsync();
        await writing;

        Assert.Equal(0, await AskAsync(Wrong));
        Assert.Equal((long)Orders, await AskAsync("select count(*) from order_entry"));
    }

    [Fact]
    public async Task an_entry_follows_its_order_and_stays_as_it_is_when_the_order_is_confirmed()
    {
        const string Place = "select ('x' || substr(md5(ctid::text), 1, 8))::bit(32)::bigint from order_entry";
        await ExecuteAsync(
            "insert into grain_state (state_name, grain_key, version, index) values ('order', 'one', 1, an_index(1, 'pending'))");
        Assert.Equal((0L, 1L), (await AskAsync(Wrong), await AskAsync("select count(*) from order_pending")));
        var place = await AskAsync(Place);
        await ExecuteAsync(
            "update grain_state set index = an_index(1, 'confirmed'), state = 'x' where state_name = 'order' and grain_key = 'one'");
        Assert.Equal((0L, 0L, place), (await AskAsync(Wrong), await AskAsync("select count(*) from order_pending"), await AskAsync(Place)));
        foreach (var change in (string[])[
            "an_index(1, 'shipped')", "an_index(2, 'shipped')", "an_index(2, 'pending')",
            "(an_index(2, 'confirmed') || '{\"retainUntil\": \"2031\"}') - 'email'"])
        {
            await ExecuteAsync($"update grain_state set index = {change} where state_name = 'order' and grain_key = 'one'");
            Assert.Equal(0, await AskAsync(Wrong));
        }
        await ExecuteAsync("update grain_state set index = null where state_name = 'order' and grain_key = 'one'");
        Assert.Equal(0, await AskAsync(Wrong));
        await ExecuteAsync("update grain_state set index = an_index(1, 'pending') where state_name = 'order' and grain_key = 'one'");
        await ExecuteAsync("delete from grain_state where state_name = 'order' and grain_key = 'one'");
        Assert.Equal(0, await AskAsync("select (select count(*) from order_entry) + (select count(*) from order_pending)"));
    }

    [Fact]
    public async Task a_confirmed_order_writes_no_index_of_its_state()
    {
        await ExecuteAsync("insert into grain_state (state_name, grain_key, version, index) select 'order', n::text, 1, an_index(n, "
            + "'pending') from generate_series(1, 3) n");
        await using var connection = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        // In one transaction: what others before it did is told of until it is passed on.
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        var before = await HotUpdatesAsync();
        await using var confirm = new NpgsqlCommand(
            """update grain_state_order set index = jsonb_set(index, '{status}', '"confirmed"'), state = 'x'""", connection);
        Assert.Equal(3, await confirm.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, await HotUpdatesAsync() - before);

        async Task<long> HotUpdatesAsync()
        {
            await using var command = new NpgsqlCommand(
                "select pg_stat_get_xact_tuples_hot_updated('grain_state_order'::regclass)", connection);
            return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        }
    }

    private async Task WriteAsync(CancellationToken over)
    {
        string[] statuses = ["pending", "confirmed", "shipped", "delivered"];
        for (var n = 1; !over.IsCancellationRequested; n = n % Orders + 1)
        {
            await ExecuteAsync($$"""
                update grain_state set version = version + 1, index = jsonb_set(index, '{status}', '"{{statuses[n % 4]}}"')
                where state_name = 'order' and grain_key in (md5('{{n}}'), md5('{{Orders + 1 - n}}'))
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

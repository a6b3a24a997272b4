using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SoonShop.Orleans.PostgreSql;
using SoonShop.Silo.Migrations;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>
/// The tables of the providers are the same in a database of the shop, which has migrations of its own, and in any other.
/// </summary>
public sealed class ProviderSchemaTests
{
    /// <summary>What the shop adds to tables of the providers, besides partitions of <c>grain_state</c>.</summary>
    private static readonly string[] OfTheShop = ["index event event_of_catalogue", "trigger event event_is_audit_entry"];

    /// <summary>A line for each column, constraint, index and trigger of a table, and for each function and view.</summary>
    private const string Objects = """
        select format('table %s: %s by %s, %s', c.relname, c.relkind, pg_get_partkeydef(c.oid), array_to_string(c.reloptions, ','))
          from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        union all
        select format('column %s.%s: %s, null %s, default %s, identity %s, compression %s', c.relname, a.attname,
            format_type(a.atttypid, a.atttypmod),
                      not a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attcompression)
          from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        union all
        -- The shop had events before they had queues.
        select format('constraint %s %s: %s', c.relname, k.conname, replace(pg_get_constraintdef(k.oid), ' NOT VALID', ''))
          from pg_class c join pg_constraint k on k.conrelid = c.oid where c.relnamespace = 'public'::regnamespace
        union all
        select format('index %s %s: %s', c.relname, i.relname, pg_get_indexdef(i.oid))
          from pg_class c join pg_index x on x.indrelid = c.oid join pg_class i on i.oid = x.indexrelid
          where c.relnamespace = 'public'::regnamespace
        union all
        select format('trigger %s %s: %s', c.relname, t.tgname, pg_get_triggerdef(t.oid))
          from pg_class c join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal where c.relnamespace = 'public'::regnamespace
        union all
        select format('function %s: %s', p.oid::regprocedure, pg_get_functiondef(p.oid))
          from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
            and not exists (select from pg_depend e where e.objid = p.oid and e.deptype = 'e')
        union all
        select format('view %s: %s', c.relname, pg_get_viewdef(c.oid)) from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
        """;

    [Fact]
    public async Task the_providers_objects_are_the_same_in_a_database_of_the_shop()
    {
        var library = await ObjectsAsync(database => PostgresSchema.MigrateAsync(database));
        var shop = await ObjectsAsync(database => Migrator.MigrateAsync(database, NullLogger.Instance, CancellationToken.None));
        var own = library.Where(o => !Subject(o).StartsWith("orleans_postgresql_schema", StringComparison.Ordinal)).ToArray();
        Assert.Contains(own, o => o.StartsWith("function publish_events", StringComparison.Ordinal));
        Assert.Empty(own.Except(shop));
        var tables = own.Where(o => o.StartsWith("table ", StringComparison.Ordinal)).Select(Subject).ToHashSet();
        var others = shop.Except(own).Where(o =>
            !o.StartsWith("function ", StringComparison.Ordinal) && !o.StartsWith("view ", StringComparison.Ordinal));
        Assert.Equal(OfTheShop, others.Where(o => tables.Contains(Subject(o))).Select(o => o.Split(':')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task the_providers_migration_changes_nothing_in_a_database_of_the_shop()
    {
        var before = await ObjectsAsync(database => Migrator.MigrateAsync(database, NullLogger.Instance, CancellationToken.None));
        var after = await ObjectsAsync(async database =>
        {
            await Migrator.MigrateAsync(database, NullLogger.Instance, CancellationToken.None);
            await PostgresSchema.MigrateAsync(database);
            // As often as anybody likes, by many at a time.
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostgresSchema.MigrateAsync(database)));
        });
        Assert.Empty(before.Except(after));
        Assert.All(after.Except(before), o => Assert.StartsWith("orleans_postgresql_schema", Subject(o), StringComparison.Ordinal));
    }

    /// <summary>The table of a line.</summary>
    private static string Subject(string line) => line.Split(' ', ':')[1].Split('.', '(')[0];

    private static async Task<HashSet<string>> ObjectsAsync(Func<string, Task> migrate)
    {
        var server = await PostgresServer.SharedAsync();
        var connectionString = await server.CreateDatabaseAsync();
        try
        {
            await migrate(connectionString);
            await using var database = NpgsqlDataSource.Create(connectionString);
            await using var command = database.CreateCommand(Objects);
            await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            var objects = new HashSet<string>();
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
                objects.Add(reader.GetString(0));
            return objects;
        }
        finally
        {
            await server.DropDatabaseAsync(connectionString);
        }
    }
}

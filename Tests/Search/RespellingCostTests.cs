using Npgsql;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Search;

/// <summary>What a text that matches nothing costs, counted in calls.</summary>
public sealed class RespellingCostTests
{
    [Fact]
    public async Task a_spelling_is_turned_into_a_query_once_however_many_products_there_are()
    {
        var server = await PostgresServer.SharedAsync();
        var connectionString = await server.CreateShopDatabaseAsync();
        await using (var database = NpgsqlDataSource.Create(connectionString))
        {
            await using var prepare = database.CreateCommand("""
                create sequence calls;
                alter function search_query(text, integer) rename to search_query_itself;
                create function search_query(p_text text, p_level integer default 0) returns text language plpgsql stable as $$
                begin
                  perform nextval('calls');
                  return search_query_itself(p_text, p_level);
                end $$;
                insert into product_search (grain_key, active, name, category, price, created_at, terms)
                select 'sku/P-' || n, true, 'Product ' || n, 'things', 1, now()::text, to_tsvector('simple', 'product ' || n)
                from generate_series(1, 300) n;
                analyze product_search;
                """);
            await prepare.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

            // Three pairs of words can be joined.
            Assert.Equal(DBNull.Value, await AskAsync(database, "select search_query_respelt('moorland slepeing bag comfort')"));
            Assert.Equal(3L, await AskAsync(database, "select last_value from calls"));
        }
        await server.DropDatabaseAsync(connectionString);
    }

    private static async Task<object?> AskAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}

using Microsoft.Extensions.Configuration;
using Npgsql;

namespace SoonShop.ServiceDefaults;

/// <summary>Reads the connection to the shop's database.</summary>
public static class DatabaseConfiguration
{
    /// <summary>The name of the connection string.</summary>
    private const string Name = "soonshop";

    private const string Example = "Host=127.0.0.1;Port=5432;Database=soonshop;Username=soonshop;Password=…";

    /// <summary>
    /// Makes the server look once a second whether the client of a running query is still connected. A query whose client has gone, or has
    /// given up while its cancellation came too early, would otherwise run on, or wait for a lock, for as long as it takes. Servers before
    /// PostgreSQL 14 do not have the setting, and on systems that cannot tell it stays 0.
    /// See https://www.postgresql.org/docs/current/runtime-config-connection.html. It is lost when a connection is reset on its return to
    /// the pool, so silos and front ends turn that off (<c>No Reset On Close</c>).
    /// </summary>
    private const string EndQueriesOfLostClients = """
        do $$ begin
          if exists (select from pg_settings where name = 'client_connection_check_interval' and setting = '0') then
            perform set_config('client_connection_check_interval', '1000', false);
          end if;
        exception when invalid_parameter_value then null;
        end $$
        """;

    /// <summary>Creates the connection pool. Metrics name it by the application's name.</summary>
    public static NpgsqlDataSource ToDataSource(this NpgsqlConnectionStringBuilder database)
    {
        var builder = new NpgsqlDataSourceBuilder(database.ConnectionString) { Name = database.ApplicationName };
        builder.UsePhysicalConnectionInitializer(
            connection =>
            {
                using var command = new NpgsqlCommand(EndQueriesOfLostClients, connection);
                command.ExecuteNonQuery();
            },
            async connection =>
            {
                await using var command = new NpgsqlCommand(EndQueriesOfLostClients, connection);
                await command.ExecuteNonQueryAsync();
            });
        return builder.Build();
    }

    /// <summary>
    /// Reads <c>ConnectionStrings:soonshop</c>, with <paramref name="defaults"/> for missing settings. Adds problems to
    /// <paramref name="problems"/>; the result is then empty.
    /// </summary>
    public static NpgsqlConnectionStringBuilder ReadDatabase(
        this IConfiguration configuration, List<string> problems, params ReadOnlySpan<(string Keyword, object Value)> defaults)
    {
        if (configuration.GetConnectionString(Name) is not { Length: > 0 } text)
        {
            problems.Add($"ConnectionStrings:{Name} is not set; set ConnectionStrings__{Name}, such as {Example}.");
            return [];
        }
        try
        {
            var database = new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(database.Host) || string.IsNullOrEmpty(database.Database))
                problems.Add($"ConnectionStrings:{Name} names no Host or no Database; set ConnectionStrings__{Name} like {Example}.");
            foreach (var (keyword, value) in defaults)
            {
                if (!database.ShouldSerialize(keyword))
                    database[keyword] = value;
            }
            return database;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            problems.Add($"ConnectionStrings:{Name} cannot be read ({e.Message}); set ConnectionStrings__{Name} like {Example}.");
            return [];
        }
    }
}

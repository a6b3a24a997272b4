using Microsoft.Extensions.Configuration;
using Npgsql;

namespace SoonShop.ServiceDefaults;

/// <summary>Reads the connection to the shop's database.</summary>
public static class DatabaseConfiguration
{
    /// <summary>The name of the connection string.</summary>
    private const string Name = "soonshop";

    private const string Example = "Host=127.0.0.1;Port=5432;Database=soonshop;Username=soonshop;Password=…";

    /// <summary>Creates the connection pool. Metrics name it by the application's name.</summary>
    public static NpgsqlDataSource ToDataSource(this NpgsqlConnectionStringBuilder database) =>
        new NpgsqlDataSourceBuilder(database.ConnectionString) { Name = database.ApplicationName }.Build();

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

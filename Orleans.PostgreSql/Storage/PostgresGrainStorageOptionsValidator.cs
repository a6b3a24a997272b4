using System.Text.RegularExpressions;
using Npgsql;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>Reports everything that is wrong with the options of one storage before the silo starts.</summary>
internal sealed partial class PostgresGrainStorageOptionsValidator(PostgresGrainStorageOptions options, string name)
    : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        var problems = Problems().ToList();
        if (problems.Count > 0)
            throw new OrleansConfigurationException($"PostgreSQL grain storage '{name}': {string.Join(' ', problems)}");
    }

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    internal IEnumerable<string> Problems()
    {
        if (options.DataSource is null == string.IsNullOrWhiteSpace(options.ConnectionString))
            yield return $"Set either {nameof(options.DataSource)} or {nameof(options.ConnectionString)}.";
        else if (options.DataSource is null && !CanBeRead(options.ConnectionString!))
            yield return $"{nameof(options.ConnectionString)} cannot be read; set it like "
                + "Host=127.0.0.1;Database=shop;Username=shop;Password=….";
        if (options.StreamProvider is not null && string.IsNullOrWhiteSpace(options.StreamProvider))
            yield return $"{nameof(options.StreamProvider)} is empty; name a stream provider, or leave it null if no events are written.";
        foreach (var (name, table) in options.Partitions)
        {
            if (!PartitionName().IsMatch(table))
                yield return $"{nameof(options.Partitions)} has '{table}' for '{name}'; name a table in lower-case letters, digits and "
                    + "underscores.";
        }
        if (options.Owner is { Length: 0 or > 200 })
            yield return $"{nameof(options.Owner)} must be 1–200 characters.";
        foreach (var problem in (string?[])
            [
                OutOf(nameof(options.MaxBatchSize), options.MaxBatchSize, 10_000),
                OutOf(nameof(options.MaxBatchBytes), options.MaxBatchBytes, 64 * 1024 * 1024),
                OutOf(nameof(options.MaxQueuedWrites), options.MaxQueuedWrites, 1_000_000),
                OutOf(nameof(options.MaxQueueTime), options.MaxQueueTime),
                OutOf(nameof(options.CommandTimeout), options.CommandTimeout),
                OutOf(nameof(options.LockTimeout), options.LockTimeout),
                OutOf(nameof(options.DrainTimeout), options.DrainTimeout),
            ])
        {
            if (problem is not null)
                yield return problem;
        }
        if (options.LockTimeout >= options.CommandTimeout)
            yield return $"{nameof(options.LockTimeout)} is not below {nameof(options.CommandTimeout)}; shorten it, "
                + "otherwise a locked row fails its whole batch.";
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,62}$")]
    private static partial Regex PartitionName();

    private static string? OutOf(string what, int value, int max) =>
        value < 1 || value > max ? $"{what} is {value}; set it to 1–{max}." : null;

    private static string? OutOf(string what, TimeSpan value) =>
        value < TimeSpan.FromMilliseconds(10) || value > TimeSpan.FromHours(1) ? $"{what} is {value}; set it to 10 ms–1 h." : null;

    private static bool CanBeRead(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString).Host is { Length: > 0 };
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}

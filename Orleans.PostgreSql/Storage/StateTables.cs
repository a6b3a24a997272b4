namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Finds the partition of a state name. A statement on a partition costs a fraction of one on the whole table, which would look for its
/// rows in every partition.
/// </summary>
/// <param name="partitions">See <see cref="PostgresGrainStorageOptions.Partitions"/>.</param>
internal sealed class StateTables(IDictionary<string, string> partitions)
{
    /// <summary>The table of all states.</summary>
    public const string All = "grain_state";

    private readonly Dictionary<string, string> partitions = new(partitions);

    /// <summary>Returns the partition that holds only this state name; null when there is none.</summary>
    public string? PartitionOf(string stateName) => partitions.GetValueOrDefault(stateName);
}

namespace SoonShop.Silo.Storage;

/// <summary>
/// Configuration section <c>Storage</c>: how grain states are written to PostgreSQL. The options affect speed only, not the stored data.
/// </summary>
public sealed class StorageOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Storage";

    /// <summary>How grain states are written. Both providers use the same tables and read what the other wrote.</summary>
    public StorageProvider Provider { get; set; } = StorageProvider.GroupCommit;

    /// <summary>The maximum number of grains whose states go into one SQL statement.</summary>
    public int MaxBatchSize { get; set; } = 256;

    /// <summary>The maximum number of bytes of state in one SQL statement.</summary>
    public int MaxBatchBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>The maximum number of writes that wait for the next statement. Beyond that, callers wait until there is room.</summary>
    public int MaxQueuedWrites { get; set; } = 10_000;

    /// <summary>How long a write waits for its statement before it fails, in seconds.</summary>
    public int MaxQueueSeconds { get; set; } = 5;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Enum.IsDefined(Provider))
            yield return $"Storage:Provider is {Provider}; set Storage__Provider to GroupCommit or AdoNet.";
        if (MaxBatchSize is < 1 or > 10_000)
            yield return $"Storage:MaxBatchSize is {MaxBatchSize}; set Storage__MaxBatchSize to 1–10000.";
        if (MaxBatchBytes is < 1024 or > 64 * 1024 * 1024)
            yield return $"Storage:MaxBatchBytes is {MaxBatchBytes}; set Storage__MaxBatchBytes to 1024–67108864.";
        if (MaxQueuedWrites is < 1 or > 1_000_000)
            yield return $"Storage:MaxQueuedWrites is {MaxQueuedWrites}; set Storage__MaxQueuedWrites to 1–1000000.";
        if (MaxQueueSeconds is < 1 or > 60)
            yield return $"Storage:MaxQueueSeconds is {MaxQueueSeconds}; set Storage__MaxQueueSeconds to 1–60.";
    }
}

/// <summary>Ways to write grain states.</summary>
public enum StorageProvider
{
    /// <summary>One statement writes the states of many grains.</summary>
    GroupCommit,

    /// <summary>Orleans' ADO.NET provider: one statement per grain.</summary>
    AdoNet,
}

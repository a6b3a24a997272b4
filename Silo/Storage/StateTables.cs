namespace SoonShop.Silo.Storage;

/// <summary>
/// Finds the partition of a state name. A statement on a partition costs a fraction of one on the whole table, which would look for its
/// rows in every partition.
/// </summary>
internal static class StateTables
{
    /// <summary>The table of all states.</summary>
    public const string All = "grain_state";

    private static readonly Dictionary<string, string> Partitions = new[]
    {
        "user", "email", "product", "inventory", "cart", "order", "payment", "payment-customer", "idempotency", "notification", "mail", "webhook",
    }.ToDictionary(name => name, name => $"{All}_{name.Replace('-', '_')}");

    /// <summary>Returns the partition that holds only this state name; null when there is none.</summary>
    public static string? PartitionOf(string stateName) => Partitions.GetValueOrDefault(stateName);
}

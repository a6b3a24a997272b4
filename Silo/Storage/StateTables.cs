namespace SoonShop.Silo.Storage;

/// <summary>
/// Where states are, by their names. A statement on a partition costs a fraction of one on the table that it is part of, which sets out to find
/// its rows in each of them.
/// </summary>
internal static class StateTables
{
    /// <summary>The table of all states.</summary>
    public const string All = "grain_state";

    private static readonly Dictionary<string, string> Partitions = new[]
    {
        "user", "email", "product", "inventory", "cart", "order", "payment", "payment-customer", "idempotency", "notification", "mail", "webhook",
    }.ToDictionary(name => name, name => $"{All}_{name.Replace('-', '_')}");

    /// <summary>The partition that has this state, and no other; null when there is none.</summary>
    public static string? PartitionOf(string stateName) => Partitions.GetValueOrDefault(stateName);
}

using NpgsqlTypes;
using SoonShop.Aggregates;
using SoonShop.Orleans.PostgreSql.Storage;

namespace SoonShop.Silo.Storage;

/// <summary>The shop's tables that grain storage writes.</summary>
internal static class ShopTables
{
    /// <summary>The stock ledger.</summary>
    public static readonly RowTable<LedgerRow> Ledger = new RowTable<LedgerRow>("stock_ledger")
        .With("sku", NpgsqlDbType.Text, l => l.Sku)
        .With("sequence", NpgsqlDbType.Bigint, l => l.Sequence)
        .With("operation_id", NpgsqlDbType.Text, l => l.OperationId)
        .With("at", NpgsqlDbType.TimestampTz, l => l.At.UtcDateTime)
        .With("kind", NpgsqlDbType.Text, l => l.Kind)
        .With("delta", NpgsqlDbType.Integer, l => l.Delta)
        .With("on_hand_after", NpgsqlDbType.Integer, l => l.OnHandAfter)
        .With("reserved_after", NpgsqlDbType.Integer, l => l.ReservedAfter)
        .With("reference", NpgsqlDbType.Text, l => l.Reference);

    /// <summary>The state names that have partitions of their own.</summary>
    private static readonly string[] Partitioned =
        ["user", "email", "product", "inventory", "cart", "order", "payment", "payment-customer", "idempotency", "notification", "mail", "webhook"];

    /// <summary>Adds the shop's partitions.</summary>
    public static void AddPartitionsTo(PostgresGrainStorageOptions options)
    {
        foreach (var name in Partitioned)
            options.Partitions.Add(name, $"grain_state_{name.Replace('-', '_')}");
    }
}

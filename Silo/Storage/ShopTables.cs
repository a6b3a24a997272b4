using NpgsqlTypes;
using SoonShop.Aggregates;
using SoonShop.Orleans.PostgreSql.Storage;

namespace SoonShop.Silo.Storage;

/// <summary>The shop's tables that grain storage writes.</summary>
internal static class ShopTables
{
    private static readonly RowTable<LedgerRow> StockMovements = new RowTable<LedgerRow>("stock_ledger")
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

    /// <summary>Returns the table rows of ledger rows.</summary>
    public static TableRow[] RowsOf(IReadOnlyList<ILedgerRow> ledger)
    {
        if (ledger.Count == 0)
            return [];
        var rows = new List<TableRow>(ledger.Count);
        foreach (var row in ledger)
        {
            switch (row)
            {
                case LedgerRow movement:
                    rows.Add(StockMovements.Row(movement));
                    break;
                default:
                    throw new ArgumentException($"{row.GetType()} has no table.", nameof(ledger));
            }
        }
        return [.. rows];
    }

    /// <summary>Adds the shop's partitions.</summary>
    public static void AddPartitionsTo(PostgresGrainStorageOptions options)
    {
        foreach (var name in Partitioned)
            options.Partitions.Add(name, $"grain_state_{name.Replace('-', '_')}");
    }
}

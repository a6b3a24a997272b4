using System.Text.Json;
using NpgsqlTypes;
using SoonShop.Aggregates;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Pricing;

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

    private static readonly RowTable<PromotionUseRow> PromotionUses = new RowTable<PromotionUseRow>("promotion_use")
        .With("promotion_id", NpgsqlDbType.Text, r => r.PromotionId)
        .With("sequence", NpgsqlDbType.Bigint, r => r.Sequence)
        .With("operation_id", NpgsqlDbType.Text, r => r.OperationId)
        .With("at", NpgsqlDbType.TimestampTz, r => r.At.UtcDateTime)
        .With("kind", NpgsqlDbType.Text, r => r.Kind)
        .With("uses", NpgsqlDbType.Integer, r => r.Uses)
        .With("amount", NpgsqlDbType.Bigint, r => r.Amount)
        .With("currency", NpgsqlDbType.Text, r => r.Currency)
        .With("reserved_after", NpgsqlDbType.Bigint, r => r.ReservedAfter)
        .With("committed_after", NpgsqlDbType.Bigint, r => r.CommittedAfter)
        .With("amount_reserved_after", NpgsqlDbType.Bigint, r => r.AmountReservedAfter)
        .With("amount_committed_after", NpgsqlDbType.Bigint, r => r.AmountCommittedAfter)
        .With("order_id", NpgsqlDbType.Uuid, r => r.OrderId)
        .With("holders", NpgsqlDbType.Jsonb, r => r.Holders is { } holders ? JsonSerializer.Serialize(holders) : null);

    private static readonly RowTable<PromotionHolderRow> PromotionHolders = new RowTable<PromotionHolderRow>("promotion_holder_use")
        .With("promotion_id", NpgsqlDbType.Text, r => r.PromotionId)
        .With("holder", NpgsqlDbType.Text, r => r.Holder)
        .With("sequence", NpgsqlDbType.Bigint, r => r.Sequence)
        .With("uses_after", NpgsqlDbType.Bigint, r => r.UsesAfter);

    /// <summary>The state names that have partitions of their own.</summary>
    private static readonly string[] Partitioned =
    [
        "user", "email", "product", "inventory", "cart", "order", "payment", "payment-customer", "idempotency", "notification", "mail",
        "webhook", "promotion-uses", "stock-transfer", "draft-order",
    ];

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
                case PromotionUseRow use:
                    rows.Add(PromotionUses.Row(use));
                    foreach (var holder in use.HolderRows)
                        rows.Add(PromotionHolders.Row(holder));
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

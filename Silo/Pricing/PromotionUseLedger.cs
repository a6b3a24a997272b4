using System.Text.Json;
using Npgsql;
using SoonShop.Pricing;

namespace SoonShop.Silo.Pricing;

internal sealed class PromotionUseLedger(NpgsqlDataSource database) : IPromotionUseLedger
{
    public async Task<ImmutableArray<RecordedUse>> FindAsync(string promotionId, string[] operationIds, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select kind, uses, amount, currency, holders
            from promotion_use where promotion_id = $1 and operation_id = any($2) order by sequence
            """);
        command.Parameters.Add(new() { Value = promotionId });
        command.Parameters.Add(new() { Value = operationIds });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = ImmutableArray.CreateBuilder<RecordedUse>();
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(new RecordedUse(
                Enum.Parse<PromotionUseKind>(reader.GetString(0)), reader.GetInt32(1),
                reader.IsDBNull(3) ? null : new Money(reader.GetInt64(2), reader.GetString(3)),
                reader.IsDBNull(4) ? [] : [.. JsonSerializer.Deserialize<string[]>(reader.GetString(4))!]));
        }
        return rows.ToImmutable();
    }

    public async Task<long[]> CountAsync(string promotionId, string[] holders, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select coalesce((select uses_after from promotion_holder_use
                             where promotion_id = $1 and holder = asked.holder order by sequence desc limit 1), 0)
            from unnest($2) with ordinality as asked(holder, place) order by place
            """);
        command.Parameters.Add(new() { Value = promotionId });
        command.Parameters.Add(new() { Value = holders });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var counts = new List<long>(holders.Length);
        while (await reader.ReadAsync(cancellation))
            counts.Add(reader.GetInt64(0));
        return [.. counts];
    }
}

using System.Text.Json;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Orders;

namespace SoonShop.Silo.Orders;

internal sealed class DraftOrderQueries(NpgsqlDataSource database, TimeProvider time) : IDraftOrderQueries
{
    public async Task<Result<Page<DraftOrder>>> ListAsync(DraftOrderQuery query, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var key = $"draft-orders|{query.Status}|{query.CustomerId}";
        await using var command = database.CreateCommand();
        var page = new PageQuery(command);
        page.And("index is not null");
        if (query.Status is { } status)
        {
            // A draft whose validity has ended is cancelled, even if its row does not say so yet.
            page.And(status switch
            {
                DraftOrderStatus.Open => "index ->> 'status' = 'open'",
                DraftOrderStatus.Sent => "index ->> 'status' = 'sent'",
                _ => "index ->> 'status' in ('cancelled', 'open')",
            });
            if (status != DraftOrderStatus.Sent)
                page.And(status == DraftOrderStatus.Open
                    ? "index ->> 'validUntil' > {0}"
                    : "(index ->> 'status' = 'cancelled' or index ->> 'validUntil' <= {0})", SortableTime.Of(now));
        }
        page.And("index ->> 'customerId' = {0}", query.CustomerId?.ToString());
        if (query.Page.Cursor is { } cursor)
        {
            if (!Cursor.TryRead(cursor, key, 2, out var after))
                return Cursor.Bad;
            page.And($"(index ->> 'createdAt', grain_key) < ({page.Parameter(after[0])}, {page.Parameter(after[1])})");
        }
        command.CommandText = $"""
            select state, index ->> 'createdAt', grain_key from grain_state_draft_order where {page.Where}
            order by index ->> 'createdAt' desc, grain_key desc limit {query.Page.Limit + 1}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<DraftOrder>();
        string? next = null, createdAt = null, grainKey = null;
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == query.Page.Limit)
            {
                next = Cursor.Write(key, createdAt!, grainKey!);
                break;
            }
            var envelope = JsonSerializer.Deserialize<StateEnvelope<DraftOrderState>>(reader.GetFieldValue<byte[]>(0), StateJson.Options)!;
            items.Add(envelope.State!.ToView(now));
            (createdAt, grainKey) = (reader.GetString(1), reader.GetString(2));
        }
        return new Page<DraftOrder>(items.ToImmutable(), next);
    }
}

using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Orders;

namespace SoonShop.Silo.Orders;

internal sealed class DraftOrderQueries(NpgsqlDataSource database, TimeProvider time) : IDraftOrderQueries
{
    public async Task<Result<Page<DraftOrder>>> ListAsync(DraftOrderQuery query, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
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
        return await page.ReadStatesAsync(
            "grain_state_draft_order", $"draft-orders|{query.Status}|{query.CustomerId}", query.Page,
            (DraftOrderState state) => state.ToView(now), cancellation);
    }
}

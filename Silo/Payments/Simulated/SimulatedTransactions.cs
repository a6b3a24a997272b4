using Npgsql;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>The transactions of the simulated provider.</summary>
internal sealed class SimulatedTransactions(NpgsqlDataSource database) : IProviderTransactions
{
    private const string Facts = """
        select p.reference, p.order_id, p.amount, p.currency, p.status, coalesce(p.captured, p.amount), r.refunded, p.created_at
        from simulated_payment p
        cross join lateral (select coalesce(sum(amount), 0)::bigint as refunded from simulated_refund
            where payment_reference = p.reference) r
        """;

    /// <summary>The captured payments, as the integrity check compares them.</summary>
    public const string Captured = """
        select replace(p.order_id::text, '-', '') as id, p.reference, coalesce(p.captured, p.amount) as amount,
               coalesce(r.amount, 0)::bigint as refunded
        from simulated_payment p
        left join (select payment_reference, sum(amount) as amount from simulated_refund group by payment_reference) r
            on r.payment_reference = p.reference
        where p.status = 'captured'
        """;

    public async Task<ProviderTransaction?> FindAsync(string reference, CancellationToken cancellation) =>
        (await ReadAsync($"{Facts} where p.reference = $1", cancellation, reference)).FirstOrDefault();

    public async Task<ProviderTransactionPage> ListAsync(
        DateTimeOffset from, DateTimeOffset to, string? after, int limit, CancellationToken cancellation)
    {
        var found = await ReadAsync($"""
            {Facts}
            where p.created_at >= $1 and p.created_at < $2
              and (p.created_at, p.reference) < (coalesce((select created_at from simulated_payment where reference = $3), 'infinity'), $3)
            order by p.created_at desc, p.reference desc limit $4
            """, cancellation, from.UtcDateTime, to.UtcDateTime, after ?? "", limit + 1);
        return new ProviderTransactionPage([.. found.Take(limit)], found.Count > limit);
    }

    private async Task<List<ProviderTransaction>> ReadAsync(string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<ProviderTransaction>();
        while (await reader.ReadAsync(cancellation))
        {
            var status = SimulatedPaymentProvider.StatusOf(reader.GetString(4));
            found.Add(new ProviderTransaction(
                reader.GetString(0), reader.GetGuid(1), new Money(reader.GetInt64(2), reader.GetString(3)), status,
                status == ProviderPaymentStatus.Captured ? reader.GetInt64(5) : 0, reader.GetInt64(6), false,
                reader.GetFieldValue<DateTimeOffset>(7)));
        }
        return found;
    }
}

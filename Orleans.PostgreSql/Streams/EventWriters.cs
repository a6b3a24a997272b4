using Npgsql;
using NpgsqlTypes;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Finds the transactions that write no events. A snapshot names all transactions of the server, including those of other databases,
/// prepared ones and forgotten ones. A transaction that inserts an event locks the event table before it takes a position and holds
/// the lock until it ends.
/// </summary>
internal static class EventWriters
{
    private const string Sql = """
        with held as materialized (
          select locktype, database, relation, transactionid, virtualtransaction, mode from pg_locks
          where granted and locktype in ('transactionid', 'relation'))
        select w.id from unnest($1) w(id)
        join held t on t.locktype = 'transactionid' and t.mode = 'ExclusiveLock' and t.transactionid = (w.id % 4294967296)::text::xid
        where not exists (
          select from held e
          where e.virtualtransaction = t.virtualtransaction and e.locktype = 'relation' and e.relation = 'event'::regclass
            and e.database = (select oid from pg_database where datname = current_database())
            and e.mode not in ('AccessShareLock', 'RowShareLock', 'ShareLock'))
        """;

    /// <summary>
    /// Returns the given transactions that are running and have not written an event. Call it after the reads that depend on it:
    /// a transaction that has ended since is not returned.
    /// </summary>
    public static async Task<HashSet<long>> NotAmongAsync(NpgsqlDataSource database, long[] transactions, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = transactions, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var bystanders = new HashSet<long>();
        while (await reader.ReadAsync(cancellation))
            bystanders.Add(reader.GetInt64(0));
        return bystanders;
    }
}

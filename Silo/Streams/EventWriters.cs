using Npgsql;
using NpgsqlTypes;

namespace SoonShop.Silo.Streams;

/// <summary>
/// Tells who writes events from who does not. A snapshot names all transactions of the server: those of other databases, those that wait
/// prepared, those that somebody has forgotten. Whoever inserts an event has locked its table before it takes a place in it, and keeps that
/// lock to its end.
/// </summary>
internal static class EventWriters
{
    private const string Sql = """
        with held as materialized (
          select locktype, database, relation, transactionid, virtualtransaction, mode from pg_locks where granted and locktype in ('transactionid', 'relation'))
        select w.id from unnest($1) w(id)
        join held t on t.locktype = 'transactionid' and t.mode = 'ExclusiveLock' and t.transactionid = (w.id % 4294967296)::text::xid
        where not exists (
          select from held e
          where e.virtualtransaction = t.virtualtransaction and e.locktype = 'relation' and e.relation = 'event'::regclass
            and e.database = (select oid from pg_database where datname = current_database()) and e.mode not in ('AccessShareLock', 'RowShareLock', 'ShareLock'))
        """;

    /// <summary>
    /// Those of the transactions that are under way and have not written an event so far. To be asked after the reads for which it matters:
    /// a transaction that has ended meanwhile is not among them.
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

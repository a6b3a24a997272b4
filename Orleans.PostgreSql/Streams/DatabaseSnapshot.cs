using System.Globalization;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// The transactions that a read could see: the text of <c>pg_current_snapshot()</c> (<c>xmin:xmax:xip,…</c>), and the id of the
/// next transaction. Ids from xmax to that id belong to transactions that had begun. Transactions known to write nothing count as
/// ended.
/// </summary>
internal sealed class DatabaseSnapshot
{
    /// <summary>SQL for the transactions on this server that write no events: see the table <c>audit_transaction</c>.</summary>
    public const string Harmless = "array(select id::text::bigint from audit_transaction where server = pg_postmaster_start_time())";

    private readonly long min, max, next;
    private readonly HashSet<long> running = [];
    private readonly long[] harmless;

    public DatabaseSnapshot(string text, long nextTransaction, params long[] harmless)
    {
        var parts = text.Split(':');
        min = long.Parse(parts[0], CultureInfo.InvariantCulture);
        max = long.Parse(parts[1], CultureInfo.InvariantCulture);
        next = nextTransaction;
        this.harmless = harmless;
        foreach (var id in parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries))
            running.Add(long.Parse(id, CultureInfo.InvariantCulture));
    }

    /// <summary>True when the transaction had ended, so that its commit was visible.</summary>
    public bool HadEnded(long transaction) =>
        transaction < min || transaction < max && !running.Contains(transaction) || harmless.Contains(transaction);

    /// <summary>The transactions that had begun and not ended.</summary>
    public HashSet<long> Unended()
    {
        var unended = new HashSet<long>(running);
        for (var id = max; id < next; id++)
            unended.Add(id);
        unended.ExceptWith(harmless);
        return unended;
    }
}

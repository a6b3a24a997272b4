using Npgsql;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Stops a <see cref="ReadWindow"/> from waiting for long transactions that have written no events, so that they do not fill its list of
/// remembered positions.
/// </summary>
internal sealed class LongTransactions(NpgsqlDataSource database)
{
    /// <summary>After how long, and how often, a running transaction is checked for written events.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(2);

    private long askedAtMs;

    /// <summary>Checks the transactions that the window waits for, if it is time. No read may happen meanwhile.</summary>
    public async Task ForgetBystandersAsync(ReadWindow window, long nowMs, CancellationToken cancellation)
    {
        if (nowMs - askedAtMs < Age.TotalMilliseconds || window.WaitedFor(nowMs, Age) is not { Length: > 0 } waitedFor)
            return;
        window.Forget(await EventWriters.NotAmongAsync(database, waitedFor, cancellation), nowMs);
        askedAtMs = nowMs;
    }
}

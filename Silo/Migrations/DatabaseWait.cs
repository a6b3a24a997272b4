using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SoonShop.Silo.Migrations;

/// <summary>Waits for an unreachable database: one that starts together with this process, restarts, or fails over.</summary>
internal static partial class DatabaseWait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the log reports that this process still waits.</summary>
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Waits until the database accepts connections, up to the limit. It does not wait when the password is rejected or the database does
    /// not exist.
    /// </summary>
    /// <exception cref="NpgsqlException">The database does not accept connections within the limit, or rejects this one.</exception>
    /// <exception cref="SocketException">The database's host name is not known within the limit.</exception>
    public static async Task UntilReachableAsync(string connectionString, TimeSpan limit, ILogger log, CancellationToken cancellation)
    {
        // Not pooled, because the metrics would report the pool for as long as the process runs.
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });
        var waited = Stopwatch.StartNew();
        var said = TimeSpan.MinValue;
        while (true)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(cancellation);
                if (said >= TimeSpan.Zero)
                    LogThere(log, waited.Elapsed.TotalSeconds);
                return;
            }
            catch (Exception e) when (IsUnreachable(e) && waited.Elapsed < limit)
            {
                if (said < TimeSpan.Zero || waited.Elapsed - said >= LogInterval)
                {
                    said = waited.Elapsed;
                    LogAway(log, e.Message, waited.Elapsed.TotalSeconds, limit.TotalSeconds);
                }
            }
            await Task.Delay(Pause, cancellation);
        }
    }

    /// <summary>True for a temporary error: the server does not respond, starts, stops or has too many connections.</summary>
    internal static bool IsUnreachable(Exception e) => e is PostgresException refusal
        ? refusal.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.TooManyConnections
        : e is NpgsqlException or SocketException;

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The database is unreachable ({Reason}). Waiting for it since {Seconds:0} s, for at most {Limit:0} s "
            + "(Silo:AwaitDatabaseSeconds).")]
    private static partial void LogAway(ILogger log, string reason, double seconds, double limit);

    [LoggerMessage(Level = LogLevel.Information, Message = "The database is reachable after {Seconds:0} s.")]
    private static partial void LogThere(ILogger log, double seconds);
}

using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SoonShop.Silo.Migrations;

/// <summary>Waits for a database that is away: one that starts together with this process, is restarted, or fails over.</summary>
internal static partial class DatabaseWait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the log says that this process still waits.</summary>
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    /// <summary>Waits until the database accepts connections, no longer than the limit. A password that is refused, or a database that is not there, is not waited for.</summary>
    /// <exception cref="NpgsqlException">It does not, or refuses.</exception>
    /// <exception cref="SocketException">It does not: its host is not known.</exception>
    public static async Task UntilReachableAsync(string connectionString, TimeSpan limit, ILogger log, CancellationToken cancellation)
    {
        // Of nobody's pool: metrics would tell of it for ever.
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

    /// <summary>True for what goes away by itself: nobody answers, or the server starts, stops or is full.</summary>
    internal static bool IsUnreachable(Exception e) => e is PostgresException refusal
        ? refusal.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.TooManyConnections
        : e is NpgsqlException or SocketException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database cannot be reached ({Reason}). Waiting for it, since {Seconds:0} s, for {Limit:0} s at most (Silo:AwaitDatabaseSeconds).")]
    private static partial void LogAway(ILogger log, string reason, double seconds, double limit);

    [LoggerMessage(Level = LogLevel.Information, Message = "The database is there, after {Seconds:0} s.")]
    private static partial void LogThere(ILogger log, double seconds);
}

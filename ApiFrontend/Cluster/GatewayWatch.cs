namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Tells calls that are under way that a gateway was lost. Orleans' client lets them wait for their time limit: those that went through the
/// lost connection, and those that another gateway had passed on to the silo that died.
/// </summary>
internal sealed partial class GatewayWatch(ClusterClientOptions options, ILogger<GatewayWatch> log)
{
    private CancellationTokenSource epoch = new();

    /// <summary>Cancelled some time after the next loss; take it before the call begins.</summary>
    public CancellationToken Lost => Volatile.Read(ref epoch).Token;

    /// <summary>Orleans' notice that connections came or went.</summary>
    public void Changed(int now, int before)
    {
        if (now > before)
            WorkerKeys.Joined();
        if (now >= before)
            return;
        LogLost(log, now);
        // Calls that begin from now on wait for the next loss. The old source ends with its timer; nothing else holds it.
        Interlocked.Exchange(ref epoch, new CancellationTokenSource()).CancelAfter(TimeSpan.FromSeconds(options.LostCallSeconds));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection to a silo's gateway ended; {Gateways} are left.")]
    private static partial void LogLost(ILogger log, int gateways);
}

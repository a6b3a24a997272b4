namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Notifies running calls that a gateway was lost. Without it, Orleans' client lets them wait until their time limit: both those on the
/// lost connection, and those that another gateway had forwarded to the dead silo.
/// </summary>
internal sealed partial class GatewayWatch(ClusterClientOptions options, ILogger<GatewayWatch> log)
{
    private CancellationTokenSource epoch = new();

    /// <summary>A token that is cancelled some time after the next loss. Take it before the call begins.</summary>
    public CancellationToken Lost => Volatile.Read(ref epoch).Token;

    /// <summary>Handles Orleans' notification that the number of connections has changed.</summary>
    public void Changed(int now, int before)
    {
        if (now > before)
            WorkerKeys.Joined();
        if (now >= before)
            return;
        LogLost(log, now);
        // Later calls wait for the next loss. Only its timer references the old source, so the source needs no disposal.
        Interlocked.Exchange(ref epoch, new CancellationTokenSource()).CancelAfter(TimeSpan.FromSeconds(options.LostCallSeconds));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection to a silo's gateway ended; {Gateways} are left.")]
    private static partial void LogLost(ILogger log, int gateways);
}

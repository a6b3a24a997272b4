using SoonShop.ApiFrontend.Cluster;

namespace SoonShop.ApiFrontend.Health;

/// <summary>Whether this front end can serve. Asked by anybody and often, it asks the cluster once in a while, for all of them.</summary>
internal sealed partial class Readiness(IClusterClient cluster, ClusterBreaker breaker, TimeProvider time, ILogger<Readiness> log)
{
    /// <summary>So long an answer is good.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(300);

    private readonly Lock gate = new();
    private Task<string?>? last;
    private long askedAt;

    /// <summary>Why not; null when it can.</summary>
    public Task<string?> CheckAsync()
    {
        lock (gate)
        {
            if (last is null || (last.IsCompleted && time.GetElapsedTime(askedAt) >= Fresh))
                (last, askedAt) = (AskAsync(), time.GetTimestamp());
            return last;
        }
    }

    private async Task<string?> AskAsync()
    {
        try
        {
            await ClusterProbe.AskAsync(cluster, CancellationToken.None);
            return breaker.IsOpen ? "requests are still being refused" : null;
        }
        catch (Exception e)
        {
            LogNotReady(log, e.Message);
            return "cluster and database do not both answer";
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not ready: {Reason}")]
    private static partial void LogNotReady(ILogger log, string reason);
}

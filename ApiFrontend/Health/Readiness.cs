using SoonShop.ApiFrontend.Cluster;

namespace SoonShop.ApiFrontend.Health;

/// <summary>Checks whether this front end can serve requests. Frequent callers share one periodic check of the cluster.</summary>
internal sealed partial class Readiness(IClusterClient cluster, ClusterBreaker breaker, TimeProvider time, ILogger<Readiness> log)
{
    /// <summary>How long a result is reused.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(300);

    private readonly Lock gate = new();
    private Task<ErrorText?>? last;
    private long askedAt;

    /// <summary>Returns why the front end cannot serve; null when it can.</summary>
    public Task<ErrorText?> CheckAsync()
    {
        lock (gate)
        {
            if (last is null || (last.IsCompleted && time.GetElapsedTime(askedAt) >= Fresh))
                (last, askedAt) = (AskAsync(), time.GetTimestamp());
            return last;
        }
    }

    private async Task<ErrorText?> AskAsync()
    {
        try
        {
            await ClusterProbe.AskAsync(cluster, CancellationToken.None);
            return breaker.IsOpen ? ErrorText.Of("error.not-ready-breaker", "Not ready: requests are still being refused.") : null;
        }
        catch (Exception e)
        {
            LogNotReady(log, e.Message);
            return ErrorText.Of("error.not-ready", "Not ready: cluster and database do not both answer.");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not ready: {Reason}")]
    private static partial void LogNotReady(ILogger log, string reason);
}

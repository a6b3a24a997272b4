namespace SoonShop.ApiFrontend.Cluster;

/// <summary>Configuration section <c>Cluster</c>: the cluster that the front end calls, time limits, and the circuit breaker.</summary>
public sealed class ClusterClientOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Cluster";

    /// <summary>The name of the cluster, 1–100 characters; the same as <c>Silo:ClusterId</c>.</summary>
    public string Id { get; set; } = "soonshop";

    /// <summary>The time limit of a request that changes something, in seconds.</summary>
    public double CallTimeoutSeconds { get; set; } = 15;

    /// <summary>The time limit of a request that reads, in seconds. After that, its database query is cancelled.</summary>
    public double QueryTimeoutSeconds { get; set; } = 10;

    /// <summary>How often the list of silos is read from the database, in seconds.</summary>
    public double GatewayRefreshSeconds { get; set; } = 2;

    /// <summary>
    /// How long after the loss of a silo the front end still waits for calls in progress, in seconds. After that, calls are retried if that
    /// is safe; otherwise they fail.
    /// </summary>
    public double LostCallSeconds { get; set; } = 2;

    /// <summary>The maximum number of calls that wait to be retried at the same time; 0 retries none.</summary>
    public int MaxRepeatedCalls { get; set; } = 16;

    /// <summary>Uses the circuit breaker, which returns 503 at once while the cluster does not respond.</summary>
    public bool BreakerEnabled { get; set; } = true;

    /// <summary>
    /// The share of failed calls at which the circuit breaker opens. Keep it near 1: while one silo of two is lost, more than half of the
    /// calls can fail for some seconds.
    /// </summary>
    public double BreakerFailureRatio { get; set; } = 0.95;

    /// <summary>With fewer calls in the sampling time, the circuit breaker stays closed.</summary>
    public int BreakerMinimumCalls { get; set; } = 20;

    /// <summary>The time over which the share of failed calls is measured, in seconds.</summary>
    public double BreakerSamplingSeconds { get; set; } = 5;

    /// <summary>How often an open circuit breaker probes the cluster, in seconds. A successful probe closes it.</summary>
    public double ProbeSeconds { get; set; } = 0.5;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (Id.Length is < 1 or > 100)
            yield return "Cluster:Id must be 1–100 characters; set Cluster__Id.";
        if (CallTimeoutSeconds is not (>= 1 and <= 300))
            yield return $"Cluster:CallTimeoutSeconds is {CallTimeoutSeconds}; set Cluster__CallTimeoutSeconds to 1–300.";
        if (QueryTimeoutSeconds is not (>= 0.1 and <= 300))
            yield return $"Cluster:QueryTimeoutSeconds is {QueryTimeoutSeconds}; set Cluster__QueryTimeoutSeconds to 0.1–300.";
        if (GatewayRefreshSeconds is not (>= 0.5 and <= 300))
            yield return $"Cluster:GatewayRefreshSeconds is {GatewayRefreshSeconds}; set Cluster__GatewayRefreshSeconds to 0.5–300.";
        if (LostCallSeconds is not (>= 0.1 and <= 300))
            yield return $"Cluster:LostCallSeconds is {LostCallSeconds}; set Cluster__LostCallSeconds to 0.1–300.";
        if (MaxRepeatedCalls is < 0 or > 10_000)
            yield return $"Cluster:MaxRepeatedCalls is {MaxRepeatedCalls}; set Cluster__MaxRepeatedCalls to 0–10000.";
        if (BreakerFailureRatio is not (> 0 and <= 1))
            yield return $"Cluster:BreakerFailureRatio is {BreakerFailureRatio}; set Cluster__BreakerFailureRatio to more than 0 and at "
                + "most 1.";
        if (BreakerMinimumCalls is < 2 or > 100_000)
            yield return $"Cluster:BreakerMinimumCalls is {BreakerMinimumCalls}; set Cluster__BreakerMinimumCalls to 2–100000.";
        if (BreakerSamplingSeconds is not (>= 0.5 and <= 300))
            yield return $"Cluster:BreakerSamplingSeconds is {BreakerSamplingSeconds}; set Cluster__BreakerSamplingSeconds to 0.5–300.";
        if (ProbeSeconds is not (>= 0.1 and <= 60))
            yield return $"Cluster:ProbeSeconds is {ProbeSeconds}; set Cluster__ProbeSeconds to 0.1–60.";
    }
}

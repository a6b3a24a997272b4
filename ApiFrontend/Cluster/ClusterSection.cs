namespace SoonShop.ApiFrontend.Cluster;

/// <summary>Configuration section <c>Cluster</c>: which silos this front end calls, how long it waits for them, and when it stops asking.</summary>
public sealed class ClusterSection
{
    /// <summary>The section's name.</summary>
    public const string Section = "Cluster";

    /// <summary>Silos and front ends of one cluster name the same.</summary>
    public string Id { get; set; } = "soonshop";

    /// <summary>How long a request that changes something may take: longer than a grain waits for what it calls.</summary>
    public double CallTimeoutSeconds { get; set; } = 15;

    /// <summary>How long a request that only reads may take; then what it asked for is cancelled, down to the database.</summary>
    public double QueryTimeoutSeconds { get; set; } = 10;

    /// <summary>How often gateways are read from the membership table: as old may the news be that a silo has joined or left.</summary>
    public double GatewayRefreshSeconds { get; set; } = 2;

    /// <summary>
    /// After a gateway is lost, calls that were under way then, through whichever gateway, have this long to be answered; then they
    /// count as lost. Orleans' client would wait for the answer until the call's time limit.
    /// </summary>
    public double LostCallSeconds { get; set; } = 2;

    /// <summary>Calls that wait at the same moment to be asked again; 0 asks nothing again.</summary>
    public int MaxRepeatedCalls { get; set; } = 16;

    /// <summary>False: calls are made however many fail.</summary>
    public bool BreakerEnabled { get; set; } = true;

    /// <summary>
    /// The part of the calls that must fail for the breaker to open. Near 1, because with one silo of two gone far more than half of the
    /// calls fail for some seconds, and the rest should be answered.
    /// </summary>
    public double BreakerFailureRatio { get; set; } = 0.95;

    /// <summary>Fewer calls within <see cref="BreakerSamplingSeconds"/> tell nothing.</summary>
    public int BreakerMinimumCalls { get; set; } = 20;

    /// <summary>How far back the breaker looks.</summary>
    public double BreakerSamplingSeconds { get; set; } = 5;

    /// <summary>How often an open breaker tries whether the cluster answers again.</summary>
    public double ProbeSeconds { get; set; } = 0.5;

    /// <summary>What is wrong, each with what to set.</summary>
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
            yield return $"Cluster:BreakerFailureRatio is {BreakerFailureRatio}; set Cluster__BreakerFailureRatio to more than 0 and at most 1.";
        if (BreakerMinimumCalls is < 2 or > 100_000)
            yield return $"Cluster:BreakerMinimumCalls is {BreakerMinimumCalls}; set Cluster__BreakerMinimumCalls to 2–100000.";
        if (BreakerSamplingSeconds is not (>= 0.5 and <= 300))
            yield return $"Cluster:BreakerSamplingSeconds is {BreakerSamplingSeconds}; set Cluster__BreakerSamplingSeconds to 0.5–300.";
        if (ProbeSeconds is not (>= 0.1 and <= 60))
            yield return $"Cluster:ProbeSeconds is {ProbeSeconds}; set Cluster__ProbeSeconds to 0.1–60.";
    }
}

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>Configuration section <c>Admission</c>: how many requests this front end works on at once.</summary>
public sealed class AdmissionOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Admission";

    /// <summary>False: every request is let in.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Requests at once to begin with; from there the limit finds itself.</summary>
    public int InitialLimit { get; set; } = 64;

    /// <summary>The limit never falls below this. With <see cref="MaxLimit"/> the same, the limit is fixed.</summary>
    public int MinLimit { get; set; } = 16;

    /// <summary>The limit never rises above this.</summary>
    public int MaxLimit { get; set; } = 1000;

    /// <summary>While half of the requests take longer than this many milliseconds, the limit falls; while they do not, and it is reached, it rises.</summary>
    public int TargetMilliseconds { get; set; } = 100;

    /// <summary>Requests that wait for a place; more are refused at once.</summary>
    public int MaxWaiting { get; set; } = 64;

    /// <summary>How long one waits for a place, in milliseconds, before it is refused.</summary>
    public int MaxWaitMilliseconds { get; set; } = 500;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (MinLimit is < 1 or > 100_000)
            yield return $"Admission:MinLimit is {MinLimit}; set Admission__MinLimit to 1–100000.";
        if (MaxLimit < MinLimit || MaxLimit > 100_000)
            yield return $"Admission:MaxLimit is {MaxLimit}; set Admission__MaxLimit to {MinLimit}–100000, and not below Admission:MinLimit.";
        if (InitialLimit < MinLimit || InitialLimit > MaxLimit)
            yield return $"Admission:InitialLimit is {InitialLimit}; set Admission__InitialLimit between Admission:MinLimit and Admission:MaxLimit.";
        if (TargetMilliseconds is < 1 or > 60_000)
            yield return $"Admission:TargetMilliseconds is {TargetMilliseconds}; set Admission__TargetMilliseconds to 1–60000.";
        if (MaxWaiting is < 0 or > 100_000)
            yield return $"Admission:MaxWaiting is {MaxWaiting}; set Admission__MaxWaiting to 0–100000.";
        if (MaxWaitMilliseconds is < 0 or > 60_000)
            yield return $"Admission:MaxWaitMilliseconds is {MaxWaitMilliseconds}; set Admission__MaxWaitMilliseconds to 0–60000.";
    }
}

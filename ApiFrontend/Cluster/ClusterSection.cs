namespace SoonShop.ApiFrontend.Cluster;

/// <summary>Configuration section <c>Cluster</c>: which silos this front end calls.</summary>
public sealed class ClusterSection
{
    /// <summary>The section's name.</summary>
    public const string Section = "Cluster";

    /// <summary>Silos and front ends of one cluster name the same.</summary>
    public string Id { get; set; } = "soonshop";

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (Id.Length is < 1 or > 100)
            yield return "Cluster:Id must be 1–100 characters; set Cluster__Id.";
    }
}

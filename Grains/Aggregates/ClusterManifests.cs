using Orleans.Metadata;

namespace SoonShop.Aggregates;

/// <summary>A question about all silos of the cluster. It is asked again when the cluster has changed.</summary>
internal sealed class ClusterQuestion(IClusterManifestProvider cluster, Func<ClusterManifest, bool> ask)
{
    private Answer? last;

    /// <summary>The answer for the cluster as it is now.</summary>
    public bool IsTrue
    {
        get
        {
            var current = cluster.Current;
            if (last is not { } known || !ReferenceEquals(known.Manifest, current))
                last = known = new Answer(current, ask(current));
            return known.IsTrue;
        }
    }

    private sealed record Answer(object Manifest, bool IsTrue);
}

/// <summary>Tells what the silos of a cluster know while two versions run together.</summary>
internal static class ClusterManifests
{
    /// <summary>True when every silo knows a grain. A silo of an older version fails its calls.</summary>
    public static bool AllKnow(this ClusterManifest manifest, GrainType grain) => AllKnow(grain, manifest.Silos.Values);

    /// <summary>True when every silo knows a grain and announces a property of it.</summary>
    public static bool AllKnow(this ClusterManifest manifest, GrainType grain, string property) =>
        manifest.Silos.Values.All(silo => silo.Grains.TryGetValue(grain, out var known) && known.Properties.ContainsKey(property));

    /// <summary>True when all of these silos know a grain.</summary>
    public static bool AllKnow(GrainType grain, IEnumerable<GrainManifest> silos) => silos.All(silo => silo.Grains.ContainsKey(grain));
}

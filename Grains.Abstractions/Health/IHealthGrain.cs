namespace SoonShop.Health;

/// <summary>Checks whether a silo works.</summary>
[Alias("soonshop.health")]
public interface IHealthGrain : IGrainWithIntegerKey
{
    /// <summary>Returns when the cluster and its database respond. Throws <see cref="UnavailableException"/> otherwise.</summary>
    [Alias("check")]
    Task CheckAsync();
}

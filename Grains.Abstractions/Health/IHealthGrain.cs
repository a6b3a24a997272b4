namespace SoonShop.Health;

/// <summary>Answers whether a silo can do its work.</summary>
[Alias("soonshop.health")]
public interface IHealthGrain : IGrainWithIntegerKey
{
    /// <summary>Returns when the cluster and its database answered. Throws <see cref="UnavailableException"/> otherwise.</summary>
    [Alias("check")]
    Task CheckAsync();
}

namespace SoonShop.ApiKeys;

/// <summary>The port to the list of all keys.</summary>
public interface IApiKeys
{
    /// <summary>Returns the keys that are not revoked, oldest first.</summary>
    Task<ImmutableArray<ApiKey>> ListAsync(CancellationToken cancellation);
}

namespace SoonShop.ApiKeys;

/// <summary>
/// An API key of a machine client. Keyed by its id. Only a digest of the secret is stored. The gateway admits only administrators.
/// </summary>
[Alias("soonshop.api-key-grain")]
public interface IApiKeyGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Creates the key. A repeated call, while the key is unused, returns another secret instead of the first one, whose response was lost.
    /// Errors: <c>validation-failed</c>, <c>conflict</c> (too many keys, or already created and used).
    /// </summary>
    [Alias("create")]
    Task<Result<NewApiKey>> CreateAsync(CreateApiKey command);

    /// <summary>Returns the key without its secret. Error: <c>not-found</c>, also once it is revoked.</summary>
    [Alias("get")]
    Task<Result<ApiKey>> GetAsync();

    /// <summary>Revokes the key permanently. Error: <c>not-found</c>, also for a repeated call.</summary>
    [Alias("revoke")]
    Task<Result<Done>> RevokeAsync();

    /// <summary>
    /// Verifies a secret and records the use (stored once an hour). Error: <c>unauthenticated</c>, without further details, for an unknown,
    /// revoked, expired or wrong key.
    /// </summary>
    [Alias("check")]
    Task<Result<ApiKey>> CheckAsync(string secret);
}

/// <summary>Lists all keys. Any key addresses it.</summary>
[Alias("soonshop.api-key-list")]
public interface IApiKeyListGrain : IGrainWithIntegerKey
{
    /// <summary>Returns the keys that are not revoked, oldest first.</summary>
    [Alias("list")]
    Task<ImmutableArray<ApiKey>> ListAsync();
}

/// <summary>A new key.</summary>
/// <param name="Name">Its purpose: 1–100 characters on one line.</param>
/// <param name="Scopes">At least one of <see cref="ApiScopes.All"/>.</param>
/// <param name="ExpiresAt">A time in the future, or null for never.</param>
/// <param name="CreatedBy">The administrator.</param>
[GenerateSerializer, Immutable, Alias("soonshop.create-api-key")]
public sealed record CreateApiKey(string Name, ImmutableArray<string> Scopes, DateTimeOffset? ExpiresAt, string CreatedBy);

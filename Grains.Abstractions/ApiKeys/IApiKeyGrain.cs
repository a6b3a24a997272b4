namespace SoonShop.ApiKeys;

/// <summary>One API key of a machine client. Keyed by its id. Its secret is kept as a digest alone. The gateway lets administrators in.</summary>
[Alias("soonshop.api-key-grain")]
public interface IApiKeyGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Makes the key. The same again, while nobody has used the key, answers another secret in place of the first, whose answer
    /// went lost. Refused: <c>validation-failed</c>, <c>conflict</c> (too many keys, or made and used already).
    /// </summary>
    [Alias("create")]
    Task<Result<NewApiKey>> CreateAsync(CreateApiKey command);

    /// <summary>The key, without its secret. Refused: <c>not-found</c>, also once it is revoked.</summary>
    [Alias("get")]
    Task<Result<ApiKey>> GetAsync();

    /// <summary>Ends the key for good. Refused: <c>not-found</c>, also the second time.</summary>
    [Alias("revoke")]
    Task<Result<Done>> RevokeAsync();

    /// <summary>
    /// Checks a secret and notes the use (written once an hour). Refused, without saying which: <c>unauthenticated</c> for an unknown,
    /// revoked, expired or wrong one.
    /// </summary>
    [Alias("check")]
    Task<Result<ApiKey>> CheckAsync(string secret);
}

/// <summary>The list of all keys. Any activation will do.</summary>
[Alias("soonshop.api-key-list")]
public interface IApiKeyListGrain : IGrainWithIntegerKey
{
    /// <summary>Keys that are not revoked, oldest first.</summary>
    [Alias("list")]
    Task<ImmutableArray<ApiKey>> ListAsync();
}

/// <summary>A new key.</summary>
/// <param name="Name">What it is for: 1–100 characters on one line.</param>
/// <param name="Scopes">At least one of <see cref="ApiScopes.All"/>.</param>
/// <param name="ExpiresAt">In the future, or null for never.</param>
/// <param name="CreatedBy">The administrator.</param>
[GenerateSerializer, Immutable, Alias("soonshop.create-api-key")]
public sealed record CreateApiKey(string Name, ImmutableArray<string> Scopes, DateTimeOffset? ExpiresAt, string CreatedBy);

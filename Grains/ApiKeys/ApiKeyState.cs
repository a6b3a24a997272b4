using SoonShop.Aggregates;
using SoonShop.Users;

namespace SoonShop.ApiKeys;

/// <summary>The rules of an API key.</summary>
public sealed record ApiKeyState
{
    /// <summary>The most keys of the shop.</summary>
    public const int MaxKeys = 200;

    /// <summary>A use is stored only when the last stored use is older than this.</summary>
    public static readonly TimeSpan UseInterval = TimeSpan.FromHours(1);

    /// <summary>The id.</summary>
    public required Guid Id { get; init; }
    /// <summary>The purpose.</summary>
    public required string Name { get; init; }
    /// <summary>The scopes, without duplicates, in alphabetical order.</summary>
    public required ImmutableArray<string> Scopes { get; init; }
    /// <summary>The SHA-256 digest of the secret. The secret is random, so a slow hash would add nothing.</summary>
    public required string SecretDigest { get; init; }
    /// <summary>Who created it.</summary>
    public required string CreatedBy { get; init; }
    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it expires.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
    /// <summary>When it was revoked.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
    /// <summary>The last stored use.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Creates a key.</summary>
    public static Decision<ApiKeyState> Create(CreateApiKey command, ApiKeyToken token, DateTimeOffset now)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        var name = command.Name.Trim();
        if (name.Length is < 1 or > 100 || !Text.IsLine(name))
            errors["name"] = [ErrorText.Of("field.line-100", "must be 1–100 characters on one line")];
        if (command.Scopes.Length == 0 || command.Scopes.Any(s => s is null || !ApiScopes.All.Contains(s)))
            errors["scopes"] = [ErrorText.Of("field.all-of", $"must be one or more of {string.Join(", ", ApiScopes.All)}")];
        if (command.ExpiresAt <= now)
            errors["expiresAt"] = [ErrorText.Of("field.future", "must be in the future")];
        return errors.Count > 0 ? Error.Invalid(errors) : Decision<ApiKeyState>.To(new ApiKeyState
        {
            Id = token.Id,
            Name = name,
            Scopes = [.. command.Scopes.Distinct().Order(StringComparer.Ordinal)],
            SecretDigest = UserState.Digest(token.Secret),
            CreatedBy = command.CreatedBy,
            CreatedAt = now,
            ExpiresAt = command.ExpiresAt,
        });
    }

    /// <summary>Issues another secret for a key whose first secret nobody has received.</summary>
    public Decision<ApiKeyState> Renew(CreateApiKey command, ApiKeyToken token, DateTimeOffset now)
    {
        var again = Create(command, token, now);
        return again.Error is not null || (LastUsedAt is null
            && RevokedAt is null
            && Name == again.State.Name
            && Scopes.SequenceEqual(again.State.Scopes)
            && ExpiresAt == command.ExpiresAt)
            ? again
            : Error.Of(ErrorCode.Conflict, "error.key-made", "The key was already created. Revoke it and create another.");
    }

    /// <summary>True when a secret is valid now.</summary>
    public bool Admits(string secret, DateTimeOffset now) =>
        RevokedAt is null && !(ExpiresAt <= now) && UserState.SameDigest(SecretDigest, UserState.Digest(secret));

    /// <summary>Records a use, unless a recent one is stored.</summary>
    public Decision<ApiKeyState> Use(DateTimeOffset now) => LastUsedAt is { } last && now - last < UseInterval
        ? Decision<ApiKeyState>.NoChange(this)
        : Decision<ApiKeyState>.To(this with { LastUsedAt = now });

    /// <summary>Returns the key as administrators see it.</summary>
    public ApiKey ToView() => new(Id, Name, Scopes, CreatedBy, CreatedAt, ExpiresAt, LastUsedAt);
}

/// <summary>The fields by which SQL finds API keys.</summary>
public sealed record ApiKeyIndex(string CreatedAt);

using SoonShop.Aggregates;
using SoonShop.Users;

namespace SoonShop.ApiKeys;

/// <summary>The rules of an API key.</summary>
public sealed record ApiKeyState
{
    /// <summary>The most keys of the shop.</summary>
    public const int MaxKeys = 200;

    /// <summary>How old the time of the last use may be before a use is written down.</summary>
    public static readonly TimeSpan UseInterval = TimeSpan.FromHours(1);

    /// <summary>The id.</summary>
    public required Guid Id { get; init; }
    /// <summary>What it is for.</summary>
    public required string Name { get; init; }
    /// <summary>What it may do, each once, in alphabetical order.</summary>
    public required ImmutableArray<string> Scopes { get; init; }
    /// <summary>SHA-256 of the secret: it is random, so that a slow hash would add nothing.</summary>
    public required string SecretDigest { get; init; }
    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }
    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
    /// <summary>When it was revoked.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
    /// <summary>When it was last used, as far as that was written down.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>A new key.</summary>
    public static Decision<ApiKeyState> Create(CreateApiKey command, ApiKeyToken token, DateTimeOffset now)
    {
        var errors = new Dictionary<string, string[]>();
        var name = command.Name.Trim();
        if (name.Length is < 1 or > 100 || !Text.IsLine(name))
            errors["name"] = ["must be 1–100 characters on one line"];
        if (command.Scopes.Length == 0 || command.Scopes.Any(s => s is null || !ApiScopes.All.Contains(s)))
            errors["scopes"] = [$"must be of {string.Join(", ", ApiScopes.All)}"];
        if (command.ExpiresAt <= now)
            errors["expiresAt"] = ["must be in the future"];
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

    /// <summary>Another secret for a key whose first one nobody has seen.</summary>
    public Decision<ApiKeyState> Renew(CreateApiKey command, ApiKeyToken token, DateTimeOffset now)
    {
        var again = Create(command, token, now);
        return again.Error is not null || (LastUsedAt is null && RevokedAt is null && Name == again.State.Name && Scopes.SequenceEqual(again.State.Scopes) && ExpiresAt == command.ExpiresAt)
            ? again
            : new Error(ErrorCode.Conflict, "The key was made already. Revoke it and make another.");
    }

    /// <summary>Whether a secret is good now.</summary>
    public bool Admits(string secret, DateTimeOffset now) =>
        RevokedAt is null && !(ExpiresAt <= now) && UserState.SameDigest(SecretDigest, UserState.Digest(secret));

    /// <summary>Notes a use, unless one was noted lately.</summary>
    public Decision<ApiKeyState> Use(DateTimeOffset now) => LastUsedAt is { } last && now - last < UseInterval
        ? Decision<ApiKeyState>.NoChange(this)
        : Decision<ApiKeyState>.To(this with { LastUsedAt = now });

    /// <summary>The key as administrators see it.</summary>
    public ApiKey ToView() => new(Id, Name, Scopes, CreatedBy, CreatedAt, ExpiresAt, LastUsedAt);
}

/// <summary>What SQL may ask of API keys.</summary>
public sealed record ApiKeyIndex(string CreatedAt);

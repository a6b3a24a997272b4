namespace SoonShop.Users;

/// <summary>An open session, as its owner sees it.</summary>
/// <param name="Id">The session's id.</param>
/// <param name="CreatedAt">When the customer signed in.</param>
/// <param name="LastUsedAt">When it was last used, accurate to some seconds while the account is in memory; otherwise when it was last
/// renewed.</param>
/// <param name="ExpiresAt">When it ends without a renewal.</param>
/// <param name="UserAgent">The client's User-Agent at the last renewal.</param>
/// <param name="Address">The IP address of the last renewal.</param>
[GenerateSerializer, Immutable, Alias("soonshop.user-session")]
public sealed record UserSession(
    Guid Id, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, string? UserAgent, string? Address);

/// <summary>The status of a session.</summary>
/// <param name="IsOpen">False when it has ended, or does not belong to this account.</param>
/// <param name="Roles">The account's roles.</param>
[GenerateSerializer, Immutable, Alias("soonshop.session-standing")]
public sealed record SessionStatus(bool IsOpen, ImmutableArray<string> Roles);

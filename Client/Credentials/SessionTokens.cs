namespace SoonShop.Client;

/// <summary>The tokens of a session. Store them like a password: the refresh token signs in.</summary>
/// <param name="AccessToken">Goes with each call.</param>
/// <param name="RefreshToken">Is traded once for a new pair. Using it twice ends the session.</param>
/// <param name="ExpiresAt">When the access token ends, by this machine's clock; null for unknown. Then the first refusal tells.</param>
public sealed record SessionTokens(string AccessToken, string RefreshToken, DateTimeOffset? ExpiresAt = null)
{
    /// <summary>The tokens of a session that was just opened by <c>LoginAsync</c> or <c>RegisterAsync</c>.</summary>
    /// <param name="session">What the operation returned.</param>
    /// <param name="time">The clock; the system's by default.</param>
    public static SessionTokens Of(SessionResponse session, TimeProvider? time = null) =>
        new(session.AccessToken, session.RefreshToken, (time ?? TimeProvider.System).GetUtcNow() + TimeSpan.FromSeconds(session.ExpiresIn));

    /// <summary>Without the tokens, so that they do not get into logs.</summary>
    public override string ToString() => $"{nameof(SessionTokens)} {{ {nameof(ExpiresAt)} = {ExpiresAt:O} }}";
}

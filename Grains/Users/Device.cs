namespace SoonShop.Users;

/// <summary>A device that signed in to an account.</summary>
/// <param name="TokenDigest">Digest of the token that it shows.</param>
/// <param name="UsedAt">When it last signed in.</param>
public sealed record Device(string TokenDigest, DateTimeOffset UsedAt)
{
    /// <summary>The longest token that is looked at.</summary>
    private const int MaxToken = 100;

    /// <summary>The token that came with the call under way; null for none.</summary>
    public static string? Current => RequestContext.Get(RequestKeys.Device) is string { Length: > 0 and <= MaxToken } token ? token : null;

    /// <summary>What is kept of a token.</summary>
    public static string Digest(string token) => UserState.Digest(token);
}

namespace SoonShop.Users;

/// <summary>A device that signed in to an account.</summary>
/// <param name="TokenDigest">Digest of the token that identifies the device.</param>
/// <param name="UsedAt">When it last signed in.</param>
public sealed record Device(string TokenDigest, DateTimeOffset UsedAt)
{
    /// <summary>The longest accepted token, in characters.</summary>
    private const int MaxToken = 100;

    /// <summary>The device token of the current call; null for none.</summary>
    public static string? Current => RequestContext.Get(RequestKeys.Device) is string { Length: > 0 and <= MaxToken } token ? token : null;

    /// <summary>Returns the stored form of a token.</summary>
    public static string Digest(string token) => UserState.Digest(token);
}

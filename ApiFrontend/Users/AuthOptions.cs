namespace SoonShop.ApiFrontend.Users;

/// <summary>Configuration section <c>Auth</c>: how access tokens are signed.</summary>
public sealed class AuthOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Auth";

    /// <summary>RFC 7518 section 3.2: a key of at least the hash's size.</summary>
    private const int MinKeyBytes = 32;

    /// <summary>The key that signs access tokens (HMAC-SHA-256), in Base64.</summary>
    public string SigningKey { get; set; } = "";

    /// <summary>Minutes for which an access token is good.</summary>
    public int AccessTokenMinutes { get; set; } = 15;

    /// <summary>The signing key's bytes; null when there is none that will do.</summary>
    public byte[]? Key()
    {
        var key = new byte[SigningKey.Length];
        return Convert.TryFromBase64String(SigningKey, key, out var length) && length >= MinKeyBytes ? key[..length] : null;
    }

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (Key() is null)
            yield return $"Auth:SigningKey is {(SigningKey.Length == 0 ? "not set" : "no Base64 or too short")}; set Auth__SigningKey to at least 32 random bytes in Base64, such as the output of `head -c 48 /dev/urandom | base64 -w0`.";
        if (AccessTokenMinutes is < 1 or > 1440)
            yield return $"Auth:AccessTokenMinutes is {AccessTokenMinutes}; set Auth__AccessTokenMinutes to 1–1440.";
    }
}

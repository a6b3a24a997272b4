using System.Security.Cryptography;
using System.Text;

namespace SoonShop.ApiKeys;

/// <summary>An API key, as administrators see it.</summary>
/// <param name="Id">The public part of the key.</param>
/// <param name="Name">Its purpose.</param>
/// <param name="Scopes">What the key may do, such as <c>orders:read</c>: a resource and a verb each.</param>
/// <param name="CreatedBy">The administrator's user id.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="ExpiresAt">When it expires; null for never.</param>
/// <param name="LastUsedAt">When it was last used, accurate to about an hour; null for never.</param>
[GenerateSerializer, Immutable, Alias("soonshop.api-key")]
public sealed record ApiKey(
    Guid Id, string Name, ImmutableArray<string> Scopes, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt);

/// <summary>A new key with its secret, which is shown only once.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.new-api-key")]
public sealed record NewApiKey(ApiKey Key, ApiKeyToken Token);

/// <summary>
/// The key that a machine client sends: <c>sk_soonshop_&lt;id&gt;_&lt;secret&gt;&lt;checksum&gt;</c>, in lower-case hexadecimal, so that a
/// double click selects all of it. The prefix identifies the shop to secret scanners. The checksum distinguishes a key from a typing error,
/// or from a scanner's false match, without a lookup.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.api-key-token")]
public sealed record ApiKeyToken(Guid Id, string Secret)
{
    /// <summary>The prefix of every key.</summary>
    public const string Prefix = "sk_soonshop_";

    private const int IdLength = 32;
    private const int SecretBytes = 24;
    private const int ChecksumBytes = 4;
    private const int SecretAt = IdLength + 1;
    private const int ChecksumAt = SecretAt + 2 * SecretBytes;

    /// <summary>Creates a new secret of 192 random bits.</summary>
    public static ApiKeyToken New(Guid id) => new(id, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes)));

    /// <summary>Parses a key; null when it is not a key, or mistyped.</summary>
    public static ApiKeyToken? Parse(string? text)
    {
        if (text is null
            || text.Length != Prefix.Length + ChecksumAt + 2 * ChecksumBytes
            || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var body = text[Prefix.Length..];
        return Guid.TryParseExact(body[..IdLength], "N", out var id)
            && new ApiKeyToken(id, body[SecretAt..ChecksumAt]) is var token
            && token.ToString() == text
            ? token
            : null;
    }

    /// <summary>Returns the key as it is shown and sent.</summary>
    public override string ToString()
    {
        var text = $"{Prefix}{Id:N}_{Secret}";
        return text + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)).AsSpan(0, ChecksumBytes));
    }
}

using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace SoonShop.ApiFrontend.Users;

/// <summary>
/// The keys of access tokens (ES256, RFC 7518 section 3.4), as consecutive PEM blocks. The first private key signs, and all keys verify. A
/// key's id is its thumbprint (RFC 7638), so that it is derived from the key.
/// </summary>
internal sealed class KeySet
{
    /// <summary>The most keys; a rotation needs fewer.</summary>
    private const int MaxKeys = 10;

    private const int MaxBytes = 64 * 1024;

    private readonly Dictionary<string, SecurityKey> byId;

    private KeySet(string text, IReadOnlyList<ECDsaSecurityKey> keys, ECDsaSecurityKey signing)
    {
        Text = text;
        byId = keys.ToDictionary(k => k.KeyId, SecurityKey (k) => k);
        Signing = new SigningCredentials(signing, SecurityAlgorithms.EcdsaSha256);
        Public = [.. keys.Select(PublicKey.Of)];
        Secrets = [.. keys.Prepend(signing).DistinctBy(k => k.KeyId).Select(SecretOf).OfType<byte[]>()];
    }

    /// <summary>The text that it was read from.</summary>
    public string Text { get; }

    /// <summary>The key that signs.</summary>
    public SigningCredentials Signing { get; }

    /// <summary>The public keys (RFC 7517).</summary>
    public IReadOnlyList<PublicKey> Public { get; }

    /// <summary>Secrets that all front ends share, one per private key, the signing key's first (HKDF, RFC 5869).</summary>
    public ImmutableArray<byte[]> Secrets { get; }

    /// <summary>Returns the keys with this id: one or none.</summary>
    public IEnumerable<SecurityKey> Find(string? id) => id is not null && byId.TryGetValue(id, out var key) ? [key] : [];

    /// <summary>Creates a new private key (P-256, PKCS #8) as PEM.</summary>
    public static string NewPem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    /// <summary>Reads the configured keys; null with the reason.</summary>
    public static KeySet? TryRead(AuthOptions options, out string? problem)
    {
        var name = options.KeyFile.Length > 0 ? $"Auth:KeyFile '{options.KeyFile}'" : "Auth:Keys";
        if (options.KeyFile.Length > 0 && Directory.Exists(options.KeyFile))
        {
            problem = $"{name} is a folder, and "
                + $"{(Directory.EnumerateFileSystemEntries(options.KeyFile).Any() ? "not the file with the keys in it" : "an empty one")}; "
                + "set Auth__KeyFile to the file.";
            return null;
        }
        try
        {
            var keys = Parse(options.KeyFile.Length > 0 ? File.ReadAllText(options.KeyFile) : Decode(options.Keys));
            problem = null;
            return keys;
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or CryptographicException or FormatException or ArgumentException)
        {
            problem = $"{name} cannot be used: {e.Message.TrimEnd('.')}.";
            return null;
        }
    }

    /// <summary>Reads PEM blocks.</summary>
    /// <exception cref="FormatException">There is no private key, or a block is not a P-256 key.</exception>
    internal static KeySet Parse(string text)
    {
        if (text.Length > MaxBytes)
            throw new FormatException($"it is longer than {MaxBytes} bytes");
        var keys = new List<ECDsaSecurityKey>();
        ECDsaSecurityKey? signing = null;
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var block))
        {
            if (rest[block.Label] is not "EC PARAMETERS")
            {
                var key = Read(rest[block.Location], rest[block.Label].ToString());
                keys.Add(key);
                if (signing is null && rest[block.Label] is not "PUBLIC KEY")
                    signing = key;
            }
            rest = rest[block.Location.End..];
        }
        keys = [.. keys.DistinctBy(k => k.KeyId)];
        return keys.Count > MaxKeys ? throw new FormatException($"it holds more than {MaxKeys} keys")
            : signing is not null ? new KeySet(text, keys, signing)
            : throw new FormatException("it holds no private key in PEM");
    }

    private static ECDsaSecurityKey Read(ReadOnlySpan<char> pem, string label)
    {
        var key = ECDsa.Create();
        if (label is not ("PRIVATE KEY" or "EC PRIVATE KEY" or "PUBLIC KEY"))
            throw new FormatException($"it holds a '{label}', which is no key of access tokens");
        try
        {
            key.ImportFromPem(pem);
        }
        catch (ArgumentException)
        {
            throw new FormatException($"its '{label}' is no key of an elliptic curve");
        }
        if (key.ExportParameters(false).Curve.Oid is not { Value: "1.2.840.10045.3.1.7" }
            and not { FriendlyName: "nistP256" or "ECDSA_P256" })
            throw new FormatException("a key is not of the curve P-256");
        var security = new ECDsaSecurityKey(key);
        security.KeyId = Base64UrlEncoder.Encode(security.ComputeJwkThumbprint());
        return security;
    }

    private static byte[]? SecretOf(ECDsaSecurityKey key)
    {
        byte[] secret;
        try
        {
            secret = key.ECDsa.ExportParameters(true).D!;
        }
        catch (CryptographicException)
        {
            // A public key: the library does not tell which keys are public.
            return null;
        }
        var derived = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: "soonshop stored requests"u8.ToArray());
        CryptographicOperations.ZeroMemory(secret);
        return derived;
    }

    private static string Decode(string text) =>
        text.Contains("-----", StringComparison.Ordinal) ? text : Encoding.UTF8.GetString(Convert.FromBase64String(text));
}

/// <summary>A public key as a JSON Web Key.</summary>
internal sealed record PublicKey(string Kty, string Use, string Alg, string Crv, string Kid, string X, string Y)
{
    public static PublicKey Of(ECDsaSecurityKey key)
    {
        var point = key.ECDsa.ExportParameters(false).Q;
        return new PublicKey(
            "EC", "sig", SecurityAlgorithms.EcdsaSha256, "P-256", key.KeyId, Base64UrlEncoder.Encode(point.X),
            Base64UrlEncoder.Encode(point.Y));
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;
using SoonShop.ApiFrontend.Users;

namespace SoonShop.Tests.Running;

/// <summary>A key of access tokens, and tokens made with it as an attacker, or another front end, would make them.</summary>
internal sealed class TestKey
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The key of the shops that tests start.</summary>
    public static readonly TestKey OfShops = new();

    /// <summary>The private key.</summary>
    public string Pem => key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>The public key.</summary>
    public string PublicPem => key.ExportSubjectPublicKeyInfoPem() + "\n";

    /// <summary>As the setting <c>Auth:Keys</c>.</summary>
    public string Setting => Convert.ToBase64String(Encoding.UTF8.GetBytes(Pem));

    /// <summary>Its id.</summary>
    public string Id => KeySet.Parse(Pem).Signing.Key.KeyId;

    /// <summary>A token of these claims, signed by this key.</summary>
    public string Token(JsonObject claims, string? kid = "", string algorithm = "ES256") =>
        Join(Header(algorithm, kid == "" ? Id : kid), claims, content =>
            key.SignData(content, algorithm == "ES384" ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256));

    /// <summary>A token signed by HMAC with a secret, such as this key's public half: the confusion of RFC 8725, section 2.1.</summary>
    public string HmacToken(JsonObject claims, byte[] secret) =>
        Join(Header("HS256", Id), claims, content => HMACSHA256.HashData(secret, content));

    /// <summary>A token that nobody has signed.</summary>
    public string UnsignedToken(JsonObject claims, string signature = "") => $"{Encode(Header("none", Id))}.{Encode(claims)}.{signature}";

    /// <summary>The claims of a token.</summary>
    public static JsonObject ClaimsOf(string token) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!.AsObject();

    /// <summary>The claims with some set otherwise, or removed.</summary>
    public static JsonObject Changed(JsonObject claims, params object?[] changes)
    {
        var changed = (JsonObject)claims.DeepClone();
        for (var i = 0; i < changes.Length; i += 2)
        {
            if (changes[i + 1] is { } value)
                changed[(string)changes[i]!] = JsonValue.Create(value);
            else
                changed.Remove((string)changes[i]!);
        }
        return changed;
    }

    private static JsonObject Header(string algorithm, string? kid)
    {
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" };
        if (kid is not null)
            header["kid"] = kid;
        return header;
    }

    private static string Join(JsonObject header, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var content = $"{Encode(header)}.{Encode(claims)}";
        return $"{content}.{Base64UrlEncoder.Encode(sign(Encoding.ASCII.GetBytes(content)))}";
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}

using System.Buffers.Binary;
using System.Buffers.Text;

namespace SoonShop.Orders;

/// <summary>
/// The token in a mailed link to one order of a guest. Its proof is a signature of the shop over the order, the expiry and the order's
/// e-mail address, so the token opens nothing once the address is changed or erased. As text, it has the form of the shop's other mailed
/// tokens: 32 hexadecimal digits, a dot, and a secret.
/// </summary>
/// <param name="OrderId">The order.</param>
/// <param name="ExpiresAt">Until when it is valid, in whole seconds.</param>
/// <param name="Proof">The signature, 32 bytes.</param>
public sealed record OrderToken(Guid OrderId, DateTimeOffset ExpiresAt, ImmutableArray<byte> Proof)
{
    /// <summary>The length of the proof, in bytes.</summary>
    public const int ProofLength = 32;

    /// <summary>The length of a token, in characters.</summary>
    public const int TextLength = 32 + 1 + 54;

    private const int ExpiryLength = 8;

    /// <summary>Returns the token as it is sent.</summary>
    public override string ToString()
    {
        Span<byte> secret = stackalloc byte[ExpiryLength + ProofLength];
        BinaryPrimitives.WriteInt64BigEndian(secret, ExpiresAt.ToUnixTimeSeconds());
        Proof.AsSpan().CopyTo(secret[ExpiryLength..]);
        return $"{OrderId:N}.{Base64Url.EncodeToString(secret)}";
    }

    /// <summary>Parses a token; null when it is not one. The proof is not verified, because only silos have the key.</summary>
    public static OrderToken? Parse(string? text)
    {
        if (text is not { Length: TextLength } || text[32] != '.' || !Guid.TryParseExact(text.AsSpan(0, 32), "N", out var orderId))
            return null;
        Span<byte> secret = stackalloc byte[ExpiryLength + ProofLength];
        if (!Base64Url.IsValid(text.AsSpan(33)) || !Base64Url.TryDecodeFromChars(text.AsSpan(33), secret, out var length)
            || length != secret.Length)
            return null;
        var seconds = BinaryPrimitives.ReadInt64BigEndian(secret);
        return seconds < 0 || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? null
            : new OrderToken(orderId, DateTimeOffset.FromUnixTimeSeconds(seconds), [.. secret[ExpiryLength..]]);
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SoonShop;

/// <summary>Ids that follow from what they stand for, so that a repeated command meets the same grain without a look-up.</summary>
public static class Deterministic
{
    /// <summary>
    /// A UUID of version 8 (RFC 9562, section 5.8) from SHA-256 over the parts. Parts are length-prefixed, so that
    /// ("ab","c") and ("a","bc") differ.
    /// </summary>
    public static Guid Id(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
        Span<byte> digest = stackalloc byte[32];
        hash.GetHashAndReset(digest);
        digest[6] = (byte)(digest[6] & 0x0F | 0x80);
        digest[8] = (byte)(digest[8] & 0x3F | 0x80);
        return new Guid(digest[..16], bigEndian: true);
    }
}

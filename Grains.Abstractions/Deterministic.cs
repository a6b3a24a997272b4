using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SoonShop;

/// <summary>Derives ids from their meaning, so that a repeated command reaches the same grain without a lookup.</summary>
public static class Deterministic
{
    /// <summary>Up to this many bytes are hashed on the stack, without an array.</summary>
    private const int MaxOnStack = 512;

    /// <summary>
    /// Returns a UUID of version 8 (RFC 9562, section 5.8) from the SHA-256 of the parts. Each part is prefixed with its length, so that
    /// ("ab","c") and ("a","bc") give different ids.
    /// </summary>
    public static Guid Id(params ReadOnlySpan<string> parts)
    {
        var size = 0;
        foreach (var part in parts)
            size += sizeof(int) + Encoding.UTF8.GetByteCount(part);
        var message = size <= MaxOnStack ? stackalloc byte[size] : new byte[size];
        var rest = message;
        foreach (var part in parts)
        {
            var length = Encoding.UTF8.GetBytes(part, rest[sizeof(int)..]);
            BinaryPrimitives.WriteInt32BigEndian(rest, length);
            rest = rest[(sizeof(int) + length)..];
        }
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, digest);
        digest[6] = (byte)(digest[6] & 0x0F | 0x80);
        digest[8] = (byte)(digest[8] & 0x3F | 0x80);
        return new Guid(digest[..16], bigEndian: true);
    }
}

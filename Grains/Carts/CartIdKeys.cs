using System.Security.Cryptography;
using System.Text;

namespace SoonShop.Carts;

/// <summary>
/// Issues ids of guests' carts that prove that this shop issued them. So a cart needs no row before its first item, and an invented id
/// belongs to nobody. An id is a UUID of version 8 (RFC 9562): 90 random bits, then 32 bits of an HMAC-SHA256 over everything before them,
/// under a key that all silos share.
/// </summary>
/// <remarks>
/// An id is the secret with which a guest holds a cart, so two events must be extremely improbable.
/// Guessing an existing cart: without the key, all 122 bits must be guessed, as with a random UUID, and each guess takes a request. With a
/// stolen key 90 bits are left: among 10^9 carts, one chance in 10^18 per request.
/// Issuing one id to two guests: one chance in 10^9 among 10^9 guests.
/// The 32 bits protect no secret. Whoever guesses them, after some 10^9 requests, gets an empty cart, which <c>POST /carts</c> gives to
/// anyone.
/// </remarks>
public sealed class CartIdKeys
{
    /// <summary>The length of a key, in bytes.</summary>
    public const int KeyLength = 32;

    private const int Length = 16;

    /// <summary>The number of bytes that the proof covers. The proof follows them.</summary>
    private const int ProvenLength = 12;

    /// <summary>Separates this use of the key from any other, so that one use never proves another.</summary>
    private static ReadOnlySpan<byte> Purpose => "soonshop.cart-id"u8;

    private readonly ImmutableArray<byte[]> keys;

    /// <summary>Creates the set of keys. The first key signs, and all keys verify.</summary>
    public CartIdKeys(params IEnumerable<byte[]> keys)
    {
        this.keys = [.. keys];
        if (this.keys.IsEmpty || this.keys.Any(k => k.Length != KeyLength))
            throw new ArgumentException($"At least one key is required, and each must have {KeyLength} bytes.", nameof(keys));
    }

    /// <summary>Issues a new id.</summary>
    public Guid Issue()
    {
        Span<byte> id = stackalloc byte[Length];
        RandomNumberGenerator.Fill(id[..ProvenLength]);
        id[6] = (byte)(id[6] & 0x0F | 0x80);
        id[8] = (byte)(id[8] & 0x3F | 0x80);
        Sign(keys[0], id[..ProvenLength], id[ProvenLength..]);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>True when an id was issued with one of the keys.</summary>
    public bool Proves(Guid id)
    {
        if (!MayBeIssued(id))
            return false;
        Span<byte> bytes = stackalloc byte[Length];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        Span<byte> proof = stackalloc byte[Length - ProvenLength];
        foreach (var key in keys)
        {
            Sign(key, bytes[..ProvenLength], proof);
            if (CryptographicOperations.FixedTimeEquals(proof, bytes[ProvenLength..]))
                return true;
        }
        return false;
    }

    /// <summary>Signs text with the current key (HMAC-SHA256, 32 bytes), for another purpose than cart ids.</summary>
    /// <param name="purpose">What the signature is for, without the character NUL: no purpose proves another.</param>
    /// <param name="text">The text.</param>
    public byte[] Sign(string purpose, ReadOnlySpan<byte> text) => Sign(keys[0], purpose, text);

    /// <summary>True when one of the keys has signed the text for this purpose. The comparison takes constant time.</summary>
    public bool Proves(string purpose, ReadOnlySpan<byte> text, ReadOnlySpan<byte> proof)
    {
        foreach (var key in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(Sign(key, purpose, text), proof))
                return true;
        }
        return false;
    }

    // A cart id's text is its purpose and random bytes, so its purpose must not be the beginning of another one.
    private static byte[] Sign(byte[] key, string purpose, ReadOnlySpan<byte> text) =>
        HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes(purpose), 0, .. text]);

    /// <summary>True when an id has the form of issued ids. Any other id can be rejected without a key.</summary>
    public static bool MayBeIssued(Guid id) => id is { Version: 8, Variant: >= 8 and <= 11 };

    private static void Sign(ReadOnlySpan<byte> key, ReadOnlySpan<byte> proven, Span<byte> proof)
    {
        Span<byte> text = stackalloc byte[Purpose.Length + ProvenLength];
        Purpose.CopyTo(text);
        proven.CopyTo(text[Purpose.Length..]);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, text, mac);
        mac[..proof.Length].CopyTo(proof);
    }
}

/// <summary>Provides the keys that all silos share.</summary>
public interface ICartIdKeys
{
    /// <summary>Returns the keys, which may be some minutes old.</summary>
    ValueTask<CartIdKeys> GetAsync();
}

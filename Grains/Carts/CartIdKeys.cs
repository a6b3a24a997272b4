using System.Security.Cryptography;

namespace SoonShop.Carts;

/// <summary>
/// Ids of guests' carts that prove by themselves that this shop issued them, so that a cart needs no row before its first item, and an id
/// that somebody made up is still nobody's. Such an id is a UUID of version 8 (RFC 9562): 90 random bits, and 32 bits of an HMAC-SHA256
/// over all that stands before them, under a key that all silos share.
/// </summary>
/// <remarks>
/// An id is the secret by which a guest holds a cart, so two things must be rare beyond reckoning. That somebody hits on a cart that is there:
/// without the key, all 122 bits have to be guessed, as of a random UUID, and each guess is a request; with a stolen key 90 bits are left, which
/// among a thousand million carts is one chance in 10^18 a request. That two guests are given one id: among a thousand million of them, one
/// chance in 10^9. The 32 bits guard no secret. Who hits on them, after some thousand million requests, has an empty cart, which
/// <c>POST /carts</c> gives away.
/// </remarks>
public sealed class CartIdKeys
{
    /// <summary>The length of a key, in bytes.</summary>
    public const int KeyLength = 32;

    private const int Length = 16;

    /// <summary>The bytes that are proven; the proof follows.</summary>
    private const int ProvenLength = 12;

    /// <summary>The key is used for nothing else; should it ever be, one use must not prove another.</summary>
    private static ReadOnlySpan<byte> Purpose => "soonshop.cart-id"u8;

    private readonly ImmutableArray<byte[]> keys;

    /// <summary>Keys, of which the first one signs, and all prove.</summary>
    public CartIdKeys(params IEnumerable<byte[]> keys)
    {
        this.keys = [.. keys];
        if (this.keys.IsEmpty || this.keys.Any(k => k.Length != KeyLength))
            throw new ArgumentException($"Keys are wanted, each of {KeyLength} bytes.", nameof(keys));
    }

    /// <summary>A new id.</summary>
    public Guid Issue()
    {
        Span<byte> id = stackalloc byte[Length];
        RandomNumberGenerator.Fill(id[..ProvenLength]);
        id[6] = (byte)(id[6] & 0x0F | 0x80);
        id[8] = (byte)(id[8] & 0x3F | 0x80);
        Sign(keys[0], id[..ProvenLength], id[ProvenLength..]);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>Whether an id was issued under one of the keys.</summary>
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

    /// <summary>Whether an id has the form of those that are issued; what has not needs no key to be told apart.</summary>
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

/// <summary>Where the keys are that all silos share.</summary>
public interface ICartIdKeys
{
    /// <summary>The keys as they were some minutes ago, or are now.</summary>
    ValueTask<CartIdKeys> GetAsync();
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SoonShop.Pricing;

/// <summary>
/// A generated code of a promotion, such as <c>K7QZ-0001-9XWM-2R5T</c>: 20 bits that lead to the promotion, 20 bits for its number, and 40
/// bits of an HMAC-SHA256 that proves that the shop issued it. So no code is stored, however many a promotion has.
/// </summary>
/// <remarks>
/// Written in Crockford's Base32 (https://www.crockford.com/base32.html), which has no letters that look like digits: O is read as 0, I and
/// L as 1. Without the promotion's secret a code is guessed with one chance in 10^12 per request, and requests are limited.
/// </remarks>
/// <param name="Tag">Leads to the promotion, see <see cref="TagOf"/>.</param>
/// <param name="Number">The number among the promotion's codes, from 0.</param>
/// <param name="Proof">The proof, see <see cref="Issue"/>.</param>
public readonly record struct GeneratedCode(int Tag, int Number, long Proof)
{
    /// <summary>The most codes of one promotion.</summary>
    public const int MaxNumbers = 1 << NumberBits;

    /// <summary>The length of a promotion's secret, in bytes.</summary>
    public const int SecretLength = 32;

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Symbols = 16;
    private const int SymbolBits = 5;
    private const int GroupLength = 4;
    private const int NumberBits = 20;
    private const int ProofBits = 40;
    private const long ProofMask = (1L << ProofBits) - 1;

    /// <summary>Separates this use of a secret from any other.</summary>
    private static ReadOnlySpan<byte> Purpose => "soonshop.promotion-code"u8;

    /// <summary>Its key among the holders of the promotion's uses. All ways to write the code have the same key.</summary>
    public string HolderKey => $"code/{ToString()}";

    /// <summary>Returns a code of a promotion.</summary>
    public static GeneratedCode Issue(string promotionId, ReadOnlySpan<byte> secret, int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, MaxNumbers);
        Span<byte> text = stackalloc byte[Purpose.Length + sizeof(int)];
        Purpose.CopyTo(text);
        BinaryPrimitives.WriteInt32BigEndian(text[Purpose.Length..], number);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, text, mac);
        return new GeneratedCode(TagOf(promotionId), number, BinaryPrimitives.ReadInt64BigEndian(mac) & ProofMask);
    }

    /// <summary>Returns the 20 bits that lead to a promotion. Several promotions may have the same ones.</summary>
    public static int TagOf(string promotionId) =>
        (int)(BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(promotionId))) >> (32 - NumberBits));

    /// <summary>Reads a code as people type it. False for a text that is not of the form of generated codes.</summary>
    public static bool TryParse(string text, out GeneratedCode code)
    {
        code = default;
        if (!PromotionCode.IsValid(text))
            return false;
        var (bits, count) = (UInt128.Zero, 0);
        foreach (var symbol in PromotionCode.Normalize(text))
        {
            if (symbol == '-')
                continue;
            var value = Alphabet.IndexOf(symbol switch { 'O' => '0', 'I' or 'L' => '1', _ => symbol }, StringComparison.Ordinal);
            if (value < 0 || ++count > Symbols)
                return false;
            bits = bits << SymbolBits | (UInt128)value;
        }
        code = new GeneratedCode(
            (int)(bits >> (NumberBits + ProofBits)), (int)(bits >> ProofBits) & (MaxNumbers - 1), (long)(ulong)bits & ProofMask);
        return count == Symbols;
    }

    /// <summary>Returns a code as shoppers get it; a text that is not of the form of generated codes as it is.</summary>
    public static string Spell(string text) => TryParse(text, out var code) ? code.ToString() : text;

    /// <summary>Returns the code as shoppers get it.</summary>
    public override string ToString()
    {
        var bits = (UInt128)(ulong)Tag << (NumberBits + ProofBits) | (UInt128)(ulong)Number << ProofBits | (ulong)Proof;
        return string.Create(Symbols + Symbols / GroupLength - 1, bits, static (text, bits) =>
        {
            for (var i = text.Length - 1; i >= 0; i--)
            {
                var isHyphen = i % (GroupLength + 1) == GroupLength;
                text[i] = isHyphen ? '-' : Alphabet[(int)(bits & ((1 << SymbolBits) - 1))];
                if (!isHyphen)
                    bits >>= SymbolBits;
            }
        });
    }
}

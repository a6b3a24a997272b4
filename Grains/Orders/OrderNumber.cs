namespace SoonShop.Orders;

/// <summary>
/// Order numbers that people can read to each other: <c>SO-7K3M-9QXD-2FTB</c>. They are derived from the order's id, so a repeated checkout
/// has the same number, and do not reveal how much is sold. With 60 bits, the chance of two equal numbers among ten million orders is below
/// one in ten thousand. The database would reject the second one.
/// </summary>
public static class OrderNumber
{
    /// <summary>Crockford's Base32: no I, L, O or U.</summary>
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>
    /// Converts a written or spoken number to the form of <see cref="For"/>. Case, hyphens, blanks and <c>SO</c> do not matter; I, L and O
    /// are read as 1, 1 and 0. Null when the text cannot be a number.
    /// </summary>
    public static string? Normalize(string text)
    {
        var letters = text.ToUpperInvariant().Where(c => c != '-' && !char.IsWhiteSpace(c)).ToArray().AsSpan();
        if (letters is ['S', 'O', ..] && letters.Length == 14)
            letters = letters[2..];
        if (letters.Length != 12)
            return null;
        foreach (ref var letter in letters)
        {
            letter = letter switch { 'I' or 'L' => '1', 'O' => '0', _ => letter };
            if (!Alphabet.Contains(letter))
                return null;
        }
        return $"SO-{letters[..4]}-{letters[4..8]}-{letters[8..]}";
    }

    /// <summary>Returns the number of an order.</summary>
    public static string For(Guid orderId)
    {
        Span<byte> bytes = stackalloc byte[16];
        orderId.TryWriteBytes(bytes, bigEndian: true, out _);
        // The top two bits of the last eight bytes are fixed (the UUID's variant). Two more are left out.
        var bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        Span<char> text = stackalloc char[17];
        "SO-".CopyTo(text);
        var at = 3;
        for (var i = 0; i < 12; i++)
        {
            if (i is 4 or 8)
                text[at++] = '-';
            text[at++] = Alphabet[(int)(bits >> (5 * i) & 31)];
        }
        return new string(text);
    }
}

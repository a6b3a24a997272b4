namespace SoonShop.Orders;

/// <summary>
/// Order numbers that people read to one another: <c>SO-7K3M-9QXD-2FTB</c>. They follow from the order's id, so a repeated
/// checkout has the same one, and do not tell how much is sold. 60 bits: among ten million orders the chance of any two
/// alike is below one in ten thousand, and the database would refuse the second.
/// </summary>
public static class OrderNumber
{
    /// <summary>Crockford's Base32: no I, L, O or U.</summary>
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>
    /// Brings what somebody wrote or said into the form of <see cref="For"/>: capital letters, hyphens, blanks and <c>SO</c> do not matter, and
    /// I, L and O are taken for 1, 1 and 0. Null when it cannot be a number.
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

    /// <summary>The number of an order.</summary>
    public static string For(Guid orderId)
    {
        Span<byte> bytes = stackalloc byte[16];
        orderId.TryWriteBytes(bytes, bigEndian: true, out _);
        // The last eight bytes hold two fixed bits on top (the UUID's variant); four more are left out.
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

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

using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using SoonShop.Carts;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>
/// Signs and verifies the tokens of mailed links to orders, and e-mail addresses in requests for such links, with the keys that all silos
/// share.
/// </summary>
public sealed class OrderTokens(ICartIdKeys keys, TimeProvider time)
{
    private const string TokenPurpose = "soonshop.order-token", AddressPurpose = "soonshop.order-address";

    /// <summary>Issues a token that opens the order until the given time, as long as the order has this e-mail address.</summary>
    public async ValueTask<OrderToken> IssueAsync(Guid orderId, string email, DateTimeOffset expiresAt)
    {
        var until = DateTimeOffset.FromUnixTimeSeconds(expiresAt.ToUnixTimeSeconds());
        return new OrderToken(orderId, until, [.. (await keys.GetAsync()).Sign(TokenPurpose, TextOf(orderId, until, email))]);
    }

    /// <summary>True when the token is valid now and was issued for this order with this e-mail address.</summary>
    public async ValueTask<bool> ProvesAsync(OrderToken token, Guid orderId, string email) =>
        token.OrderId == orderId && token.ExpiresAt > time.GetUtcNow()
            && (await keys.GetAsync()).Proves(TokenPurpose, TextOf(orderId, token.ExpiresAt, email), token.Proof.AsSpan());

    /// <summary>Returns a text that proves an e-mail address without containing it.</summary>
    public async ValueTask<string> ProofOfAsync(string email) =>
        Base64Url.EncodeToString((await keys.GetAsync()).Sign(AddressPurpose, TextOf(email)));

    /// <summary>True when the text proves this e-mail address.</summary>
    public async ValueTask<bool> IsProofOfAsync(string proof, string email)
    {
        Span<byte> bytes = stackalloc byte[OrderToken.ProofLength];
        if (!Base64Url.IsValid(proof) || !Base64Url.TryDecodeFromChars(proof, bytes, out var length))
            return false;
        var signature = bytes[..length].ToArray();
        return (await keys.GetAsync()).Proves(AddressPurpose, TextOf(email), signature);
    }

    private static byte[] TextOf(string email) => Encoding.UTF8.GetBytes(EmailAddress.Normalize(email));

    private static byte[] TextOf(Guid orderId, DateTimeOffset expiresAt, string email)
    {
        Span<byte> head = stackalloc byte[24];
        orderId.TryWriteBytes(head, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(head[16..], expiresAt.ToUnixTimeSeconds());
        return [.. head, .. TextOf(email)];
    }
}

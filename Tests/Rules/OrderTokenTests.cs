using SoonShop.Carts;
using SoonShop.Orders;
using SoonShop.ServiceDefaults.Logging;

namespace SoonShop.Tests.Rules;

public sealed class OrderTokenTests
{
    private const string Email = "ada@example.com";
    private static readonly DateTimeOffset Later = DateTimeOffset.UtcNow.AddHours(1);
    private readonly OrderTokens tokens = new(new Keys(Key(1)), TimeProvider.System);

    [Fact]
    public async Task a_token_is_read_as_it_was_written()
    {
        var token = await tokens.IssueAsync(Given.OrderId, Email, Later);
        var text = token.ToString();
        Assert.Equal(OrderToken.TextLength, text.Length);
        var read = OrderToken.Parse(text)!;
        Assert.Equal((token.OrderId, token.ExpiresAt), (read.OrderId, read.ExpiresAt));
        Assert.Equal(token.Proof.AsSpan(), read.Proof.AsSpan());
        Assert.True(await tokens.ProvesAsync(read, Given.OrderId, " ADA@example.com "));
        foreach (var bad in (string?[])[null, "", text[..^1], text + "A", text.Replace('.', '-'), new string('x', text.Length)])
            Assert.Null(OrderToken.Parse(bad));
    }

    [Fact]
    public async Task a_token_proves_one_order_with_one_address_for_a_time()
    {
        var token = await tokens.IssueAsync(Given.OrderId, Email, Later);
        Assert.False(await tokens.ProvesAsync(token, Given.Id(99), Email));
        Assert.False(await tokens.ProvesAsync(token with { OrderId = Given.Id(99) }, Given.Id(99), Email));
        Assert.False(await tokens.ProvesAsync(token, Given.OrderId, "eve@example.com"));
        Assert.False(await tokens.ProvesAsync(token with { ExpiresAt = token.ExpiresAt.AddHours(1) }, Given.OrderId, Email));
        Assert.False(await tokens.ProvesAsync(token with { Proof = [] }, Given.OrderId, Email));
        var old = await tokens.IssueAsync(Given.OrderId, Email, DateTimeOffset.UtcNow.AddSeconds(-1));
        Assert.False(await tokens.ProvesAsync(old, Given.OrderId, Email));
    }

    [Fact]
    public async Task an_older_key_proves_and_a_strangers_does_not()
    {
        var token = await tokens.IssueAsync(Given.OrderId, Email, Later);
        Assert.True(await new OrderTokens(new Keys(Key(2), Key(1)), TimeProvider.System).ProvesAsync(token, Given.OrderId, Email));
        Assert.False(await new OrderTokens(new Keys(Key(2)), TimeProvider.System).ProvesAsync(token, Given.OrderId, Email));
    }

    [Fact]
    public async Task an_address_is_proven_without_being_told()
    {
        var proof = await tokens.ProofOfAsync(Email);
        Assert.DoesNotContain("ada", proof, StringComparison.OrdinalIgnoreCase);
        Assert.True(await tokens.IsProofOfAsync(proof, "Ada@Example.com"));
        Assert.False(await tokens.IsProofOfAsync(proof, "eve@example.com"));
        foreach (var bad in (string[])["", "x", "?", proof + proof])
            Assert.False(await tokens.IsProofOfAsync(bad, Email));
    }

    [Fact]
    public void one_use_of_a_key_proves_no_other()
    {
        var keys = new CartIdKeys(Key(1));
        var proof = keys.Sign("one", "text"u8);
        Assert.True(keys.Proves("one", "text"u8, proof));
        Assert.False(keys.Proves("on", "etext"u8, proof));
        Assert.False(keys.Proves("two", "text"u8, proof));
    }

    [Fact]
    public async Task a_token_is_removed_from_logs_and_texts()
    {
        var text = (await tokens.IssueAsync(Given.OrderId, Email, Later)).ToString();
        Assert.DoesNotContain(text[33..], Redaction.Of($"GET /orders with {text} failed"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            text[33..], new Caller(null, null, IsAdmin: false) { OrderToken = text }.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void an_order_that_is_asked_for_twice_within_a_minute_is_mailed_once()
    {
        var mailed = new MailedOrderLinks().With(Given.OrderId, Given.Now);
        Assert.True(mailed.Has(Given.OrderId, Given.Now.AddSeconds(59)));
        Assert.False(mailed.Has(Given.Id(99), Given.Now));
        Assert.False(mailed.Has(Given.OrderId, Given.Now.AddMinutes(1)));
        Assert.Equal([Given.Id(99)], mailed.With(Given.Id(99), Given.Now.AddMinutes(1)).Recent.Select(r => r.OrderId));
    }

    private static byte[] Key(byte value) => [.. Enumerable.Repeat(value, CartIdKeys.KeyLength)];

    private sealed class Keys(params byte[][] keys) : ICartIdKeys
    {
        public ValueTask<CartIdKeys> GetAsync() => new(new CartIdKeys(keys));
    }
}

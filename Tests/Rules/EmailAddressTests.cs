using CsCheck;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("a@b.c")]
    [InlineData("ada.lovelace+shop@mail.example.com")]
    [InlineData("o'brien@example.co.uk")]
    [InlineData("zoë@exämple.de")]
    [InlineData("1@xn--exmple-cua.de")]
    public void what_can_be_an_address_is_one(string text) => Assert.True(EmailAddress.IsValid(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("@example.com")]
    [InlineData("ada@")]
    [InlineData("ada@localhost")]
    [InlineData("ada@.com")]
    [InlineData("ada@example.")]
    [InlineData("ada@-example.com")]
    [InlineData("ada@example..com")]
    [InlineData("ada@home@example.com")]
    [InlineData("ada lovelace@example.com")]
    [InlineData("ada@exam ple.com")]
    [InlineData("ada@example.com\n")]
    [InlineData("ada@example.com\0")]
    [InlineData("ada@example.com\u00a0")]
    [InlineData("Ada <ada@example.com>")]
    [InlineData("ada@example.com,eve@example.com")]
    [InlineData("ada@exa_mple.com")]
    [InlineData("zoe\u0308@example.com")]
    public void what_cannot_be_an_address_is_none(string? text) => Assert.False(EmailAddress.IsValid(text));

    [Fact]
    public void its_lengths_are_bounded()
    {
        Assert.True(EmailAddress.IsValid($"{new string('a', 64)}@example.com"));
        Assert.False(EmailAddress.IsValid($"{new string('a', 65)}@example.com"));
        Assert.True(EmailAddress.IsValid($"a@{new string('b', 248)}.com"));
        Assert.False(EmailAddress.IsValid($"a@{new string('b', 249)}.com"));
    }

    [Theory]
    [InlineData(" Ada@Example.COM ", "ada@example.com")]
    [InlineData("ZOË@example.com", "zoë@example.com")]
    public void two_ways_of_writing_an_address_are_the_same(string written, string normal) =>
        Assert.Equal(normal, EmailAddress.Normalize(written));

    [Fact]
    public void the_normal_form_is_its_own() => Gen.String.Where(Text.IsClean).Sample(text =>
        Assert.Equal(EmailAddress.Normalize(text), EmailAddress.Normalize(EmailAddress.Normalize(text))));

    [Fact]
    public void whatever_is_asked_there_is_an_answer() =>
        Gen.Select(Gen.String, Gen.String).Sample((local, domain) => { EmailAddress.IsValid($"{local}@{domain}"); });
}

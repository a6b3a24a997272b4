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
    [InlineData("ada..lovelace@example.com")]
    [InlineData(".ada@example.com")]
    [InlineData("ada.@example.com")]
    [InlineData("ada@example.com.")]
    [InlineData("ada@exam-.com")]
    [InlineData("ada@xn--mnchen-psa.example")]
    [InlineData("ada@xn--a.example")]
    [InlineData("ada@\uFB01.example")]
    [InlineData("ada\u202Eadmin@example.com")]
    [InlineData("\u202Eada@example.com")]
    public void what_cannot_be_an_address_is_none(string? text) => Assert.False(EmailAddress.IsValid(text));

    [Fact]
    public void its_lengths_are_bounded()
    {
        Assert.True(EmailAddress.IsValid($"{new string('a', 64)}@example.com"));
        Assert.False(EmailAddress.IsValid($"{new string('a', 65)}@example.com"));
        var domain = string.Concat(Enumerable.Repeat($"{new string('b', 61)}.", 4));
        Assert.True(EmailAddress.IsValid($"a@{domain}info"));
        Assert.False(EmailAddress.IsValid($"a@{domain}infos"));
        Assert.True(EmailAddress.IsValid($"a@{new string('b', 63)}.com"));
        Assert.False(EmailAddress.IsValid($"a@{new string('b', 64)}.com"));
    }

    [Theory]
    [InlineData(" Ada@Example.COM ", "ada@example.com")]
    [InlineData("ZOË@example.com", "zoë@example.com")]
    [InlineData("ada@münchen.example", "ada@xn--mnchen-3ya.example")]
    [InlineData("ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example")]
    [InlineData("ada@mu\u0308nchen.example", "ada@xn--mnchen-3ya.example")]
    [InlineData("ada@XN--MNCHEN-3YA.example", "ada@xn--mnchen-3ya.example")]
    [InlineData("ada@ｅｘａｍｐｌｅ．ｃｏｍ", "ada@example.com")]
    [InlineData("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah")]
    [InlineData("ada@faß.example", "ada@xn--fa-hia.example")]
    [InlineData("zoe\u0308@example.com", "zoë@example.com")]
    public void two_ways_of_writing_an_address_are_the_same(string written, string normal) =>
        Assert.Equal(normal, EmailAddress.Normalize(written));

    [Theory]
    [InlineData("ada@xn--mnchen-3ya.example", "ada@münchen.example")]
    [InlineData("ada@example.com", null)]
    [InlineData("ada@xn--a.example", null)]
    public void the_form_in_which_an_address_was_written_down_before_is_known(string normalized, string? earlier) =>
        Assert.Equal(earlier, EmailAddress.EarlierForm(normalized));

    [Fact]
    public void the_mail_library_takes_every_address()
    {
        var local = Gen.Char["abzAZ09!#$%&'*+-/=?^_`{|}~.äß中🧀\u0301\u200B\u00AD \"(),:;<>@[]\\\t"].Array[1, 12].Select(c => new string(c));
        var domain = Gen.Char["abxn09-.äüß中テ。ｃ🧀\u0301\u200D_ [:"].Array[1, 16].Select(c => new string(c) + ".example");
        var taken = 0;
        Gen.Select(local, domain).Sample((l, d) =>
        {
            foreach (var address in (string[])[$"{l}@{d}", $"{l}@{d}.co.uk", $"{l}@example.com", $"ada@{d}"])
            {
                if (!EmailAddress.IsValid(address))
                    continue;
                Interlocked.Increment(ref taken);
                Assert.True(
                    MimeKit.MailboxAddress.TryParse(address, out var parsed)
                        && EmailAddress.Normalize(parsed.Address) == EmailAddress.Normalize(address),
                    address);
                Assert.True(Text.IsClean(new MimeKit.MailboxAddress("", address).GetAddress(idnEncode: true)), address);
            }
        }, iter: 20_000, threads: 1);
        Assert.True(taken > 1000, $"only {taken} addresses were any");
    }

    [Theory]
    [InlineData("a.b@example.com", true)]
    [InlineData("a..b@example.com", false)]
    [InlineData("a b@example.com", false)]
    [InlineData("a@b@example.com", false)]
    public void simple_addresses_are_judged_as_the_mail_library_judges_them(string address, bool valid)
    {
        Assert.Equal(valid, EmailAddress.IsValid(address));
        if (!valid)
            Assert.False(MimeKit.MailboxAddress.TryParse(
                new MimeKit.ParserOptions { AddressParserComplianceMode = MimeKit.RfcComplianceMode.Strict }, address, out _));
    }

    [Fact]
    public void the_normal_form_is_its_own() => Gen.String.Where(Text.IsClean).Sample(text =>
        Assert.Equal(EmailAddress.Normalize(text), EmailAddress.Normalize(EmailAddress.Normalize(text))));

    [Fact]
    public void whatever_is_asked_there_is_an_answer() =>
        Gen.Select(Gen.String, Gen.String).Sample((local, domain) => { EmailAddress.IsValid($"{local}@{domain}"); });
}

namespace SoonShop.Tests.Rules;

public sealed class MailedTextTests
{
    [Theory]
    [InlineData("changed my mind")]
    [InlineData("Ordered twice, by mistake (2 × blue). Sorry!")]
    [InlineData("尺码不对。请取消。")]
    public void a_line_without_links_is_taken(string text) =>
        Assert.Equal((null, text), (MailedText.Problem(text)?.English, MailedText.OrNull(text)));

    [Theory]
    [InlineData("You won! http://evil.example")]
    [InlineData("You won! evil.nl")]
    [InlineData("write to eve@evil.example")]
    public void a_link_is_not(string text) =>
        Assert.Equal(
            ("must not contain a link, a domain or an e-mail address", null), (MailedText.Problem(text)?.English, MailedText.OrNull(text)));

    [Theory]
    [InlineData("Dear customer,\r\nyou won")]
    [InlineData("Dear customer,\u2028you won")]
    [InlineData("\u202Enow uoy")]
    public void a_second_line_is_not(string text) =>
        Assert.Equal(("must be one line without control characters", null), (MailedText.Problem(text)?.English, MailedText.OrNull(text)));

    [Theory]
    [InlineData("ada.lovelace+shop@example.com", "ada.lovelace+shop@example.com")]
    [InlineData("o'brien_1@example.com", "o'brien_1@example.com")]
    [InlineData("王小明@例子.中国", "王小明@例子.中国")]
    [InlineData("evil.example/prize@example.com", "…@example.com")]
    [InlineData("you#won?evil=1@example.com", "…@example.com")]
    [InlineData("@example.com", "@example.com")]
    public void an_address_is_shown_as_far_as_it_is_nothing_else(string email, string shown) =>
        Assert.Equal(shown, MailedText.Address(email));

    [Fact]
    public void no_text_is_none() => Assert.Null(MailedText.OrNull(null));
}

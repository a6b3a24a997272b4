using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class DisplayNamesTests
{
    [Theory]
    [InlineData("Ada Lovelace")]
    [InlineData("J. R. R. Tolkien")]
    [InlineData("Dr. Müller")]
    [InlineData("O'Brien-Smith, Jr.")]
    [InlineData("王小明")]
    [InlineData("St. John")]
    [InlineData("Mr.Smith")]
    [InlineData("J.de Vries")]
    [InlineData("👩‍🚀 Zoë")]
    [InlineData("Dr.Müller")]
    [InlineData("ada.lovelace")]
    public void names_are_names(string name) => Assert.Null(DisplayNames.Problem(name));

    [Theory]
    [InlineData("Win at http://evil.example")]
    [InlineData("HTTPS://EVIL.EXAMPLE/x")]
    [InlineData("www.evil.example")]
    [InlineData("visit evil.com now")]
    [InlineData("evil.shop")]
    [InlineData("evil。com")]
    [InlineData("you won: bit.ly/x")]
    [InlineData("eve@evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("//evil.example")]
    [InlineData("You won: evil.nl")]
    [InlineData("x.com")]
    [InlineData("пример.рф")]
    public void links_are_not(string name) =>
        Assert.Equal("must not contain a link, a domain or an e-mail address", DisplayNames.Problem(name)?.English);

    [Theory]
    [InlineData("Ada\r\nBcc: eve@evil.example")]
    [InlineData("Ada\nLovelace")]
    [InlineData("\u202Eadmin")]
    [InlineData("Ada\u2028Lovelace")]
    public void names_are_one_line(string name) =>
        Assert.Equal("must be one line without control characters", DisplayNames.Problem(name)?.English);

    [Theory]
    [InlineData("ada.lovelace@example.com", "ada.lovelace")]
    [InlineData("evil.com@example.com", "evil")]
    [InlineData("you.won.evil.nl@example.com", "you")]
    [InlineData("www.evil.example@example.com", "www")]
    [InlineData("//evil@example.com", "-")]
    public void who_gives_no_name_is_called_by_the_address_as_far_as_it_is_no_link(string email, string name) =>
        Assert.Equal(name, DisplayNames.OfAddress(email));

    [Fact]
    public void a_name_is_kept_composed_and_trimmed() => Assert.Equal("Zo\u00EB", DisplayNames.Clean(" Zoe\u0308 "));
}

using SoonShop.ApiKeys;

namespace SoonShop.Tests.Rules;

public sealed class ApiKeyStateTests
{
    private static readonly ApiKeyToken Token = ApiKeyToken.New(Given.Id(1));
    private static readonly CreateApiKey Command = new(
        " warehouse ", ["orders:read", "inventory:write", "orders:read"], Given.Now.AddDays(1), "somebody");
    private static readonly ApiKeyState Key = ApiKeyState.Create(Command, Token, Given.Now).Next();

    [Fact]
    public void a_key_reads_as_it_was_written()
    {
        Assert.Equal(Token, ApiKeyToken.Parse(Token.ToString()));
        Assert.Matches("^sk_soonshop_[0-9a-f]{32}_[0-9a-f]{56}$", Token.ToString());
    }

    [Fact]
    public void every_typing_error_is_noticed()
    {
        var text = Token.ToString();
        for (var i = 0; i < text.Length; i++)
        {
            Assert.Null(ApiKeyToken.Parse(text[..i] + (text[i] == '7' ? '8' : '7') + text[(i + 1)..]));
            Assert.Null(ApiKeyToken.Parse(text[..i] + text[(i + 1)..]));
        }
        Assert.Null(ApiKeyToken.Parse(text.ToUpperInvariant()));
        Assert.Null(ApiKeyToken.Parse(text + "0"));
        Assert.Null(ApiKeyToken.Parse(""));
        Assert.Null(ApiKeyToken.Parse(null));
    }

    [Fact]
    public void a_new_key_is_kept_without_its_secret()
    {
        Assert.Equal(("warehouse", Given.Now.AddDays(1)), (Key.Name, Key.ExpiresAt));
        Assert.Equal(["inventory:write", "orders:read"], Key.Scopes);
        Assert.DoesNotContain(Token.Secret, Given.Json(Key), StringComparison.Ordinal);
    }

    [Fact]
    public void only_its_secret_is_admitted_and_only_in_time()
    {
        Assert.True(Key.Admits(Token.Secret, Given.Now));
        Assert.False(Key.Admits(ApiKeyToken.New(Token.Id).Secret, Given.Now));
        Assert.False(Key.Admits(Token.Secret, Given.Now.AddDays(1)));
        Assert.False((Key with { RevokedAt = Given.Now }).Admits(Token.Secret, Given.Now));
        Assert.True((Key with { ExpiresAt = null }).Admits(Token.Secret, Given.Now.AddYears(10)));
    }

    [Fact]
    public void a_use_is_written_down_once_an_hour()
    {
        var used = Key.Use(Given.Now).Next();
        Assert.False(used.Use(Given.Now.AddMinutes(59)).Changed);
        Assert.Equal(Given.Now.AddHours(1), used.Use(Given.Now.AddHours(1)).Next().LastUsedAt);
    }

    [Fact]
    public void a_key_whose_answer_went_lost_gets_another_secret_until_it_is_used()
    {
        var second = ApiKeyToken.New(Token.Id);
        var renewed = Key.Renew(Command, second, Given.Now).Next();
        Assert.True(renewed.Admits(second.Secret, Given.Now));
        Assert.False(renewed.Admits(Token.Secret, Given.Now));
        Assert.Equal(ErrorCode.Conflict, Key.Use(Given.Now).Next().Renew(Command, second, Given.Now).Error!.Code);
        Assert.Equal(ErrorCode.Conflict, Key.Renew(Command with { Name = "another" }, second, Given.Now).Error!.Code);
    }

    [Fact]
    public void all_that_is_wrong_is_named_at_once()
    {
        var error = ApiKeyState.Create(new CreateApiKey("\n", ["everything"], Given.Now, "somebody"), Token, Given.Now).Error!;
        Assert.Equal(["expiresAt", "name", "scopes"], error.Errors!.Keys.Order(StringComparer.Ordinal));
    }
}

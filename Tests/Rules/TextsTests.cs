using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Texts;

namespace SoonShop.Tests.Rules;

public sealed class TextsTests
{
    [Fact]
    public void all_languages_have_the_same_texts_with_the_same_places()
    {
        foreach (var catalog in Messages.All)
        {
            Assert.Equal(Messages.English.Keys.Order(StringComparer.Ordinal), catalog.Keys.Order(StringComparer.Ordinal));
            Assert.All(catalog.Keys, key => Assert.Equal(Places(Messages.English.Text(key)), Places(catalog.Text(key))));
            Assert.All(catalog.Keys, key => Assert.NotEqual("", catalog.Text(key).Trim()));
        }
        Assert.All(Messages.Chinese.Keys, key => Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", Messages.Chinese.Text(key)));
    }

    [Fact]
    public void every_problem_has_a_title_and_says_what_it_is()
    {
        foreach (var code in ProblemCodes.All)
        {
            Assert.NotNull(Messages.English.Find($"title.{code}"));
            Assert.NotNull(Messages.English.Find($"about.{code}"));
        }
    }

    [Theory]
    [InlineData("is no e-mail address", "不是电子邮件地址")]
    [InlineData("The product MUG-1 was not found.", "未找到商品 MUG-1。")]
    [InlineData("The field Limit must be between 1 and 100.", "Limit 须在 1 与 100 之间。")]
    [InlineData("must be relevance, price, -price, newest or name", "必须是 relevance, price, -price, newest 或 name")]
    [InlineData("An order that is shipped cannot be cancelled.", "状态为 shipped 的订单不能执行：cancelled。")]
    [InlineData("The shop is being upgraded, and cannot do this until it is done. Try again in some minutes.", "商店正在升级，升级完成之前无法执行此操作。请几分钟后重试。")]
    [InlineData("The shop does not answer in time. Asking again with the same Idempotency-Key is safe.", "商店未能及时回答。 用相同的 Idempotency-Key 再次请求是安全的。")]
    [InlineData("nobody ever said this", "nobody ever said this")]
    public void what_is_said_in_english_is_said_in_chinese(string english, string chinese)
    {
        Assert.Equal(chinese, Messages.Chinese.Say(english));
        Assert.Equal(english, Messages.English.Say(english));
    }

    [Theory]
    [InlineData(null, "en")]
    [InlineData("", "en")]
    [InlineData("zh", "zh")]
    [InlineData("zh-CN", "zh")]
    [InlineData("ZH-Hant-TW", "zh")]
    [InlineData("zh-CN,zh;q=0.9,en;q=0.8", "zh")]
    [InlineData("en-GB,zh;q=0.9", "en")]
    [InlineData("en;q=0.4,zh;q=0.5", "zh")]
    [InlineData("de,fr;q=0.9,zh;q=0.1", "zh")]
    [InlineData("de,fr", "en")]
    [InlineData("zh;q=0", "en")]
    [InlineData("*", "en")]
    [InlineData("*;q=0.5,zh;q=0.6", "zh")]
    [InlineData("zhx", "en")]
    [InlineData(";;;,=,zh;q=7", "en")]
    public void the_language_is_the_one_that_weighs_most(string? header, string language)
    {
        var context = new DefaultHttpContext();
        if (header is not null)
            context.Request.Headers.AcceptLanguage = header;
        Assert.Equal(language, Messages.For(context.Request).Language);
    }

    private static string[] Places(string text) => [.. Regex.Matches(text, @"\{\d\}").Select(m => m.Value).Distinct().Order(StringComparer.Ordinal)];
}

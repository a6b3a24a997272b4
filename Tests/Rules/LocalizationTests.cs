using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using SoonShop.Aggregates;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Localization;
using SoonShop.Orders;
using SoonShop.Pricing;
using SoonShop.Tests.Api;

namespace SoonShop.Tests.Rules;

public sealed class LocalizationTests
{
    private static readonly Messages Chinese = Messages.All.Single(m => m.Language == "zh");

    // A constant in a hole would make the whole text a constant, without arguments.
    private static readonly string Country = "US", Regions = "AL, AK";

    private static readonly Error Example =
        Error.Of(ErrorCode.Conflict, "error.cart-lines", $"A cart holds at most {100} different products.")
            .WithFields(new Dictionary<string, ErrorText[]>
            {
                ["region"] = [ErrorText.Of("field.region", $"is not a region of {Country}; use one of {Regions}"), ErrorText.Of(
                    "field.missing", "is required")],
            }) with
        { Limit = new PromotionLimit(PromotionLimitKind.Holder, "code") };

    [Fact]
    public void all_languages_have_the_same_texts_with_the_same_places()
    {
        foreach (var language in Messages.All)
        {
            Assert.Equal(Keys(Messages.English), Keys(language));
            Assert.All(Keys(language), key => Assert.Equal(Places(Messages.English[key]), Places(language[key])));
            Assert.All(Keys(language), key => Assert.NotEqual("", language[key].Value.Trim()));
        }
        Assert.All(Keys(Chinese), key => Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", Chinese[key]));
    }

    [Fact]
    public void every_text_in_the_code_is_the_english_text_of_its_key()
    {
        var used = TextsInCode.Read();

        Assert.True(used.Length > 200, $"Only {used.Length} texts were found in the code.");
        Assert.All(
            used, text => Assert.Equal((text.Place, text.Key, text.English), (text.Place, text.Key, Messages.English[text.Key].Value)));
    }

    [Fact]
    public void every_text_of_the_files_is_used()
    {
        var known = TextsInCode.Literals();
        known.UnionWith(
            ProblemCodes.All.Append(ProblemCodes.OfStatus(418)).SelectMany(code => (string[])[$"title.{code}", $"about.{code}"]));

        Assert.DoesNotContain(Keys(Messages.English), key => !known.Contains(key));
    }

    [Fact]
    public void every_problem_has_a_title_and_says_what_it_is() => Assert.All(ProblemCodes.All, code =>
    {
        Assert.False(Messages.English[$"title.{code}"].ResourceNotFound);
        Assert.False(Messages.English[$"about.{code}"].ResourceNotFound);
    });

    [Fact]
    public void a_text_is_said_in_both_languages_with_its_arguments()
    {
        var text = ErrorText.Of(
            "error.order-state", $"An order that is {ErrorText.Of("order-status.shipped", "shipped")} cannot be "
                + $"{ErrorText.Of("order-action.cancelled", "cancelled")}.");
        Assert.Equal("An order that is shipped cannot be cancelled.", text.English);
        Assert.Equal(text.English, Messages.English.Text(text));
        Assert.Equal("已发货的订单不能取消。", Chinese.Text(text));

        var time = new DateTimeOffset(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);
        var deadline = ErrorText.Of(
            "declined.with-deadline", $"{ErrorText.Untranslated("No.")} The order waits for another payment until {time:u}.");
        Assert.Equal("No. The order waits for another payment until 2026-03-01 09:30:00Z.", deadline.English);
        Assert.Equal("No.订单等待重新付款，截止时间为 2026-03-01 09:30:00Z。", Chinese.Text(deadline));
    }

    [Theory]
    [InlineData("error.of-a-later-version")]
    [InlineData("field.region")]
    [InlineData(null)]
    public void a_text_that_the_language_does_not_have_or_that_lacks_arguments_stays_english(string? key) =>
        Assert.Equal("is wrong", Chinese.Text(new ErrorText(key, "is wrong")));

    [Fact]
    public void an_error_keeps_its_texts_between_silos()
    {
        using var services = new ServiceCollection().AddSerializer(s => s.AddAssembly(typeof(Error).Assembly)).BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();

        var bytes = serializer.SerializeToArray(Example);
        AssertSame(Example, serializer.Deserialize<Error>(bytes)!);
        // A silo of an earlier version passes over members that it does not know, but not over types by names that it does not know.
        Assert.DoesNotContain("soonshop.", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);

        var sku = Make.Sku();
        var reason = ErrorText.Of("error.stock-demand", $"{sku} is in great demand. Try again.");
        var thrown = Assert.IsType<UnavailableException>(
            serializer.Deserialize<Exception>(serializer.SerializeToArray<Exception>(new UnavailableException(reason))));
        Assert.Equal((reason.English, $"{sku} 的需求量很大。请重试。"), (thrown.Message, Chinese.Text(thrown.Reason)));
    }

    [Fact]
    public void an_error_keeps_its_texts_in_a_state()
    {
        var state = JsonSerializer.Serialize(new CheckoutState("f", null, Example), StateJson.Options);
        AssertSame(Example, JsonSerializer.Deserialize<CheckoutState>(state, StateJson.Options)!.Refused!);
    }

    [Fact]
    public void an_error_of_an_earlier_version_stays_english()
    {
        var error = JsonSerializer.Deserialize<Error>(
            """{ "code": "conflict", "detail": "No.", "errors": { "a": ["is wrong"] } }""", StateJson.Options)!;
        Assert.Equal(("No.", null, true), (error.Detail, error.Text, error.FieldErrors.IsEmpty));
        Assert.Equal(["is wrong"], error.Errors!["a"]);
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

    private static void AssertSame(Error expected, Error read)
    {
        Assert.Equal((expected.Code, expected.Detail, Chinese.Text(expected.Text!)), (read.Code, read.Detail, Chinese.Text(read.Text!)));
        Assert.Equal(expected.Limit, read.Limit);
        Assert.Equal(expected.Errors!["region"], read.Errors!["region"]);
        var field = Assert.Single(read.FieldErrors);
        Assert.Equal("region", field.Field);
        Assert.Equal(["不是 US 的地区；请使用以下之一：AL, AK", "必填"], field.Texts.Select(Chinese.Text));
    }

    private static string[] Keys(Messages language) => [.. language.GetAllStrings(false).Select(t => t.Name).Order(StringComparer.Ordinal)];

    private static string[] Places(string text) =>
        [.. Regex.Matches(text, @"\{\d\}").Select(m => m.Value).Distinct().Order(StringComparer.Ordinal)];
}

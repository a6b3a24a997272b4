using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>The normal form of codes.</summary>
public sealed class PromotionCodeTests
{
    [Theory]
    [InlineData("save10", "SAVE10")]
    [InlineData("  Save10 \r\n", "SAVE10")]
    [InlineData("ｓａｖｅ１０", "SAVE10")]
    [InlineData("ﬁne", "FINE")]
    [InlineData("№5", "NO5")]
    [InlineData("cafe\u0301", "CAFÉ")]
    [InlineData("夏天２０", "夏天20")]
    [InlineData("ﾊﾞﾚﾝﾀｲﾝ", "バレンタイン")]
    [InlineData("\u200Bsave\uFEFF10", "SAVE10")]
    [InlineData("한글", "한글")]
    [InlineData("1\u20442", "1\u20442")]
    public void a_code_has_one_form_however_it_is_typed(string typed, string normal)
    {
        Assert.Equal(normal, PromotionCode.Normalize(typed));
        Assert.Equal(normal, PromotionCode.Normalize(normal));
        Assert.True(PromotionCode.IsValid(typed));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("two words")]
    [InlineData("a\u3000b")]
    [InlineData("bell\a")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void a_code_has_1_to_64_characters_without_spaces(string? code) => Assert.False(PromotionCode.IsValid(code));

    // An attribute cannot hold half a surrogate pair.
    [Fact]
    public void a_code_has_whole_characters() => Assert.False(PromotionCode.IsValid("half\uD800"));
}

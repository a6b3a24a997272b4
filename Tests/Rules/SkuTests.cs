using CsCheck;

namespace SoonShop.Tests.Rules;

public sealed class SkuTests
{
    [Theory]
    [InlineData("mug", "MUG")]
    [InlineData("0", "0")]
    [InlineData("a.b_c-9", "A.B_C-9")]
    [InlineData("ı", null)]
    [InlineData("é", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("-mug", null)]
    [InlineData(".mug", null)]
    [InlineData("mug/blue", null)]
    [InlineData("mug blue", null)]
    [InlineData("mug\n", null)]
    public void a_sku_is_kept_in_upper_case_or_refused(string? text, string? sku)
    {
        Assert.Equal(sku is not null, Sku.TryNormalize(text, out var normal));
        Assert.Equal(sku, normal);
    }

    [Fact]
    public void it_has_at_most_sixty_four_characters()
    {
        Assert.True(Sku.TryNormalize(new string('x', 64), out _));
        Assert.False(Sku.TryNormalize(new string('x', 65), out _));
    }

    [Fact]
    public void the_kept_form_is_its_own() => Gen.String[Gen.Char.AlphaNumeric, 1, 64].Sample(text =>
        Assert.True(Sku.TryNormalize(text, out var sku) && Sku.TryNormalize(sku, out var again) && sku == again));

    [Fact]
    public void a_grain_key_is_no_number_and_gives_the_sku_back()
    {
        Assert.NotEqual(Sku.GrainKey("020235"), Sku.GrainKey("20235"));
        Assert.False(char.IsAsciiHexDigit(Sku.GrainKey("020235")[0]));
        Assert.Equal("020235", Sku.OfGrainKey(Sku.GrainKey("020235")));
    }
}

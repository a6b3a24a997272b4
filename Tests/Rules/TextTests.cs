using System.Text;
using CsCheck;

namespace SoonShop.Tests.Rules;

public sealed class TextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("two\r\nlines\tand a tab")]
    [InlineData("Käse 奶酪 🧀")]
    public void ordinary_text_is_clean(string text) => Assert.True(Text.IsClean(text));

    [Theory]
    [InlineData("\0")]
    [InlineData("a\u0001b")]
    [InlineData("\u001b[31m")]
    [InlineData("\u007f")]
    [InlineData("\u0085")]
    public void control_characters_are_not(string text) => Assert.False(Text.IsClean(text));

    [Fact]
    public void broken_surrogate_pairs_are_not()
    {
        var (high, low) = ('\ud83e', '\uddc0');

        Assert.True(Text.IsClean($"{high}{low}"));
        Assert.All([$"{high}", $"{low}", $"{low}{high}", $"{high}{high}{low}", $"{high}x", $"{high}{low}{low}"], t =>
            Assert.False(Text.IsClean(t)));
    }

    [Theory]
    [InlineData("Käse 奶酪 🧀", true)]
    [InlineData("👩\u200D🚀", true)]
    [InlineData("two\nlines", false)]
    [InlineData("two\u2028lines", false)]
    [InlineData("\u202Egnp.exe", false)]
    [InlineData("a\u2066b\u2069", false)]
    [InlineData("a\u200Eb", false)]
    [InlineData("zero\u200Bwidth", false)]
    [InlineData("a\tb", false)]
    public void a_line_is_one_and_reads_as_it_is_written(string text, bool line) => Assert.Equal(line, Text.IsLine(text));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("\u202A+44 20 7946 0958\u202C", "+44 20 7946 0958")]
    [InlineData("\uFEFFrue\u200B de\u2066 Rivoli\u2069\u200E\u200F\u061C", "rue de Rivoli")]
    [InlineData("👩\u200D🚀", "👩\u200D🚀")]
    [InlineData("two\u2028lines\n", "two\u2028lines\n")]
    public void marks_that_nobody_sees_are_taken_out(string text, string visible) => Assert.Equal(visible, Text.WithoutMarks(text));

    [Fact]
    public void clean_text_survives_utf_8() => Gen.String.Where(Text.IsClean).Sample(text =>
        Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))));
}

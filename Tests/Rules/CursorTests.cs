using System.Buffers.Text;
using System.Text;
using CsCheck;
using SoonShop.Silo.Search;

namespace SoonShop.Tests.Rules;

public sealed class CursorTests
{
    [Fact]
    public void a_cursor_gives_back_what_was_written() =>
        Gen.Select(Gen.String[0, 50].Where(Text.IsClean), Gen.String[0, 50].Where(Text.IsClean)).Sample((a, b) =>
        {
            Assert.True(Cursor.TryRead(Cursor.Write("q", a, b), "q", 2, out var values));
            Assert.Equal([a, b], values);
        });

    /// <summary>A list by name goes on after the longest name there can be, in any script.</summary>
    [Theory]
    [InlineData("x")]
    [InlineData("ж")]
    [InlineData("奶")]
    [InlineData("<")]
    public void the_longest_name_fits(string character)
    {
        var (name, key) = (string.Concat(Enumerable.Repeat(character, 200)), Sku.GrainKey(new string('X', Sku.MaxLength)));

        Assert.True(Cursor.TryRead(Cursor.Write("q", name, key), "q", 2, out var values));
        Assert.Equal([name, key], values);
    }

    [Fact]
    public void a_cursor_of_another_query_is_none() => Assert.False(Cursor.TryRead(Cursor.Write("q", "a"), "r", 1, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void a_cursor_with_another_number_of_values_is_none(int count) =>
        Assert.False(Cursor.TryRead(Cursor.Write("q", "a"), "q", count, out _));

    [Fact]
    public void garbage_is_none_and_never_throws() =>
        Gen.OneOf(Gen.String, Gen.Byte.Array[0, 60].Select(b => Base64Url.EncodeToString(b))).Sample(text =>
        {
            Assert.False(Cursor.TryRead(text, "q", 1, out var values));
            Assert.Empty(values);
        });

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("====")]
    [InlineData("null")]
    public void what_is_no_cursor_is_none(string text) => Assert.False(Cursor.TryRead(text, "q", 1, out _));

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[null,null]")]
    [InlineData("[1,2]")]
    [InlineData("[\"DIGEST\",null]")]
    [InlineData("[\"DIGEST\",1]")]
    [InlineData("[\"DIGEST\",\"\\u0000\"]")]
    [InlineData("[\"DIGEST\",\"\\ud800\"]")]
    [InlineData("[\"DIGEST\",\"a\",\"b\"]")]
    [InlineData("[\"DIGEST\",\"a\"")]
    public void a_forged_cursor_is_none(string json)
    {
        var genuine = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(Cursor.Write("q", "a")));
        var forged = json.Replace("DIGEST", genuine.Split('"')[1], StringComparison.Ordinal);

        Assert.False(Cursor.TryRead(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(forged)), "q", 1, out _));
    }

    [Fact]
    public void an_endless_cursor_is_none() => Assert.False(Cursor.TryRead(Cursor.Write("q", new string('x', 100_000)), "q", 1, out _));
}

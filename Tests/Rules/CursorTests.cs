using System.Buffers.Text;
using System.Text;
using CsCheck;
using SoonShop.ApiFrontend.Http;

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

    /// <summary>What the front end takes is what the silo gives, whatever the names are made of.</summary>
    [Fact]
    public void every_cursor_that_is_given_is_taken_back()
    {
        int[] scripts = [0x20, 0xC0, 0x400, 0x5D0, 0x627, 0x905, 0xE01, 0x1100, 0x3041, 0x4E00, 0xAC00, 0xE000, 0x1F300, 0x20000, 0x10FF00];
        Gen.Select(Gen.Int[0, scripts.Length - 1], Gen.Int[0, 62])
            .Select(c => char.ConvertFromUtf32(scripts[c.Item1] + c.Item2)).Array[100, 200].Sample(characters =>
            {
                var name = string.Concat(characters.TakeWhile((_, i) => characters.Take(i + 1).Sum(c => c.Length) <= 200));
                var cursor = Cursor.Write("q", name, Sku.GrainKey(new string('X', Sku.MaxLength)));

                Assert.True(new CursorAttribute().IsValid(cursor), $"{cursor.Length} characters");
                Assert.True(Cursor.TryRead(cursor, "q", 2, out var values));
                Assert.Equal(name, values[0]);
            });
    }

    [Fact]
    public void a_cursor_that_would_not_be_taken_back_is_not_given() =>
        Assert.Throws<InvalidOperationException>(() => Cursor.Write("q", new string('x', PageRequest.MaxCursorLength)));

    /// <summary>As versions before wrote them, with every character escaped.</summary>
    [Fact]
    public void a_cursor_of_an_older_silo_is_taken()
    {
        var digest = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(Cursor.Write("q", "a"))).Split('"')[1];
        var old = Base64Url.EncodeToString(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes((string[])[digest, "奶粉", "sku/A"]));

        Assert.True(Cursor.TryRead(old, "q", 2, out var values));
        Assert.Equal(["奶粉", "sku/A"], values);
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
    public void an_endless_cursor_is_none() => Assert.False(Cursor.TryRead(new string('A', 100_000), "q", 1, out _));
}

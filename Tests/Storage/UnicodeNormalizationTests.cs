using System.Globalization;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>Composed texts, held against PostgreSQL's own <c>normalize</c>.</summary>
[Collection(nameof(InProcessSilo))]
public sealed class UnicodeNormalizationTests(InProcessSilo silo)
{
    [Theory]
    [InlineData("nfc")]
    [InlineData("nfkc")]
    public async Task texts_are_composed_as_postgresql_composes_them(string form)
    {
        // Every code point that the table knows, alone, and between letters and marks that may join it or stand in its way.
        var random = new Random(15);
        var points = Enumerable.Range(0xA0, 0x2FA1E - 0xA0).Where(p =>
            p is < 0xD800 or > 0xDFFF
            && CharUnicodeInfo.GetUnicodeCategory(p) is not (UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse))
            .Where(p => p < 0x3400 || p is >= 0xAC00 and < 0xAD00 or >= 0xF900 and < 0x12000 or > 0x1D000 and < 0x1E950 or >= 0x2F800)
            .ToArray();
        var texts = points.Select(char.ConvertFromUtf32).ToList();
        for (var i = 0; i < 5000; i++)
            texts.Add(string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ =>
                random.Next(3) == 0
                    ? "ae\u0327\u0301oue\u1100\u1161\u11A8"[random.Next(10)].ToString()
                    : char.ConvertFromUtf32(points[random.Next(points.Length)]))));
        await using var command = silo.Database.CreateCommand(
            $"select array(select normalize(t, {form}) from unnest($1::text[]) with ordinality as u (t, n) order by n)");
        command.Parameters.Add(new() { Value = texts.ToArray() });
        var expected = (string[])(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        var wrong = texts.Zip(expected, (text, right) =>
            (text, right, ours: form == "nfc" ? UnicodeNormalization.Compose(text) : UnicodeNormalization.ComposeCompatible(text)))
            .Where(t => t.right != t.ours).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20).Select(w => $"{Hex(w.text)}: {Hex(w.right)}, not {Hex(w.ours)}")));
    }

    private static string Hex(string text) =>
        string.Join(' ', text.EnumerateRunes().Select(r => r.Value.ToString("X4", CultureInfo.InvariantCulture)));
}

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace SoonShop;

/// <summary>
/// A sentence for clients: the key of the text, the English text, and the arguments that fill the places of the text. Key and English text
/// stand side by side where an error is made. Each language of the front end has a text for each key.
/// </summary>
/// <param name="Key">Names the text in all languages, such as <c>error.cart-lines</c>; null for words that no language translates.</param>
/// <param name="English">The whole English text.</param>
[GenerateSerializer, Immutable, Alias("soonshop.error-text")]
public sealed record ErrorText(string? Key, string English)
{
    /// <summary>
    /// What fills the places <c>{0}</c>, <c>{1}</c>, … of the text, in English. An argument with a key is translated, too.
    /// </summary>
    [Id(0)] public ImmutableArray<ErrorText> Arguments { get; init; } = [];

    /// <summary>
    /// The same words by language, of a text without a key that the shop's data has, such as a promotion's name. Null for words that are
    /// the same in all languages.
    /// </summary>
    [Id(1)] public IReadOnlyDictionary<string, string>? Languages { get; init; }

    /// <summary>A text without arguments.</summary>
    public static ErrorText Of(string key, string english) => new(key, english);

    /// <summary>
    /// A text whose arguments are the holes of an interpolated string. Not all of them may be constants: it would be one, too.
    /// </summary>
    public static ErrorText Of(string key, ErrorTextBuilder english) => english.Build(key);

    /// <summary>Words that are the same in all languages.</summary>
    public static ErrorText Untranslated(string words) => new(null, words);

    /// <summary>Words of the shop's data, which has them in some languages.</summary>
    /// <param name="words">The words for all other languages.</param>
    /// <param name="languages">The words by language.</param>
    public static ErrorText InLanguages(string words, IReadOnlyDictionary<string, string> languages) =>
        new(null, languages.GetValueOrDefault("en", words)) { Languages = languages.Count == 0 ? null : languages };

    /// <inheritdoc/>
    public bool Equals(ErrorText? other) => other is not null && Key == other.Key && English == other.English;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Key, English);

    /// <inheritdoc/>
    public override string ToString() => English;
}

/// <summary>Takes an interpolated string apart: <see cref="ErrorText.Of(string, ErrorTextBuilder)"/>.</summary>
[InterpolatedStringHandler]
public readonly ref struct ErrorTextBuilder
{
    private readonly StringBuilder english;
    private readonly ImmutableArray<ErrorText>.Builder arguments;

    /// <summary>Called by the compiler.</summary>
    public ErrorTextBuilder(int literalLength, int formattedCount)
    {
        english = new StringBuilder(literalLength + 16 * formattedCount);
        arguments = ImmutableArray.CreateBuilder<ErrorText>(formattedCount);
    }

    /// <summary>Called by the compiler.</summary>
    public void AppendLiteral(string text) => english.Append(text);

    /// <summary>Called by the compiler.</summary>
    public void AppendFormatted(ErrorText text)
    {
        english.Append(text.English);
        arguments.Add(text);
    }

    /// <summary>Called by the compiler. Amounts are for people, so they are in major units, such as <c>34.99 USD</c>.</summary>
    public void AppendFormatted(Money money) =>
        AppendFormatted(ErrorText.Untranslated($"{Currencies.Format(money.Amount, money.Currency)} {money.Currency}"));

    /// <summary>Called by the compiler.</summary>
    public void AppendFormatted<T>(T value, string? format = null) => AppendFormatted(ErrorText.Untranslated(
        value is IFormattable formattable ? formattable.ToString(format, CultureInfo.InvariantCulture) : value?.ToString() ?? ""));

    internal ErrorText Build(string key) => new(key, english.ToString()) { Arguments = arguments.MoveToImmutable() };
}

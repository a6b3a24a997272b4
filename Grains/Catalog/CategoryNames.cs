namespace SoonShop.Catalog;

/// <summary>The categories of the products on sale, by what a shopper may begin to type.</summary>
public sealed class CategoryNames
{
    /// <summary>From this length on, a typing error is tolerated.</summary>
    private const int MinTypo = 4;

    /// <summary>The first character of the scripts that need no spaces between words. What stands before it has spaces.</summary>
    private const char FirstSpaceless = '\u2E80';

    private readonly ImmutableArray<(string Category, string Spelling)> names;

    /// <param name="categories">Categories with their spelling: the words in lower case, without accents and punctuation.</param>
    public CategoryNames(IEnumerable<(string Category, string Spelling)> categories) =>
        names =
        [
            .. categories.Where(c => c.Spelling.Length > 0)
                .OrderBy(c => c.Category.Length).ThenBy(c => c.Category, StringComparer.Ordinal),
        ];

    /// <summary>
    /// Returns categories with a word that begins with the typed text, those first whose first word does. Without any, those that one
    /// typing error hides.
    /// </summary>
    /// <param name="typed">The text, spelled like the categories.</param>
    /// <param name="limit">The most categories.</param>
    public IReadOnlyList<string> Find(string typed, int limit)
    {
        if (typed.Length == 0)
            return [];
        var found = Where(typed, (spelling, text) => spelling.StartsWith(text, StringComparison.Ordinal), limit);
        if (found.Count < limit)
            found.AddRange(Where(typed, Has, limit).Except(found).Take(limit - found.Count));
        return found.Count == 0 && typed.Length >= MinTypo ? Where(typed, HasAlmost, limit) : found;
    }

    private List<string> Where(string typed, Func<string, string, bool> matches, int limit) =>
        [.. names.Where(n => matches(n.Spelling, typed)).Select(n => n.Category).Take(limit)];

    private static bool Has(string spelling, string typed) =>
        spelling.Contains(typed[0] >= FirstSpaceless ? typed : " " + typed, StringComparison.Ordinal);

    private static bool HasAlmost(string spelling, string typed)
    {
        foreach (var word in spelling.Split(' '))
        {
            for (var length = typed.Length - 1; length <= typed.Length + 1; length++)
            {
                if (word.Length >= length && IsOneEdit(word.AsSpan(0, length), typed))
                    return true;
            }
        }
        return false;
    }

    /// <summary>True when one character is left out, added or replaced, or two neighbours are swapped.</summary>
    private static bool IsOneEdit(ReadOnlySpan<char> word, ReadOnlySpan<char> typed)
    {
        var same = word.CommonPrefixLength(typed);
        var restOfWord = word[same..];
        var restOfTyped = typed[same..];
        if (word.Length == typed.Length)
        {
            return restOfWord.Length <= 1 || restOfWord[1..].SequenceEqual(restOfTyped[1..])
                || (restOfWord[0] == restOfTyped[1] && restOfWord[1] == restOfTyped[0] && restOfWord[2..].SequenceEqual(restOfTyped[2..]));
        }
        return word.Length > typed.Length ? restOfWord[1..].SequenceEqual(restOfTyped) : restOfWord.SequenceEqual(restOfTyped[1..]);
    }
}

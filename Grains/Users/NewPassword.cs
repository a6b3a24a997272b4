using System.Collections.Frozen;

namespace SoonShop.Users;

/// <summary>The rules for a password that is to be set: <see cref="PasswordPolicy"/>, and none that is tried first.</summary>
internal static class NewPassword
{
    /// <summary>Shorter words say nothing of a password.</summary>
    private const int MinWord = 3;

    private static readonly Lazy<FrozenSet<string>> Common = new(Load);

    /// <summary>What is wrong with a password; null when nothing is.</summary>
    /// <param name="password">As it was typed.</param>
    /// <param name="words">What is known of its owner and of the shop: e-mail address, name, the shop's name. A password is more than one of them.</param>
    public static string? Problem(string? password, params ReadOnlySpan<string?> words)
    {
        if (PasswordPolicy.Problem(password) is { } problem)
            return problem;
        var lower = PasswordPolicy.Prepare(password!).ToLowerInvariant();
        if (Common.Value.Contains(lower))
            return "is one of the commonest passwords; choose another";
        var core = Core(lower);
        foreach (var word in words)
        {
            if (word is not null && Parts(word.ToLowerInvariant()).Any(part => part.Length >= MinWord && (core == part || lower == part)))
                return "must not be your address, your name or the shop's name; choose another";
        }
        return null;
    }

    /// <summary>The word, and of an address its two parts, without what people put before and behind.</summary>
    private static IEnumerable<string> Parts(string word)
    {
        var at = word.LastIndexOf('@');
        string[] parts = at < 0 ? [word] : [word, word[..at], word[(at + 1)..], word[(at + 1)..].Split('.')[0]];
        return parts.SelectMany(p => (string[])[p, Core(p), Core(p).Replace(" ", "", StringComparison.Ordinal)]);
    }

    private static string Core(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && !char.IsLetter(text[start]))
            start++;
        while (end > start && !char.IsLetter(text[end - 1]))
            end--;
        return text[start..end];
    }

    private static FrozenSet<string> Load()
    {
        using var file = new StreamReader(typeof(NewPassword).Assembly.GetManifestResourceStream("SoonShop.common-passwords.txt")!);
        var words = new List<string>();
        while (file.ReadLine() is { } line)
        {
            if (line is not ("#" or ['#', ' ', ..]))
                words.Add(line);
        }
        return words.ToFrozenSet(StringComparer.Ordinal);
    }
}

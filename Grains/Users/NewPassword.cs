using System.Collections.Frozen;

namespace SoonShop.Users;

/// <summary>Checks a new password: against <see cref="PasswordPolicy"/> and against passwords that are easy to guess.</summary>
internal static class NewPassword
{
    /// <summary>Words shorter than this are not compared with a password.</summary>
    private const int MinWord = 3;

    private static readonly Lazy<FrozenSet<string>> Common = new(Load);

    /// <summary>Returns what is wrong with a password; null when it is acceptable.</summary>
    /// <param name="password">The password as typed.</param>
    /// <param name="words">The owner's e-mail address and name, and the shop's name. A password must not be just one of them.</param>
    public static ErrorText? Problem(string? password, params ReadOnlySpan<string?> words)
    {
        if (PasswordPolicy.Problem(password) is { } problem)
            return problem;
        var lower = PasswordPolicy.Prepare(password!).ToLowerInvariant();
        if (Common.Value.Contains(lower))
            return ErrorText.Of("field.common-password", "is one of the most common passwords; choose another");
        var core = Core(lower);
        foreach (var word in words)
        {
            if (word is not null && Parts(word.ToLowerInvariant()).Any(part => part.Length >= MinWord && (core == part || lower == part)))
                return ErrorText.Of("field.own-password", "must not be your address, your name or the shop's name; choose another");
        }
        return null;
    }

    /// <summary>Returns the word and the parts of an address, also without characters around them that are not letters.</summary>
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

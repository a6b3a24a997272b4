using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace SoonShop.Events;

/// <summary>What the messages of one fault have in common.</summary>
public static partial class ErrorFingerprint
{
    /// <summary>
    /// The same 16 hexadecimal digits for errors of one type whose messages differ only in numbers, ids, and what stands in quotes.
    /// </summary>
    public static string Of(string errorType, string message)
    {
        var common = Varying.Replace(message, "?");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{errorType}\n{common}")).AsSpan(0, 8));
    }

    /// <summary>Quoted text (an apostrophe within a word begins none), Guids, hexadecimal and other numbers.</summary>
    [GeneratedRegex("""
        "[^"]*"|(?<!\w)'[^']*'|“[^”]*”|`[^`]*`|[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|0x[0-9a-fA-F]+|\d+(?:[.,:]\d+)*
        """, RegexOptions.CultureInvariant)]
    private static partial Regex Varying { get; }
}

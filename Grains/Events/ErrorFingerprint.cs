using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace SoonShop.Events;

/// <summary>Computes fingerprints that group errors with the same cause.</summary>
public static partial class ErrorFingerprint
{
    /// <summary>
    /// Returns the same 16 hexadecimal digits for errors of one type whose messages differ only in numbers, ids and quoted text.
    /// </summary>
    public static string Of(string errorType, string message)
    {
        var common = Varying.Replace(message, "?");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{errorType}\n{common}")).AsSpan(0, 8));
    }

    /// <summary>
    /// Matches quoted text (an apostrophe within a word does not begin a quotation), Guids, hexadecimal and other numbers.
    /// </summary>
    [GeneratedRegex("""
        "[^"]*"|(?<!\w)'[^']*'|“[^”]*”|`[^`]*`|[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|0x[0-9a-fA-F]+|\d+(?:[.,:]\d+)*
        """, RegexOptions.CultureInvariant)]
    private static partial Regex Varying { get; }
}

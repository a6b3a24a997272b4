using System.Text.RegularExpressions;

namespace SoonShop;

/// <summary>Language tags (BCP 47) in the forms that the shop uses: a language, and up to three subtags.</summary>
public static partial class LanguageTag
{
    /// <summary>The form, as a regular expression.</summary>
    public const string Pattern = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$";

    /// <summary>The message for a text that is none.</summary>
    public static readonly ErrorText Problem = ErrorText.Of("field.language", "must be a language tag such as en or zh-CN");

    /// <summary>True for a language tag.</summary>
    public static bool IsValid(string text) => Form.IsMatch(text) && text[^1] != '\n';

    [GeneratedRegex(Pattern)]
    private static partial Regex Form { get; }
}

using SoonShop.Addresses;

namespace SoonShop;

/// <summary>The rules for country codes.</summary>
public static class Country
{
    /// <summary>
    /// True for an officially assigned code of ISO 3166-1 alpha-2, in upper case. False for reserved codes (<c>UK</c>, <c>EU</c>) and
    /// user-assigned codes (<c>ZZ</c>; also <c>XK</c>, which is often used for Kosovo).
    /// </summary>
    public static bool IsCode(string? text) => text is { Length: 2 } && AddressFormat.Of(text) is not null;

    /// <summary>True for text with the form of a code, whether the code is assigned or not.</summary>
    public static bool HasFormOfCode(string? text) => text is { Length: 2 } && text.All(char.IsAsciiLetterUpper);
}

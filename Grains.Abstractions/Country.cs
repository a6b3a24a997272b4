using SoonShop.Addresses;

namespace SoonShop;

/// <summary>The rules for country codes.</summary>
public static class Country
{
    /// <summary>
    /// True for an officially assigned code of ISO 3166-1 alpha-2, in upper case. Reserved codes (<c>UK</c>, <c>EU</c>) are none, and
    /// neither are those that users assign themselves (<c>ZZ</c>; also <c>XK</c>, which many give to Kosovo).
    /// </summary>
    public static bool IsCode(string? text) => text is { Length: 2 } && AddressFormat.Of(text) is not null;

    /// <summary>True for the form of a code, whether it is assigned or not.</summary>
    public static bool HasFormOfCode(string? text) => text is { Length: 2 } && text.All(char.IsAsciiLetterUpper);
}

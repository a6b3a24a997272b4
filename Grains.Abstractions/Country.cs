namespace SoonShop;

/// <summary>The rules for country codes.</summary>
public static class Country
{
    /// <summary>True for the form of ISO 3166-1 alpha-2.</summary>
    public static bool IsCode(string? text) => text is { Length: 2 } && text.All(char.IsAsciiLetterUpper);
}

using System.Text.Json;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Reads values of enumerations in queries.</summary>
internal static class EnumQuery
{
    /// <summary>Reads a value as the API writes it; empty text gives null.</summary>
    public static bool TryRead<T>(string? text, out T? value) where T : struct, Enum
    {
        value = null;
        if (string.IsNullOrEmpty(text))
            return true;
        // Accepts only letters, because TryParse also reads numbers, lists and blanks around a name.
        if (!text.All(char.IsAsciiLetter) || !Enum.TryParse<T>(text, ignoreCase: true, out var parsed))
            return false;
        value = parsed;
        return true;
    }

    /// <summary>Reads a value that <see cref="EnumValueAttribute{T}"/> has accepted; empty text gives null.</summary>
    public static T? Read<T>(string? text) where T : struct, Enum => TryRead<T>(text, out var value) ? value : null;

    /// <summary>Returns all values, as the API writes them.</summary>
    public static string[] All<T>() where T : struct, Enum => [.. Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName)];
}

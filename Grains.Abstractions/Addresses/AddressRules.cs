using SoonShop.Users;

namespace SoonShop.Addresses;

/// <summary>
/// Checks whether a parcel can be sent to an address: a country of ISO 3166-1, the parts that addresses of that country have, and postal
/// code and region in the country's form. Only the carrier knows whether the postal code belongs to the city.
/// </summary>
public static class AddressRules
{
    /// <summary>The message for a country code that is not assigned.</summary>
    public static readonly ErrorText NoCountry = ErrorText.Of(
        "field.no-country", "is not a country of ISO 3166-1; the code of the United Kingdom, for example, is GB");

    /// <summary>The message for text that does not have the form of a country code.</summary>
    public static readonly ErrorText NoCountryCode = ErrorText.Of(
        "field.country", "must be a country code of two upper-case letters, such as US");

    private static readonly ErrorText AnyCity = ErrorText.Of("field.missing", "is required");

    /// <summary>Returns an address in its country's form, and what is wrong with it.</summary>
    public static CheckedAddress Check(Address address)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        var (region, postalCode) = (Optional(address.Region), PostalText.Tidy(address.PostalCode));
        var city = PostalText.Tidy(address.City);
        if (AddressFormat.Of(address.Country) is not { } format)
        {
            errors["country"] = [Country.HasFormOfCode(address.Country) ? NoCountry : NoCountryCode];
            if (city.Length == 0)
                errors["city"] = [AnyCity];
        }
        else
        {
            if (format.RequiresCity && city.Length == 0)
                errors["city"] = [Required(format)];
            region = RegionOf(format, region, city, errors);
            postalCode = PostalCodeOf(format, postalCode, errors);
        }
        var (name, line1, line2) = (PostalText.Tidy(address.Name), PostalText.Tidy(address.Line1), Optional(address.Line2));
        return new CheckedAddress(
            new Address(name, line1, line2, city, region, postalCode, address.Country, Optional(address.Phone)), errors);
    }

    /// <summary>The fault of a region that its country does not have.</summary>
    public static ErrorText NoRegion(AddressFormat format) => ErrorText.Of(
        "field.region", $"is not a region of {format.Country}; use one of {string.Join(", ", format.Regions)}");

    private static string? RegionOf(AddressFormat format, string? region, string city, Dictionary<string, ErrorText[]> errors)
    {
        if (region is not null)
        {
            if (format.RegionOf(region) is { } written)
                return written;
            errors["region"] = [NoRegion(format)];
            return region;
        }
        if (!format.RequiresRegion)
            return null;
        // In places such as Dubai and Tokyo the city implies the region. Where addresses need neither a city nor a postal code, either the
        // city or the region is enough.
        if (city.Length > 0 && format.KnownRegion(city) is { } named)
            return named;
        if (city.Length == 0 || format.RequiresCity || format.RequiresPostalCode)
            errors["region"] = [Required(format)];
        return null;
    }

    private static string PostalCodeOf(AddressFormat format, string postalCode, Dictionary<string, ErrorText[]> errors)
    {
        if (postalCode.Length == 0)
        {
            if (format.RequiresPostalCode)
                errors["postalCode"] = [Required(format)];
            return "";
        }
        if (format.PostalCodeOf(postalCode) is { } written)
            return written;
        errors["postalCode"] = [ErrorText.Of(
            "field.postal-code", $"is not a postal code of {format.Country}; an example is {format.PostalCodeExamples[0]}")];
        return postalCode;
    }

    private static ErrorText Required(AddressFormat format) => ErrorText.Of(
        "field.address-part", $"is required for an address in {format.Country}");

    private static string? Optional(string? text) => text is not null && PostalText.Tidy(text) is { Length: > 0 } tidy ? tidy : null;
}

/// <summary>The result of <see cref="AddressRules.Check"/>.</summary>
/// <param name="Address">The address in its country's form, as far as possible.</param>
/// <param name="Errors">What is wrong, by the part's name in the API, such as <c>postalCode</c>. Empty for a valid address.</param>
public sealed record CheckedAddress(Address Address, IReadOnlyDictionary<string, ErrorText[]> Errors);

using SoonShop.Addresses;
using SoonShop.Pricing;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>Checks whether orders can be sent to an address.</summary>
internal static class Destinations
{
    /// <summary>Returns the address in its country's form, or why the shop cannot send to it.</summary>
    /// <param name="address">The address.</param>
    /// <param name="savedAs">Its id when it is one of the customer's saved addresses, which may be older than a rule.</param>
    /// <param name="rules">The rules that say where the shop sells to.</param>
    /// <param name="known">A destination that the shop sends to whatever the rules say by now; null for none.</param>
    public static Result<Address> Check(Address address, Guid? savedAs, CompiledPricingRules rules, Destination? known = null)
    {
        var (usable, wrong) = AddressRules.Check(address);
        IReadOnlyDictionary<string, ErrorText[]> errors = wrong.Count == 0 && Of(usable) != known
            && rules.Taxes.ZoneOf(Of(usable)) is null
            ? new Dictionary<string, ErrorText[]> { ["country"] = [NoDelivery(usable.Country)] }
            : wrong;
        if (errors.Count == 0)
            return usable;
        if (savedAs is null)
            return Error.Invalid(errors.ToDictionary(e => $"shippingAddress.{e.Key}", e => e.Value));
        var problems = errors.SelectMany(e => e.Value.Select(what => ErrorText.Of(
            "field.saved-address", $"names the saved address {savedAs}, whose {e.Key} {what}")));
        return Error.Invalid(new Dictionary<string, ErrorText[]> { ["addressId"] = [.. problems] });
    }

    /// <summary>Returns a destination in its country's form, or why the shop does not sell there.</summary>
    public static Result<Destination> Check(Destination destination, CompiledPricingRules rules)
    {
        var usable = Normalize(destination);
        return usable.IsError || rules.Taxes.ZoneOf(usable.Value) is not null
            ? usable
            : Error.Invalid("country", NoDelivery(usable.Value.Country));
    }

    /// <summary>Returns a destination in its country's form, also where the shop does not sell; or why it is no place.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="path">The path of its fields in errors, such as <c>destination.</c>.</param>
    public static Result<Destination> Normalize(Destination destination, string path = "")
    {
        if (AddressFormat.Of(destination.Country) is not { } format)
            return Error.Invalid($"{path}country", AddressRules.NoCountry);
        var (region, postalCode) = (Optional(destination.Region), Optional(destination.PostalCode));
        if (region is not null && format.RegionOf(region) is null)
            return Error.Invalid($"{path}region", AddressRules.NoRegion(format));
        return new Destination(
            format.Country, region is null ? null : format.RegionOf(region),
            // A part of a postal code has no form of its own, and is enough for zones that look at its beginning.
            postalCode is null ? null : format.PostalCodeOf(postalCode) ?? postalCode);
    }

    private static string? Optional(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>Returns the part of an address that prices depend on.</summary>
    public static Destination Of(Address address) => new(address.Country, address.Region, address.PostalCode);

    /// <summary>
    /// Returns the part of a stored address that prices depend on, in its country's form. An address from before a rule stays as it is.
    /// </summary>
    public static Destination OfStored(Address address)
    {
        var (usable, wrong) = AddressRules.Check(address);
        return Of(wrong.Count == 0 ? usable : address);
    }

    private static ErrorText NoDelivery(string country) =>
        ErrorText.Of("field.no-delivery", $"is {country}, where this shop does not deliver");
}

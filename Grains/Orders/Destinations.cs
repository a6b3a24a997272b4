using SoonShop.Addresses;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>Checks whether orders can be sent to an address.</summary>
internal static class Destinations
{
    /// <summary>Returns the address in its country's form, or why the shop cannot send to it.</summary>
    /// <param name="address">The address.</param>
    /// <param name="savedAs">Its id when it is one of the customer's saved addresses, which may be older than a rule.</param>
    /// <param name="options">The countries that the shop sells to.</param>
    public static Result<Address> Check(Address address, Guid? savedAs, CheckoutOptions options)
    {
        var (usable, wrong) = AddressRules.Check(address);
        IReadOnlyDictionary<string, ErrorText[]> errors = wrong.Count == 0 && options.TaxBasisPointsFor(usable.Country) is null
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

    private static ErrorText NoDelivery(string country) => ErrorText.Of("field.no-delivery", $"is {country}, where this shop does not deliver");
}

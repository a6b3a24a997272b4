namespace SoonShop.Users;

/// <summary>A postal address.</summary>
/// <param name="Name">Who receives.</param>
/// <param name="Line1">Street and number.</param>
/// <param name="Line2">Flat, company, care of.</param>
/// <param name="City">Town; empty where addresses need none.</param>
/// <param name="Region">State, province or county; its code where the country's post writes codes.</param>
/// <param name="PostalCode">As the country writes it; empty where addresses need none.</param>
/// <param name="Country">ISO 3166-1 alpha-2, upper case.</param>
/// <param name="Phone">For the carrier.</param>
[GenerateSerializer, Immutable, Alias("soonshop.address")]
public sealed record Address(
    string Name, string Line1, string? Line2, string City, string? Region, string PostalCode, string Country, string? Phone);

/// <summary>An address in a customer's book.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.saved-address")]
public sealed record SavedAddress(Guid Id, Address Address);

namespace SoonShop.Users;

/// <summary>A postal address.</summary>
/// <param name="Name">The recipient.</param>
/// <param name="Line1">Street and number.</param>
/// <param name="Line2">Flat, company, care of.</param>
/// <param name="City">The city; empty where addresses need none.</param>
/// <param name="Region">The state, province or county; its code where the country's post uses codes.</param>
/// <param name="PostalCode">The postal code as the country writes it; empty where addresses need none.</param>
/// <param name="Country">The country code (ISO 3166-1 alpha-2, upper case).</param>
/// <param name="Phone">A telephone number for the carrier.</param>
[GenerateSerializer, Immutable, Alias("soonshop.address")]
public sealed record Address(
    string Name, string Line1, string? Line2, string City, string? Region, string PostalCode, string Country, string? Phone);

/// <summary>One of a customer's saved addresses.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.saved-address")]
public sealed record SavedAddress(Guid Id, Address Address);

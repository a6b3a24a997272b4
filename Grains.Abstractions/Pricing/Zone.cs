namespace SoonShop.Pricing;

/// <summary>
/// A set of destinations. A destination belongs to one zone only: the one with the most specific area. An area with a longer postal-code
/// prefix is more specific; then one with a region; then one with a country; then the rest of the world. Ties go to the smaller id.
/// </summary>
/// <param name="Id">The id, a slug.</param>
/// <param name="Name">The name for administrators and summaries.</param>
/// <param name="Areas">The areas; at least one.</param>
[GenerateSerializer, Immutable, Alias("soonshop.zone")]
public sealed record Zone(string Id, string Name, ImmutableArray<ZoneArea> Areas);

/// <summary>A part of the world. All of its fields that are set must match.</summary>
/// <param name="Country">The country (ISO 3166-1 alpha-2); null for the rest of the world, which has neither region nor prefix.</param>
/// <param name="Region">The region as addresses write it, such as <c>NY</c>, in any case; null for the whole country.</param>
/// <param name="PostalCodePrefix">
/// How the postal code begins, in any case; spaces and hyphens do not count. Null for all postal codes.
/// </param>
[GenerateSerializer, Immutable, Alias("soonshop.zone-area")]
public sealed record ZoneArea(string? Country, string? Region = null, string? PostalCodePrefix = null);

/// <summary>Where an order is sent, as far as prices depend on it.</summary>
/// <param name="Country">The country (ISO 3166-1 alpha-2, upper case).</param>
/// <param name="Region">The state, province or county; null when unknown.</param>
/// <param name="PostalCode">The postal code; null when unknown.</param>
[GenerateSerializer, Immutable, Alias("soonshop.destination")]
public sealed record Destination(string Country, string? Region = null, string? PostalCode = null);

namespace SoonShop.Pricing;

/// <summary>What prices depend on of a customer.</summary>
/// <param name="Groups">The customer groups, sorted.</param>
/// <param name="TaxExemptionReason">Why the customer pays no tax, such as a VAT number; null for a customer who pays it.</param>
[GenerateSerializer, Immutable, Alias("soonshop.pricing-profile")]
public sealed record PricingProfile(ImmutableArray<string> Groups, string? TaxExemptionReason)
{
    /// <summary>The most groups of a customer.</summary>
    public const int MaxGroups = 50;

    /// <summary>The longest reason for a tax exemption, in characters.</summary>
    public const int MaxReasonLength = 200;

    /// <summary>The profile of a customer without groups and exemption, and of a guest.</summary>
    public static PricingProfile None { get; } = new([], null);

    /// <summary>The number of changes of the account; used as the ETag.</summary>
    [Id(0)] public int Version { get; init; }

    /// <summary>
    /// The account's e-mail address: uses of promotions without the account count, too. Null from a silo of an earlier version, and when it
    /// is set by an administrator.
    /// </summary>
    [Id(1)] public string? Email { get; init; }
}

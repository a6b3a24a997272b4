using SoonShop.Orders;

namespace SoonShop.Pricing;

/// <summary>Computes quotes for administrators, without a cart. Any key addresses it; calls run in parallel.</summary>
[Alias("soonshop.pricing-preview")]
public interface IPricingPreviewGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Returns what a cart would cost, and for each rule why it applies or not. Uses and budgets of promotions count as they are now, also
    /// for another time. Error: <c>validation-failed</c> for a product or a customer that does not exist.
    /// </summary>
    [Alias("price"), Repeatable]
    Task<Result<Quote>> PriceAsync(PricingPreview preview, CancellationToken cancellation = default);
}

/// <summary>What is to be priced, for whom, and when.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.pricing-preview-request")]
public sealed record PricingPreview
{
    /// <summary>The lines, 1–<see cref="PricingLimits.MaxLines"/>, with 1–<see cref="PricingLimits.MaxQuantity"/> units each.</summary>
    [Id(0)] public required ImmutableArray<LineUnits> Lines { get; init; }

    /// <summary>The currency (ISO 4217); null for the shop's.</summary>
    [Id(1)] public string? Currency { get; init; }

    /// <summary>The time at which rules must be in force; null for now.</summary>
    [Id(2)] public DateTimeOffset? At { get; init; }

    /// <summary>Where it is sent; null while that is not known.</summary>
    [Id(3)] public Destination? Destination { get; init; }

    /// <summary>The id of the chosen shipping method; null for the cheapest one that delivers, as in a cart.</summary>
    [Id(4)] public string? ShippingMethodId { get; init; }

    /// <summary>The codes that the buyer has entered, at most <see cref="PricingLimits.MaxCodes"/>.</summary>
    [Id(5)] public ImmutableArray<string> Codes { get; init; } = [];

    /// <summary>The customer who buys. Null for a buyer who is described by the following members.</summary>
    [Id(6)] public Guid? CustomerId { get; init; }

    /// <summary>The buyer's groups and tax exemption.</summary>
    [Id(7)] public PricingProfile Profile { get; init; } = PricingProfile.None;

    /// <summary>True for a buyer without an earlier order.</summary>
    [Id(8)] public bool IsFirstOrder { get; init; }
}

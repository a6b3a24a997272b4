namespace SoonShop.Pricing;

/// <summary>
/// A group of customers. Promotions, price lists and shipping methods name the groups that they are for, and administrators name the groups
/// of each customer. Prices compare these names only: groups that were named before groups could be created keep their effect.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.customer-group")]
public sealed record CustomerGroup
{
    /// <summary>The longest description, in characters.</summary>
    public const int MaxDescriptionLength = 500;

    /// <summary>The id, a slug.</summary>
    [Id(0)] public string Id { get; init; } = "";

    /// <summary>The name for administrators.</summary>
    [Id(1)] public string Name { get; init; } = "";

    /// <summary>Who belongs to it, for administrators; null for no description.</summary>
    [Id(2)] public string? Description { get; init; }
}

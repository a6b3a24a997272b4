using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A stage at which promotions apply.</summary>
public enum PromotionStage
{
    /// <summary>Single lines.</summary>
    Line,
    /// <summary>The whole order.</summary>
    Order,
    /// <summary>The shipping costs.</summary>
    Shipping,
}

/// <summary>Converts sets of stages, which are arrays in JSON.</summary>
internal static class Stages
{
    private static readonly ImmutableArray<(PromotionStage Stage, PromotionStages Flag)> All =
    [
        (PromotionStage.Line, PromotionStages.Line), (PromotionStage.Order, PromotionStages.Order),
        (PromotionStage.Shipping, PromotionStages.Shipping),
    ];

    /// <summary>Returns the set.</summary>
    public static PromotionStages Of(IEnumerable<PromotionStage>? stages) => (stages ?? []).Aggregate(
        PromotionStages.None, (set, stage) => set | All.Single(s => s.Stage == stage).Flag);

    /// <summary>Returns the stages in their order.</summary>
    public static ImmutableArray<PromotionStage> Of(PromotionStages set) =>
        [.. All.Where(s => set.HasFlag(s.Flag)).Select(s => s.Stage)];

    /// <summary>Returns the only stage of a set.</summary>
    public static PromotionStage OneOf(PromotionStages set) => Of(set).Single();
}

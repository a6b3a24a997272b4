namespace SoonShop.Pricing;

/// <summary>A promotion that is prepared for many quotes.</summary>
internal sealed class CompiledPromotion(Promotion rule, int index)
{
    /// <summary>The promotion.</summary>
    public Promotion Rule { get; } = rule;

    /// <summary>Its place in the order in which promotions apply: by stage, priority and id.</summary>
    public int Index { get; } = index;

    /// <summary>Its stage.</summary>
    public PromotionStages Stage { get; } = rule.Stage;

    /// <summary>The products that match.</summary>
    public ItemMatcher Items { get; } = new(rule.Conditions.Items);

    /// <summary>True when both promotions allow the stage of the other.</summary>
    public bool StandsWith(CompiledPromotion other) =>
        (Rule.Combines & other.Stage) != 0 && (other.Rule.Combines & Stage) != 0;

    /// <summary>Returns the amount in a currency; null when there is none.</summary>
    public static long? AmountIn(ImmutableArray<Money> amounts, string currency)
    {
        foreach (var amount in amounts)
        {
            if (amount.Currency == currency)
                return amount.Amount;
        }
        return null;
    }
}

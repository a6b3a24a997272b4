namespace SoonShop.Pricing;

/// <summary>The counters of a promotion.</summary>
/// <param name="Reserved">Uses reserved for orders that are not confirmed yet.</param>
/// <param name="Committed">Uses by confirmed orders.</param>
/// <param name="Budgets">The money taken, a row per currency.</param>
[GenerateSerializer, Immutable, Alias("soonshop.promotion-uses-total")]
public sealed record PromotionUses(long Reserved, long Committed, ImmutableArray<BudgetUse> Budgets);

/// <summary>The money taken from a promotion's budget in one currency.</summary>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Reserved">Minor units reserved for orders that are not confirmed yet.</param>
/// <param name="Committed">Minor units taken by confirmed orders.</param>
[GenerateSerializer, Immutable, Alias("soonshop.budget-use")]
public sealed record BudgetUse(string Currency, long Reserved, long Committed)
{
    /// <summary>Minor units taken or reserved.</summary>
    public long InAll => Reserved + Committed;
}

/// <summary>What is used of a promotion, reserved or committed.</summary>
/// <param name="InAll">Uses in all.</param>
/// <param name="ByHolder">The uses of each holder, in the order of the question.</param>
/// <param name="Budgets">The money taken, a row per currency.</param>
[GenerateSerializer, Immutable, Alias("soonshop.promotion-used")]
public sealed record PromotionUsed(long InAll, ImmutableArray<long> ByHolder, ImmutableArray<BudgetUse> Budgets);

/// <summary>The limit that refuses a use.</summary>
/// <param name="Kind">Which limit.</param>
/// <param name="Holder">The key of the holder whose limit it is; null for the other kinds.</param>
[GenerateSerializer, Immutable, Alias("soonshop.promotion-limit")]
public sealed record PromotionLimit(PromotionLimitKind Kind, string? Holder = null);

/// <summary>The limits of a promotion's use.</summary>
[Alias("soonshop.promotion-limit-kind")]
public enum PromotionLimitKind
{
    /// <summary>The uses in all.</summary>
    Total,
    /// <summary>The uses of a holder: of the customer, or of the code.</summary>
    Holder,
    /// <summary>The budget in money.</summary>
    Budget,
}

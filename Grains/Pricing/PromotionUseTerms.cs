namespace SoonShop.Pricing;

/// <summary>
/// A use of a promotion that an order reserves, with the limits of the rules that it was priced by. The order stores it, because the rules
/// may change before the use is reserved.
/// </summary>
/// <param name="PromotionId">The promotion.</param>
/// <param name="Amount">The discount, which the budget pays for.</param>
/// <param name="Holders">Whose uses count.</param>
/// <param name="TotalLimit">The most uses in all; null for any number.</param>
/// <param name="BudgetLimit">The most money in all, in minor units; null for any amount.</param>
public sealed record PromotionUseTerms(
    string PromotionId, Money Amount, ImmutableArray<PromotionHolder> Holders, long? TotalLimit, long? BudgetLimit)
{
    /// <summary>Returns the uses to reserve for a quote; empty when no promotion of it is limited.</summary>
    /// <param name="quote">The quote.</param>
    /// <param name="rules">The rules that it was made by.</param>
    /// <param name="buyer">Who buys.</param>
    public static ImmutableArray<PromotionUseTerms> Of(Quote quote, CompiledPricingRules rules, PromotionBuyer buyer)
    {
        if (quote.Promotions.All(p => !IsLimited(p)))
            return [];
        var uses = ImmutableArray.CreateBuilder<PromotionUseTerms>();
        foreach (var applied in quote.Promotions.Where(IsLimited))
        {
            var promotion = rules.Find(applied.Id);
            var holders = ImmutableArray.CreateBuilder<PromotionHolder>(PromotionReservation.MaxHolders);
            if (promotion.MaxUsesPerCustomer is { } most)
                holders.AddRange(buyer.KeysFor(promotion.Id).Select(key => new PromotionHolder(key, most)));
            if (applied.IsSingleUseCode && GeneratedCode.TryParse(applied.Code!, out var code))
                holders.Add(new PromotionHolder(code.HolderKey, 1));
            uses.Add(new PromotionUseTerms(
                promotion.Id, new Money(applied.Discount, quote.Currency), holders.ToImmutable(), promotion.MaxUses,
                CompiledPromotion.AmountIn(promotion.Budget, quote.Currency)));
        }
        return uses.ToImmutable();
    }

    /// <summary>True when a counter keeps the uses of a promotion.</summary>
    public static bool IsLimited(AppliedPromotion promotion) =>
        promotion.LimitsUses || promotion.LimitsUsesPerCustomer || promotion.HasBudget || promotion.IsSingleUseCode;

    /// <summary>Returns the reservation of the use for an order.</summary>
    public PromotionReservation For(Guid orderId, bool repeated) => new(orderId, Amount, Holders, TotalLimit, BudgetLimit, repeated);
}

/// <summary>A buyer whose uses of promotions count: the account and the e-mail address, each for itself.</summary>
/// <param name="CustomerId">The account; null for a guest.</param>
/// <param name="Email">The e-mail address; null while it is not known.</param>
public readonly record struct PromotionBuyer(Guid? CustomerId, string? Email)
{
    /// <summary>
    /// Returns the keys under which a promotion counts the buyer's uses. That of an e-mail address is a digest with the promotion's id, so
    /// that the ledger does not show which promotions the same address has used.
    /// </summary>
    public ImmutableArray<string> KeysFor(string promotionId)
    {
        var keys = ImmutableArray.CreateBuilder<string>(2);
        if (CustomerId is { } id)
            keys.Add($"customer/{id:N}");
        if (Email is { } email)
            keys.Add($"email/{Deterministic.Id("promotion-use", promotionId, Users.EmailAddress.Normalize(email)):N}");
        return keys.ToImmutable();
    }
}

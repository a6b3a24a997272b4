namespace SoonShop.Payments;

/// <summary>The payment grain's interface for reconciliation and webhooks. The key is the order's id.</summary>
[Alias("soonshop.payment-review")]
public interface IPaymentReviewGrain : IGrainWithGuidKey
{
    /// <summary>Applies an update: retrieves the payment from the provider, unless the update reports what is known. Idempotent.</summary>
    [Alias("hear")]
    Task<PaymentUpdateOutcome> ApplyAsync(PaymentUpdate update);

    /// <summary>
    /// Handles a payment that the provider has for the order and that the shop does not know. It becomes the order's payment, or
    /// its money is refunded or released. Idempotent.
    /// </summary>
    /// <param name="transaction">The provider's transaction.</param>
    /// <param name="orderWaits">True while this payment can still confirm the order.</param>
    [Alias("take-in")]
    Task<UnmatchedPaymentResolution> AdoptAsync(ProviderTransaction transaction, bool orderWaits);
}

/// <summary>The outcome of a payment update.</summary>
[Alias("soonshop.news-effect")]
public enum PaymentUpdateOutcome
{
    /// <summary>The update reports what is known, or is out of date.</summary>
    Known,
    /// <summary>The payment was retrieved from the provider and applied.</summary>
    Reviewed,
    /// <summary>The shop does not know this payment of the order: it is unmatched.</summary>
    Stray,
    /// <summary>The payment does not belong to the shop.</summary>
    Foreign,
}

/// <summary>How an unmatched payment was resolved.</summary>
[Alias("soonshop.stray-fate")]
public enum UnmatchedPaymentResolution
{
    /// <summary>The shop knows the payment.</summary>
    Known,
    /// <summary>The payment neither captured nor holds money.</summary>
    Over,
    /// <summary>The payment became the order's payment.</summary>
    Adopted,
    /// <summary>The payment was cancelled or refunded.</summary>
    GivenBack,
    /// <summary>The provider is processing the payment. It is checked again later.</summary>
    Waits,
    /// <summary>The provider does not refund it. An operator must act.</summary>
    Stuck,
}

namespace SoonShop.Payments;

/// <summary>A payment as those see it who compare it with the provider's books. The key is the order's id.</summary>
[Alias("soonshop.payment-review")]
public interface IPaymentReviewGrain : IGrainWithGuidKey
{
    /// <summary>Takes news: asks the provider for how the payment stands, unless what they tell is known. Idempotent.</summary>
    [Alias("hear")]
    Task<NewsEffect> HearAsync(PaymentNews news);

    /// <summary>
    /// Takes a payment in that the provider has for the order, and the shop does not know: it becomes the order's, or what it took is
    /// given back and what it holds is released. Idempotent.
    /// </summary>
    /// <param name="facts">The payment.</param>
    /// <param name="orderWaits">True while the order can still be confirmed by it.</param>
    [Alias("take-in")]
    Task<StrayFate> TakeInAsync(ProviderPaymentFacts facts, bool orderWaits);
}

/// <summary>What news of a payment led to.</summary>
[Alias("soonshop.news-effect")]
public enum NewsEffect
{
    /// <summary>What they tell is known, or was overtaken.</summary>
    Known,
    /// <summary>The provider was asked, and its word taken.</summary>
    Reviewed,
    /// <summary>The shop does not know this payment of the order.</summary>
    Stray,
    /// <summary>The payment is none of the shop's.</summary>
    Foreign,
}

/// <summary>What becomes of a payment that the shop did not know.</summary>
[Alias("soonshop.stray-fate")]
public enum StrayFate
{
    /// <summary>It is known after all.</summary>
    Known,
    /// <summary>It takes and holds nothing.</summary>
    Over,
    /// <summary>It became the order's payment.</summary>
    Adopted,
    /// <summary>It was cancelled, or what it took was given back.</summary>
    GivenBack,
    /// <summary>The provider works on it: look again later.</summary>
    Waits,
    /// <summary>The provider will not give it back. A person must see to it.</summary>
    Stuck,
}

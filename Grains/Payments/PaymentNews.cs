using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Payments;

/// <summary>
/// The provider reported that one of its payments changed. Reports come late, twice, in another order or not at all; the shop asks the
/// provider for the state.
/// </summary>
/// <param name="NewsId">The provider's id of it.</param>
/// <param name="Kind">What it is called there, such as <c>payment_intent.succeeded</c>.</param>
/// <param name="Reference">The provider's id of the payment.</param>
/// <param name="OrderId">The order that the payment was made for, when the news tell.</param>
[GenerateSerializer, Immutable, Alias("soonshop.payment-news")]
public sealed record PaymentNews(string NewsId, string Kind, string Reference, Guid? OrderId) : IShopEvent
{
    /// <summary>The namespace of the news' streams; the key is <see cref="Reference"/>, so that one payment's news come one after the other.</summary>
    public const string StreamNamespace = "payment-news";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.news";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, Reference);

    /// <summary>How the payment stood then; null when the news are of something else.</summary>
    [Id(0)] public ProviderPaymentStatus? Status { get; init; }

    /// <summary>Minor units given back in all; null when the news do not tell.</summary>
    [Id(1)] public long? RefundedInAll { get; init; }

    /// <summary>The refund that the news are of.</summary>
    [Id(2)] public ProviderRefund? Refund { get; init; }

    /// <summary>The dispute that the news are of.</summary>
    [Id(3)] public ProviderDispute? Dispute { get; init; }
}

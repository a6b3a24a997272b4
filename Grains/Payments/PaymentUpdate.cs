using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Payments;

/// <summary>
/// The provider reported that a payment changed. Updates arrive late, twice, out of order or not at all, so the shop retrieves
/// the payment from the provider.
/// </summary>
/// <param name="UpdateId">The provider's id of the update.</param>
/// <param name="Kind">The provider's event type, such as <c>payment_intent.succeeded</c>.</param>
/// <param name="Reference">The provider's id of the payment.</param>
/// <param name="OrderId">The order that it pays, when the update names it.</param>
[GenerateSerializer, Immutable, Alias("soonshop.payment-news")]
public sealed record PaymentUpdate([property: JsonPropertyName("newsId")] string UpdateId, string Kind, string Reference, Guid? OrderId)
    : IShopEvent
{
    /// <summary>
    /// The stream namespace. The key is <see cref="Reference"/>, so that the updates of one payment are handled in sequence.
    /// </summary>
    public const string StreamNamespace = "payment-news";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.news";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, Reference);

    /// <summary>The payment's status at that time; null when the update is about something else.</summary>
    [Id(0)] public ProviderPaymentStatus? Status { get; init; }

    /// <summary>Refunded minor units in total; null when the update does not contain them.</summary>
    [Id(1)] public long? RefundedInAll { get; init; }

    /// <summary>The refund that changed.</summary>
    [Id(2)] public ProviderRefund? Refund { get; init; }

    /// <summary>The dispute that changed.</summary>
    [Id(3)] public ProviderDispute? Dispute { get; init; }
}

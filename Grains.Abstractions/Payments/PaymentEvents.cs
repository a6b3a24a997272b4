using System.Text.Json.Serialization;
using SoonShop.Events;
using SoonShop.Privacy;

namespace SoonShop.Payments;

/// <summary>The money of an order was captured.</summary>
public sealed record PaymentCaptured(Guid PaymentId, Guid? CustomerId, Money Amount, string ProviderReference) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.captured";
}

/// <summary>An attempt was declined.</summary>
public sealed record PaymentFailed(Guid PaymentId, Guid? CustomerId, Money Amount, string? DeclineCode) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.failed";
}

/// <summary>The customer must act (3-D Secure) before the payment goes on.</summary>
public sealed record PaymentActionRequired(Guid PaymentId, Guid? CustomerId, Money Amount) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.action-required";
}

/// <summary>The payment was cancelled before any money was captured.</summary>
public sealed record PaymentCancelled(Guid PaymentId, Guid? CustomerId) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.cancelled";
}

/// <summary>Money was refunded.</summary>
public sealed record PaymentRefunded(
    Guid PaymentId, Guid? CustomerId, string RefundId, Money Amount, Money RefundedInAll, [property: Personal] string Reason)
    : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.refunded";
}

/// <summary>The money of an order is authorized, and not captured yet.</summary>
public sealed record PaymentAuthorized(Guid PaymentId, Guid? CustomerId, Money Amount, string ProviderReference) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.authorized";
}

/// <summary>The provider processes an attempt. Its result follows later.</summary>
public sealed record PaymentProcessing(Guid PaymentId, Guid? CustomerId, Money Amount) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.processing";
}

/// <summary>A refund did not reach the customer. The shop has the money again.</summary>
public sealed record PaymentRefundFailed(Guid PaymentId, Guid? CustomerId, string RefundId, Money Amount, string? Reason) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.refund-failed";
}

/// <summary>The customer opened a dispute with the bank.</summary>
public sealed record PaymentDisputed(Guid PaymentId, Guid? CustomerId, Dispute Dispute, string ProviderReference) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.disputed";
}

/// <summary>The bank decided a dispute.</summary>
public sealed record PaymentDisputeClosed(Guid PaymentId, Guid? CustomerId, Dispute Dispute, string ProviderReference) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.dispute-closed";
}

/// <summary>An unknown payment at the provider was refunded, or cancelled if <paramref name="Amount"/> is 0.</summary>
public sealed record UnmatchedPaymentRefunded(Guid PaymentId, Guid? CustomerId, Money Amount, string ProviderReference) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.stray-given-back";
}

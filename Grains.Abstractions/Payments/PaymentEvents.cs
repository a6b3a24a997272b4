using System.Text.Json.Serialization;
using SoonShop.Events;
using SoonShop.Privacy;

namespace SoonShop.Payments;

/// <summary>The money of an order was taken.</summary>
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

/// <summary>The customer must act before the money can be taken.</summary>
public sealed record PaymentActionRequired(Guid PaymentId, Guid? CustomerId, Money Amount) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.action-required";
}

/// <summary>The payment was given up before anything was taken.</summary>
public sealed record PaymentCancelled(Guid PaymentId, Guid? CustomerId) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.cancelled";
}

/// <summary>Money was given back.</summary>
public sealed record PaymentRefunded(Guid PaymentId, Guid? CustomerId, string RefundId, Money Amount, Money RefundedInAll, [property: Personal] string Reason) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.refunded";
}

/// <summary>The money of an order is held for the shop, and not taken yet.</summary>
public sealed record PaymentAuthorized(Guid PaymentId, Guid? CustomerId, Money Amount, string ProviderReference) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.authorized";
}

/// <summary>The provider works on an attempt; its outcome comes later.</summary>
public sealed record PaymentProcessing(Guid PaymentId, Guid? CustomerId, Money Amount) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.processing";
}

/// <summary>A refund did not reach the customer: the money is still, or again, with the shop.</summary>
public sealed record PaymentRefundFailed(Guid PaymentId, Guid? CustomerId, string RefundId, Money Amount, string? Reason) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.refund-failed";
}

/// <summary>The customer has complained to the bank about the payment.</summary>
public sealed record PaymentDisputed(Guid PaymentId, Guid? CustomerId, Dispute Dispute, string ProviderReference) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.disputed";
}

/// <summary>The bank has decided about a dispute.</summary>
public sealed record PaymentDisputeClosed(Guid PaymentId, Guid? CustomerId, Dispute Dispute, string ProviderReference) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.dispute-closed";
}

/// <summary>A payment that the provider had for the order, and that the shop did not know, was given back or, with an amount of 0, called off.</summary>
public sealed record PaymentStrayGivenBack(Guid PaymentId, Guid? CustomerId, Money Amount, string ProviderReference) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "payment.stray-given-back";
}

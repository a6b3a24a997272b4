using SoonShop.Orders;
using SoonShop.Privacy;

namespace SoonShop.Notifications;

/// <summary>What a notification may mention; what a kind does not need is null. Templates see these by their names in snake case.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.notification-details")]
public sealed record NotificationDetails
{
    /// <summary>The order.</summary>
    [Id(0)] public Guid? OrderId { get; init; }
    /// <summary>The number that people read.</summary>
    [Id(1)] public string? OrderNumber { get; init; }
    /// <summary>What the order costs in all.</summary>
    [Id(2)] public Money? Total { get; init; }
    /// <summary>What was bought.</summary>
    [Id(3)] public ImmutableArray<OrderLine>? Lines { get; init; }
    /// <summary>The lines' sum.</summary>
    [Id(4)] public Money? Subtotal { get; init; }
    /// <summary>Of the total: shipping.</summary>
    [Id(5)] public Money? Shipping { get; init; }
    /// <summary>Of the total: tax.</summary>
    [Id(6)] public Money? Tax { get; init; }
    /// <summary>What was given back so far.</summary>
    [Id(7)] public Money? Refunded { get; init; }
    /// <summary>Who carries it.</summary>
    [Id(8)] public string? Carrier { get; init; }
    /// <summary>The carrier's number for it.</summary>
    [Id(9), Personal] public string? TrackingNumber { get; init; }
    /// <summary>Why, in somebody's words.</summary>
    [Id(10), Personal] public string? Reason { get; init; }
    /// <summary>Until when the customer can act.</summary>
    [Id(11)] public DateTimeOffset? Deadline { get; init; }
    /// <summary>A secret for the reader of the mail; gone from the database once that is sent.</summary>
    [Id(12), Personal(IsSecret = true)] public string? Token { get; init; }
    /// <summary>What could not be had.</summary>
    [Id(13)] public ImmutableArray<Shortage>? Shortages { get; init; }
    /// <summary>The stock keeping unit.</summary>
    [Id(14)] public string? Sku { get; init; }
    /// <summary>Units that can be had.</summary>
    [Id(15)] public int? Available { get; init; }
    /// <summary>Units at or below which stock is low.</summary>
    [Id(16)] public int? Threshold { get; init; }
    /// <summary>What a dispute or a refund is about.</summary>
    [Id(17)] public Money? Amount { get; init; }
    /// <summary>Whether the bank has decided for the shop.</summary>
    [Id(18)] public bool? Won { get; init; }
    /// <summary>The payment provider's id of what it is about.</summary>
    [Id(19)] public string? Reference { get; init; }
    /// <summary>The other e-mail address that a change is about.</summary>
    [Id(20), Personal] public string? OtherEmail { get; init; }
    /// <summary>Whether money was taken for an order that was called off, which is given back; null where that is not known.</summary>
    [Id(21)] public bool? Paid { get; init; }
}

/// <summary>Whom a message goes to.</summary>
/// <param name="Email">The address; null when none is known.</param>
/// <param name="Name">What to call the reader; null for a guest.</param>
/// <param name="Locale">BCP 47, which chooses the language.</param>
[GenerateSerializer, Immutable, Alias("soonshop.notification-recipient")]
public sealed record Recipient([property: Personal] string? Email, [property: Personal] string? Name, string Locale);

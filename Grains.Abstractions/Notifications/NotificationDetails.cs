using SoonShop.Orders;
using SoonShop.Privacy;

namespace SoonShop.Notifications;

/// <summary>
/// The details that a notification may mention; null where a kind does not need one. Templates use their names in snake case.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.notification-details")]
public sealed record NotificationDetails
{
    /// <summary>The order.</summary>
    [Id(0)] public Guid? OrderId { get; init; }
    /// <summary>The order's number.</summary>
    [Id(1)] public string? OrderNumber { get; init; }
    /// <summary>The order's total.</summary>
    [Id(2)] public Money? Total { get; init; }
    /// <summary>The ordered lines.</summary>
    [Id(3)] public ImmutableArray<OrderLine>? Lines { get; init; }
    /// <summary>The sum of the lines.</summary>
    [Id(4)] public Money? Subtotal { get; init; }
    /// <summary>The shipping costs within the total.</summary>
    [Id(5)] public Money? Shipping { get; init; }
    /// <summary>The tax within the total.</summary>
    [Id(6)] public Money? Tax { get; init; }
    /// <summary>The refunded amount so far.</summary>
    [Id(7)] public Money? Refunded { get; init; }
    /// <summary>The carrier.</summary>
    [Id(8)] public string? Carrier { get; init; }
    /// <summary>The carrier's tracking number.</summary>
    [Id(9), Personal] public string? TrackingNumber { get; init; }
    /// <summary>The reason, as free text.</summary>
    [Id(10), Personal] public string? Reason { get; init; }
    /// <summary>Until when the customer can act.</summary>
    [Id(11)] public DateTimeOffset? Deadline { get; init; }
    /// <summary>A secret for the recipient of the mail. It is erased from the database once the mail is sent.</summary>
    [Id(12), Personal(IsSecret = true)] public string? Token { get; init; }
    /// <summary>The unavailable units.</summary>
    [Id(13)] public ImmutableArray<Shortage>? Shortages { get; init; }
    /// <summary>The stock keeping unit.</summary>
    [Id(14)] public string? Sku { get; init; }
    /// <summary>The available units.</summary>
    [Id(15)] public int? Available { get; init; }
    /// <summary>The threshold at or below which stock is low.</summary>
    [Id(16)] public int? Threshold { get; init; }
    /// <summary>The amount of a dispute or refund.</summary>
    [Id(17)] public Money? Amount { get; init; }
    /// <summary>True when the bank has decided in favour of the shop.</summary>
    [Id(18)] public bool? Won { get; init; }
    /// <summary>The payment provider's id of the payment.</summary>
    [Id(19)] public string? Reference { get; init; }
    /// <summary>The other e-mail address of a change of address.</summary>
    [Id(20), Personal] public string? OtherEmail { get; init; }
    /// <summary>True when money was taken for a cancelled order and is refunded; null when unknown.</summary>
    [Id(21)] public bool? Paid { get; init; }
    /// <summary>The discounts within the total; null for none.</summary>
    [Id(22)] public Money? Discount { get; init; }
    /// <summary>True when the prices of an order include the tax; null when the tax is added, or not known.</summary>
    [Id(23)] public bool? TaxIncluded { get; init; }
    /// <summary>The tax inside the prices of an order that an exempt buyer does not pay; null for none.</summary>
    [Id(24)] public Money? TaxDeducted { get; init; }
    /// <summary>What makes the total of an order payable in its currency, possibly less than 0; null for nothing.</summary>
    [Id(25)] public Money? Rounding { get; init; }
    /// <summary>Why the buyer of an order pays no tax; null for a buyer who pays it.</summary>
    [Id(26), Personal] public string? TaxExemptionReason { get; init; }
    /// <summary>The units of a parcel, a cancellation or a return.</summary>
    [Id(27)] public ImmutableArray<OrderedUnits>? Units { get; init; }
    /// <summary>The carrier's page about the parcel.</summary>
    [Id(28), Personal] public string? TrackingUrl { get; init; }
    /// <summary>What staff writes to the customer.</summary>
    [Id(29), Personal] public string? Message { get; init; }
    /// <summary>The location whose stock is low or out; null for the default one.</summary>
    [Id(30)] public string? Location { get; init; }
    /// <summary>What an earlier order pays of an order, or what of a refund pays for another order; null for nothing.</summary>
    [Id(31)] public Money? Credited { get; init; }
    /// <summary>The number of the new order of an exchange.</summary>
    [Id(32)] public string? ExchangeOrderNumber { get; init; }
}

/// <summary>The recipient of a message.</summary>
/// <param name="Email">The e-mail address; null when none is known.</param>
/// <param name="Name">The recipient's name; null for a guest.</param>
/// <param name="Locale">The language tag (BCP 47), which selects the language.</param>
[GenerateSerializer, Immutable, Alias("soonshop.notification-recipient")]
public sealed record Recipient([property: Personal] string? Email, [property: Personal] string? Name, string Locale);

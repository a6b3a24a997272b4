using System.Text.Json.Serialization;
using SoonShop.Payments;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>An order that staff writes for a customer, with the customer's quote. It becomes an order when it is sent.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.draft-order")]
public sealed record DraftOrder
{
    /// <summary>The id.</summary>
    [Id(0)] public Guid Id { get; init; }

    /// <summary>The status.</summary>
    [Id(1)] public DraftOrderStatus Status { get; init; }

    /// <summary>The account that it is for; null for a guest.</summary>
    [Id(2)] public Guid? CustomerId { get; init; }

    /// <summary>The e-mail address that the link is sent to.</summary>
    [Id(3)] public string Email { get; init; } = "";

    /// <summary>The currency of all prices (ISO 4217).</summary>
    [Id(4)] public string Currency { get; init; } = "";

    /// <summary>The lines.</summary>
    [Id(5)] public ImmutableArray<DraftOrderLine> Lines { get => field.IsDefault ? [] : field; init; }

    /// <summary>Where it is sent.</summary>
    [Id(6)] public required Address ShippingAddress { get; init; }

    /// <summary>The id of the chosen shipping method; null for the cheapest one that delivers.</summary>
    [Id(7)] public string? ShippingMethod { get; init; }

    /// <summary>The own price of shipping; null for the method's price.</summary>
    [Id(8)] public Money? ShippingPrice { get; init; }

    /// <summary>The codes of promotions.</summary>
    [Id(9)] public ImmutableArray<string> Codes { get => field.IsDefault ? [] : field; init; }

    /// <summary>A note for staff.</summary>
    [Id(10)] public string? Note { get; init; }

    /// <summary>A message to the customer, which the mail with the link contains.</summary>
    [Id(11)] public string? Message { get; init; }

    /// <summary>The total when the draft was last changed; of a sent draft, the total of its order.</summary>
    [Id(12)] public Money Total { get; init; }

    /// <summary>What it costs now; of a sent draft, what its order costs. Null in lists, and for a cancelled draft.</summary>
    [Id(13)] public OrderQuote? Quote { get; init; }

    /// <summary>When it was created.</summary>
    [Id(14)] public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who created it: the id of a user, or an API key.</summary>
    [Id(15)] public string CreatedBy { get; init; } = "";

    /// <summary>Until when it can be sent, and until when the order can be paid.</summary>
    [Id(16)] public DateTimeOffset ValidUntil { get; init; }

    /// <summary>The order; null until it is sent.</summary>
    [Id(17)] public Guid? OrderId { get; init; }

    /// <summary>When it was sent.</summary>
    [Id(18)] public DateTimeOffset? SentAt { get; init; }

    /// <summary>When it was cancelled, or its validity ended.</summary>
    [Id(19)] public DateTimeOffset? CancelledAt { get; init; }

    /// <summary>The version, for <c>If-Match</c>.</summary>
    [Id(20), JsonIgnore] public int Version { get; init; }
}

/// <summary>The status of a draft order.</summary>
[Alias("soonshop.draft-order-status")]
public enum DraftOrderStatus
{
    /// <summary>Staff can change and send it.</summary>
    Open,
    /// <summary>It is an order; what follows is the order's status.</summary>
    Sent,
    /// <summary>It was cancelled, or its validity has ended before it was sent.</summary>
    Cancelled,
}

/// <summary>What staff writes into a draft order. Exactly one of <see cref="CustomerId"/> and <see cref="Email"/> has a value.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.draft-order-content")]
public sealed record DraftOrderContent
{
    /// <summary>The most days for which a draft can be valid.</summary>
    public const int MaxValidDays = 90;

    /// <summary>The most characters of a note.</summary>
    public const int MaxNoteLength = 2000;

    /// <summary>The most characters of a message.</summary>
    public const int MaxMessageLength = 2000;

    /// <summary>The account that it is for; null for a guest.</summary>
    [Id(0)] public Guid? CustomerId { get; init; }

    /// <summary>The guest's e-mail address; null for an account, whose own address is used.</summary>
    [Id(1)] public string? Email { get; init; }

    /// <summary>The currency of all prices (ISO 4217).</summary>
    [Id(2)] public required string Currency { get; init; }

    /// <summary>The lines, 1–<see cref="Pricing.PricingLimits.MaxLines"/>, each of another product.</summary>
    [Id(3)] public ImmutableArray<DraftOrderLine> Lines { get => field.IsDefault ? [] : field; init; }

    /// <summary>Where it is sent.</summary>
    [Id(4)] public required Address ShippingAddress { get; init; }

    /// <summary>The id of the chosen shipping method; null for the cheapest one that delivers.</summary>
    [Id(5)] public string? ShippingMethod { get; init; }

    /// <summary>
    /// The own price of shipping, 0–<see cref="Pricing.PricingLimits.MaxPrice"/> minor units; null for the method's price. With an own
    /// price, the conditions and prices of the method do not count.
    /// </summary>
    [Id(6)] public Money? ShippingPrice { get; init; }

    /// <summary>The codes of promotions, at most <see cref="Pricing.PricingLimits.MaxCodes"/>.</summary>
    [Id(7)] public ImmutableArray<string> Codes { get => field.IsDefault ? [] : field; init; }

    /// <summary>A note for staff.</summary>
    [Id(8)] public string? Note { get; init; }

    /// <summary>A message to the customer.</summary>
    [Id(9)] public string? Message { get; init; }

    /// <summary>For how many days it is valid, 1–<see cref="MaxValidDays"/>; null for the configured time.</summary>
    [Id(10)] public int? ValidDays { get; init; }
}

/// <summary>A line of a draft order.</summary>
/// <param name="Sku">The stock keeping unit, also of a product that is not on sale.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">The own price of one unit, without price lists; null for the customer's price.</param>
[GenerateSerializer, Immutable, Alias("soonshop.draft-order-line")]
public sealed record DraftOrderLine(string Sku, int Quantity, Money? UnitPrice = null);

/// <summary>A filter for draft orders; null matches everything.</summary>
/// <param name="Status">Drafts in this status.</param>
/// <param name="CustomerId">Drafts for this account.</param>
/// <param name="Page">The page.</param>
[GenerateSerializer, Immutable, Alias("soonshop.draft-order-query")]
public sealed record DraftOrderQuery(DraftOrderStatus? Status, Guid? CustomerId, PageRequest Page);

/// <summary>The placement of a sent draft as an order, or of the new order of an exchange.</summary>
/// <param name="DraftId">The draft.</param>
/// <param name="Content">What it contains.</param>
/// <param name="Deadline">Until when the order can be paid.</param>
[GenerateSerializer, Immutable, Alias("soonshop.place-draft-order")]
public sealed record PlaceDraftOrder(Guid DraftId, DraftOrderContent Content, DateTimeOffset Deadline)
{
    /// <summary>
    /// Of an exchange, which has no draft: the most that the earlier order's payment pays of this order. Null for a draft.
    /// </summary>
    [Id(0)] public PaymentCredit? Credit { get; init; }

    /// <summary>The exchange; null for a draft.</summary>
    [Id(2)] public Guid? ExchangeId { get; init; }

    /// <summary>The total that staff was shown; a different total is an error. Null for any.</summary>
    [Id(1)] public Money? ExpectedTotal { get; init; }
}

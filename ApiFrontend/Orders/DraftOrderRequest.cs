using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.ApiFrontend.Users;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>An order that staff writes for a customer.</summary>
/// <param name="Email">A guest's e-mail address; give it or the account.</param>
/// <param name="CustomerId">The account that it is for; its groups, price lists and tax exemption count.</param>
/// <param name="Currency">The currency of all prices (ISO 4217).</param>
/// <param name="Lines">The lines, each of another product.</param>
/// <param name="ShippingAddress">Where it is sent.</param>
/// <param name="ShippingMethod">The id of the shipping method; without it, the cheapest one that delivers.</param>
/// <param name="ShippingPrice">Your own price of shipping; without it, that of the shipping method.</param>
/// <param name="Codes">The codes of promotions.</param>
/// <param name="Note">A note for staff, which the customer does not get.</param>
/// <param name="Message">A message to the customer, which the mail with the link contains.</param>
/// <param name="ValidDays">For how many days it can be sent and its order be paid; without it, as configured.</param>
public sealed record DraftOrderRequest(
    [property: EitherOr(nameof(DraftOrderRequest.CustomerId)), MailAddress] string? Email,
    Guid? CustomerId,
    [property: RequiredField, CurrencyCode] string? Currency,
    [property: RequiredField, ItemCount(1, PricingLimits.MaxLines), NoNulls] List<DraftOrderLineRequest>? Lines,
    [property: RequiredField] AddressRequest? ShippingAddress,
    [property: Slug] string? ShippingMethod = null,
    DraftPriceRequest? ShippingPrice = null,
    [property: MaxItems(PricingLimits.MaxCodes), EnteredCodes] string[]? Codes = null,
    [property: TextLength(DraftOrderContent.MaxNoteLength), CleanText] string? Note = null,
    [property: TextLength(DraftOrderContent.MaxMessageLength), CleanText] string? Message = null,
    [property: NumberRange(1, DraftOrderContent.MaxValidDays)] int? ValidDays = null)
{
    public DraftOrderContent ToContent() => new()
    {
        CustomerId = CustomerId,
        Email = Email?.Trim(),
        Currency = Currency!,
        Lines = [.. Lines!.Select(l => l.ToLine())],
        ShippingAddress = ShippingAddress!.ToAddress(),
        ShippingMethod = ShippingMethod,
        ShippingPrice = ShippingPrice?.ToMoney(),
        Codes = [.. Codes ?? []],
        Note = Given(Note),
        Message = Given(Message),
        ValidDays = ValidDays,
    };

    /// <summary>Returns the text without surrounding blanks; null for one without content.</summary>
    internal static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

/// <summary>A line of a draft order.</summary>
/// <param name="Sku">The stock keeping unit, also of a product that is not on sale.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">Your own price of one unit; without it, the customer's price.</param>
public sealed record DraftOrderLineRequest(
    [property: RequiredField, SkuText] string? Sku,
    [property: RequiredField, NumberRange(1, PricingLimits.MaxQuantity)] int? Quantity,
    DraftPriceRequest? UnitPrice = null)
{
    public DraftOrderLine ToLine() => new(SoonShop.Sku.Normalize(Sku!), Quantity!.Value, UnitPrice?.ToMoney());
}

/// <summary>An own price, in the currency of the draft order.</summary>
/// <param name="Amount">Minor units.</param>
/// <param name="Currency">The currency (ISO 4217).</param>
public sealed record DraftPriceRequest(
    [property: RequiredField, NumberRange(0, PricingLimits.MaxPrice)] long? Amount,
    [property: RequiredField, CurrencyCode] string? Currency)
{
    public Money ToMoney() => new(Amount!.Value, Currency!);
}

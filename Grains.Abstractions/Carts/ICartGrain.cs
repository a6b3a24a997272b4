using System.Text.Json.Serialization;
using SoonShop.Catalog;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Carts;

/// <summary>
/// A cart. Keyed by its id: an id that the shop issued to a guest, or the customer's id. Only its holder may use it; for anybody else it
/// does not exist. A cart is not stored before its first item.
/// </summary>
[Alias("soonshop.cart")]
public interface ICartGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Opens and stores a guest's cart with any id. For a cluster with a silo that cannot verify issued ids (<see cref="ICartIdsGrain"/>).
    /// Idempotent.
    /// </summary>
    [Alias("open-guest"), Repeatable]
    Task<Result<Cart>> OpenForGuestAsync();

    /// <summary>
    /// Returns the cart with current prices. A changed price is stored as seen and shown together with the previous one. Error:
    /// <c>not-found</c>.
    /// </summary>
    [Alias("get")]
    Task<Result<Cart>> GetAsync(Caller caller);

    /// <summary>
    /// Sets the units of one line; 0 removes it. Idempotent. Errors: <c>not-found</c> (cart or product), <c>conflict</c> (not on sale, or
    /// too many lines), <c>validation-failed</c>.
    /// </summary>
    [Alias("set-item")]
    Task<Result<Cart>> SetItemAsync(Caller caller, string sku, int quantity);

    /// <summary>
    /// Stores where the cart is to be sent; null forgets it. Idempotent. Errors: <c>not-found</c>, <c>validation-failed</c> for a country
    /// that the shop does not sell to.
    /// </summary>
    [Alias("set-destination")]
    Task<Result<Cart>> SetDestinationAsync(Caller caller, Destination? destination);

    /// <summary>
    /// Stores the shipping method; null chooses the cheapest one that delivers. Idempotent. Errors: <c>not-found</c> (cart),
    /// <c>validation-failed</c> for a method that does not exist.
    /// </summary>
    [Alias("set-shipping-method")]
    Task<Result<Cart>> SetShippingMethodAsync(Caller caller, string? methodId);

    /// <summary>
    /// Adds a promotion code. A code that does not apply now is stored, too, and the cart says why. Idempotent. Errors: <c>not-found</c>
    /// (cart, or a code that does not exist), <c>conflict</c> for too many codes.
    /// </summary>
    [Alias("add-code")]
    Task<Result<Cart>> AddCodeAsync(Caller caller, string code);

    /// <summary>Removes a promotion code. Idempotent. Error: <c>not-found</c> (cart).</summary>
    [Alias("remove-code")]
    Task<Result<Cart>> RemoveCodeAsync(Caller caller, string code);

    /// <summary>
    /// Switches the currency and prices the cart anew. Lines without a price in it stay, and cannot be bought. Idempotent. Errors:
    /// <c>not-found</c> (cart), <c>validation-failed</c> for a code that is not in ISO 4217.
    /// </summary>
    [Alias("set-currency")]
    Task<Result<Cart>> SetCurrencyAsync(Caller caller, string currency);

    /// <summary>
    /// Returns the cart as it would be with other choices, and stores nothing. Errors: <c>not-found</c>, <c>validation-failed</c> for a
    /// country that the shop does not sell to.
    /// </summary>
    /// <param name="caller">The holder.</param>
    /// <param name="request">The other choices.</param>
    [Alias("quote")]
    Task<Result<Cart>> QuoteAsync(Caller caller, CartQuoteRequest request);

    /// <summary>
    /// Returns the shipping methods with their prices, and for those that cannot be chosen the reason. Errors: <c>not-found</c>,
    /// <c>validation-failed</c> without a destination.
    /// </summary>
    /// <param name="caller">The holder.</param>
    /// <param name="destination">The destination; null for the cart's.</param>
    [Alias("shipping-options")]
    Task<Result<CartShippingOptions>> GetShippingOptionsAsync(Caller caller, Destination? destination);

    /// <summary>Empties the cart. Idempotent. Error: <c>not-found</c>.</summary>
    [Alias("clear")]
    Task<Result<Done>> ClearAsync(Caller caller);

    /// <summary>
    /// Merges a guest cart's lines into this customer's cart; quantities add up. The guest cart's unfinished and recent orders move to the
    /// account. Happens once per guest cart, however often it is called. Error: <c>not-found</c>. Throws <see cref="UnavailableException"/>
    /// while an order is being placed from the guest's cart.
    /// </summary>
    [Alias("merge"), Repeatable]
    Task<Result<Cart>> MergeAsync(Caller caller, Guid guestCartId);

    /// <summary>
    /// Transfers a guest's lines to a customer; afterwards the cart belongs to nobody. Null when it is not a guest's cart, or was
    /// transferred to another customer. Throws <see cref="UnavailableException"/> while an order is being placed from it.
    /// </summary>
    [Alias("hand-over")]
    Task<ImmutableArray<CartLine>?> TransferAsync(Guid customerId);

    /// <summary>Clears the transferred lines, because the customer's cart has them now. Idempotent.</summary>
    [Alias("forget-handed-over")]
    Task ForgetTransferAsync(Guid customerId);

    /// <summary>
    /// Starts a checkout and returns the lines for the order, at prices that the holder has seen. No other checkout of this cart can start
    /// before the order has ended. Errors: <c>not-found</c>, <c>cart-empty</c>, <c>conflict</c> when a price has changed since it was
    /// shown, a line is no longer on sale, or another order is being placed. An error that names an order means that the order has not
    /// ended: supersede it and call again.
    /// </summary>
    [Alias("begin-checkout")]
    Task<Result<ImmutableArray<CartLine>>> BeginCheckoutAsync(Caller caller, Guid orderId);

    /// <summary>
    /// Does the same as <see cref="BeginCheckoutAsync"/>, and returns what the order is priced by, too. Call it only while every silo knows
    /// pricing rules.
    /// </summary>
    [Alias("start-checkout")]
    Task<Result<CartCheckout>> StartCheckoutAsync(Caller caller, Guid orderId);

    /// <summary>
    /// Lets a placed order go on when another checkout may have started before the order was stored. It then holds the cart like a new
    /// checkout. Idempotent.
    /// Error <c>conflict</c> with a retry time: another checkout is running or, if it names an order, that older order must be superseded
    /// first. Error <c>conflict</c> without a retry time: a newer order has not ended, or another order was bought; then this order must
    /// end.
    /// </summary>
    /// <param name="orderId">The order.</param>
    /// <param name="placedAt">When it was placed.</param>
    /// <param name="units">The ordered units.</param>
    [Alias("resume-checkout")]
    Task<Result<Done>> ResumeCheckoutAsync(Guid orderId, DateTimeOffset placedAt, ImmutableArray<LineUnits> units);

    /// <summary>Erases a customer's cart permanently. Idempotent.</summary>
    [Alias("erase"), Repeatable]
    Task EraseAsync();

    /// <summary>
    /// Reports that nobody works on the order's checkout and that its outcome is unknown. The next checkout asks the order. Idempotent.
    /// </summary>
    [Alias("leave-checkout")]
    Task LeaveCheckoutAsync(Guid orderId);

    /// <summary>
    /// Removes from this customer's cart the units of an order that moved here with a guest's cart. Idempotent by order. It may be called
    /// before or after the merge of that cart.
    /// </summary>
    [Alias("end-moved-checkout")]
    Task EndMovedCheckoutAsync(Guid guestCartId, Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine> ordered);

    /// <summary>
    /// Reports that the order does not need its cart any more. If the order is paid, <paramref name="ordered"/> is removed from the cart;
    /// null leaves the cart unchanged. Idempotent by order: the latest orders are remembered by id, earlier ones by their time.
    /// </summary>
    [Alias("end-checkout")]
    Task EndCheckoutAsync(Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine>? ordered);
}

/// <summary>A stored line of a cart: what was last shown to its holder.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.cart-line")]
public sealed record CartLine(string Sku, string Name, int Quantity, Money UnitPrice)
{
    /// <summary>The most units in a line.</summary>
    public const int MaxQuantity = 999;

    /// <summary>The previous price, after a price change, until the holder changes the line.</summary>
    [Id(0)] public Money? PreviousUnitPrice { get; init; }
}

/// <summary>A cart as its holder sees it.</summary>
/// <param name="Id">The cart's id; a guest's secret.</param>
/// <param name="Items">At most 100 lines, in the order they were added.</param>
/// <param name="Subtotal">The sum of the lines that can be bought.</param>
[GenerateSerializer, Immutable, Alias("soonshop.cart-view")]
public sealed record Cart(Guid Id, ImmutableArray<CartItem> Items, Money Subtotal)
{
    /// <summary>The most lines in a cart.</summary>
    public const int MaxLines = 100;

    /// <summary>
    /// The sums of the lines that can be bought, with discounts and, as soon as a destination is known, shipping and tax. Null for an empty
    /// cart.
    /// </summary>
    [Id(0)] public PriceSummary? Prices { get; init; }

    /// <summary>What the holder has chosen; null for nothing.</summary>
    [Id(1)] public CartChoices? Choices { get; init; }

    /// <summary>The quote that the sums are from; only in the result of <see cref="ICartGrain.QuoteAsync"/>.</summary>
    [Id(2), JsonIgnore] public Quote? Quote { get; init; }

    /// <summary>The ETag of the cart's content with its prices. Stock and product names do not change it.</summary>
    [JsonIgnore]
    public string ContentTag => Items.IsEmpty
        ? EmptyTag
        : TagOf([.. Items.Where(i => !i.IsGift).Select(i => new CartLine(i.Sku, i.Name, i.Quantity, i.UnitPrice))]);

    private static string EmptyTag { get; } = TagOf([]);

    /// <summary>Returns the <see cref="ContentTag"/> of a cart with these lines.</summary>
    public static string TagOf(ImmutableArray<CartLine> lines) =>
        Deterministic.Id(["cart", .. lines.Select(l => $"{l.Sku}|{l.Quantity}|{l.UnitPrice.Amount}|{l.UnitPrice.Currency}")]).ToString("N");
}

/// <summary>A line of a cart as its holder sees it.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Name">The product's name.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">The current price of one unit.</param>
/// <param name="LineTotal">Quantity × unit price.</param>
/// <param name="Available">False when it cannot be bought now: not on sale, or not enough units in stock.</param>
/// <param name="Availability">The availability shown to shoppers.</param>
/// <param name="PreviousUnitPrice">The price that was last shown, if it has changed since.</param>
[GenerateSerializer, Immutable, Alias("soonshop.cart-item")]
public sealed record CartItem(
    string Sku, string Name, int Quantity, Money UnitPrice, Money LineTotal, bool Available, Availability Availability,
    Money? PreviousUnitPrice)
{
    /// <summary>The discounts on it, with its share of discounts on the order; null for none.</summary>
    [Id(0)] public Money? Discount { get; init; }

    /// <summary>True for units that a promotion adds for free. They are not lines of the cart.</summary>
    [Id(1)] public bool IsGift { get; init; }
}

using System.Text.Json.Serialization;
using SoonShop.Catalog;
using SoonShop.Orders;

namespace SoonShop.Carts;

/// <summary>
/// A cart. Keyed by its id: one that the shop issued for a guest, the customer's id for a customer. Only its holder may use it:
/// to everybody else it does not exist. Of a cart nothing is written before its first item.
/// </summary>
[Alias("soonshop.cart")]
public interface ICartGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Opens a guest's cart under any id, and writes it. For a cluster in which a silo does not know ids that prove themselves
    /// (<see cref="ICartIdsGrain"/>). Idempotent.
    /// </summary>
    [Alias("open-guest"), Repeatable]
    Task<Result<Cart>> OpenForGuestAsync();

    /// <summary>
    /// The cart with today's prices; a change of price is remembered as seen and shown beside the old one. Refused: <c>not-found</c>.
    /// </summary>
    [Alias("get")]
    Task<Result<Cart>> GetAsync(Caller caller);

    /// <summary>
    /// Sets the units of one line; 0 removes it. Idempotent. Refused: <c>not-found</c> (cart or product), <c>conflict</c>
    /// (not on sale, or too many lines), <c>validation-failed</c>.
    /// </summary>
    [Alias("set-item")]
    Task<Result<Cart>> SetItemAsync(Caller caller, string sku, int quantity);

    /// <summary>Empties the cart. Idempotent. Refused: <c>not-found</c>.</summary>
    [Alias("clear")]
    Task<Result<Done>> ClearAsync(Caller caller);

    /// <summary>
    /// Takes a guest cart's lines into this customer's cart; quantities add up. Orders of it that are not at their end, or were placed lately,
    /// go along to the account. Once per guest cart, however often it is asked. Refused: <c>not-found</c>. Throws <see cref="UnavailableException"/>
    /// while an order is being placed from the guest's cart.
    /// </summary>
    [Alias("merge"), Repeatable]
    Task<Result<Cart>> MergeAsync(Caller caller, Guid guestCartId);

    /// <summary>
    /// Hands a guest's lines over to a customer; from then on the cart belongs to nobody. Null when it is not a guest's cart, or another customer
    /// has it. Throws <see cref="UnavailableException"/> while an order is being placed from it.
    /// </summary>
    [Alias("hand-over")]
    Task<ImmutableArray<CartLine>?> TransferAsync(Guid customerId);

    /// <summary>The customer's cart holds the lines that were handed over: here they are forgotten. Idempotent.</summary>
    [Alias("forget-handed-over")]
    Task ForgetTransferAsync(Guid customerId);

    /// <summary>
    /// The lines for an order, at prices that the holder has seen. Until that order is at its end, no other can begin from this cart.
    /// Refused: <c>not-found</c>, <c>cart-empty</c>, <c>conflict</c> when a price changed since it was shown, a line is no longer on sale, or
    /// another order is being placed. Where the refusal names an order, that one is not at its end: supersede it, and ask again.
    /// </summary>
    [Alias("begin-checkout")]
    Task<Result<ImmutableArray<CartLine>>> BeginCheckoutAsync(Caller caller, Guid orderId);

    /// <summary>
    /// Lets an order go on that stands, and of which nobody knows whether another checkout began before it was there. It has the cart then, as if
    /// it had just begun. Refused: <c>conflict</c> with a time after which to ask again while another checkout is under way, and, where it names an
    /// order, until that older one is superseded; <c>conflict</c> without such a time when a newer order is not at its end, or another was bought:
    /// then the order is to end. Idempotent.
    /// </summary>
    /// <param name="orderId">The order.</param>
    /// <param name="placedAt">When it was placed.</param>
    /// <param name="units">What it orders.</param>
    [Alias("resume-checkout")]
    Task<Result<Done>> ResumeCheckoutAsync(Guid orderId, DateTimeOffset placedAt, ImmutableArray<LineUnits> units);

    /// <summary>Forgets a customer's cart; there is none since. Idempotent.</summary>
    [Alias("erase"), Repeatable]
    Task EraseAsync();

    /// <summary>
    /// Nobody works on the order's checkout any more, and how it ended is not known here: the next checkout asks the order. Idempotent.
    /// </summary>
    [Alias("leave-checkout")]
    Task LeaveCheckoutAsync(Guid orderId);

    /// <summary>
    /// The units leave this customer's cart that an order bought which came along with a guest's cart. Idempotent by order, and in any order
    /// with the merging of that cart.
    /// </summary>
    [Alias("end-moved-checkout")]
    Task EndMovedCheckoutAsync(Guid guestCartId, Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine> ordered);

    /// <summary>
    /// The order needs its cart no more. <paramref name="ordered"/> leaves the cart when the order is paid; null leaves the cart as it is. Idempotent by order: the last ones are remembered by id, and all before them by when they were placed.
    /// </summary>
    [Alias("end-checkout")]
    Task EndCheckoutAsync(Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine>? ordered);
}

/// <summary>A line as the cart keeps it: what was last shown to its holder.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.cart-line")]
public sealed record CartLine(string Sku, string Name, int Quantity, Money UnitPrice)
{
    /// <summary>The most units in a line.</summary>
    public const int MaxQuantity = 999;

    /// <summary>The price before, while a change stands that the holder has not acted on.</summary>
    [Id(0)] public Money? PreviousUnitPrice { get; init; }
}

/// <summary>A cart as its holder sees it.</summary>
/// <param name="Id">The cart's id; a guest's secret.</param>
/// <param name="Items">At most <see cref="MaxLines"/> lines, in the order they were added.</param>
/// <param name="Subtotal">Of the lines that can be bought.</param>
[GenerateSerializer, Immutable, Alias("soonshop.cart-view")]
public sealed record Cart(Guid Id, ImmutableArray<CartItem> Items, Money Subtotal)
{
    /// <summary>The most lines in a cart.</summary>
    public const int MaxLines = 100;

    /// <summary>Names what is in the cart, at which prices: the ETag. Stock and the products' names do not change it.</summary>
    [JsonIgnore] public string ContentTag => Items.IsEmpty ? EmptyTag : TagOf([.. Items.Select(i => new CartLine(i.Sku, i.Name, i.Quantity, i.UnitPrice))]);

    private static string EmptyTag { get; } = TagOf([]);

    /// <summary>The <see cref="ContentTag"/> of a cart with these lines.</summary>
    public static string TagOf(ImmutableArray<CartLine> lines) =>
        Deterministic.Id(["cart", .. lines.Select(l => $"{l.Sku}|{l.Quantity}|{l.UnitPrice.Amount}|{l.UnitPrice.Currency}")]).ToString("N");
}

/// <summary>A line of a cart as its holder sees it.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Name">The product's name.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">Today's price of one.</param>
/// <param name="LineTotal">Quantity × unit price.</param>
/// <param name="Available">False when it cannot be bought now: off sale, or fewer units in stock than asked for.</param>
/// <param name="Availability">How stock looks to a shopper.</param>
/// <param name="PreviousUnitPrice">The price last shown, when it has changed since.</param>
[GenerateSerializer, Immutable, Alias("soonshop.cart-item")]
public sealed record CartItem(
    string Sku, string Name, int Quantity, Money UnitPrice, Money LineTotal, bool Available, Availability Availability, Money? PreviousUnitPrice);

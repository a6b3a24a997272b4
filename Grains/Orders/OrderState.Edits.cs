using SoonShop.Aggregates;
using SoonShop.Pricing;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>
/// The rules by which staff correct an order. Its prices stay frozen, so it can only be sent to a place for which they would be the same.
/// </summary>
public sealed partial record OrderState
{
    /// <summary>
    /// Corrects the e-mail address and the shipping address. Changes nothing when the order has both already. An account that has adopted
    /// the order by its former address loses it: it has proven nothing about the new one.
    /// </summary>
    /// <param name="email">The e-mail address, valid and trimmed; null to keep it.</param>
    /// <param name="address">The shipping address in its country's form; null to keep it.</param>
    /// <param name="rules">The rules that say which places have the same taxes and shipping prices.</param>
    public Decision<OrderState> Edit(string? email, Address? address, CompiledPricingRules rules)
    {
        var next = this with { Email = email ?? Email, ShippingAddress = address ?? ShippingAddress };
        if (IsOwnedByAddress && EmailAddress.Normalize(next.Email) != EmailAddress.Normalize(Email))
            next = next with { AccountId = null, AssignedAt = null, IsAdoptedByEmail = null };
        var isReaddressed = next.ShippingAddress != ShippingAddress;
        var changed = new List<string>();
        if (next.Email != Email)
            changed.Add("email");
        if (isReaddressed)
            changed.Add("shippingAddress");
        if (changed.Count == 0)
            return Decision<OrderState>.NoChange(this);
        if (BuyerErased)
        {
            return Error.Of(
                ErrorCode.InvalidOrderState, "error.order-erased",
                "The personal data of the buyer was erased, so the order cannot be corrected.").WithOrder(Id);
        }
        return isReaddressed && CheckCanSendTo(next.ShippingAddress, rules) is { } error
            ? error
            : To(next, o => new OrderUpdated(o.Summary, [.. changed]));
    }

    /// <summary>
    /// True when an account has the order because of its e-mail address, also when the reason is unknown; false when the account took over
    /// the guest's cart.
    /// </summary>
    private bool IsOwnedByAddress => this is { CustomerId: null, AccountId: not null, CartMoved: false, IsAdoptedByEmail: not false };

    private Error? CheckCanSendTo(Address address, CompiledPricingRules rules)
    {
        if (Status is not (OrderStatus.Pending or OrderStatus.AwaitingPayment or OrderStatus.Confirmed))
            return WrongState(ErrorText.Of("order-action.readdressed", "sent to another address"));
        if (!Parcels.IsEmpty)
        {
            return Error.Of(
                ErrorCode.InvalidOrderState, "error.address-shipped",
                "A parcel of the order has left, so its shipping address cannot be changed.").WithOrder(Id);
        }
        return IsPricedAlike(Destinations.OfStored(ShippingAddress), Destinations.Of(address), rules) ? null : Error.Of(
            ErrorCode.Conflict, "error.other-destination",
            "The prices of the order were computed for its address. The new one is in another country, or in a place with other taxes or "
                + "shipping prices: cancel the order and place a new one, or send a draft order.").WithOrder(Id);
    }

    /// <summary>
    /// True when the prices of the order depend on nothing in which two destinations differ. Conditions of promotions name countries; taxes
    /// and shipping have zones, and an order that is not shipped has no price of shipping. A tax provider may use every part of a
    /// destination.
    /// </summary>
    private bool IsPricedAlike(Destination one, Destination other, CompiledPricingRules rules) => one == other
        || (one.Country == other.Country && Quote?.TaxProvider is null
            && rules.Taxes.ZoneOf(one)?.Id == rules.Taxes.ZoneOf(other)?.Id
            && (Quote is { Shipping: null } || rules.Shipping.ZoneOf(one)?.Id == rules.Shipping.ZoneOf(other)?.Id));
}

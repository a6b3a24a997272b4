using SoonShop.Auditing;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>Corrections by staff.</summary>
internal sealed partial class OrderGrain
{
    async Task<Result<Order>> IOrderGrain.UpdateAsync(UpdateOrder command)
    {
        if (Order is null)
            return NoOrder;
        var rules = await quotes.RulesAsync();
        Address? address = null;
        if (command.ShippingAddress is { } entered)
        {
            // The shop need not sell there by now, as long as the order goes where it was sold to.
            var destination = Destinations.Check(entered, savedAs: null, rules, Destinations.OfStored(Order.ShippingAddress));
            if (destination.IsError)
                return destination.Error;
            address = destination.Value;
        }
        var decision = Order.Edit(command.Email, address, rules);
        if (decision.Error is { } error)
            return error;
        // A silo of an older version cannot handle the event.
        if (decision.Changed && !features.OrderUpdatesAreKnown)
            throw new UnavailableException(ErrorText.Of(
                "error.order-upgrade", "Orders cannot be corrected while the shop is being upgraded. Try again later."));
        // No step of the order depends on it, so none is executed: a checkout that waits for its payment provider can be corrected, too.
        await DecideAsync(decision, decision.Events.OfType<OrderUpdated>().SingleOrDefault() is { } updated
            ? Audit(new AuditEvent("orders.update", Id.ToString()) { Details = new { updated.Fields } })
            : null);
        return Order.ToView(Caller.Shop);
    }
}

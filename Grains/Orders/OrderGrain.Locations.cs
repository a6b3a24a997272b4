using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Fulfilment;
using SoonShop.Inventory;

namespace SoonShop.Orders;

/// <summary>Which locations an order's units are reserved at.</summary>
internal sealed partial class OrderGrain
{
    async Task<Result<Order>> IOrderGrain.MoveUnitsAsync(MoveUnits command)
    {
        if (Order is null)
            return NoOrder;
        // Units may also be left at a location that was archived.
        if (!await locations.ExistsAsync(command.To))
            return Error.Invalid("to", StockLines.Unknown);
        await FinishMovesAsync();
        await RequestRefundsAsync();
        var decision = Order.BeginMove(command, Now);
        if (decision.Error is { } error)
            return error;
        await DecideAsync(decision);
        CrashPoint.Pass("order.move.written");
        if (await FinishMovesAsync() is { } refused)
            return refused;
        CrashPoint.Pass("order.move.done");
        await AdvanceAsync();
        return Order.ToView(Caller.Shop);
    }

    /// <summary>Completes moves of units that were decided. Returns the error of the last one that its location refuses.</summary>
    private async Task<Error?> FinishMovesAsync()
    {
        Error? error = null;
        while (Order!.OpenMove is { } move)
        {
            // The reservation may have been made before a crash.
            var reserved = await Stock(move.Stock).ReserveAsync(move.ReservationOf(Id), move.Units, repeated: true);
            CrashPoint.Pass("order.move.reserved");
            if (reserved.IsError)
            {
                error = reserved.Error;
                // A call that was given up may still arrive. It must not reserve then.
                await Stock(move.Stock).ReleaseAsync(move.ReservationOf(Id));
                await DecideAsync(Order.DropMove(move));
                continue;
            }
            await DecideAsync(Order.EndMove(move, Now), Audit(new AuditEvent("orders.move-units", Id.ToString())
            {
                Details = new { move.Sku, Quantity = move.Units, From = move.MovedFrom, To = move.Location },
            }));
        }
        return error;
    }

    /// <summary>Assigns the units of a new order to locations.</summary>
    private async ValueTask<OrderState> RouteAsync(OrderState order) =>
        await locations.RouteAsync([.. order.OrderedUnits], Destinations.Of(order.ShippingAddress)) is { } routed
            ? order.Route(routed)
            : order;

    private Task<Result<Done>[]> ReserveStockAsync(OrderState order, bool repeated) => Task.WhenAll(order.Allocations is { } allocations
        ? allocations.Select(a => Stock(a.Stock).ReserveAsync(a.ReservationOf(Id), a.Units, repeated))
        : order.OrderedUnits.Select(u => Stock(u.Sku).ReserveAsync(Id, u.Quantity, repeated)));

    /// <summary>
    /// Routes an order anew whose units were gone at a location, or rejects it when they are nowhere. What the earlier routing has reserved
    /// is given back first; what was refused is not there.
    /// </summary>
    private async Task RouteAgainAsync(OrderState order, Result<Done>[] answers)
    {
        var tried = order.Allocations!.Value;
        await ReleaseAsync([.. tried.Zip(answers).Where(a => !a.Second.IsError).Select(a => a.First)]);
        CrashPoint.Pass("order.routing.released");
        var shortages = await FindShortagesAsync(order);
        if (shortages.IsEmpty && order.Routings < OrderState.MaxRoutings)
        {
            // Meanwhile only the default location may sell.
            var routed = await locations.RouteAsync([.. order.OrderedUnits], Destinations.Of(order.ShippingAddress))
                ?? [.. order.OrderedUnits.Select(u => new RoutedUnits(u.Sku, Location.DefaultId, u.Quantity))];
            await DecideAsync(Decision<OrderState>.To(order.Route(routed)));
            return;
        }
        if (shortages.IsEmpty)
        {
            var refused = tried.Zip(answers).Where(a => a.Second.IsError).Select(a => a.First.Sku).ToHashSet();
            shortages = [.. order.OrderedUnits.Where(u => refused.Contains(u.Sku)).Select(u => new Shortage(u.Sku, u.Quantity, 0))];
        }
        // Nothing is reserved any more.
        await DecideAsync((order with { Allocations = [] }).Reject(shortages, Now));
    }

    /// <summary>Returns the SKUs of which all locations together have fewer units than are ordered.</summary>
    private async Task<ImmutableArray<Shortage>> FindShortagesAsync(OrderState order)
    {
        var shortages = await Task.WhenAll(order.OrderedUnits.Select(async u =>
            (await locations.AvailabilityAsync(u.Sku)).Units is var available && available < u.Quantity
                ? new Shortage(u.Sku, u.Quantity, available)
                : null));
        return [.. shortages.OfType<Shortage>()];
    }

    private Task ReleaseAsync(ImmutableArray<Allocation> allocations) =>
        Task.WhenAll(allocations.Select(a => Stock(a.Stock).ReleaseAsync(a.ReservationOf(Id))));
}

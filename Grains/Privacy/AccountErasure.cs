using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Users;

namespace SoonShop.Privacy;

/// <summary>
/// The steps that erase an account after its own state is erased. Each step is idempotent, and the user's grain repeats them until all are
/// done. The grains that could write more data come first, and events come last.
/// </summary>
internal sealed class AccountErasure(IGrainFactory grains, IPersonalRecords records, TimeProvider time)
{
    /// <summary>The number of orders that are erased in parallel.</summary>
    private const int OrdersAtOnce = 20;

    /// <summary>How long one call processes orders, and waits for events. Shorter than the time limit of an attempt.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs the remaining steps. Throws <see cref="UnavailableException"/> when a step cannot be completed now.</summary>
    /// <param name="userId">The account.</param>
    /// <param name="emails">The normalized addresses that it may claim.</param>
    public async Task RunAsync(Guid userId, ImmutableArray<string> emails)
    {
        var began = time.GetTimestamp();
        await grains.GetGrain<ICartGrain>(userId).EraseAsync();
        CrashPoint.Pass("erasure.cart");
        await grains.GetGrain<IPaymentCustomerGrain>(userId).EraseAsync();
        CrashPoint.Pass("erasure.payment-methods");
        await grains.GetGrain<INotificationGrain>(userId).EraseAsync();
        CrashPoint.Pass("erasure.notifications");
        await EraseDraftOrdersAsync(userId);
        CrashPoint.Pass("erasure.draft-orders");
        var waiting = await EraseOrdersAsync(userId, began);
        foreach (var email in emails)
            await records.RemoveMailAsync(email, CancellationToken.None);
        CrashPoint.Pass("erasure.mail");
        foreach (var email in emails)
            await grains.GetGrain<IEmailGrain>(UserKeys.Email(email)).ReleaseAsync(userId);
        CrashPoint.Pass("erasure.email");
        // Two passes without pending events are required: events pending at the start of the first pass may cause further ones.
        for (var calm = 0; calm < 2; calm = await records.EraseEventsAsync(userId, CancellationToken.None) ? calm + 1 : 0)
        {
            if (time.GetElapsedTime(began) > CallTimeout)
                throw new UnavailableException($"Events about the account {userId} are still on their way; its erasure goes on.");
            if (calm == 0)
                await Task.Delay(Pause, time);
        }
        CrashPoint.Pass("erasure.events");
        if (waiting is not null)
            throw waiting;
    }

    /// <summary>Erases the customer of the account's draft orders. Erased ones are no longer found.</summary>
    private async Task EraseDraftOrdersAsync(Guid userId)
    {
        while (await records.FindDraftOrdersAsync(userId, OrdersAtOnce, CancellationToken.None) is { Length: > 0 } drafts)
            await Task.WhenAll(drafts.Select(id => grains.GetGrain<IDraftOrderGrain>(id).EraseBuyerAsync()));
    }

    /// <summary>
    /// Erases the buyer of the account's orders. An order with an open dispute keeps its buyer until the dispute ends, but does not delay
    /// other steps. Returns an exception for the remaining orders.
    /// </summary>
    private async Task<UnavailableException?> EraseOrdersAsync(Guid userId, long began)
    {
        while (await records.FindOrdersAsync(userId, OrdersAtOnce, CancellationToken.None) is { Length: > 0 } orders)
        {
            try
            {
                await Task.WhenAll(orders.Select(id => grains.GetGrain<IOrderGrain>(id).EraseBuyerAsync()));
            }
            catch (UnavailableException open)
            {
                return open;
            }
            CrashPoint.Pass("erasure.orders");
            if (time.GetElapsedTime(began) > CallTimeout)
                return new UnavailableException($"The account {userId} has many orders; its erasure goes on.");
        }
        return null;
    }
}

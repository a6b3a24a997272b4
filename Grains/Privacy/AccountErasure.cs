using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Users;

namespace SoonShop.Privacy;

/// <summary>
/// The steps by which an account is erased, after its own state has been. Each may be done again without harm; the user's grain
/// comes back to them until all are done. First what could write more is told to stop, and events are last.
/// </summary>
internal sealed class AccountErasure(IGrainFactory grains, IPersonalRecords records, TimeProvider time)
{
    /// <summary>Orders that are erased side by side.</summary>
    private const int OrdersAtOnce = 20;

    /// <summary>For how long one call goes on with orders, and waits for events: less than an attempt may take.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Does what is left. Throws <see cref="UnavailableException"/> when something cannot be done now.</summary>
    /// <param name="userId">The account.</param>
    /// <param name="emails">The normalised addresses that it may claim.</param>
    public async Task RunAsync(Guid userId, ImmutableArray<string> emails)
    {
        var began = time.GetTimestamp();
        await grains.GetGrain<ICartGrain>(userId).EraseAsync();
        CrashPoint.Pass("erasure.cart");
        await grains.GetGrain<IPaymentCustomerGrain>(userId).EraseAsync();
        CrashPoint.Pass("erasure.payment-methods");
        await grains.GetGrain<INotificationGrain>(userId).EraseAsync();
        CrashPoint.Pass("erasure.notifications");
        var waiting = await EraseOrdersAsync(userId, began);
        foreach (var email in emails)
            await records.RemoveMailAsync(email, CancellationToken.None);
        CrashPoint.Pass("erasure.mail");
        foreach (var email in emails)
        {
            await grains.GetGrain<IEmailGrain>(UserKeys.Email(email)).ReleaseAsync(userId);
            await records.RemoveEmailAsync(email, CancellationToken.None);
        }
        CrashPoint.Pass("erasure.email");
        // Twice: what was on its way when the first pass began may have written more behind it.
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

    /// <summary>Orders that somebody still argues about keep their buyer until that is over, and keep nothing else waiting: then, and for many orders, answers what to wait for.</summary>
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

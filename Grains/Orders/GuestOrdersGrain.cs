using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>
/// Assigns guests' orders to the account that has verified their e-mail address. Keyed by the user's id. An order that is placed later
/// stays a guest's: anybody can enter the address at a checkout, so only a verification, which reads the mailbox, adopts.
/// </summary>
[GrainType("guest-orders"), ImplicitStreamSubscription(ShopStreams.Users)]
[Retry(Immediate = 1, Backoff = Backoff.Exponential, Retries = 20, FirstSeconds = 2, Factor = 2, MaxSeconds = 600, Jitter = 0.2)]
internal sealed class GuestOrdersGrain(IGuestOrders orders, OrderTokens tokens)
    : EventHandlerGrain, IHandle<EmailVerified>, IHandle<EmailChanged>
{
    /// <summary>The number of orders that are assigned at a time.</summary>
    private const int PageSize = 20;

    /// <summary>The most pages of one attempt. A retry finds the rest, because assigned orders are no longer listed.</summary>
    private const int MaxPages = 50;

    Task IHandle<EmailVerified>.HandleAsync(EmailVerified e, EventContext context) => AdoptAsync(e.UserId, context);

    Task IHandle<EmailChanged>.HandleAsync(EmailChanged e, EventContext context) => AdoptAsync(e.UserId, context);

    /// <summary>Assigns the orders of the address that the account has now: a delayed event may name one that it has given up.</summary>
    private async Task AdoptAsync(Guid userId, EventContext context)
    {
        GuestOrder? last = null;
        for (var page = 0; page < MaxPages; page++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            // Asked before each page, because an erasure may have begun.
            var user = await GrainFactory.Reference<IUserGrain>(userId).GetAsync();
            if (user.IsError || !user.Value.EmailVerified)
                return;
            var email = EmailAddress.Normalize(user.Value.Email);
            var found = await orders.ListAsync(email, last, PageSize, context.Cancellation);
            // Each order compares the address, because staff may have corrected it since it was listed.
            var proof = await tokens.ProofOfAsync(email);
            await Task.WhenAll(found.Select(o => GrainFactory.Reference<IOrderGrain>(o.OrderId).AdoptAsync(userId, proof)));
            CrashPoint.Pass("guest-orders.page");
            if (found.Length < PageSize)
                return;
            last = found[^1];
        }
        throw new HandlingException(ErrorClass.Transient, $"The account {userId} has more orders to adopt; a retry goes on.");
    }
}

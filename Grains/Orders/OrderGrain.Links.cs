using SoonShop.Aggregates;
using SoonShop.Notifications;

namespace SoonShop.Orders;

/// <summary>The order's mailed links.</summary>
internal sealed partial class OrderGrain
{
    /// <summary>
    /// Returns the caller with the rights that its order token proves: those of the guest with the cart that the order was placed from. An
    /// order that was placed with an account is opened by no token.
    /// </summary>
    private async ValueTask<Caller> ProveAsync(Caller caller) =>
        caller is { IsAdmin: false, OrderToken: { } text } && Order is { CustomerId: null, BuyerErased: false } order
            && !order.IsBoughtBy(caller) && OrderToken.Parse(text) is { } token && await tokens.ProvesAsync(token, Id, order.Email)
            ? new Caller(null, order.CartId, IsAdmin: false)
            : caller;

    async Task<bool> IOrderGrain.MailLinkAsync(OrderLinkRequest request)
    {
        if (Order is not { BuyerErased: false } order || !await tokens.IsProofOfAsync(request.EmailProof, order.Email))
            return false;
        var details = new NotificationDetails { OrderId = Id, OrderNumber = order.Number, Total = order.ToView().Total };
        if (order.CustomerId is { } customer)
        {
            // The account may have another address by now, and the order's address must not open what the account owns.
            await GrainFactory.GetGrain<INotificationGrain>(customer).NotifyAsync(
                request.EventId, request.At, NotificationKind.OrderLink, details);
            return true;
        }
        var token = await tokens.IssueAsync(Id, order.Email, request.ExpiresAt);
        // The order's own event: an erasure of the account that has adopted the order finds it.
        var due = new NotificationDue(
            order.CartId.ToString("N"), Deterministic.Id("notification", request.EventId), ChannelName.Email, NotificationKind.OrderLink,
            new Recipient(order.Email, null, NotificationState.LocaleOfGuests),
            details with { Token = token.ToString(), Deadline = token.ExpiresAt }, request.At, request.EventId)
        {
            IsForGuest = true,
            DeliveryId = request.EventId,
        };
        await CommitAsync(State!, [due]);
        CrashPoint.Pass("order-link.due");
        return true;
    }
}

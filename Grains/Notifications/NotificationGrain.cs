using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Users;

namespace SoonShop.Notifications;

/// <remarks>
/// Writes once per event, and only if there is something to send. That write has the inbox entry, an event for each channel and an event
/// for each webhook endpoint that wants the event. The channels' own handlers send the messages, except for mail that
/// <see cref="GuestMail"/> can send at once.
/// </remarks>
[GrainType(NotificationGrain.Handler), CollectionAgeLimit(Minutes = 2), OrderUpdates]
[ImplicitStreamSubscription(ShopStreams.Orders), ImplicitStreamSubscription(ShopStreams.Payments),
    ImplicitStreamSubscription(ShopStreams.Users)]
internal sealed class NotificationGrain(
    [LazyState("notification")] IPersistentState<StateEnvelope<NotificationState>> storage, TimeProvider time,
    IEnumerable<INotificationChannel> channels,
    INotificationTexts texts,
    OrderTokens tokens,
    IWebhookEndpoints webhooks,
    GuestMail guestMail,
    BusinessMetrics metrics)
    : EventHandlerGrain<NotificationState>(storage, time), INotificationGrain,
        IHandle<UserRegistered>, IHandle<EmailVerificationRequested>, IHandle<ProfileUpdated>, IHandle<PasswordResetRequested>,
        IHandle<PasswordChanged>, IHandle<EmailChangeRequested>, IHandle<EmailChangeConfirmationRequested>, IHandle<EmailChanged>,
        IHandle<EmailChangeUndoOffered>, IHandle<EmailChangeUndone>,
        IHandle<OrderPlaced>, IHandle<OrderAwaitingPayment>, IHandle<OrderConfirmed>, IHandle<OrderRejected>, IHandle<OrderShipped>,
        IHandle<OrderPartiallyShipped>, IHandle<OrderShipmentCorrected>, IHandle<OrderPartiallyDelivered>, IHandle<OrderUnitsCancelled>,
        IHandle<ReturnRequested>, IHandle<ReturnApproved>, IHandle<ReturnRefused>, IHandle<ReturnReceived>, IHandle<ReturnRefunded>,
        IHandle<ReturnCancelled>,
        IHandle<OrderDelivered>, IHandle<OrderCancelled>, IHandle<OrderExpired>, IHandle<OrderRefunded>, IHandle<OrderUpdated>,
        IHandle<PaymentFailed>, IHandle<PaymentActionRequired>, IHandle<PaymentCaptured>, IHandle<PaymentRefunded>,
        IHandle<PaymentAuthorized>, IHandle<PaymentDisputed>, IHandle<PaymentDisputeClosed>, IHandle<PaymentRefundFailed>
{
    /// <summary>The grain type.</summary>
    public const string Handler = "notification";

    private readonly INotificationChannel[] channels = [.. channels];

    private NotificationState Mine => State ?? NotificationState.Empty;

    private string[] ChannelNames => [ChannelName.Inbox, .. channels.Select(c => c.Name)];

    // ---- accounts

    Task IHandle<UserRegistered>.HandleAsync(UserRegistered e, EventContext context) =>
        // A known profile is newer, because this event was delayed.
        NotifyAsync(context, NotificationKind.Welcome, new(), known: Mine.Profile ?? new(e.Email, e.DisplayName, e.Locale));

    Task IHandle<EmailVerificationRequested>.HandleAsync(EmailVerificationRequested e, EventContext context) =>
        NotifyAsync(context, NotificationKind.EmailVerification, new() { Token = e.Token, Deadline = e.ExpiresAt }, email: e.Email);

    Task IHandle<PasswordResetRequested>.HandleAsync(PasswordResetRequested e, EventContext context) =>
        // A token that expired while the mail was delayed is useless.
        e.ExpiresAt <= Now ? Task.CompletedTask
            : NotifyAsync(context, NotificationKind.PasswordReset, new() { Token = e.Token, Deadline = e.ExpiresAt }, email: e.Email);

    Task IHandle<PasswordChanged>.HandleAsync(PasswordChanged e, EventContext context) =>
        NotifyAsync(context, NotificationKind.PasswordChanged, new(), email: e.Email);

    // Mail with a token goes to the address in the event: the profile may be older or newer.

    Task IHandle<EmailChangeRequested>.HandleAsync(EmailChangeRequested e, EventContext context) =>
        NotifyWithTokenAsync(context, NotificationKind.EmailChangeRequested, e.Email, e.Token, e.ExpiresAt, e.NewEmail);

    Task IHandle<EmailChangeConfirmationRequested>.HandleAsync(EmailChangeConfirmationRequested e, EventContext context) =>
        NotifyWithTokenAsync(context, NotificationKind.EmailChangeConfirmation, e.Email, e.Token, e.ExpiresAt, null);

    async Task IHandle<EmailChanged>.HandleAsync(EmailChanged e, EventContext context)
    {
        var posts = await PostsAsync(context);
        if (!Mine.IsErased)
            await CommitAsync(Mine.WithProfile(await CurrentProfileAsync(e.UserId)), posts);
        else if (posts.Length > 0)
            await CommitAsync(Mine, posts);
    }

    Task IHandle<EmailChangeUndoOffered>.HandleAsync(EmailChangeUndoOffered e, EventContext context) =>
        NotifyWithTokenAsync(context, NotificationKind.EmailChanged, e.Email, e.Token, e.ExpiresAt, e.NewEmail);

    async Task IHandle<EmailChangeUndone>.HandleAsync(EmailChangeUndone e, EventContext context)
    {
        if (!Mine.IsErased)
        {
            var profile = await CurrentProfileAsync(e.UserId);
            await NotifyAsync(context, NotificationKind.EmailChangeUndone, new() { OtherEmail = e.RejectedEmail }, profile, e.Email);
        }
    }

    /// <summary>Notifies with a token, unless it expired while the mail was delayed.</summary>
    private Task NotifyWithTokenAsync(
        EventContext context, NotificationKind kind, string email, string token, DateTimeOffset deadline, string? otherEmail) =>
        deadline <= Now ? Task.CompletedTask
            : NotifyAsync(context, kind, new() { Token = token, Deadline = deadline, OtherEmail = otherEmail }, email: email);

    // Reads the current profile, so that a delayed change does not undo a later one.
    async Task IHandle<ProfileUpdated>.HandleAsync(ProfileUpdated e, EventContext context)
    {
        if (!Mine.IsErased)
            await CommitAsync(Mine.WithProfile(await CurrentProfileAsync(e.UserId)), []);
    }

    // ---- orders

    Task IHandle<OrderPlaced>.HandleAsync(OrderPlaced e, EventContext context) => PublishAsync(context);

    async Task IHandle<OrderAwaitingPayment>.HandleAsync(OrderAwaitingPayment e, EventContext context)
    {
        // A link that expired while the mail was delayed is useless.
        if (!e.IsPaidByLink || e.Deadline <= Now)
        {
            await PublishAsync(context);
            return;
        }
        // No token opens what an account owns.
        var token = e.Order.CustomerId is null ? await tokens.IssueAsync(e.Order.OrderId, e.Order.Email, e.Deadline) : null;
        await NotifyAsync(context, NotificationKind.OrderPaymentRequested, e.Order, Of(e.Order) with
        {
            Deadline = e.Deadline,
            Message = e.Message,
            Token = token?.ToString(),
            Credited = e.Credited,
            Amount = ToPay(e.Order, e.Credited),
        });
    }

    async Task IHandle<OrderConfirmed>.HandleAsync(OrderConfirmed e, EventContext context)
    {
        // The receipt lists the ordered lines, which events of older versions do not have.
        var older = e.Lines is null ? await OrderAsync(e.Order.OrderId) : null;
        await NotifyAsync(context, NotificationKind.OrderConfirmed, e.Order, Of(e.Order) with
        {
            Lines = e.Lines ?? older?.Lines,
            Subtotal = e.Subtotal ?? older?.Subtotal,
            Shipping = e.Shipping ?? older?.Shipping,
            Tax = e.Tax ?? older?.Tax,
            Discount = e.Discount,
            TaxIncluded = e.TaxIncluded ? true : null,
            TaxDeducted = e.TaxDeducted,
            Rounding = e.Rounding,
            TaxExemptionReason = e.TaxExemptionReason,
            Credited = e.Credited,
            Amount = ToPay(e.Order, e.Credited),
        });
    }

    /// <summary>What is left to pay of an order that an earlier one pays in part; null when nothing is credited.</summary>
    private static Money? ToPay(OrderSummary order, Money? credited) =>
        credited is { } part ? order.Total with { Amount = order.Total.Amount - part.Amount } : null;

    // An order that a used-up promotion rejected gets no message: the buyer was told at once, and nothing is missing in stock.
    Task IHandle<OrderRejected>.HandleAsync(OrderRejected e, EventContext context) => e.Shortages.IsEmpty || e.IsFromDraft
        ? PublishAsync(context)
        : NotifyAsync(context, NotificationKind.OrderRejected, e.Order, Of(e.Order) with { Shortages = e.Shortages });

    // A parcel that was announced before gets no second message.
    Task IHandle<OrderShipped>.HandleAsync(OrderShipped e, EventContext context) => e.RestCancelled ? PublishAsync(context) :
        NotifyAsync(context, NotificationKind.OrderShipped, e.Order, Of(e.Order) with
        {
            Carrier = e.Carrier,
            TrackingNumber = e.TrackingNumber,
            TrackingUrl = e.TrackingUrl,
            Units = e.Lines,
        });

    Task IHandle<OrderPartiallyShipped>.HandleAsync(OrderPartiallyShipped e, EventContext context) =>
        NotifyAsync(context, NotificationKind.OrderPartiallyShipped, e.Order, Of(e.Order) with
        {
            Carrier = e.Carrier,
            TrackingNumber = e.TrackingNumber,
            TrackingUrl = e.TrackingUrl,
            Units = e.Lines,
        });

    Task IHandle<OrderShipmentCorrected>.HandleAsync(OrderShipmentCorrected e, EventContext context) => PublishAsync(context);

    // Staff tells the buyer. A message would go to an address that may be wrong.
    Task IHandle<OrderUpdated>.HandleAsync(OrderUpdated e, EventContext context) => PublishAsync(context);

    Task IHandle<OrderPartiallyDelivered>.HandleAsync(OrderPartiallyDelivered e, EventContext context) => PublishAsync(context);

    Task IHandle<OrderUnitsCancelled>.HandleAsync(OrderUnitsCancelled e, EventContext context) =>
        NotifyAsync(
            context, NotificationKind.OrderUnitsCancelled, e.Order, Of(e.Order) with { Units = e.Lines, Reason = e.Reason });

    Task IHandle<ReturnRequested>.HandleAsync(ReturnRequested e, EventContext context) =>
        NotifyAsync(context, NotificationKind.ReturnRequested, e.Order, Of(e.Order));

    Task IHandle<ReturnApproved>.HandleAsync(ReturnApproved e, EventContext context) =>
        NotifyAsync(context, NotificationKind.ReturnApproved, e.Order, Of(e.Order) with { Reason = e.Return.Note });

    Task IHandle<ReturnRefused>.HandleAsync(ReturnRefused e, EventContext context) =>
        NotifyAsync(context, NotificationKind.ReturnRefused, e.Order, Of(e.Order) with { Reason = e.Return.Note });

    Task IHandle<ReturnReceived>.HandleAsync(ReturnReceived e, EventContext context) =>
        NotifyAsync(context, NotificationKind.ReturnReceived, e.Order, Of(e.Order));

    // The message about the refund itself follows from order.refunded.
    Task IHandle<ReturnRefunded>.HandleAsync(ReturnRefunded e, EventContext context) => PublishAsync(context);

    Task IHandle<ReturnCancelled>.HandleAsync(ReturnCancelled e, EventContext context) => PublishAsync(context);

    // Nobody knows whether an automatically closed delivery has arrived, so no message is sent.
    Task IHandle<OrderDelivered>.HandleAsync(OrderDelivered e, EventContext context) => e.Automatic ? Task.CompletedTask :
        NotifyAsync(context, NotificationKind.OrderDelivered, e.Order, Of(e.Order));

    // A superseded order gets no message: the customer gets those of the newer order.
    Task IHandle<OrderCancelled>.HandleAsync(OrderCancelled e, EventContext context) => e.Superseded ? PublishAsync(context) :
        NotifyAsync(context, NotificationKind.OrderCancelled, e.Order, Of(e.Order) with { Reason = e.Reason, Paid = e.Paid });

    Task IHandle<OrderExpired>.HandleAsync(OrderExpired e, EventContext context) =>
        NotifyAsync(context, NotificationKind.OrderExpired, e.Order, Of(e.Order));

    Task IHandle<OrderRefunded>.HandleAsync(OrderRefunded e, EventContext context) =>
        NotifyAsync(context, NotificationKind.OrderRefunded, e.Order, Of(e.Order) with
        {
            Refunded = e.RefundedInAll,
            Credited = e.Credited,
            ExchangeOrderNumber = e.ExchangeOrderNumber,
        });

    // ---- payments: their events contain neither number nor address, so the order is read

    Task IHandle<PaymentFailed>.HandleAsync(PaymentFailed e, EventContext context) =>
        NotifyOfPaymentAsync(context, NotificationKind.PaymentFailed, e.PaymentId, e.DeclineCode);

    Task IHandle<PaymentActionRequired>.HandleAsync(PaymentActionRequired e, EventContext context) =>
        NotifyOfPaymentAsync(context, NotificationKind.PaymentActionRequired, e.PaymentId, null);

    Task IHandle<PaymentCaptured>.HandleAsync(PaymentCaptured e, EventContext context) => PublishAsync(context);

    Task IHandle<PaymentRefunded>.HandleAsync(PaymentRefunded e, EventContext context) => PublishAsync(context);

    Task IHandle<PaymentAuthorized>.HandleAsync(PaymentAuthorized e, EventContext context) => PublishAsync(context);

    // ---- alerts to administrators about payments

    Task IHandle<PaymentDisputed>.HandleAsync(PaymentDisputed e, EventContext context) =>
        AlertAsync(context, NotificationKind.PaymentDisputed, e.PaymentId,
            new() { Amount = e.Dispute.Amount, Reason = e.Dispute.Reason, Reference = e.ProviderReference });

    Task IHandle<PaymentDisputeClosed>.HandleAsync(PaymentDisputeClosed e, EventContext context) =>
        AlertAsync(context, NotificationKind.DisputeClosed, e.PaymentId,
            new() { Amount = e.Dispute.Amount, Won = e.Dispute.Status == DisputeStatus.Won, Reference = e.ProviderReference });

    Task IHandle<PaymentRefundFailed>.HandleAsync(PaymentRefundFailed e, EventContext context) =>
        AlertAsync(context, NotificationKind.RefundFailed, e.PaymentId,
            new() { Amount = e.Amount, Reason = e.Reason, Reference = e.RefundId });

    // ---- the user's own calls

    async Task<Result<NotificationPage>> INotificationGrain.ListAsync(bool unreadOnly, PageRequest page)
    {
        if (Mine.Page(unreadOnly, page) is not { } found)
            return Error.Invalid("cursor", "field.cursor", "is not a valid cursor; start without one");
        var (entries, next) = found;
        var sent = new Dictionary<(string, Guid), DeliveryRecord>();
        foreach (var channel in channels)
        {
            Guid[] ids = [.. entries.Where(e => e.Channels.Contains(channel.Name)).Select(e => e.Id)];
            if (ids.Length == 0)
                continue;
            foreach (var record in await GrainFactory.GetGrain<IDeliveryLog>(GrainId.Create(channel.Handler, GrainKey)).FindAsync([.. ids]))
                sent[(channel.Name, record.NotificationId)] = record;
        }
        NotificationDelivery Delivery(InboxEntry entry, string channel) => sent.TryGetValue((channel, entry.Id), out var record)
            ? new(channel, record.Status, record.At, record.Attempts)
            : new(channel, MessageStatus.Pending, null, null);
        return new NotificationPage(
            [.. entries.Select(e =>
                new Notification(e.Id, e.Kind, e.Title, e.Text, e.OrderId, e.At, e.Read, [.. e.Channels.Select(c => Delivery(e, c))]))],
            next, Mine.UnreadCount);
    }

    async Task<Result<Done>> INotificationGrain.MarkReadAsync(Guid notificationId)
    {
        var decision = Mine.MarkRead(notificationId);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(decision);
        return default(Done);
    }

    Task INotificationGrain.MarkAllReadAsync() => CommitAsync(Mine.MarkAllRead());

    Task<NotificationPreferences> INotificationGrain.GetPreferencesAsync() => Task.FromResult(Mine.ToPreferences(ChannelNames));

    async Task<Result<NotificationPreferences>> INotificationGrain.SetPreferencesAsync(ImmutableArray<NotificationChoice> choices)
    {
        var decision = Mine.Choose(choices, ChannelNames);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(decision);
        return Mine.ToPreferences(ChannelNames);
    }

    async Task INotificationGrain.NotifyAsync(string eventId, DateTimeOffset at, NotificationKind kind, NotificationDetails details)
    {
        if (Mine.IsErased)
            return;
        var known = Mine.WithProfile(await ProfileAsync(this.GetPrimaryKey(), kind));
        await CommitAsync(Add(known, new NotificationRequest(eventId, at, kind, details)));
    }

    async Task INotificationGrain.EraseAsync()
    {
        if (!Mine.IsErased)
            await CommitAsync(NotificationState.Gone, []);
        // Includes channels that are disabled now, so that their pending messages are not sent when they are enabled again.
        foreach (var handler in channels.Select(c => c.Handler).Append(MailGrain.Handler).Distinct())
            await GrainFactory.GetGrain<IDeliveryLog>(GrainId.Create(handler, GrainKey)).EraseAsync();
    }

    // ---- helpers

    private Task NotifyAsync(EventContext context, NotificationKind kind, OrderSummary order, NotificationDetails details) =>
        NotifyAsync(context, kind, details, order.CustomerId, order.Email);

    private async Task NotifyOfPaymentAsync(EventContext context, NotificationKind kind, Guid orderId, string? declineCode)
    {
        var order = await OrderAsync(orderId);
        await NotifyAsync(context, kind, new NotificationDetails
        {
            OrderId = order.Id,
            OrderNumber = order.Number,
            Total = order.Total,
            Deadline = order.PaymentDeadline,
            Reason = declineCode,
            // An order that moved to an account with a guest's cart is handled as the guest's, because this is the guest's inbox.
        }, order.CustomerId == this.GetPrimaryKey() ? order.CustomerId : null, order.Email);
    }

    /// <summary>Notifies the user about the user's own account.</summary>
    private Task NotifyAsync(
        EventContext context, NotificationKind kind, NotificationDetails details, NotificationProfile? known = null,
        string? email = null) =>
        NotifyAsync(context, kind, details, this.GetPrimaryKey(), null, known, email);

    private async Task NotifyAsync(
        EventContext context, NotificationKind kind, NotificationDetails details, Guid? userId, string? guestEmail,
        NotificationProfile? known = null, string? email = null)
    {
        var state = Mine;
        if (userId is { } user && !state.IsErased)
            state = state.WithProfile(known ?? await ProfileAsync(user, kind));
        var update = new NotificationRequest(context.EventId, context.Event.Time, kind, details, guestEmail) { Email = email };
        var decision = Add(state, update);
        var posts = await PostsAsync(context);
        // Webhook endpoints must not wait for a mail server.
        if (posts.Length == 0 && decision.Events is [NotificationDue { IsForGuest: true } message]
            && await guestMail.TrySendAsync(message, context) is { } record)
        {
            await CommitAsync(state.WithGuestMail(record), record.IsSuppressed ? [NotificationSuppressed.Of(message)] : []);
            if (!record.IsSuppressed)
                metrics.Sent(message.Channel);
            // The next event for a guest follows hours later.
            DeactivateOnIdle();
        }
        else if (decision.Changed || posts.Length > 0 || known is not null)
            await CommitAsync(decision.State, [.. decision.Events, .. posts]);
    }

    private Decision<NotificationState> Add(NotificationState state, NotificationRequest update) => state.Add(
        update, GrainKey, () =>
            texts.Write(update.Kind, state.Profile?.Locale ?? NotificationState.LocaleOfGuests, update.Details), channels);

    /// <summary>Alerts the administrators and the webhook endpoints that want the event. The user gets no message.</summary>
    private async Task AlertAsync(EventContext context, NotificationKind kind, Guid orderId, NotificationDetails details)
    {
        var alert = new AlertDue(
            orderId.ToString("N"), kind, details with { OrderId = orderId, OrderNumber = OrderNumber.For(orderId) }, context.Event.Time);
        await CommitAsync(Mine, [alert, .. await PostsAsync(context)]);
    }

    /// <summary>Sends an event to the webhook endpoints that want it. The user gets no message.</summary>
    private async Task PublishAsync(EventContext context)
    {
        if (await PostsAsync(context) is { Length: > 0 } posts)
            await CommitAsync(Mine, posts);
    }

    private async Task<WebhookDue[]> PostsAsync(EventContext context) => WebhookEvents.MayLeave(context.Event.Type)
        ? [.. (await webhooks.WantingAsync(context.Event.Type, context.Cancellation)).Select(
            id => new WebhookDue(id, GrainKey, WebhookEvents.Of(context.Event)))]
        : [];

    /// <summary>
    /// Returns the user's profile. If mail of the kind is limited for unverified addresses, asks the account whether the address is
    /// verified by now, because no event tells.
    /// </summary>
    private async ValueTask<NotificationProfile> ProfileAsync(Guid userId, NotificationKind kind) =>
        Mine.Profile is not { } mine ? await CurrentProfileAsync(userId)
        : mine.EmailVerified || kind == NotificationKind.EmailVerification || NotificationKinds.MailLimitOf(kind) is null ? mine
        : await FindProfileAsync(userId) ?? mine;

    private async Task<NotificationProfile> CurrentProfileAsync(Guid userId) => await FindProfileAsync(userId)
        ?? throw new HandlingException(ErrorClass.Permanent, $"There is no user {userId} to notify.");

    private async Task<NotificationProfile?> FindProfileAsync(Guid userId)
    {
        var user = await GrainFactory.GetGrain<IUserGrain>(userId).GetAsync();
        return user.IsError ? null : NotificationProfile.Of(user.Value);
    }

    private async Task<Order> OrderAsync(Guid orderId)
    {
        var order = await GrainFactory.Reference<IOrderGrain>(orderId).GetAsync(Caller.Shop);
        return order.IsError
            ? throw new HandlingException(ErrorClass.Permanent, $"There is no order {orderId} for the notification.")
            : order.Value;
    }

    private static NotificationDetails Of(OrderSummary order) =>
        new() { OrderId = order.OrderId, OrderNumber = order.Number, Total = order.Total };
}

namespace SoonShop.Notifications;

/// <summary>The kind of a notification. Each kind has a template in each language.</summary>
[Alias("soonshop.notification-kind")]
public enum NotificationKind
{
    /// <summary>The account was created.</summary>
    Welcome,
    /// <summary>The customer must verify the address with a token.</summary>
    EmailVerification,
    /// <summary>The customer can set a new password with a token.</summary>
    PasswordReset,
    /// <summary>The password was changed.</summary>
    PasswordChanged,
    /// <summary>The order is paid; serves as the receipt.</summary>
    OrderConfirmed,
    /// <summary>There was not enough stock for the order.</summary>
    OrderRejected,
    /// <summary>The order was shipped.</summary>
    OrderShipped,
    /// <summary>The order was delivered.</summary>
    OrderDelivered,
    /// <summary>The order was cancelled.</summary>
    OrderCancelled,
    /// <summary>The order was not paid in time.</summary>
    OrderExpired,
    /// <summary>Money was refunded.</summary>
    OrderRefunded,
    /// <summary>A payment method was declined.</summary>
    PaymentFailed,
    /// <summary>The customer must act before the money can be taken.</summary>
    PaymentActionRequired,
    /// <summary>To administrators: few units are left.</summary>
    LowStock,
    /// <summary>To administrators: no unit is left.</summary>
    OutOfStock,
    /// <summary>To administrators: a customer has disputed a payment at the bank.</summary>
    PaymentDisputed,
    /// <summary>To administrators: the bank has decided about a dispute.</summary>
    DisputeClosed,
    /// <summary>To administrators: a refund did not reach the customer.</summary>
    RefundFailed,
    /// <summary>To an account's new address: the customer must confirm it with a token.</summary>
    EmailChangeConfirmation,
    /// <summary>To an account's current address: a change of address was requested, and a token stops it.</summary>
    EmailChangeRequested,
    /// <summary>To an account's former address: the address was changed, and a token undoes the change.</summary>
    EmailChanged,
    /// <summary>A change of address was stopped or undone, and the password is invalid.</summary>
    EmailChangeUndone,
    /// <summary>Somebody with the order's number and e-mail address asked for a link to the order; the link has a token.</summary>
    OrderLink,
    /// <summary>A parcel of the order was shipped; others follow.</summary>
    OrderPartiallyShipped,
    /// <summary>Units of the order were cancelled before they were shipped.</summary>
    OrderUnitsCancelled,
    /// <summary>The shop has a request to return goods.</summary>
    ReturnRequested,
    /// <summary>The customer may send goods back.</summary>
    ReturnApproved,
    /// <summary>The shop does not take goods back.</summary>
    ReturnRefused,
    /// <summary>Returned goods arrived.</summary>
    ReturnReceived,
    /// <summary>Staff placed the order for the customer, who has to pay it; for a guest, the link has a token.</summary>
    OrderPaymentRequested,
}

/// <summary>The channels for messages. A channel's name is also part of the namespace of its streams.</summary>
public static class ChannelName
{
    /// <summary>The list in the customer's account.</summary>
    public const string Inbox = "inbox";

    /// <summary>E-mail.</summary>
    public const string Email = "email";
}

/// <summary>The limits of mails to one unverified address. Each limit allows the same number of mails per hour.</summary>
public enum MailLimit
{
    /// <summary>Shares its count with mails that anybody can request through front ends.</summary>
    Shared,
    /// <summary>Receipts. Each requires a payment, so mails about unpaid orders must not block them.</summary>
    Confirmations,
    /// <summary>Refunds, which require a payment as well.</summary>
    Refunds,
    /// <summary>Tokens that verify the address: an account can be created, erased and created again.</summary>
    Verifications,
    /// <summary>
    /// Links to orders. Front ends count every request in <see cref="Shared"/>. Counting the mail there, too, would show which orders
    /// exist.
    /// </summary>
    OrderLinks,
}

/// <summary>Tells on which channels each kind is sent.</summary>
public static class NotificationKinds
{
    /// <summary>All kinds.</summary>
    public static readonly ImmutableArray<NotificationKind> All = [.. Enum.GetValues<NotificationKind>()];

    /// <summary>True for a kind with a token, which must not appear in the inbox.</summary>
    public static bool IsSecret(NotificationKind kind) => kind is NotificationKind.EmailVerification or NotificationKind.PasswordReset
        or NotificationKind.EmailChangeConfirmation or NotificationKind.EmailChangeRequested or NotificationKind.EmailChanged
        or NotificationKind.OrderLink or NotificationKind.OrderPaymentRequested;

    /// <summary>True for mail that the customer cannot disable: tokens, receipts, and messages that protect the account.</summary>
    public static bool IsRequired(NotificationKind kind, string channel) => channel == ChannelName.Email && kind is
        NotificationKind.EmailVerification or NotificationKind.PasswordReset or NotificationKind.PasswordChanged
        or NotificationKind.EmailChangeConfirmation or NotificationKind.EmailChangeRequested
        or NotificationKind.EmailChanged or NotificationKind.EmailChangeUndone
        or NotificationKind.OrderConfirmed or NotificationKind.OrderRefunded or NotificationKind.OrderLink
        or NotificationKind.OrderPaymentRequested;

    /// <summary>
    /// Returns the limit for mail of a kind to an unverified address, beyond which it is not sent. Limits apply to mail that somebody can
    /// cause at a stranger's address any number of times. Null for no limit: the shop itself causes the mail, such as a shipment, or front
    /// ends limit its requests.
    /// </summary>
    public static MailLimit? MailLimitOf(NotificationKind kind) => kind switch
    {
        NotificationKind.OrderConfirmed => MailLimit.Confirmations,
        NotificationKind.OrderRefunded => MailLimit.Refunds,
        NotificationKind.EmailVerification => MailLimit.Verifications,
        NotificationKind.OrderLink => MailLimit.OrderLinks,
        NotificationKind.OrderRejected or NotificationKind.OrderCancelled or NotificationKind.OrderExpired
            or NotificationKind.PaymentFailed or NotificationKind.PaymentActionRequired
            or NotificationKind.PasswordChanged or NotificationKind.EmailChangeRequested
            or NotificationKind.OrderUnitsCancelled or NotificationKind.ReturnRequested => MailLimit.Shared,
        _ => null,
    };

    /// <summary>True when the kind can be sent on a channel.</summary>
    public static bool Allows(NotificationKind kind, string channel) => channel != ChannelName.Inbox || !IsSecret(kind);

    /// <summary>
    /// True when the kind is sent on a channel unless the customer disables it. The welcome is not mailed, because the mail with the
    /// verification token contains it.
    /// </summary>
    public static bool IsDefault(NotificationKind kind, string channel) =>
        Allows(kind, channel) && (channel is ChannelName.Inbox || (channel is ChannelName.Email && kind is not NotificationKind.Welcome));
}

namespace SoonShop.Notifications;

/// <summary>What a notification tells of. Each kind has a template in each language.</summary>
[Alias("soonshop.notification-kind")]
public enum NotificationKind
{
    /// <summary>The account was created.</summary>
    Welcome,
    /// <summary>The address is to be proven by a token.</summary>
    EmailVerification,
    /// <summary>A new password can be set by a token.</summary>
    PasswordReset,
    /// <summary>The password is another one now.</summary>
    PasswordChanged,
    /// <summary>The order is paid: the receipt.</summary>
    OrderConfirmed,
    /// <summary>Stock could not fill the order.</summary>
    OrderRejected,
    /// <summary>The order is with the carrier.</summary>
    OrderShipped,
    /// <summary>The order arrived.</summary>
    OrderDelivered,
    /// <summary>The order was called off.</summary>
    OrderCancelled,
    /// <summary>The order's payment did not come in time.</summary>
    OrderExpired,
    /// <summary>Money was given back.</summary>
    OrderRefunded,
    /// <summary>A payment method was declined.</summary>
    PaymentFailed,
    /// <summary>The customer must act before the money can be taken.</summary>
    PaymentActionRequired,
    /// <summary>To administrators: few units are left.</summary>
    LowStock,
    /// <summary>To administrators: no unit is left.</summary>
    OutOfStock,
    /// <summary>To administrators: a customer has complained to the bank about a payment.</summary>
    PaymentDisputed,
    /// <summary>To administrators: the bank has decided about a dispute.</summary>
    DisputeClosed,
    /// <summary>To administrators: money that was to go back did not reach the customer.</summary>
    RefundFailed,
    /// <summary>To an account's new address: it is to be confirmed by a token.</summary>
    EmailChangeConfirmation,
    /// <summary>To an account's present address: another one was asked for, and a token stops that.</summary>
    EmailChangeRequested,
    /// <summary>To an account's former address: the account has another one, and a token undoes that.</summary>
    EmailChanged,
    /// <summary>A change of address was stopped or undone, and the password is void.</summary>
    EmailChangeUndone,
}

/// <summary>The ways on which people are reached. A name is also part of the stream on which its messages travel.</summary>
public static class ChannelName
{
    /// <summary>The list in the customer's account.</summary>
    public const string Inbox = "inbox";

    /// <summary>E-mail.</summary>
    public const string Email = "email";
}

/// <summary>On which channels each kind goes out.</summary>
public static class NotificationKinds
{
    /// <summary>All kinds.</summary>
    public static readonly ImmutableArray<NotificationKind> All = [.. Enum.GetValues<NotificationKind>()];

    /// <summary>True when customers can neither read it nor want to find it in their account: it carries a token.</summary>
    public static bool IsSecret(NotificationKind kind) => kind is NotificationKind.EmailVerification or NotificationKind.PasswordReset
        or NotificationKind.EmailChangeConfirmation or NotificationKind.EmailChangeRequested or NotificationKind.EmailChanged;

    /// <summary>True for what the customer must get by mail: tokens, receipts, and what protects the account.</summary>
    public static bool IsRequired(NotificationKind kind, string channel) => channel == ChannelName.Email && kind is
        NotificationKind.EmailVerification or NotificationKind.PasswordReset or NotificationKind.PasswordChanged
        or NotificationKind.EmailChangeConfirmation or NotificationKind.EmailChangeRequested
        or NotificationKind.EmailChanged or NotificationKind.EmailChangeUndone
        or NotificationKind.OrderConfirmed or NotificationKind.OrderRefunded;

    /// <summary>
    /// True for mail to a guest that counts in the limit of mails to one address, and is held back beyond it: what a guest can bring about
    /// as often as the guest likes, at an address that nobody has proven. A parcel on its way, or delivered, is the shop's own doing.
    /// </summary>
    public static bool IsLimitedForGuests(NotificationKind kind) =>
        kind is not (NotificationKind.OrderShipped or NotificationKind.OrderDelivered);

    /// <summary>True when the kind can go out on a channel at all.</summary>
    public static bool Allows(NotificationKind kind, string channel) => channel != ChannelName.Inbox || !IsSecret(kind);

    /// <summary>
    /// True where it goes out unless the customer says otherwise. A welcome is not mailed: the mail with the token that proves the
    /// address says it.
    /// </summary>
    public static bool IsDefault(NotificationKind kind, string channel) =>
        Allows(kind, channel) && (channel is ChannelName.Inbox || (channel is ChannelName.Email && kind is not NotificationKind.Welcome));
}

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

/// <summary>What mails to one address that nobody has proven are counted together. Each has as many in an hour.</summary>
public enum MailLimit
{
    /// <summary>Also with the mails that front ends let anybody ask for.</summary>
    Shared,
    /// <summary>Receipts, which each cost a payment: what comes of orders that were never paid holds none back.</summary>
    Confirmations,
    /// <summary>What was given back, which each cost a payment, too.</summary>
    Refunds,
    /// <summary>Tokens that prove the address: an account can be made, erased and made again.</summary>
    Verifications,
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
    /// The limit in which mail of a kind counts when nobody has proven its address, and beyond which it is held back: what somebody can bring about
    /// at a stranger's address as often as they like. Null for none: the shop itself brings it about, such as a parcel on its way, or front ends
    /// limit who asks for it.
    /// </summary>
    public static MailLimit? MailLimitOf(NotificationKind kind) => kind switch
    {
        NotificationKind.OrderConfirmed => MailLimit.Confirmations,
        NotificationKind.OrderRefunded => MailLimit.Refunds,
        NotificationKind.EmailVerification => MailLimit.Verifications,
        NotificationKind.OrderRejected or NotificationKind.OrderCancelled or NotificationKind.OrderExpired
            or NotificationKind.PaymentFailed or NotificationKind.PaymentActionRequired
            or NotificationKind.PasswordChanged or NotificationKind.EmailChangeRequested => MailLimit.Shared,
        _ => null,
    };

    /// <summary>True when the kind can go out on a channel at all.</summary>
    public static bool Allows(NotificationKind kind, string channel) => channel != ChannelName.Inbox || !IsSecret(kind);

    /// <summary>
    /// True where it goes out unless the customer says otherwise. A welcome is not mailed: the mail with the token that proves the
    /// address says it.
    /// </summary>
    public static bool IsDefault(NotificationKind kind, string channel) =>
        Allows(kind, channel) && (channel is ChannelName.Inbox || (channel is ChannelName.Email && kind is not NotificationKind.Welcome));
}

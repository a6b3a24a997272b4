namespace SoonShop.Orders;

/// <summary>What to tell a customer whose card was declined; the codes are Stripe's (docs.stripe.com/declines/codes).</summary>
internal static class DeclineMessage
{
    public static string For(string? declineCode) => declineCode switch
    {
        "insufficient_funds" => "The card has insufficient funds. Use another card.",
        "expired_card" => "The card has expired. Use another card.",
        "unknown_payment_method" => "The payment method is not known. Use another one.",
        _ => "The card was declined. Use another card, or ask your bank.",
    };
}

using SoonShop.Payments;

namespace SoonShop.Orders;

/// <summary>
/// Returns the message for a customer whose card was declined, by Stripe's codes (docs.stripe.com/declines/codes,
/// docs.stripe.com/error-codes). A card that is lost, stolen or suspected of fraud gets the general message: its holder must not learn
/// more.
/// </summary>
internal static class DeclineMessage
{
    private static readonly ErrorText Declined = ErrorText.Of(
        "declined.other", "The card was declined. Use another card, or ask your bank.");

    public static ErrorText For(string? declineCode) => declineCode switch
    {
        "insufficient_funds" => ErrorText.Of("declined.funds", "The card has insufficient funds. Use another card."),
        "expired_card" or "invalid_expiry_month" or "invalid_expiry_year" => ErrorText.Of(
            "declined.expired", "The card has expired, or its expiry date is wrong. Check the date, or use another card."),
        "incorrect_cvc" or "invalid_cvc" => ErrorText.Of("declined.code", "The card's security code is wrong. Enter the card again."),
        "incorrect_number" or "invalid_number" => ErrorText.Of("declined.number", "The card's number is wrong. Enter the card again."),
        "incorrect_zip" or "incorrect_address" => ErrorText.Of(
            "declined.address", "The postal code or address does not match the card. Enter the card again."),
        "card_not_supported" or "transaction_not_allowed" or "service_not_allowed" or "not_permitted" or "restricted_card" =>
            ErrorText.Of("declined.not-usable", "The card cannot be used for this purchase. Use another card, or ask your bank."),
        "currency_not_supported" => ErrorText.Of("declined.currency", "The card cannot be charged in this currency. Use another card."),
        "card_velocity_exceeded" or "withdrawal_count_limit_exceeded" => ErrorText.Of(
            "declined.limit", "The card's limit is reached. Use another card, or ask your bank."),
        "invalid_amount" => ErrorText.Of("declined.amount", "The amount is more than the card allows. Use another card, or ask your bank."),
        "duplicate_transaction" => ErrorText.Of(
            "declined.duplicate", "The same amount was just charged to this card. Check your orders before you try again."),
        "authentication_required" or "payment_intent_authentication_failure" => ErrorText.Of(
            "declined.authentication", "The bank could not verify that it is you. Try again and confirm the payment, or use another card."),
        "approve_with_id" or "issuer_not_available" or "processing_error" or "reenter_transaction" or "try_again_later" =>
            ErrorText.Of("declined.bank", "The bank could not process the card. Try again in a few minutes, or use another card."),
        "testmode_decline" or "live_mode_test_card" => ErrorText.Of("declined.test-card", "This is a test card. Use a real one."),
        "unknown_payment_method" or "resource_missing" or "payment_method_customer_missing" => ErrorText.Of(
            "declined.unknown", "The payment method is not known. Use another one."),
        "unusable_payment_method" or "payment_method_unactivated" or "payment_method_unexpected_state" => ErrorText.Of(
            "declined.unusable", "The payment method can no longer be used. Enter the card again, or use another one."),
        PaymentCustomer.UnknownCode => ErrorText.Of("declined.gone", "Your saved payment methods no longer exist. Enter the card again."),
        "amount_too_large" => ErrorText.Of(
            "declined.too-large", "The total is more than can be charged at once. Cancel the order, and order less at a time."),
        "amount_too_small" => ErrorText.Of(
            "declined.too-small", "The total is less than can be charged. Cancel the order, and order more at a time."),
        _ => Declined,
    };
}

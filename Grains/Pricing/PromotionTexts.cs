namespace SoonShop.Pricing;

/// <summary>What callers learn when a promotion's uses cannot be counted or are used up.</summary>
internal static class PromotionTexts
{
    public static ErrorText Reloading => ErrorText.Of(
        "error.promotion-reread", "The uses of this promotion are being reloaded. Try again.");

    public static ErrorText Busy => ErrorText.Of("error.promotion-busy", "Too many uses of this promotion are waiting. Try again.");

    public static ErrorText EarlierFailed => ErrorText.Of(
        "error.promotion-failed", "An earlier use of this promotion could not be written. Try again.");

    public static ErrorText InDemand => ErrorText.Of("error.promotion-demand", "This promotion is in great demand. Try again.");

    /// <summary>Creates the error for a reached limit.</summary>
    public static Error Refused(PromotionLimit limit) => Error.Of(ErrorCode.Conflict, limit.Kind switch
    {
        PromotionLimitKind.Holder => ErrorText.Of(
            "error.promotion-holder", "This promotion or code has been used as often as you can use it."),
        _ => ErrorText.Of("error.promotion-used-up", "This promotion is used up."),
    }) with
    { Limit = limit };
}

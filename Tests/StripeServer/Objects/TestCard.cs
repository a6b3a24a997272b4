using System.Collections.Frozen;

namespace SoonShop.StripeTesting.Objects;

/// <summary>Why a card refuses.</summary>
internal sealed record Decline(string Code, string? DeclineCode, string Message, string? AdviceCode = null, bool Blocked = false)
{
    public static readonly Decline AuthenticationRequired =
        new("authentication_required", "authentication_required", "Your card was declined. This transaction requires authentication.");

    public static readonly Decline AuthenticationFailed =
        new(
            "payment_intent_authentication_failure", null,
            "We are unable to authenticate your payment method. Please choose a different payment method and try again.");
}

/// <summary>When a card wants its owner to authenticate.</summary>
internal enum Authentication
{
    Never,
    /// <summary>Where the shop asks for it (<c>request_three_d_secure=any</c>).</summary>
    OnDemand,
    /// <summary>Unless it was set up for payments without its owner, and this is one.</summary>
    UntilSetUp,
    Always,
}

/// <summary>What a card does beyond paying.</summary>
internal enum Aftermath
{
    None,
    Disputed,
    DisputedAsNotReceived,
    Inquired,
    RefundPends,
    RefundFails,
    /// <summary>Payment stays in processing until the test settles it. No card of Stripe's does that; other methods do.</summary>
    Processing,
}

/// <summary>A test payment method, as docs.stripe.com/testing lists them.</summary>
internal sealed record TestCard(string Name, string Brand = "visa", string Last4 = "4242", string Country = "US", string Funding = "credit")
{
    private static readonly FrozenDictionary<string, TestCard> All = List().ToFrozenDictionary(c => c.Name);

    public Decline? Decline { get; init; }

    public Authentication Authentication { get; init; } = Authentication.OnDemand;

    public Aftermath Aftermath { get; init; }

    /// <summary>True for a card that can be saved though it then declines.</summary>
    public bool Attachable { get; init; }

    /// <summary>Set up for payments without its owner from the start.</summary>
    public bool IsSetUp { get; init; }

    /// <summary>The same for the same card number.</summary>
    public string Fingerprint { get; } = Fingerprinted(Name);

    /// <summary>The card of a name such as <c>pm_card_visa</c>, or of a token such as <c>tok_visa</c>; null when there is none.</summary>
    public static TestCard? Find(string name)
    {
        if (name.StartsWith("tok_", StringComparison.Ordinal))
            name = "pm_card_" + name["tok_".Length..];
        return All.GetValueOrDefault(name)
            // Declining cards are listed both with their brand and without.
            ?? (name.StartsWith("pm_card_chargeDeclined", StringComparison.Ordinal)
                ? All.GetValueOrDefault("pm_card_visa_" + name["pm_card_".Length..])
                : null)
            ?? (name.StartsWith("pm_card_visa_chargeDeclined", StringComparison.Ordinal)
                ? All.GetValueOrDefault("pm_card_" + name["pm_card_visa_".Length..])
                : null);
    }

    private static IEnumerable<TestCard> List()
    {
        yield return new("pm_card_visa");
        yield return new("pm_card_visa_debit", Last4: "5556", Funding: "debit");
        yield return new("pm_card_mastercard", "mastercard", "4444");
        yield return new("pm_card_mastercard_debit", "mastercard", "8210", Funding: "debit");
        yield return new("pm_card_mastercard_prepaid", "mastercard", "5100", Funding: "prepaid");
        yield return new("pm_card_amex", "amex", "0005") { Authentication = Authentication.Never };
        yield return new("pm_card_discover", "discover", "1117");
        yield return new("pm_card_diners", "diners", "0004");
        yield return new("pm_card_jcb", "jcb", "0505");
        yield return new("pm_card_unionpay", "unionpay", "0005");
        yield return new("pm_card_us");
        foreach (var (country, last4) in ((string, string)[])[
            ("br", "0002"), ("ca", "0000"), ("mx", "8001"), ("at", "0008"), ("be", "0004"), ("cz", "0000"), ("dk", "0001"), ("fi", "0001"),
            ("fr", "0003"), ("de", "0016"), ("ie", "0000"), ("it", "0000"),
            ("lu", "0006"), ("nl", "0002"), ("no", "0007"), ("pl", "0000"), ("pt", "0000"), ("es", "0007"), ("se", "0008"), ("ch", "0009"),
            ("gb", "0000"), ("au", "0006"), ("cn", "0002"), ("hk", "0004"), ("in", "0008"), ("jp", "0003"), ("nz", "0008"), ("sg", "0003")])
            yield return new($"pm_card_{country}", Last4: last4, Country: country.ToUpperInvariant());

        static TestCard Declining(
            string name, string last4, string code, string? declineCode, string message, string advice = "do_not_try_again") =>
            new(name, Last4: last4) { Decline = new Decline(code, declineCode, message, advice) };
        const string Declined = "Your card was declined.";
        yield return Declining("pm_card_visa_chargeDeclined", "0002", "card_declined", "generic_decline", Declined, "try_again_later");
        yield return Declining(
            "pm_card_visa_chargeDeclinedInsufficientFunds", "9995", "card_declined", "insufficient_funds",
            "Your card has insufficient funds.", "try_again_later");
        yield return Declining("pm_card_visa_chargeDeclinedLostCard", "9987", "card_declined", "lost_card", Declined);
        yield return Declining("pm_card_visa_chargeDeclinedStolenCard", "9979", "card_declined", "stolen_card", Declined);
        yield return Declining("pm_card_chargeDeclinedExpiredCard", "0069", "expired_card", null, "Your card has expired.");
        yield return Declining(
            "pm_card_chargeDeclinedIncorrectCvc", "0127", "incorrect_cvc", null, "Your card's security code is incorrect.");
        yield return Declining(
            "pm_card_chargeDeclinedProcessingError", "0119", "processing_error", null,
            "An error occurred while processing your card. Try again in a little bit.", "try_again_later");
        yield return Declining(
            "pm_card_visa_chargeDeclinedVelocityLimitExceeded", "6975", "card_declined", "card_velocity_exceeded",
            "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.");
        yield return new("pm_card_radarBlock", Last4: "0019")
        { Decline = new Decline("card_declined", "fraudulent", Declined, "do_not_try_again", Blocked: true) };
        yield return Declining("pm_card_chargeCustomerFail", "0341", "card_declined", "generic_decline", Declined) with
        { Attachable = true };

        yield return new("pm_card_authenticationRequired", Last4: "3184") { Authentication = Authentication.Always };
        yield return new("pm_card_authenticationRequiredOnSetup", Last4: "3155") { Authentication = Authentication.UntilSetUp };
        yield return new("pm_card_authenticationRequiredSetupForOffSession", Last4: "0446")
        { Authentication = Authentication.UntilSetUp, IsSetUp = true };
        yield return new("pm_card_threeDSecure2Required", Last4: "3220") { Authentication = Authentication.Always };
        yield return new("pm_card_threeDSecureRequired", Last4: "3063") { Authentication = Authentication.Always };
        yield return new("pm_card_threeDSecureOptional", Last4: "3055");
        yield return Declining("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "3178", "card_declined",
            "insufficient_funds", "Your card has insufficient funds.", "try_again_later") with
        { Authentication = Authentication.Always };
        yield return Declining("pm_card_threeDSecureRequiredChargeDeclined", "1629", "card_declined", "generic_decline", Declined,
            "try_again_later") with
        { Authentication = Authentication.Always };

        yield return new("pm_card_createDispute", Last4: "0259") { Aftermath = Aftermath.Disputed };
        yield return new("pm_card_createDisputeProductNotReceived", Last4: "2685") { Aftermath = Aftermath.DisputedAsNotReceived };
        yield return new("pm_card_createDisputeInquiry", Last4: "1976") { Aftermath = Aftermath.Inquired };
        yield return new("pm_card_pendingRefund", Last4: "7726") { Aftermath = Aftermath.RefundPends };
        yield return new("pm_card_refundFail", Last4: "5126") { Aftermath = Aftermath.RefundFails };
        yield return new("pm_card_bypassPending", Last4: "0077");
        yield return new("pm_card_processing") { Aftermath = Aftermath.Processing };
    }

    private static string Fingerprinted(string name) =>
        Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)))
            .Replace('+', 'p').Replace('/', 's')[..16];
}

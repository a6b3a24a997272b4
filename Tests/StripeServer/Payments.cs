using System.Text.Json.Nodes;
using SoonShop.StripeTesting.Http;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting;

/// <summary>
/// How payment intents go from state to state (docs.stripe.com/payments/paymentintents/lifecycle), with their charges and events.
/// </summary>
internal sealed class Payments(Account account, PaymentMethods methods, Func<string> ownUrl)
{
    /// <summary>Sets what a request to confirm an intent brings; throws when the intent cannot be confirmed so.</summary>
    public void Prepare(Call call, PaymentIntent intent)
    {
        RequireConfirmable(intent);
        if (call.Text("payment_method") is { } id)
            intent.Method = methods.Usable(call, id, intent.Customer);
        if (intent.Method is null)
            throw StripeError.Refused(
                "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with "
                    + "a payment method and then confirm it again, or confirm it again directly with a payment method or "
                    + "ConfirmationToken.", "payment_intent_unexpected_state", null, ("payment_intent", intent.Render()));
        intent.ReturnUrl = call.Text("return_url") ?? intent.ReturnUrl;
        intent.OffSession = call.Text("off_session") is "true" or "one_off" or "recurring";
        if (intent is { AutomaticMethods: true, AllowRedirects: null or "always", ReturnUrl: null, OffSession: false }
            && !call.IsPublishable)
            throw StripeError.Refused(
                "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment "
                    + "methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept "
                    + "redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
                    + "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
                    param: "return_url");
    }

    /// <summary>Confirms an intent that was prepared. Throws for a decline; then the intent waits for another payment method.</summary>
    public void Confirm(Call call, PaymentIntent intent)
    {
        intent.LastError = null;
        intent.NextAction = null;
        if (!MustAuthenticate(intent))
        {
            Settle(call, intent, authenticated: false);
            return;
        }
        if (intent.OffSession || call.Flag("error_on_requires_action") == true)
            throw Fail(call, intent, Decline.AuthenticationRequired, withCharge: intent.OffSession);
        intent.Status = "requires_action";
        intent.NextAction = NextAction(intent, call.Flag("use_stripe_sdk") == true);
        account.Emit(call, "payment_intent.requires_action", intent);
    }

    /// <summary>The customer has authenticated.</summary>
    public void Authenticate(Call call, PaymentIntent intent)
    {
        RequireStatus(intent, "authenticated", "requires_action");
        intent.NextAction = null;
        try
        {
            Settle(call, intent, authenticated: true);
        }
        catch (StripeError)
        {
            // Declined all the same; the intent says so.
        }
    }

    /// <summary>The customer could not authenticate, or did not want to.</summary>
    public void FailAuthentication(Call call, PaymentIntent intent)
    {
        RequireStatus(intent, "authenticated", "requires_action");
        intent.NextAction = null;
        Fail(call, intent, Decline.AuthenticationFailed, withCharge: false);
    }

    /// <summary>Ends the processing of a payment that takes its time.</summary>
    public void EndProcessing(Call call, PaymentIntent intent, bool succeeds)
    {
        RequireStatus(intent, "settled", "processing");
        var charge = intent.LatestCharge!;
        if (succeeds)
        {
            charge.Status = "succeeded";
            Succeed(call, intent, charge);
            return;
        }
        charge.Status = "failed";
        charge.Decline = new Decline("card_declined", "generic_decline", "Your card was declined.");
        Refuse(call, intent, charge.Decline, charge);
    }

    /// <summary>Takes what was authorized, or a part of it; the rest is let go.</summary>
    public void Capture(Call call, PaymentIntent intent, long? amount)
    {
        if (intent is { Status: "succeeded", CaptureMethod: "manual" })
            throw Unexpected(intent, "This PaymentIntent could not be captured because it has already been captured.");
        RequireStatus(intent, "captured", "requires_capture");
        var charge = intent.LatestCharge!;
        var taken = amount ?? charge.Amount;
        if (taken < 1)
            throw StripeError.Invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount_to_capture");
        if (taken > charge.Amount)
            throw StripeError.Refused(
                $"The requested capture amount of {Currencies.Text(taken, intent.Currency)} is greater than the amount you can capture for "
                    + $"this PaymentIntent, {Currencies.Text(charge.Amount, intent.Currency)}.", "amount_too_large", "amount_to_capture",
                    ("payment_intent", intent.Render()));
        var before = charge.Render();
        Take(charge, taken);
        if (taken < charge.Amount)
            Release(charge, charge.Amount - taken);
        intent.Status = "succeeded";
        account.Emit(call, "charge.captured", charge, before);
        account.Emit(call, "payment_intent.succeeded", intent);
        FollowUp(call, charge);
    }

    /// <summary>Gives an intent up; what was authorized is let go.</summary>
    public void Cancel(Call call, PaymentIntent intent, string? reason)
    {
        if (intent.Status is "succeeded" or "canceled")
            throw Unexpected(
                intent, $"You cannot cancel this PaymentIntent because it has a status of {intent.Status}. Only a PaymentIntent with one "
                    + "of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, "
                    + "requires_action, processing.");
        var held = intent.Status == "requires_capture" ? intent.LatestCharge : null;
        var before = held?.Render();
        intent.Status = "canceled";
        intent.CanceledAt = account.Now;
        intent.CancellationReason = reason;
        intent.NextAction = null;
        if (held is not null)
        {
            Release(held, held.Amount);
            account.Emit(call, reason == "automatic" ? "charge.expired" : "charge.refunded", held, before);
        }
        account.Emit(call, "payment_intent.canceled", intent);
    }

    /// <summary>Throws unless the intent is in one of the states in which that may be done.</summary>
    public static void RequireStatus(PaymentIntent intent, string done, params string[] statuses)
    {
        if (!statuses.Contains(intent.Status))
            throw Unexpected(
                intent, $"This PaymentIntent could not be {done} because it has a status of {intent.Status}. Only a PaymentIntent with one "
                    + $"of the following statuses may be {done}: {string.Join(", ", statuses)}.");
    }

    public static StripeError Unexpected(PaymentIntent intent, string message) =>
        StripeError.Refused(message, "payment_intent_unexpected_state", null, ("payment_intent", intent.Render()));

    private static void RequireConfirmable(PaymentIntent intent)
    {
        if (intent.Status is "requires_payment_method" or "requires_confirmation" or "requires_action")
            return;
        throw Unexpected(intent, intent.Status == "succeeded"
            ? "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
            : $"You cannot confirm this PaymentIntent because it has a status of {intent.Status}. Only a PaymentIntent with one of the "
                + "following statuses may be confirmed: requires_confirmation, requires_action.");
    }

    private static bool MustAuthenticate(PaymentIntent intent) => intent.Method!.Card.Authentication switch
    {
        Authentication.Always => true,
        Authentication.UntilSetUp => !(intent.OffSession && intent.Method.IsSetUp),
        Authentication.OnDemand =>
            intent is { Request3DSecure: "any" or "challenge", OffSession: false } && intent.Method.Card.Last4 != "4242",
        _ => false,
    };

    private JsonObject NextAction(PaymentIntent intent, bool sdk)
    {
        if (intent.ReturnUrl is not null && !sdk)
        {
            return new JsonObject
            {
                ["redirect_to_url"] = new JsonObject
                {
                    ["return_url"] = intent.ReturnUrl,
                    ["url"] = $"{ownUrl()}/test/payment_intents/{intent.Id}/authentication?client_secret={intent.ClientSecret}",
                },
                ["type"] = "redirect_to_url",
            };
        }
        return new JsonObject
        {
            ["type"] = "use_stripe_sdk",
            ["use_stripe_sdk"] = new JsonObject
            {
                ["source"] = Account.NewId("src"),
                ["stripe_js"] = $"{ownUrl()}/test/payment_intents/{intent.Id}/authentication?client_secret={intent.ClientSecret}",
                ["type"] = "three_d_secure_redirect",
            },
        };
    }

    /// <summary>Asks the card for the money.</summary>
    private void Settle(Call call, PaymentIntent intent, bool authenticated)
    {
        var card = intent.Method!.Card;
        if (card.Decline is not null)
            throw Fail(call, intent, card.Decline, withCharge: true, authenticated);
        var charge = Attempt(intent, authenticated);
        if (card.Aftermath == Aftermath.Processing)
        {
            charge.Status = "pending";
            intent.Status = "processing";
            account.Emit(call, "charge.pending", charge);
            account.Emit(call, "payment_intent.processing", intent);
            return;
        }
        Succeed(call, intent, charge);
    }

    private void Succeed(Call call, PaymentIntent intent, Charge charge)
    {
        methods.Used(call, intent, charge.Authenticated);
        if (intent.CaptureMethod == "manual")
        {
            intent.Status = "requires_capture";
            account.Emit(call, "charge.succeeded", charge);
            account.Emit(call, "payment_intent.amount_capturable_updated", intent);
            return;
        }
        Take(charge, charge.Amount);
        intent.Status = "succeeded";
        account.Emit(call, "charge.succeeded", charge);
        account.Emit(call, "payment_intent.succeeded", intent);
        FollowUp(call, charge);
    }

    /// <summary>Takes money from what a charge authorized.</summary>
    private void Take(Charge charge, long amount)
    {
        charge.Captured = true;
        charge.AmountCaptured = amount;
        // With automatic_async the balance transaction comes later, with charge.updated.
        if (charge.Intent.CaptureMethod != "automatic_async")
            charge.Transaction = account.Move("charge", amount, charge.Intent.Currency, charge.Id);
    }

    /// <summary>What comes of a captured charge by itself.</summary>
    private void FollowUp(Call call, Charge charge)
    {
        if (charge.Transaction is null)
        {
            call.Afterwards(later =>
            {
                var before = charge.Render();
                charge.Transaction = account.Move("charge", charge.AmountCaptured, charge.Intent.Currency, charge.Id);
                account.Emit(later, "charge.updated", charge, before);
            });
        }
        var aftermath = charge.Method.Card.Aftermath;
        if (aftermath is Aftermath.Disputed or Aftermath.DisputedAsNotReceived or Aftermath.Inquired)
        {
            call.Afterwards(later => Disputes.Open(
                account, later, charge, charge.AmountCaptured,
                aftermath == Aftermath.DisputedAsNotReceived ? "product_not_received" : "fraudulent", aftermath == Aftermath.Inquired));
        }
    }

    private Charge Attempt(PaymentIntent intent, bool authenticated)
    {
        var charge = account.Charges.Add(
            new Charge(Account.NewId("ch"), account.Now, intent, intent.Method!) { Authenticated = authenticated });
        // An intent's metadata is copied to its charges when they are made.
        foreach (var (key, value) in intent.Metadata)
            charge.Metadata[key] = value;
        intent.Charges.Add(charge);
        return charge;
    }

    private void Release(Charge charge, long amount) =>
        charge.Refunds.Add(account.Refunds.Add(new Refund(Account.NewId("re"), account.Now, charge, amount) { IsRelease = true }));

    private StripeError Fail(Call call, PaymentIntent intent, Decline decline, bool withCharge, bool authenticated = false)
    {
        Charge? charge = null;
        if (withCharge)
        {
            charge = Attempt(intent, authenticated);
            charge.Status = "failed";
            charge.Decline = decline;
        }
        return Refuse(call, intent, decline, charge);
    }

    private StripeError Refuse(Call call, PaymentIntent intent, Decline decline, Charge? charge)
    {
        var method = intent.Method!;
        var more = new List<(string, JsonNode?)>();
        if (charge is not null)
            more.Add(("charge", charge.Id));
        if (decline.DeclineCode is not null)
            more.Add(("decline_code", decline.DeclineCode));
        if (decline.AdviceCode is not null)
            more.Add(("advice_code", decline.AdviceCode));
        var error = new JsonObject
        {
            ["code"] = decline.Code,
            ["doc_url"] = $"https://stripe.com/docs/error-codes/{decline.Code.Replace('_', '-')}",
            ["message"] = decline.Message,
            ["payment_method"] = method.Render(),
            ["type"] = decline == Decline.AuthenticationFailed ? "invalid_request_error" : "card_error",
        };
        foreach (var (name, value) in more)
            error[name] = value?.DeepClone();
        intent.LastError = error;
        intent.Method = null;
        intent.NextAction = null;
        intent.Status = "requires_payment_method";
        if (method.Customer is null)
            method.Spent = true;
        if (charge is not null)
            account.Emit(call, "charge.failed", charge);
        account.Emit(call, "payment_intent.payment_failed", intent);
        var param = decline.Code switch { "incorrect_cvc" => "cvc", "expired_card" => "exp_month", _ => null };
        return new StripeError(402, "card_error", decline.Message, decline.Code, param)
        { More = [.. more, ("payment_intent", intent.Render()), ("payment_method", method.Render())] };
    }
}

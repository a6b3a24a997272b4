using Stripe;

namespace SoonShop.Tests.Payments;

/// <summary>Payments on the Stripe test server, through Stripe's own client.</summary>
public sealed class StripeServerPaymentTests : StripeServerTest
{
    private PaymentIntentService Intents => stripe.Client.V1.PaymentIntents;

    [Fact]
    public async Task a_card_pays()
    {
        var intent = await stripe.PayAsync(configure: o =>
        {
            o.Metadata = new() { ["order_id"] = "o-1" };
            o.AddExpand("latest_charge");
        });

        Assert.Equal("succeeded", intent.Status);
        Assert.Equal(2000, intent.AmountReceived);
        Assert.Equal("o-1", intent.Metadata["order_id"]);
        Assert.True(intent.LatestCharge.Captured);
        Assert.Equal("visa", intent.LatestCharge.PaymentMethodDetails.Card.Brand);
        Assert.Equal("o-1", intent.LatestCharge.Metadata["order_id"]);
        var again = await Intents.GetAsync(intent.Id, cancellationToken: Cancellation);
        Assert.Equal("succeeded", again.Status);
        Assert.Null(again.LatestCharge);
        Assert.Equal(intent.LatestCharge.Id, again.LatestChargeId);
    }

    [Theory]
    [InlineData("pm_card_visa_chargeDeclined", "card_declined", "generic_decline")]
    [InlineData("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds")]
    [InlineData("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds")]
    [InlineData("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card")]
    [InlineData("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card")]
    [InlineData("pm_card_chargeDeclinedExpiredCard", "expired_card", null)]
    [InlineData("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", null)]
    [InlineData("pm_card_chargeDeclinedProcessingError", "processing_error", null)]
    [InlineData("pm_card_radarBlock", "card_declined", "fraudulent")]
    public async Task a_card_that_declines_is_an_error_with_the_intent_and_the_charge(string card, string code, string? declineCode)
    {
        var declined = await Assert.ThrowsAsync<StripeException>(() => stripe.PayAsync(card));

        Assert.Equal(402, (int)declined.HttpStatusCode);
        Assert.Equal("card_error", declined.StripeError.Type);
        Assert.Equal(code, declined.StripeError.Code);
        Assert.Equal(declineCode, declined.StripeError.DeclineCode);
        Assert.Equal("requires_payment_method", declined.StripeError.PaymentIntent.Status);
        Assert.Equal(code, declined.StripeError.PaymentIntent.LastPaymentError.Code);
        Assert.Null(declined.StripeError.PaymentIntent.PaymentMethodId);
        var charge = await stripe.Client.V1.Charges.GetAsync(declined.StripeError.Charge, cancellationToken: Cancellation);
        Assert.Equal("failed", charge.Status);
        Assert.Equal(code, charge.FailureCode);
        Assert.False(charge.Paid);
        // Another card pays the same intent.
        var paid = await Intents.ConfirmAsync(
            declined.StripeError.PaymentIntent.Id, new() { PaymentMethod = "pm_card_mastercard" }, cancellationToken: Cancellation);
        Assert.Equal("succeeded", paid.Status);
        Assert.Null(paid.LastPaymentError);
        Assert.Equal(2, stripe.Server.Books.Payments.Single().Charges);
    }

    [Fact]
    public async Task a_card_that_wants_authentication_waits_for_the_customer()
    {
        var intent = await stripe.PayAsync("pm_card_authenticationRequired");
        Assert.Equal("requires_action", intent.Status);
        Assert.Equal("use_stripe_sdk", intent.NextAction.Type);
        Assert.StartsWith(intent.Id + "_secret_", intent.ClientSecret, StringComparison.Ordinal);
        Assert.Equal(0, stripe.Server.Books.Totals.Captured);

        stripe.Server.Authenticate(intent.Id);

        intent = await Intents.GetAsync(intent.Id, new() { Expand = ["latest_charge"] }, cancellationToken: Cancellation);
        Assert.Equal("succeeded", intent.Status);
        Assert.Null(intent.NextAction);
        Assert.Equal("authenticated", intent.LatestCharge.PaymentMethodDetails.Card.ThreeDSecure.Result);
    }

    [Fact]
    public async Task authentication_that_fails_leaves_the_intent_to_another_try()
    {
        var intent = await stripe.PayAsync("pm_card_threeDSecure2Required");

        stripe.Server.FailAuthentication(intent.Id);

        intent = await Intents.GetAsync(intent.Id, cancellationToken: Cancellation);
        Assert.Equal("requires_payment_method", intent.Status);
        Assert.Equal("payment_intent_authentication_failure", intent.LastPaymentError.Code);
        Assert.Null(intent.LatestChargeId);
    }

    [Theory]
    [InlineData("pm_card_threeDSecureOptional", null, "succeeded")]
    [InlineData("pm_card_threeDSecureOptional", "any", "requires_action")]
    [InlineData("pm_card_amex", "any", "succeeded")]
    [InlineData("pm_card_authenticationRequiredOnSetup", null, "requires_action")]
    public async Task authentication_is_asked_for_where_the_card_or_the_shop_wants_it(string card, string? request, string status)
    {
        var intent = await stripe.PayAsync(
            card, configure: o => o.PaymentMethodOptions = new() { Card = new() { RequestThreeDSecure = request } });
        Assert.Equal(status, intent.Status);
    }

    [Fact]
    public async Task a_card_may_decline_after_its_owner_authenticated()
    {
        var intent = await stripe.PayAsync("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds");
        stripe.Server.Authenticate(intent.Id);
        intent = await Intents.GetAsync(intent.Id, cancellationToken: Cancellation);
        Assert.Equal(("requires_payment_method", "insufficient_funds"), (intent.Status, intent.LastPaymentError.DeclineCode));
    }

    [Theory]
    [InlineData(500, "jpy")]
    [InlineData(1010, "kwd")]
    [InlineData(30, "gbp")]
    public async Task currencies_count_in_their_own_minor_units(long amount, string currency)
    {
        var intent = await stripe.PayAsync(amount: amount, configure: o => o.Currency = currency);
        Assert.Equal((amount, currency), (intent.AmountReceived, intent.Currency));
    }

    [Fact]
    public async Task an_intent_is_made_first_and_confirmed_later()
    {
        var intent = await Intents.CreateAsync(
            new() { Amount = 2000, Currency = "usd", AutomaticPaymentMethods = new() { Enabled = true, AllowRedirects = "never" } },
            cancellationToken: Cancellation);
        Assert.Equal("requires_payment_method", intent.Status);
        var empty = await Assert.ThrowsAsync<StripeException>(() => Intents.ConfirmAsync(intent.Id, cancellationToken: Cancellation));
        Assert.Equal("payment_intent_unexpected_state", empty.StripeError.Code);
        intent = await Intents.UpdateAsync(
            intent.Id, new() { Amount = 2500, PaymentMethod = "pm_card_visa" }, cancellationToken: Cancellation);
        Assert.Equal("requires_confirmation", intent.Status);

        intent = await Intents.ConfirmAsync(intent.Id, cancellationToken: Cancellation);

        Assert.Equal(("succeeded", 2500L), (intent.Status, intent.AmountReceived));
        foreach (var again in new Func<Task>[]
        {
            () => Intents.ConfirmAsync(intent.Id, cancellationToken: Cancellation),
            () => Intents.UpdateAsync(intent.Id, new() { Amount = 1 }, cancellationToken: Cancellation),
        })
            Assert.Equal("payment_intent_unexpected_state", (await Assert.ThrowsAsync<StripeException>(again)).StripeError.Code);
        Assert.Equal(
            "late", (await Intents.UpdateAsync(
                intent.Id, new() { Metadata = new() { ["note"] = "late" } }, cancellationToken: Cancellation)).Metadata["note"]);
    }

    [Fact]
    public async Task an_authorization_is_captured_in_part_and_the_rest_let_go()
    {
        var intent = await stripe.PayAsync(configure: o => o.CaptureMethod = "manual");
        Assert.Equal("requires_capture", intent.Status);
        Assert.Equal(2000, intent.AmountCapturable);
        Assert.Equal(0, intent.AmountReceived);
        var tooMuch = await Assert.ThrowsAsync<StripeException>(
            () => Intents.CaptureAsync(intent.Id, new() { AmountToCapture = 2001 }, cancellationToken: Cancellation));
        Assert.Equal("amount_too_large", tooMuch.StripeError.Code);

        intent = await Intents.CaptureAsync(
            intent.Id, new() { AmountToCapture = 1500, Expand = ["latest_charge"] }, cancellationToken: Cancellation);

        Assert.Equal("succeeded", intent.Status);
        Assert.Equal(1500, intent.AmountReceived);
        Assert.Equal(1500, intent.LatestCharge.AmountCaptured);
        Assert.Equal(500, intent.LatestCharge.AmountRefunded);
        var again = await Assert.ThrowsAsync<StripeException>(() => Intents.CaptureAsync(intent.Id, cancellationToken: Cancellation));
        Assert.Equal("payment_intent_unexpected_state", again.StripeError.Code);
        Assert.Equal("succeeded", again.StripeError.PaymentIntent.Status);
        var totals = stripe.Server.Books.Totals;
        Assert.Equal((1500, 0, 0), (totals.Captured, totals.Capturable, totals.Refunded));
    }

    [Fact]
    public async Task an_intent_is_cancelled_once_and_not_after_it_succeeded()
    {
        var authorized = await stripe.PayAsync(configure: o => o.CaptureMethod = "manual");
        var cancelled = await Intents.CancelAsync(
            authorized.Id, new() { CancellationReason = "abandoned" }, cancellationToken: Cancellation);
        Assert.Equal("canceled", cancelled.Status);
        Assert.Equal("abandoned", cancelled.CancellationReason);
        Assert.NotNull(cancelled.CanceledAt);
        Assert.Equal(0, stripe.Server.Books.Totals.Capturable);

        foreach (var id in new[] { authorized.Id, (await stripe.PayAsync()).Id })
        {
            var refused = await Assert.ThrowsAsync<StripeException>(() => Intents.CancelAsync(id, cancellationToken: Cancellation));
            Assert.Equal(400, (int)refused.HttpStatusCode);
            Assert.Equal("payment_intent_unexpected_state", refused.StripeError.Code);
            Assert.Equal(id, refused.StripeError.PaymentIntent.Id);
            Assert.StartsWith(
                "You cannot cancel this PaymentIntent because it has a status of ", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task what_was_not_captured_cannot_be_refunded()
    {
        var refunds = stripe.Client.V1.Refunds;
        var authorized = await stripe.PayAsync(configure: o => o.CaptureMethod = "manual");
        await Assert.ThrowsAsync<StripeException>(
            () => refunds.CreateAsync(new() { PaymentIntent = authorized.Id }, cancellationToken: Cancellation));
        await Assert.ThrowsAsync<StripeException>(
            () => refunds.CreateAsync(new() { Charge = authorized.LatestChargeId }, cancellationToken: Cancellation));
        var nothing = await Assert.ThrowsAsync<StripeException>(
            () => refunds.CreateAsync(new() { Amount = 5 }, cancellationToken: Cancellation));
        Assert.Equal("parameter_missing", nothing.StripeError.Code);
        Assert.Empty(stripe.Server.Books.Refunds);
    }

    [Fact]
    public async Task a_payment_is_refunded_in_parts_and_not_beyond()
    {
        var intent = await stripe.PayAsync();
        var refunds = stripe.Client.V1.Refunds;
        var first = await refunds.CreateAsync(
            new() { PaymentIntent = intent.Id, Amount = 500, Metadata = new() { ["refund"] = "r-1" } }, cancellationToken: Cancellation);
        Assert.Equal("succeeded", first.Status);
        Assert.Equal("r-1", first.Metadata["refund"]);
        var tooMuch = await Assert.ThrowsAsync<StripeException>(
            () => refunds.CreateAsync(new() { PaymentIntent = intent.Id, Amount = 1501 }, cancellationToken: Cancellation));
        Assert.Equal("Refund amount ($15.01 usd) is greater than unrefunded amount on charge ($15.00 usd)", tooMuch.Message);

        await refunds.CreateAsync(new() { Charge = intent.LatestChargeId }, cancellationToken: Cancellation);

        var none = await Assert.ThrowsAsync<StripeException>(
            () => refunds.CreateAsync(new() { PaymentIntent = intent.Id }, cancellationToken: Cancellation));
        Assert.Equal("charge_already_refunded", none.StripeError.Code);
        var charge = await stripe.Client.V1.Charges.GetAsync(
            intent.LatestChargeId, new() { Expand = ["refunds"] }, cancellationToken: Cancellation);
        Assert.True(charge.Refunded);
        Assert.Equal([1500, 500], charge.Refunds.Select(r => r.Amount));
        var listed = await refunds.ListAsync(new() { PaymentIntent = intent.Id, Limit = 1 }, cancellationToken: Cancellation);
        Assert.True(listed.HasMore);
        Assert.Equal(2000, stripe.Server.Books.By("order_id")[""].Refunded);
    }
}

using Microsoft.Extensions.Logging;
using SoonShop.Payments;
using SoonShop.Silo.Payments;
using SoonShop.StripeTesting;
using Stripe;

namespace SoonShop.Tests.Payments;

/// <summary>The provider with everything in order.</summary>
public sealed class StripeProviderTests : StripeSide
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task a_payment_is_captured_and_says_what_it_is_for()
    {
        var command = Payment();
        var payment = await Provider().CreateAsync(command, None);

        Assert.Equal((ProviderPaymentStatus.Captured, 2000, null), (payment.Status, payment.Captured, payment.ClientSecret));
        var booked = TheOnePayment;
        Assert.Equal((payment.Reference, "usd", 2000), (booked.Id, booked.Currency, booked.Captured));
        Assert.Equal(($"{command.OrderId}", $"{command.CustomerId}", command.IdempotencyKey),
            (booked.Metadata["order_id"], booked.Metadata["customer_id"], booked.Metadata["soonshop_key"]));
    }

    [Theory]
    [InlineData("pm_card_visa_chargeDeclined", "generic_decline")]
    [InlineData("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds")]
    [InlineData("pm_card_chargeDeclinedExpiredCard", "expired_card")]
    [InlineData("pm_card_visa_chargeDeclinedStolenCard", "stolen_card")]
    public async Task a_decline_is_told_with_its_code_and_can_be_given_up(string method, string code)
    {
        var (provider, command) = (Provider(), Payment(method));
        var declined = await provider.CreateAsync(command, None);

        Assert.Equal((ProviderPaymentStatus.Declined, code), (declined.Status, declined.DeclineCode));
        Assert.Equal(TheOnePayment.Id, declined.Reference);
        Assert.Equal(declined with { Captured = null }, await provider.CreateAsync(command, None));
        Assert.Equal(ProviderPaymentStatus.Cancelled, (await provider.CancelAsync(declined.Reference!, "cancel", None)).Status);
        Assert.Equal(0, TheOnePayment.Captured);
    }

    [Theory]
    [InlineData("pm_nobody_knows", 2000, "unknown_payment_method")]
    [InlineData("pm_card_visa", 100_000_000, "amount_too_large")]
    [InlineData("pm_card_visa", 0, "amount_too_small")]
    [InlineData("pm_card_visa", 1, "amount_too_small")]
    public async Task what_stripe_refuses_is_declined_without_a_payment(string method, long amount, string code) =>
        Assert.Equal(
            new ProviderPayment(null, ProviderPaymentStatus.Declined, null, code),
            await Provider().CreateAsync(Payment(method, amount), None));

    [Fact]
    public async Task a_payment_that_needs_the_customer_goes_on_when_the_customer_has_acted()
    {
        var (provider, command) = (Provider(), Payment("pm_card_authenticationRequired"));
        var waiting = await provider.CreateAsync(command, None);
        Assert.Equal(ProviderPaymentStatus.RequiresAction, waiting.Status);
        Assert.StartsWith(waiting.Reference!, waiting.ClientSecret, StringComparison.Ordinal);
        Assert.Equal(waiting, await provider.RetrieveAsync(waiting.Reference!, None));

        Server.Authenticate(waiting.Reference!);

        var captured = await provider.RetrieveAsync(waiting.Reference!, None);
        Assert.Equal((ProviderPaymentStatus.Captured, 2000, null), (captured!.Status, captured.Captured, captured.ClientSecret));
        // The answer that was kept under the key is old news.
        Assert.Equal(ProviderPaymentStatus.Captured, (await provider.CreateAsync(command, None)).Status);
        Assert.Equal(2000, TheOnePayment.Captured);
    }

    [Fact]
    public async Task a_customer_who_fails_at_the_bank_is_declined()
    {
        var provider = Provider();
        var waiting = await provider.CreateAsync(Payment("pm_card_authenticationRequired"), None);
        Server.FailAuthentication(waiting.Reference!);

        var declined = await provider.RetrieveAsync(waiting.Reference!, None);
        Assert.Equal((ProviderPaymentStatus.Declined, "payment_intent_authentication_failure"), (declined!.Status, declined.DeclineCode));
    }

    [Theory]
    [InlineData(true, ProviderPaymentStatus.Captured)]
    [InlineData(false, ProviderPaymentStatus.Declined)]
    public async Task a_payment_that_takes_its_time_is_processing_until_then(bool succeeds, ProviderPaymentStatus end)
    {
        var provider = Provider();
        var processing = await provider.CreateAsync(Payment("pm_card_processing"), None);
        Assert.Equal(ProviderPaymentStatus.Processing, processing.Status);
        Server.EndProcessing(processing.Reference!, succeeds);
        Assert.Equal(end, (await provider.RetrieveAsync(processing.Reference!, None))!.Status);
    }

    [Fact]
    public async Task what_is_held_is_taken_in_part_and_the_rest_let_go()
    {
        var provider = Provider(capture: CaptureMode.Manual);
        var held = await provider.CreateAsync(Payment(), None);
        Assert.Equal((ProviderPaymentStatus.Authorized, null), (held.Status, held.Captured));

        var taken = await provider.CaptureAsync(held.Reference!, new Money(1500, "USD"), "capture", None);
        Assert.Equal((ProviderPaymentStatus.Captured, 1500), (taken.Status, taken.Captured));
        Assert.Equal((1500, 0), (TheOnePayment.Captured, TheOnePayment.Capturable));
        // What was let go is no refund.
        var seen = await provider.RetrieveAsync(held.Reference!, None);
        Assert.Equal(1500, seen!.Captured);
        Assert.Empty(seen.Refunds);
        Assert.Equal(ProviderRefundStatus.Failed, (await provider.RefundAsync(Refund(held, 1501), None)).Status);
        Assert.Equal(ProviderRefundStatus.Succeeded, (await provider.RefundAsync(Refund(held, 1500, 2), None)).Status);
        Assert.Equal([1500], (await provider.RetrieveAsync(held.Reference!, None))!.Refunds.Select(r => r.Amount));
        Assert.Equal(
            ProviderPaymentStatus.Captured, (await provider.CaptureAsync(held.Reference!, new Money(1500, "USD"), "again", None)).Status);
    }

    [Fact]
    public async Task what_is_held_can_be_let_go_or_runs_out()
    {
        var provider = Provider(capture: CaptureMode.Manual);
        var (one, other) = (await provider.CreateAsync(Payment(), None), await provider.CreateAsync(Payment(), None));

        Assert.Equal(ProviderPaymentStatus.Cancelled, (await provider.CancelAsync(one.Reference!, "cancel", None)).Status);
        Server.ExpireAuthorization(other.Reference!);
        Assert.Equal(
            ProviderPaymentStatus.Cancelled,
            (await provider.CaptureAsync(other.Reference!, new Money(2000, "USD"), "capture", None)).Status);
        Assert.Equal(0, Server.Books.Totals.Captured + Server.Books.Totals.Capturable);
    }

    [Fact]
    public async Task what_was_captured_meanwhile_is_not_cancelled()
    {
        var provider = Provider();
        var payment = await provider.CreateAsync(Payment(), None);
        var answer = await provider.CancelAsync(payment.Reference!, "cancel", None);
        Assert.Equal((ProviderPaymentStatus.Captured, 2000), (answer.Status, answer.Captured));
    }

    [Fact]
    public async Task a_refusal_that_is_kept_under_the_key_does_not_outlive_its_reason()
    {
        var provider = Provider(capture: CaptureMode.Manual);
        var waiting = await provider.CreateAsync(Payment("pm_card_authenticationRequired"), None);
        // Nothing is held yet: refused, and kept under the key.
        Assert.Equal(
            ProviderPaymentStatus.RequiresAction,
            (await provider.CaptureAsync(waiting.Reference!, new Money(2000, "USD"), "capture", None)).Status);
        Server.Authenticate(waiting.Reference!);
        Assert.Equal(
            ProviderPaymentStatus.Captured,
            (await provider.CaptureAsync(waiting.Reference!, new Money(2000, "USD"), "capture", None)).Status);
    }

    [Fact]
    public async Task money_is_given_back_in_parts_until_nothing_is_left()
    {
        var provider = Provider();
        var payment = await provider.CreateAsync(Payment(), None);
        var first = Refund(payment, 500);
        var made = await provider.RefundAsync(first, None);
        Assert.Equal((ProviderRefundStatus.Succeeded, 500, first.IdempotencyKey), (made.Status, made.Amount, made.IdempotencyKey));
        Assert.Equal(made, await provider.RefundAsync(first, None));
        Assert.Equal(ProviderRefundStatus.Succeeded, (await provider.RefundAsync(Refund(payment, 1500, 2), None)).Status);

        var refused = await provider.RefundAsync(Refund(payment, 1, 3), None);
        Assert.Equal((ProviderRefundStatus.Failed, ""), (refused.Status, refused.Reference));
        Assert.Contains("refunded", refused.FailureReason, StringComparison.Ordinal);
        Assert.Equal(2000, TheOnePayment.Refunded);
        var seen = await provider.RetrieveAsync(payment.Reference!, None);
        Assert.Equal([500, 1500], seen!.Refunds.Select(r => r.Amount).Order());
    }

    [Fact]
    public async Task a_refund_can_be_pending_and_then_fail()
    {
        var provider = Provider();
        var payment = await provider.CreateAsync(Payment("pm_card_pendingRefund"), None);
        var command = Refund(payment, 500);
        var pending = await provider.RefundAsync(command, None);
        Assert.Equal(ProviderRefundStatus.Pending, pending.Status);

        Server.FailRefund(pending.Reference, "lost_or_stolen_card");

        var failed = new ProviderRefund(pending.Reference, ProviderRefundStatus.Failed, 500, "lost_or_stolen_card", command.IdempotencyKey);
        Assert.Equal(failed, await provider.RefundAsync(command, None));
        Assert.Equal(failed, Assert.Single((await provider.RetrieveAsync(payment.Reference!, None))!.Refunds));
    }

    [Fact]
    public async Task refunds_made_in_the_dashboard_and_disputes_are_seen()
    {
        var provider = Provider();
        var payment = await provider.CreateAsync(Payment(), None);
        var dashboard = new StripeClient(new StripeClientOptions { ApiKey = ServerOptions.ApiKey, ApiBase = Server.Url });
        await dashboard.V1.Refunds.CreateAsync(new() { PaymentIntent = payment.Reference, Amount = 300 }, cancellationToken: None);
        var dispute = Server.OpenDispute(payment.Reference!, 700);

        var seen = await provider.RetrieveAsync(payment.Reference!, None);
        Assert.Equal((300, null), (Assert.Single(seen!.Refunds).Amount, seen.Refunds[0].IdempotencyKey));
        Assert.Equal(new ProviderDispute(dispute, DisputeStatus.Open, 700, "fraudulent"), seen.Dispute);
        Assert.Equal(ProviderRefundStatus.Failed, (await provider.RefundAsync(Refund(payment, 100), None)).Status);

        Server.CloseDispute(dispute, won: false);
        Assert.Equal(DisputeStatus.Lost, (await provider.RetrieveAsync(payment.Reference!, None))!.Dispute!.Status);
    }

    [Theory]
    [InlineData("pi_deleted")]
    [InlineData("sim_anothers/attempt/1")]
    public async Task nothing_can_be_taken_under_what_stripe_does_not_know_in_test_mode(string reference)
    {
        Assert.Equal(ProviderPaymentStatus.Cancelled, (await Provider().CancelAsync(reference, "cancel", None)).Status);
        Assert.Equal(
            ProviderPaymentStatus.Cancelled, (await Provider().CaptureAsync(reference, new Money(100, "USD"), "capture", None)).Status);
        Assert.Equal(
            ProviderRefundStatus.Failed,
            (await Provider().RefundAsync(Refund(new ProviderPayment(reference, ProviderPaymentStatus.Captured), 100), None)).Status);
    }

    [Fact]
    public async Task a_payment_that_stripe_does_not_know_is_null() => Assert.Null(await Provider().RetrieveAsync("pi_nobody_knows", None));

    [Fact]
    public async Task amounts_are_told_in_the_currencys_own_way()
    {
        var provider = Provider();
        var payment = await provider.CreateAsync(Payment() with { Amount = new Money(500, "JPY") }, None);
        Assert.Equal((500, "jpy", 500), (payment.Captured, TheOnePayment.Currency, TheOnePayment.Captured));
        var refund = await provider.RefundAsync(Refund(payment, 200) with { Amount = new Money(200, "JPY") }, None);
        Assert.Equal((ProviderRefundStatus.Succeeded, 200), (refund.Status, refund.Amount));
    }

    [Fact]
    public async Task the_version_can_be_another_than_the_librarys()
    {
        Assert.Equal(
            ProviderPaymentStatus.Captured, (await Provider(o => o.ApiVersion = "2025-03-31.basil").CreateAsync(Payment(), None)).Status);
        // The server refuses what is no version: so it was sent.
        Assert.Equal(ProviderPaymentStatus.Declined, (await Provider(o => o.ApiVersion = "nonsense").CreateAsync(Payment(), None)).Status);
    }

    [Fact]
    public async Task a_key_that_is_not_accepted_is_told_once_and_never_shown()
    {
        const string Planted = "sk_test_51PlantedKey0123456789";
        var provider = Provider(o => o.ApiKey = Planted);
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<UnavailableException>(() => provider.CreateAsync(Payment(), None));

        var told = Assert.Single(Log.Lines, l => l.Level == LogLevel.Critical);
        Assert.Contains("Payments__Stripe__ApiKey", told.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("51PlantedKey", Log.Text, StringComparison.Ordinal);
        Assert.Empty(Server.Books.Payments);
    }

    [Fact]
    public async Task a_card_is_kept_for_a_customer_who_asks_and_used_by_its_name()
    {
        var (provider, methods) = (Provider(), Methods());
        var ada = await CustomerAsync(methods, "ada@example.com");
        Assert.Empty(await methods.ListAsync(ada, None));

        Assert.Equal(
            ProviderPaymentStatus.Captured,
            (await provider.CreateAsync(Payment() with { Customer = ada, KeepMethod = true }, None)).Status);

        var kept = Assert.Single(await methods.ListAsync(ada, None));
        Assert.Equal(("visa", "4242"), (kept.Brand, kept.Last4));
        Assert.True(kept.ExpiryMonth is >= 1 and <= 12 && kept.ExpiryYear > 2020);
        Assert.Equal(ProviderPaymentStatus.Captured, (await provider.CreateAsync(Payment(kept.Id) with { Customer = ada }, None)).Status);
        // Nobody else pays with it, and nobody else removes it.
        var eve = await CustomerAsync(methods, "eve@example.com");
        Assert.Equal((ProviderPaymentStatus.Declined, null), await OutcomeAsync(provider, Payment(kept.Id) with { Customer = eve }));
        Assert.Equal((ProviderPaymentStatus.Declined, null), await OutcomeAsync(provider, Payment(kept.Id)));
        Assert.False(await methods.RemoveAsync(eve, kept.Id, None));
        foreach (var none in (string[])["../customers", "pm/1", "pm 1", "pm%2f", new string('p', 201)])
            Assert.False(await methods.RemoveAsync(ada, none, None));
        Assert.True(await methods.RemoveAsync(ada, kept.Id, None));
        Assert.False(await methods.RemoveAsync(ada, kept.Id, None));
        Assert.Empty(await methods.ListAsync(ada, None));
    }

    [Fact]
    public async Task a_customer_is_made_once_under_a_key()
    {
        var methods = Methods();
        var command = new CreateProviderCustomer("key/1", Guid.NewGuid(), "ada@example.com", DateTimeOffset.UtcNow);
        Server.Faults.Plan(Fault.TimeoutAfter, "POST /v1/customers");
        var first = await UntilDefiniteAsync(() => methods.CreateCustomerAsync(command, None));
        Assert.Equal(first, await methods.CreateCustomerAsync(command, None));
        // Another key is needed for other facts, and for one that may be forgotten.
        Assert.Null(await methods.CreateCustomerAsync(command with { Email = "ada@example.org" }, None));
        Assert.Null(await methods.CreateCustomerAsync(command with { AskedAt = DateTimeOffset.UtcNow.AddDays(-1) }, None));
    }

    [Fact]
    public async Task a_customer_is_removed_with_what_is_kept_and_may_be_gone_already()
    {
        var methods = Methods();
        var customer = await CustomerAsync(methods, "ada@example.com");
        await Provider().CreateAsync(Payment() with { Customer = customer, KeepMethod = true }, TestContext.Current.CancellationToken);
        Assert.Single(await methods.ListAsync(customer, TestContext.Current.CancellationToken));

        Assert.True(await methods.RemoveCustomerAsync(customer, TestContext.Current.CancellationToken));

        Assert.Empty(await methods.ListAsync(customer, TestContext.Current.CancellationToken));
        Assert.False(await methods.RemoveCustomerAsync(customer, TestContext.Current.CancellationToken));
    }

    private static async Task<string> CustomerAsync(IPaymentMethods methods, string email) =>
        (await methods.CreateCustomerAsync(
            new CreateProviderCustomer($"{Guid.NewGuid()}", Guid.NewGuid(), email, DateTimeOffset.UtcNow), None))!;

    private static async Task<(ProviderPaymentStatus, string?)> OutcomeAsync(IPaymentProvider provider, CreateProviderPayment command)
    {
        var answer = await provider.CreateAsync(command, None);
        return (answer.Status, answer.Reference);
    }
}

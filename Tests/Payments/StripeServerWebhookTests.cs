using SoonShop.StripeTesting;
using SoonShop.Tests.Running;
using Stripe;

namespace SoonShop.Tests.Payments;

/// <summary>What the Stripe test server posts to webhooks, and how.</summary>
public sealed class StripeServerWebhookTests : StripeServerTest
{
    [Fact]
    public async Task a_webhook_is_signed_so_that_stripes_client_takes_it()
    {
        var intent = await stripe.PayAsync(key: "order-1");
        var post = (await stripe.WebhooksAsync("payment_intent.succeeded")).Single(p => p.Type == "payment_intent.succeeded");

        var happened = EventUtility.ConstructEvent(post.Body, post.Signature, StripeServerFixture.Secret);
        Assert.Equal(intent.Id, Assert.IsType<PaymentIntent>(happened.Data.Object).Id);
        Assert.Equal("succeeded", ((PaymentIntent)happened.Data.Object).Status);
        Assert.Equal("order-1", happened.Request.IdempotencyKey);
        Assert.StartsWith("req_", happened.Request.Id, StringComparison.Ordinal);
        Assert.Equal(StripeConfiguration.ApiVersion, happened.ApiVersion);
        Assert.Equal(1, happened.PendingWebhooks);
        Assert.Throws<StripeException>(() => EventUtility.ConstructEvent(post.Body, post.Signature, "whsec_other"));
        Assert.Throws<StripeException>(() => EventUtility.ConstructEvent(
            post.Body.Replace("2000", "1", StringComparison.Ordinal), post.Signature, StripeServerFixture.Secret));
        // The API shows the same event.
        var listed = await stripe.Client.V1.Events.GetAsync(happened.Id, cancellationToken: Cancellation);
        Assert.Equal(happened.Type, listed.Type);
    }

    [Fact]
    public async Task while_a_secret_is_replaced_webhooks_are_signed_with_both()
    {
        await using var rolling = await StripeServerFixture.StartAsync(o => o.Webhooks[0].Secrets.Add("whsec_second"));
        await rolling.PayAsync();
        var post = (await rolling.WebhooksAsync("payment_intent.succeeded"))[0];
        foreach (var secret in new[] { StripeServerFixture.Secret, "whsec_second" })
            Assert.NotNull(EventUtility.ConstructEvent(post.Body, post.Signature, secret));
    }

    [Fact]
    public async Task everything_that_happens_to_a_payment_is_told()
    {
        await stripe.PayAsync();
        await TellAsync("payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated");

        var declined = await Assert.ThrowsAsync<StripeException>(() => stripe.PayAsync("pm_card_visa_chargeDeclined"));
        await TellAsync("payment_intent.created", "charge.failed", "payment_intent.payment_failed");
        await stripe.Client.V1.PaymentIntents.CancelAsync(declined.StripeError.PaymentIntent.Id, cancellationToken: Cancellation);
        await TellAsync("payment_intent.canceled");

        var asked = await stripe.PayAsync("pm_card_authenticationRequired");
        await TellAsync("payment_intent.created", "payment_intent.requires_action");
        stripe.Server.FailAuthentication(asked.Id);
        await TellAsync("payment_intent.payment_failed");

        var authorized = await stripe.PayAsync(configure: o => o.CaptureMethod = "manual");
        await TellAsync("payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated");
        await stripe.Client.V1.PaymentIntents.CaptureAsync(authorized.Id, cancellationToken: Cancellation);
        await TellAsync("charge.captured", "payment_intent.succeeded");
        var expiring = await stripe.PayAsync(configure: o => o.CaptureMethod = "manual");
        await TellAsync("payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated");
        stripe.Server.ExpireAuthorization(expiring.Id);
        await TellAsync("charge.expired", "payment_intent.canceled");

        var slow = await stripe.PayAsync("pm_card_processing");
        await TellAsync("payment_intent.created", "charge.pending", "payment_intent.processing");
        stripe.Server.EndProcessing(slow.Id, succeeds: true);
        await TellAsync("charge.succeeded", "payment_intent.succeeded", "charge.updated");
    }

    [Fact]
    public async Task everything_that_happens_to_a_refund_is_told_with_what_changed()
    {
        var intent = await stripe.PayAsync("pm_card_pendingRefund");
        await TellAsync("payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated");
        var refund = await stripe.Client.V1.Refunds.CreateAsync(
            new() { PaymentIntent = intent.Id, Amount = 700 }, cancellationToken: Cancellation);
        Assert.Equal("pending", refund.Status);
        var told = await TellAsync("refund.created", "charge.refunded");
        var previous = told.Single(p => p.Type == "charge.refunded").Json["data"]!["previous_attributes"]!.AsObject();
        Assert.Equal("""{"amount_refunded":0}""", previous.ToJsonString());

        stripe.Server.CompleteRefund(refund.Id);
        told = await TellAsync("refund.updated", "charge.refund.updated");
        Assert.Equal("pending", told[0].Json["data"]!["previous_attributes"]!["status"]!.GetValue<string>());
        Assert.Null(told[0].Json["request"]!["id"]);
        stripe.Server.FailRefund(refund.Id);
        await TellAsync("refund.failed", "refund.updated", "charge.refund.updated");

        refund = await stripe.Client.V1.Refunds.GetAsync(refund.Id, cancellationToken: Cancellation);
        Assert.Equal(("failed", "expired_or_canceled_card"), (refund.Status, refund.FailureReason));
        Assert.Equal(0, stripe.Server.Books.Totals.Refunded);
        Assert.Throws<InvalidOperationException>(() => stripe.Server.CompleteRefund(refund.Id));
    }

    [Fact]
    public async Task a_dispute_takes_the_money_and_brings_it_back_when_it_is_won()
    {
        var intent = await stripe.PayAsync("pm_card_createDispute");
        await TellAsync(
            "payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated", "charge.updated",
            "charge.dispute.created", "charge.dispute.funds_withdrawn");
        var dispute = Assert.Single(
            await stripe.Client.V1.Disputes.ListAsync(new() { PaymentIntent = intent.Id }, cancellationToken: Cancellation));
        Assert.Equal(("needs_response", "fraudulent", 2000L), (dispute.Status, dispute.Reason, dispute.Amount));
        var refused = await Assert.ThrowsAsync<StripeException>(
            () => stripe.Client.V1.Refunds.CreateAsync(new() { PaymentIntent = intent.Id }, cancellationToken: Cancellation));
        Assert.Equal("charge_disputed", refused.StripeError.Code);
        Assert.Equal(2000, stripe.Server.Books.Totals.Disputed);

        await stripe.Client.V1.Disputes.UpdateAsync(
            dispute.Id, new() { Evidence = new() { UncategorizedText = "winning_evidence" }, Submit = true },
            cancellationToken: Cancellation);

        await TellAsync("charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_reinstated");
        Assert.Equal("won", (await stripe.Client.V1.Disputes.GetAsync(dispute.Id, cancellationToken: Cancellation)).Status);
        Assert.Equal(0, stripe.Server.Books.Totals.Disputed);
        Assert.Equal(
            "succeeded",
            (await stripe.Client.V1.Refunds.CreateAsync(new() { PaymentIntent = intent.Id }, cancellationToken: Cancellation)).Status);
    }

    [Fact]
    public async Task an_inquiry_takes_nothing_and_a_dispute_that_is_accepted_is_lost()
    {
        var disputes = stripe.Client.V1.Disputes;
        var asked = await stripe.PayAsync("pm_card_createDisputeInquiry");
        var inquiry = Assert.Single(await disputes.ListAsync(new() { PaymentIntent = asked.Id }, cancellationToken: Cancellation));
        Assert.Equal(("warning_needs_response", true, 0), (inquiry.Status, inquiry.IsChargeRefundable, inquiry.BalanceTransactions.Count));
        Assert.Equal(
            "succeeded",
            (await stripe.Client.V1.Refunds.CreateAsync(new() { PaymentIntent = asked.Id }, cancellationToken: Cancellation)).Status);
        stripe.Server.CloseDispute(inquiry.Id, won: true);
        Assert.Equal("warning_closed", (await disputes.GetAsync(inquiry.Id, cancellationToken: Cancellation)).Status);

        var paid = await stripe.PayAsync();
        var id = stripe.Server.OpenDispute(paid.Id, 700, "product_not_received");
        Assert.Equal("lost", (await disputes.CloseAsync(id, cancellationToken: Cancellation)).Status);
        await Assert.ThrowsAsync<StripeException>(() => disputes.CloseAsync(id, cancellationToken: Cancellation));
        Assert.Equal(700, stripe.Server.Books.Totals.Disputed);
        Assert.Throws<InvalidOperationException>(() => stripe.Server.OpenDispute(paid.Id));
        Assert.DoesNotContain(await stripe.WebhooksAsync("charge.dispute.closed"), p => p.Type == "charge.dispute.funds_reinstated");
    }

    [Fact]
    public async Task what_is_not_taken_is_posted_again()
    {
        stripe.Answer = n => Task.FromResult(n <= 3 ? 500 : 200);
        await stripe.PostAsync("/v1/customers");
        await stripe.Server.Webhooks.WhenIdleAsync(Cancellation);
        Assert.Equal(4, stripe.Posts.Count);
        Assert.Single(stripe.Posts.Select(p => p.Id).Distinct());
        var delivery = Assert.Single(stripe.Server.Webhooks.Deliveries);
        Assert.True(delivery.Delivered);
        Assert.Equal([500, 500, 500, 200], delivery.Attempts.Select(a => a.Status ?? 0));
    }

    [Fact]
    public async Task what_is_never_taken_is_given_up_in_the_end()
    {
        await using var hasty = await StripeServerFixture.StartAsync(o => (o.WebhookAttempts, o.WebhookBackoffSeconds) = (2, 0.01));
        hasty.Answer = _ => Task.FromResult(404);
        await hasty.PostAsync("/v1/customers");
        await hasty.Server.Webhooks.WhenIdleAsync(Cancellation);
        Assert.Equal(2, hasty.Posts.Count);
        Assert.True(Assert.Single(hasty.Server.Webhooks.Deliveries).GivenUp);
    }

    [Fact]
    public async Task webhooks_come_five_times_on_demand()
    {
        stripe.Server.Faults.Plan(Fault.WebhookDuplicated);
        await stripe.PostAsync("/v1/customers");
        await stripe.Server.Webhooks.WhenIdleAsync(Cancellation);
        Assert.Equal(5, stripe.Posts.Count);
        Assert.Single(stripe.Posts.Select(p => p.Id).Distinct());
    }

    [Fact]
    public async Task webhooks_overtake_each_other_on_demand()
    {
        stripe.Server.Faults.Plan(Fault.WebhookReordered);
        await stripe.PayAsync();
        await stripe.Server.Webhooks.WhenIdleAsync(Cancellation);
        var types = stripe.Server.Webhooks.Deliveries.OrderBy(d => d.Attempts[0].At).Select(d => d.Type).ToList();
        Assert.True(types.IndexOf("payment_intent.succeeded") < types.IndexOf("payment_intent.created"), string.Join(", ", types));
    }

    [Fact]
    public async Task webhooks_come_late_on_demand()
    {
        stripe.Server.Faults.Plan(Fault.WebhookDelayed);
        var before = DateTimeOffset.UtcNow;
        await stripe.PostAsync("/v1/customers");
        await stripe.Server.Webhooks.WhenIdleAsync(Cancellation);
        // A timer may come a little early by this clock.
        Assert.True(stripe.Server.Webhooks.Deliveries[0].Attempts[0].At - before > TimeSpan.FromSeconds(
            stripe.Server.Options.WebhookDelaySeconds * 0.9));
    }

    [Fact]
    public async Task webhooks_come_before_the_answer_on_demand()
    {
        stripe.Server.Faults.Plan(Fault.WebhookFirst);
        var reply = await stripe.PostAsync("/v1/customers");
        Assert.Equal(reply.Text("id"), Assert.Single(stripe.Posts).Json["data"]!["object"]!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task webhooks_are_lost_on_demand_once_or_for_ever()
    {
        stripe.Server.Faults.Plan(Fault.WebhookLost);
        await stripe.PostAsync("/v1/customers");
        stripe.Server.Faults.Plan(Fault.WebhookLostOnce);
        var second = await stripe.PostAsync("/v1/customers");
        await stripe.Server.Webhooks.WhenIdleAsync(Cancellation);
        Assert.Equal(second.Text("id"), Assert.Single(stripe.Posts).Json["data"]!["object"]!["id"]!.GetValue<string>());
        Assert.Equal(2, Assert.Single(stripe.Server.Webhooks.Deliveries).Attempts.Count);
        Assert.Equal(
            2, (await stripe.Client.V1.Events.ListAsync(new() { Type = "customer.created" }, cancellationToken: Cancellation)).Data.Count);
    }

    [Fact]
    public async Task an_event_is_sent_again_stale_or_forged_on_demand()
    {
        await stripe.PostAsync("/v1/customers");
        var id = (await stripe.WebhooksAsync("customer.created"))[0].Id;

        Assert.Equal([200], await stripe.Server.SendEventAsync(id, cancellation: Cancellation));
        await stripe.Server.SendEventAsync(id, TimeSpan.FromHours(1), cancellation: Cancellation);
        await stripe.Server.SendEventAsync(id, secret: "whsec_forged", cancellation: Cancellation);

        var posts = stripe.Posts.ToList();
        Assert.Equal(4, posts.Count);
        Assert.NotNull(EventUtility.ConstructEvent(posts[1].Body, posts[1].Signature, StripeServerFixture.Secret));
        Assert.Throws<StripeException>(() => EventUtility.ConstructEvent(posts[2].Body, posts[2].Signature, StripeServerFixture.Secret));
        Assert.Throws<StripeException>(() => EventUtility.ConstructEvent(posts[3].Body, posts[3].Signature, StripeServerFixture.Secret));
    }

    [Fact]
    public async Task a_target_is_told_only_what_it_wants()
    {
        await using var choosy = await StripeServerFixture.StartAsync(o => o.Webhooks[0].EnabledEvents.Add("payment_intent.succeeded"));
        await choosy.PayAsync();
        await choosy.Server.Webhooks.WhenIdleAsync(Cancellation);
        Assert.Equal("payment_intent.succeeded", Assert.Single(choosy.Posts).Type);
    }

    /// <summary>Waits for exactly these webhooks, in whatever order; answers them in this one, and forgets them.</summary>
    private async Task<List<StripeServerFixture.Post>> TellAsync(params string[] types)
    {
        await Until.TrueAsync(
            string.Join(", ", types), TimeSpan.FromSeconds(30), () => Task.FromResult(stripe.Posts.Count >= types.Length));
        await stripe.Server.Webhooks.WhenIdleAsync(Cancellation);
        var came = stripe.Posts.ToList();
        stripe.Posts.Clear();
        Assert.Equal(types.Order(), came.Select(p => p.Type).Order());
        return [.. came.OrderBy(p => Array.IndexOf(types, p.Type))];
    }
}

using System.Net;
using SoonShop.StripeTesting;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>What goes wrong on demand at the Stripe test server, and what is true afterwards.</summary>
public sealed class StripeServerFaultTests : StripeServerTest
{
    private const string Create = "/v1/payment_intents";
    private const string Form = "amount=2000&currency=usd";
    [Fact]
    public async Task a_request_that_times_out_was_done()
    {
        stripe.Server.Faults.Plan(Fault.TimeoutAfter);
        using var patience = new CancellationTokenSource();
        var request = stripe.SendAsync(HttpMethod.Post, Create, Form, "key-1", patience.Token);
        await Until.TrueAsync(
            "the payment is on the books", TimeSpan.FromSeconds(30), () => Task.FromResult(stripe.Server.Books.Payments.Length == 1));
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);

        var again = await stripe.PostAsync(Create, Form, "key-1");

        Assert.True(again.Replayed);
        Assert.Equal(stripe.Server.Books.Payments.Single().Id, again.Text("id"));
    }

    [Fact]
    public async Task a_connection_that_breaks_before_leaves_nothing()
    {
        stripe.Server.Faults.Plan(Fault.ResetBefore);
        await Assert.ThrowsAsync<HttpRequestException>(() => stripe.PostAsync(Create, Form, "key-1"));
        Assert.Empty(stripe.Server.Books.Payments);
        Assert.False((await stripe.PostAsync(Create, Form, "key-1")).Replayed);
    }

    [Fact]
    public async Task a_connection_that_breaks_after_leaves_it_done()
    {
        stripe.Server.Faults.Plan(Fault.ResetAfter);
        await Assert.ThrowsAsync<HttpRequestException>(() => stripe.PostAsync(Create, Form, "key-1"));
        Assert.True((await stripe.PostAsync(Create, Form, "key-1")).Replayed);
        Assert.Single(stripe.Server.Books.Payments);
    }

    [Fact]
    public async Task an_error_after_stays_the_answer_to_its_key_though_all_was_done()
    {
        stripe.Server.Faults.Plan(Fault.ErrorAfter);
        var first = await stripe.PostAsync(Create, Form + "&metadata[order_id]=o-1", "key-1");
        var again = await stripe.PostAsync(Create, Form + "&metadata[order_id]=o-1", "key-1");

        Assert.Equal((HttpStatusCode.InternalServerError, "false"), (first.Status, first.Headers["Stripe-Should-Retry"]));
        Assert.Equal(
            (HttpStatusCode.InternalServerError, true, "false"), (again.Status, again.Replayed, again.Headers["Stripe-Should-Retry"]));
        Assert.Equal("o-1", Assert.Single(stripe.Server.Books.Payments).Metadata["order_id"]);
    }

    [Fact]
    public async Task a_fault_waits_for_its_route_and_its_turn()
    {
        stripe.Server.Faults.Plan(Fault.ErrorBefore, "POST /v1/payment_intents/{intent}/cancel", times: 2, skip: 1);
        List<string> ids = [];
        for (var i = 0; i < 4; i++)
            ids.Add((await stripe.PostAsync(Create, Form)).Text("id"));
        List<HttpStatusCode> statuses = [];
        foreach (var id in ids)
            statuses.Add((await stripe.PostAsync($"{Create}/{id}/cancel")).Status);
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.InternalServerError, HttpStatusCode.InternalServerError, HttpStatusCode.OK], statuses);
        Assert.Equal(2, stripe.Server.Faults.Counts[Fault.ErrorBefore]);
    }

    [Fact]
    public async Task what_a_test_does_by_hand_takes_no_fault_from_a_request()
    {
        var asked = await stripe.PayAsync("pm_card_authenticationRequired");
        await stripe.WebhooksAsync("payment_intent.requires_action");
        stripe.Server.Faults.Plan(Fault.ErrorBefore);
        stripe.Server.Faults.Plan(Fault.WebhookLost, StripeFaults.Controls);

        stripe.Server.Authenticate(asked.Id);

        await stripe.Server.Webhooks.WhenIdleAsync(Cancellation);
        Assert.Equal("succeeded", Assert.Single(stripe.Server.Books.Payments).Status);
        Assert.DoesNotContain(stripe.Posts, p => p.Type == "payment_intent.succeeded");
        Assert.Equal(HttpStatusCode.InternalServerError, (await stripe.PostAsync(Create, Form)).Status);
    }

    [Fact]
    public async Task faults_at_random_come_at_their_rate_and_again_from_the_same_seed()
    {
        async Task<string> RunAsync()
        {
            stripe.Server.Faults.Reseed(7);
            var statuses = "";
            for (var i = 0; i < 200; i++)
                statuses += (int)(await stripe.GetAsync(Create)).Status == 200 ? '.' : 'x';
            return statuses;
        }

        stripe.Server.Faults.SetRate(Fault.ErrorBefore, 0.2);
        stripe.Server.Faults.SetRate(Fault.RateLimit, 0.1);
        var first = await RunAsync();
        Assert.InRange(first.Count(c => c == 'x'), 30, 90);
        Assert.Equal(first, await RunAsync());
        stripe.Server.Faults.Clear();
        Assert.Equal(new string('.', 200), await RunAsync());
    }

    [Fact]
    public async Task the_books_add_up_whatever_goes_wrong()
    {
        foreach (var fault in new[]
        {
            Fault.TimeoutAfter,
            Fault.ErrorBefore,
            Fault.RateLimit,
            Fault.ResetBefore,
            Fault.ResetAfter,
            Fault.WebhookDuplicated,
            Fault.WebhookReordered,
        })
            stripe.Server.Faults.SetRate(fault, 0.08);
        await Parallel.ForAsync(
            0, 100, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (i, _) =>
            {
                var paid = await UntilAnsweredAsync(
                    Create, $"{Form}&confirm=true&payment_method=pm_card_visa&allowed_payment_method_types[]=card&metadata[order_id]={i}",
                    $"pay-{i}");
                if (i % 2 == 0)
                    await UntilAnsweredAsync("/v1/refunds", $"payment_intent={paid.Text("id")}&amount={100 + i}", $"refund-{i}");
            });

        var books = stripe.Server.Books;
        Assert.Equal(100, books.By("order_id").Count);
        Assert.All(books.Payments, p => Assert.Equal(("succeeded", 2000L), (p.Status, p.Captured)));
        Assert.Equal(100, books.Payments.Length);
        Assert.Equal(Enumerable.Range(0, 50).Sum(i => 100 + 2 * i), books.Totals.Refunded);
        Assert.Equal(50, books.Refunds.Length);
        Assert.True(stripe.Server.Faults.Counts.Values.Sum() > 20);
    }

    private async Task<Reply> UntilAnsweredAsync(string path, string form, string key)
    {
        for (var attempt = 0; attempt < 30; attempt++)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            try
            {
                var reply = await stripe.SendAsync(HttpMethod.Post, path, form, key, patience.Token);
                if (reply.Status == HttpStatusCode.OK)
                    return reply;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                // Asked again, with the same key.
            }
        }
        throw new TimeoutException($"{path} under {key} had no answer in 30 attempts.");
    }
}

using System.Net.Http.Headers;
using System.Text;
using SoonShop.Payments;
using SoonShop.StripeTesting;
using SoonShop.Tests.Api;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>
/// A shop that hears of its payments by webhooks alone: nothing else looks at an order that waits within the time of a test.
/// </summary>
public sealed class WebhookShop : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>After how long the shop looks at an order by itself: later than any test ends.</summary>
    internal static readonly TimeSpan CheckoutDue = TimeSpan.FromHours(1);

    /// <summary>What makes a shop wait for webhooks.</summary>
    internal static readonly (string Name, string Value)[] Settings =
    [
        ("Payments__Reconciliation__IntervalSeconds", "86400"), ("Checkout__CheckoutDueSeconds", $"{CheckoutDue.TotalSeconds}"),
        ("Checkout__PaymentWindowMinutes", "120"),
    ];

    private StripeShop shop = null!;

    internal Shop Shop => shop.Shop;

    internal StripeServer Stripe => shop.Stripe;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        shop = await StripeShop.CreateAsync(null, Settings);
        await shop.Shop.StartSiloAsync();
        Api = await shop.StartApiAsync();
        Admin = await Api.AsAdminAsync();
    }

    /// <summary>A guest buys something for 1,000 and shipping.</summary>
    internal async Task<(ApiClient Guest, string Id, Reply Reply)> BuyAsync(string card = "pm_card_visa")
    {
        var sku = await Admin.CreateProductAsync();
        var buyer = await Buyer.ArriveAsync(Api, sku);
        var reply = await buyer.OrderAsync(card);
        return (buyer.Guest, buyer.OrderId.ToString(), reply);
    }

    /// <summary>The order's payments at Stripe, the oldest first.</summary>
    internal BookedPayment[] Booked(string order) =>
        [.. Stripe.Books.Payments.Where(p => p.Metadata.GetValueOrDefault("order_id") == order)];

    internal Task UntilAsync(string what, ApiClient guest, string id, Func<Reply, bool> holds) => Until.TrueAsync(what, Limit, async () =>
        await Buyer.TryAsync(() => guest.GetAsync($"/orders/{id}")) is { } reply && (int)reply.Status == 200 && holds(reply));

    internal Task StatusAsync(ApiClient guest, string id, string status) =>
        UntilAsync($"the order is {status}", guest, id, o => o.Text("status") == status);

    /// <summary>Posts to the webhook.</summary>
    internal async Task<Reply> PostAsync(byte[] body, string? signature, string contentType = "application/json; charset=utf-8")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/webhooks/stripe") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (signature is not null)
            request.Headers.TryAddWithoutValidation("Stripe-Signature", signature);
        using var response = await Api.Http.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value));
        return new Reply(response.StatusCode, await response.Content.ReadAsStringAsync(), headers);
    }

    internal static string Sign(byte[] body, int ageSeconds = 0, string secret = StripeShop.WebhookSecret) =>
        WebhookSignature.Sign([secret], DateTimeOffset.UtcNow.ToUnixTimeSeconds() - ageSeconds, body);

    internal static byte[] Event(string id, string type, string o) =>
        Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","object":"event","type":"{{type}}","data":{"object":{{o}} } }""");

    internal Task<long> EventsAsync(string type, string field, string value) =>
        Shop.QueryAsync<long>("select count(*) from event where type = $1 and data ->> $2 = $3", type, field, value);

    public async ValueTask DisposeAsync()
    {
        Assert.DoesNotContain(Stripe.Options.ApiKey, Shop.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain(StripeShop.WebhookSecret, Shop.Logs, StringComparison.Ordinal);
        await shop.DisposeAsync();
    }
}

/// <summary>What Stripe tells, and what the shop makes of it.</summary>
public sealed class StripeWebhookTests(WebhookShop shop) : IClassFixture<WebhookShop>
{
    [Fact]
    public async Task a_customer_who_proves_to_be_it_has_bought_by_the_webhook_alone()
    {
        var (guest, id, placed) = await shop.BuyAsync("pm_card_authenticationRequired");
        Assert.Equal("awaitingPayment", placed.Text("status"));
        Assert.NotEmpty(placed.Text("payment.clientSecret"));

        shop.Stripe.Authenticate(Assert.Single(shop.Booked(id)).Id);

        await shop.StatusAsync(guest, id, "confirmed");
        Assert.Equal(1, await shop.EventsAsync("payment.captured", "paymentId", id));
    }

    [Fact]
    public async Task a_front_end_of_the_last_version_forwards_one()
    {
        var body = WebhookShop.Event("evt_of_the_last_version", "customer.created", "{}");
        var webhooks = shop.Shop.Grains.GetGrain<IPaymentWebhookGrain>(0);

        Assert.Null((await webhooks.AcceptAsync(body, WebhookShop.Sign(body))).Error);
        Assert.Equal(ErrorCode.ValidationFailed, (await webhooks.AcceptAsync(body, "")).Error!.Code);
    }

    [Fact]
    public async Task a_customer_who_fails_to_can_try_another_card()
    {
        var (guest, id, _) = await shop.BuyAsync("pm_card_authenticationRequired");

        shop.Stripe.FailAuthentication(shop.Booked(id)[0].Id);

        await shop.UntilAsync("the payment is declined", guest, id, o => o.Text("payment.status") == "declined");
        Assert.Equal(
            "confirmed", Expect.Status(200, await guest.PostAsync($"/orders/{id}/payments", new { paymentMethod = "pm_card_visa" }))
                .Text("status"));
        Assert.Single(shop.Booked(id), p => p.Captured > 0);
    }

    [Theory]
    [InlineData(Fault.WebhookDuplicated)]
    [InlineData(Fault.WebhookReordered)]
    [InlineData(Fault.WebhookFirst)]
    [InlineData(Fault.WebhookDelayed)]
    [InlineData(Fault.WebhookLostOnce)]
    public async Task however_webhooks_come_there_is_one_result(Fault fault)
    {
        shop.Stripe.Faults.SetRate(fault, 1);
        try
        {
            var (guest, id, placed) = await shop.BuyAsync();
            Assert.Equal("confirmed", placed.Text("status"));
            var (waiting, other, _) = await shop.BuyAsync("pm_card_authenticationRequired");
            shop.Stripe.Authenticate(shop.Booked(other)[0].Id);
            await shop.StatusAsync(waiting, other, "confirmed");
            Expect.Status(
                200, await shop.Admin.PostAsync(
                    $"/admin/orders/{id}/refunds", new { amount = 300, reason = "late" }, Guid.NewGuid().ToString()));
            await QuietAsync();

            Assert.Equal("confirmed", (await guest.GetAsync($"/orders/{id}")).Text("status"));
            Assert.Equal(300, (await guest.GetAsync($"/orders/{id}")).Number("payment.refunded.amount"));
            foreach (var order in (string[])[id, other])
            {
                Assert.Equal(1, await shop.EventsAsync("payment.captured", "paymentId", order));
                Assert.Single(shop.Booked(order));
            }
            Assert.Equal(1, await shop.EventsAsync("payment.refunded", "paymentId", id));
        }
        finally
        {
            shop.Stripe.Faults.SetRate(fault, 0);
        }
    }

    [Fact]
    public async Task a_webhook_that_comes_again_changes_nothing()
    {
        var (guest, id, _) = await shop.BuyAsync("pm_card_authenticationRequired");
        shop.Stripe.Authenticate(shop.Booked(id)[0].Id);
        await shop.StatusAsync(guest, id, "confirmed");
        await QuietAsync();
        var before = await shop.Shop.QueryAsync<long>("select count(*) from event");

        foreach (var told in shop.Stripe.Webhooks.Deliveries.Where(d => d.ObjectId == shop.Booked(id)[0].Id)
            .Select(d => d.EventId).Distinct())
            Assert.Equal([200], await shop.Stripe.SendEventAsync(told, cancellation: TestContext.Current.CancellationToken));

        Assert.Equal(before, await shop.Shop.QueryAsync<long>("select count(*) from event"));
    }

    [Fact]
    public async Task a_forged_or_stale_webhook_changes_nothing()
    {
        var (guest, id, _) = await shop.BuyAsync("pm_card_authenticationRequired");
        await QuietAsync();
        var told = shop.Stripe.Webhooks.Deliveries.First(d => d.ObjectId == shop.Booked(id)[0].Id).EventId;
        var before = await shop.Shop.QueryAsync<long>("select count(*) from event");

        Assert.Equal(
            [400], await shop.Stripe.SendEventAsync(
                told, age: TimeSpan.FromMinutes(6), cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(
            [400], await shop.Stripe.SendEventAsync(
                told, age: TimeSpan.FromMinutes(-6), cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(
            [400], await shop.Stripe.SendEventAsync(
                told, secret: "whsec_SomebodyElse", cancellation: TestContext.Current.CancellationToken));
        var body = WebhookShop.Event(
            $"evt_{Guid.NewGuid():N}", "payment_intent.succeeded",
            $$"""{"id":"{{shop.Booked(id)[0].Id}}","metadata":{"order_id":"{{id}}","soonshop_key":"{{Guid.Parse(id):N}}/attempt/1"} }""");
        foreach (var signature in (string?[])[
            null, "", "nonsense", WebhookShop.Sign(body, secret: "whsec_SomebodyElse"), WebhookShop.Sign(body, ageSeconds: 400),
            WebhookShop.Sign([.. body, (byte)' '])])
            Expect.Invalid("Stripe-Signature", await shop.PostAsync(body, signature));

        Assert.Equal(before, await shop.Shop.QueryAsync<long>("select count(*) from event"));
        Assert.Equal("awaitingPayment", (await guest.GetAsync($"/orders/{id}")).Text("status"));
    }

    [Fact]
    public async Task a_well_signed_lie_changes_nothing()
    {
        var (guest, id, _) = await shop.BuyAsync("pm_card_authenticationRequired");
        var (news, reference) = ($"evt_{Guid.NewGuid():N}", shop.Booked(id)[0].Id);
        var body = WebhookShop.Event(
            news, "payment_intent.succeeded",
            $$"""{"id":"{{reference}}","metadata":{"order_id":"{{id}}","soonshop_key":"{{Guid.Parse(id):N}}/attempt/1"} }""");

        Expect.Status(200, await shop.PostAsync(body, WebhookShop.Sign(body)));

        await QuietAsync();
        Assert.Equal(1, await shop.EventsAsync("payment.news", "newsId", news));
        Assert.Equal("awaitingPayment", (await guest.GetAsync($"/orders/{id}")).Text("status"));
    }

    [Theory]
    [InlineData("customer.created", """{"id":"cus_1"}""")]
    [InlineData("payment_intent.of_tomorrow", """{"id":"pi_1"}""")]
    public async Task an_unknown_type_is_taken_and_left(string type, string o)
    {
        var news = $"evt_{Guid.NewGuid():N}";
        var body = WebhookShop.Event(news, type, o);

        Expect.Status(200, await shop.PostAsync(body, WebhookShop.Sign(body)));

        Assert.Equal(0, await shop.EventsAsync("payment.news", "newsId", news));
    }

    [Fact]
    public async Task payments_of_nobody_here_are_left_alone()
    {
        var reference = await shop.Stripe.TakeAsync(700, order: null);
        var body = WebhookShop.Event($"evt_{Guid.NewGuid():N}", "payment_intent.succeeded", """{"id":"pi_ThatStripeDoesNotKnow"}""");
        Expect.Status(200, await shop.PostAsync(body, WebhookShop.Sign(body)));

        await QuietAsync();
        Assert.Equal((700, 0), shop.Stripe.Books.Payments.Where(p => p.Id == reference).Select(p => (p.Captured, p.Refunded)).Single());
        Assert.Equal(
            0, await shop.Shop.QueryAsync<long>(
                "select count(*) from event_delivery where handler = 'payment-news' and status <> 'resolved'"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("[]")]
    public async Task what_is_signed_and_no_event_is_refused(string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        Expect.Invalid("body", await shop.PostAsync(body, WebhookShop.Sign(body)));
    }

    [Fact]
    public async Task a_body_of_a_megabyte_is_taken_and_one_byte_more_is_not()
    {
        foreach (var (size, status) in ((int, int)[])[(1024 * 1024, 200), ((1024 * 1024) + 1, 413)])
        {
            var start = Encoding.UTF8.GetString(
                WebhookShop.Event($"evt_{Guid.NewGuid():N}", "customer.created", """{"id":"cus_1","text":"?"}"""));
            var body = Encoding.UTF8.GetBytes(start.Replace("?", new string('x', size - start.Length + 1), StringComparison.Ordinal));
            Assert.Equal(size, body.Length);
            Expect.Status(status, await shop.PostAsync(body, WebhookShop.Sign(body)));
        }
    }

    [Fact]
    public async Task a_refund_made_in_the_dashboard_appears()
    {
        var (guest, id, placed) = await shop.BuyAsync();
        var reference = shop.Booked(id)[0].Id;

        await shop.Stripe.AskAsync("/v1/refunds", ("payment_intent", reference), ("amount", "300"));
        await shop.UntilAsync("a part is refunded", guest, id, o => o.Number("payment.refunded.amount") == 300);
        await shop.Stripe.AskAsync("/v1/refunds", ("payment_intent", reference));

        await shop.StatusAsync(guest, id, "refunded");
        Assert.Equal(placed.Number("total.amount"), (await guest.GetAsync($"/orders/{id}")).Number("payment.refunded.amount"));
        Assert.Equal(2, await shop.EventsAsync("payment.refunded", "paymentId", id));
    }

    [Fact]
    public async Task a_refund_that_the_bank_sends_back_is_told_to_the_administrators()
    {
        var (guest, id, _) = await shop.BuyAsync();
        Expect.Status(
            200, await shop.Admin.PostAsync(
                $"/admin/orders/{id}/refunds", new { amount = 300, reason = "late" }, Guid.NewGuid().ToString()));

        shop.Stripe.FailRefund(shop.Stripe.Books.Refunds.Single(r => r.PaymentIntent == shop.Booked(id)[0].Id).Id);

        await shop.UntilAsync("nothing is refunded", guest, id, o => o.Number("payment.refunded.amount") == 0);
        await ToldAsync("refundFailed", id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_dispute_marks_the_order_and_is_told_to_the_administrators(bool won)
    {
        var (guest, id, placed) = await shop.BuyAsync();

        var dispute = shop.Stripe.OpenDispute(shop.Booked(id)[0].Id);

        await shop.UntilAsync("the order is disputed", guest, id, o => o["payment.dispute.status"]?.GetValue<string>() == "open");
        var order = await guest.GetAsync($"/orders/{id}");
        Assert.Equal(
            (placed.Number("total.amount"), "fraudulent"),
            (order.Number("payment.dispute.amount.amount"), order.Text("payment.dispute.reason")));
        await ToldAsync("paymentDisputed", id);
        Expect.Problem(
            409, "conflict", await shop.Admin.PostAsync(
                $"/admin/orders/{id}/refunds", new { amount = 1, reason = "late" }, Guid.NewGuid().ToString()));

        shop.Stripe.CloseDispute(dispute, won);

        await shop.UntilAsync("the dispute is closed", guest, id, o => o.Text("payment.dispute.status") == (won ? "won" : "lost"));
        await ToldAsync("disputeClosed", id);
    }

    [Theory]
    [InlineData("pm_card_visa_chargeDeclined")]
    [InlineData("pm_card_authenticationRequired")]
    public async Task a_payment_that_the_shop_forgot_confirms_an_order_that_waits(string card)
    {
        var (guest, id, _) = await shop.BuyAsync(card);
        var total = (await guest.GetAsync($"/orders/{id}")).Number("total.amount");

        var stray = await shop.Stripe.TakeAsync(total, id);

        await shop.StatusAsync(guest, id, "confirmed");
        await QuietAsync();
        Assert.Equal(
            (stray, total, 0), Assert.Single(shop.Booked(id).Where(p => p.Captured > 0).Select(p => (p.Id, p.Captured, p.Refunded))));
        Assert.All(shop.Booked(id).Where(p => p.Id != stray), p => Assert.Equal("canceled", p.Status));
    }

    [Fact]
    public async Task a_second_payment_for_an_order_goes_back()
    {
        var (guest, id, placed) = await shop.BuyAsync();

        var stray = await shop.Stripe.TakeAsync(placed.Number("total.amount"), id);

        await GivenBackAsync(stray);
        Assert.Equal(
            ("confirmed", 0), ((await guest.GetAsync($"/orders/{id}")).Text("status"), (await guest.GetAsync($"/orders/{id}")).Number(
                "payment.refunded.amount")));
        Assert.Equal(0, shop.Booked(id).Single(p => p.Id != stray).Refunded);
    }

    [Fact]
    public async Task a_payment_for_an_order_that_is_not_there_goes_back() =>
        await GivenBackAsync(await shop.Stripe.TakeAsync(700, Guid.NewGuid().ToString()));

    [Fact]
    public async Task a_payment_of_another_amount_goes_back_and_the_order_waits_on()
    {
        var (guest, id, _) = await shop.BuyAsync("pm_card_visa_chargeDeclined");

        await GivenBackAsync(await shop.Stripe.TakeAsync(100, id));

        Assert.Equal("awaitingPayment", (await guest.GetAsync($"/orders/{id}")).Text("status"));
        Assert.Equal(
            "confirmed", Expect.Status(200, await guest.PostAsync($"/orders/{id}/payments", new { paymentMethod = "pm_card_visa" }))
                .Text("status"));
    }

    private Task QuietAsync() => QuietAsync(shop.Stripe, shop.Shop);

    private async Task GivenBackAsync(string stray)
    {
        await Until.TrueAsync("the payment went back", TimeSpan.FromSeconds(60), () =>
            Task.FromResult(shop.Stripe.Books.Payments.Single(p => p.Id == stray) is var p && p.Captured == p.Refunded));
        await QuietAsync();
        Assert.Single(shop.Stripe.Books.Refunds, r => r.PaymentIntent == stray);
    }

    private Task ToldAsync(string kind, string order) =>
        Until.TrueAsync($"the administrators are told: {kind}", TimeSpan.FromSeconds(60), async () =>
            (await shop.Admin.GetAsync("/notifications?limit=100"))["items"]!.AsArray().Any(n =>
                n!["kind"]!.GetValue<string>() == kind && n["orderId"]!.GetValue<string>() == order));

    /// <summary>Waits until everything that was told has been handled.</summary>
    internal static async Task QuietAsync(StripeServer stripe, Shop shop)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await stripe.Webhooks.WhenIdleAsync(limit.Token);
        await InvariantChecker.QuietAsync(shop, TimeSpan.FromMinutes(10), WebhookShop.CheckoutDue);
    }
}

using SoonShop.StripeTesting;
using SoonShop.Tests.Api;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>A shop to which no webhook ever comes, and which compares its books with Stripe's all the time.</summary>
public sealed class UnheardShop : IAsyncLifetime
{
    private StripeShop shop = null!;

    internal Shop Shop => shop.Shop;

    internal StripeServer Stripe => shop.Stripe;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        shop = await StripeShop.CreateAsync(o => o.Webhooks.Clear(),
            ("Payments__Reconciliation__IntervalSeconds", "1"), ("Payments__Reconciliation__TooLongSeconds", "1"),
            ("Payments__Reconciliation__RequestsPerSecond", "100"),
            ("Checkout__CheckoutDueSeconds", "3600"), ("Checkout__PaymentWindowMinutes", "120"));
        await shop.Shop.StartSiloAsync();
        Api = await shop.StartApiAsync();
        Admin = await Api.AsAdminAsync();
    }

    /// <summary>A guest buys something.</summary>
    internal async Task<(ApiClient Guest, string Id)> BuyAsync(string card = "pm_card_visa")
    {
        var buyer = await Buyer.ArriveAsync(Api, await Admin.CreateProductAsync());
        await buyer.OrderAsync(card);
        return (buyer.Guest, buyer.OrderId.ToString());
    }

    /// <summary>The order's payment at Stripe.</summary>
    internal string Reference(string order) => Stripe.Books.Payments.Single(p => p.Metadata.GetValueOrDefault("order_id") == order).Id;

    internal Task UntilAsync(string what, ApiClient guest, string id, Func<Reply, bool> holds) =>
        Until.TrueAsync(what, TimeSpan.FromSeconds(90), async () =>
            await Buyer.TryAsync(() => guest.GetAsync($"/orders/{id}")) is { } reply && (int)reply.Status == 200 && holds(reply));

    /// <summary>Waits until a discrepancy of an order is noted as settled.</summary>
    internal Task SettledAsync(string kind, string order) => Until.TrueAsync($"{kind} is settled", TimeSpan.FromSeconds(90), async () =>
        Expect.Status(200, await Admin.GetAsync($"/admin/payments/discrepancies?resolved=true&kind={kind}&limit=100"))["items"]!.AsArray()
            .Any(d => d!["paymentId"]!.GetValue<string>() == order));

    public ValueTask DisposeAsync() => shop.DisposeAsync();
}

/// <summary>What Stripe told nobody.</summary>
public sealed class StripeReconciliationTests(UnheardShop shop) : IClassFixture<UnheardShop>
{
    [Fact]
    public async Task a_payment_whose_webhook_was_lost_confirms_its_order()
    {
        var (guest, id) = await shop.BuyAsync("pm_card_authenticationRequired");

        shop.Stripe.Authenticate(shop.Reference(id));

        await shop.UntilAsync("the order is confirmed", guest, id, o => o.Text("status") == "confirmed");
    }

    [Fact]
    public async Task a_refund_that_nobody_told_of_appears_and_is_noted()
    {
        var (guest, id) = await shop.BuyAsync();
        var reference = shop.Reference(id);
        await shop.Stripe.AskAsync("/v1/refunds", ("payment_intent", reference), ("amount", "300"));

        await shop.UntilAsync("a part is refunded", guest, id, o => o.Number("payment.refunded.amount") == 300);
        await shop.SettledAsync("refunded", id);
    }

    [Fact]
    public async Task a_dispute_that_nobody_told_of_appears_and_is_noted()
    {
        var (guest, id) = await shop.BuyAsync();

        shop.Stripe.OpenDispute(shop.Reference(id));

        await shop.UntilAsync("the order is disputed", guest, id, o => o["payment.dispute.status"]?.GetValue<string>() == "open");
        await shop.SettledAsync("dispute", id);
    }

    [Fact]
    public async Task a_payment_for_an_order_that_is_not_there_goes_back()
    {
        var order = Guid.NewGuid().ToString();
        await shop.Stripe.TakeAsync(700, order);

        await shop.SettledAsync("stray", order);
        Assert.Equal((700, 700), shop.Stripe.Books.By("order_id")[order] is var books ? (books.Captured, books.Refunded) : default);
    }

    [Fact]
    public async Task a_run_can_be_asked_for_and_says_how_it_went()
    {
        var asked = Expect.Status(202, await shop.Admin.PostAsync("/admin/payments/reconcile"));
        var due = DateTimeOffset.Parse(asked.Text("dueAt"), System.Globalization.CultureInfo.InvariantCulture);

        await Until.TrueAsync("it has run", TimeSpan.FromSeconds(60), async () =>
            (await shop.Admin.GetAsync("/admin/payments/reconciliation")) is var status && status["endedAt"] is not null
            && DateTimeOffset.Parse(status.Text("startedAt"), System.Globalization.CultureInfo.InvariantCulture) >= due);

        Assert.Null((await shop.Admin.GetAsync("/admin/payments/reconciliation"))["last.error"]);
        Expect.Problem(403, "forbidden", await (await shop.Api.AsNewCustomerAsync()).GetAsync("/admin/payments/discrepancies"));
        Expect.Invalid("kind", await shop.Admin.GetAsync("/admin/payments/discrepancies?kind=nonsense"));
    }
}

/// <summary>A shop that takes the money when it ships.</summary>
public sealed class ExpiringAuthorizationTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task an_authorization_that_ends_at_stripe_cancels_the_order(bool webhooks)
    {
        await using var shop = await StripeShop.CreateAsync(webhooks ? null : o => o.Webhooks.Clear(),
            ("Payments__Capture", "Manual"), ("Payments__Reconciliation__TooLongSeconds", "1"),
            ("Payments__Reconciliation__IntervalSeconds", webhooks ? "86400" : "1"));
        await shop.Shop.StartSiloAsync();
        var api = await shop.StartApiAsync();
        var admin = await api.AsAdminAsync();
        var sku = await admin.CreateProductAsync(stock: 5);
        var buyer = await Buyer.ArriveAsync(api, sku);
        var order = await buyer.OrderAsync();
        Assert.Equal(("confirmed", "authorized"), (order.Text("status"), order.Text("payment.status")));

        shop.Stripe.ExpireAuthorization(Assert.Single(shop.Stripe.Books.Payments).Id);

        await Until.TrueAsync("the order is cancelled", TimeSpan.FromSeconds(90), async () =>
            (await buyer.Guest.GetAsync($"/orders/{buyer.OrderId}")).Text("status") == "cancelled");
        await Until.TrueAsync("the stock is back", TimeSpan.FromSeconds(60), async () =>
            (await admin.GetAsync($"/inventory/{sku}")).Number("available") == 5);
        Assert.Equal(0, shop.Stripe.Books.Totals.Captured);
    }
}

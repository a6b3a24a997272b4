using System.Collections.Concurrent;
using System.Diagnostics;
using SoonShop.Silo.Integrity;
using SoonShop.StripeTesting;
using SoonShop.Tests.Payments;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// Buyers of every kind at a provider that fails in every way, while silos are killed; in the end the books must balance.
/// What is reported: how often each thing happened, and what the provider's books say.
/// </summary>
/// <param name="shop">Where they buy.</param>
/// <param name="seed">Of what is left to chance.</param>
/// <param name="workers">Buyers at a time.</param>
/// <param name="pause">From a silo's return to the next one's death.</param>
/// <param name="output">Where to report.</param>
internal sealed class PaymentsUnderFire(StripeShop shop, int seed, int workers, TimeSpan pause, ITestOutputHelper output)
{

    /// <summary>Per request, by chance. About one request in six goes wrong.</summary>
    private static readonly (Fault Fault, double Rate)[] Rates =
    [
        (Fault.TimeoutAfter, 0.01), (Fault.ErrorBefore, 0.03), (Fault.ErrorAfter, 0.01), (Fault.RateLimit, 0.03), (Fault.ResetBefore, 0.02),
        (Fault.ResetAfter, 0.02), (Fault.Slow, 0.03), (Fault.WebhookFirst, 0.05), (Fault.WebhookDuplicated, 0.05),
        (Fault.WebhookReordered, 0.05), (Fault.WebhookDelayed, 0.05), (Fault.WebhookLostOnce, 0.05), (Fault.WebhookLost, 0.05),
    ];

    /// <summary>Short times, so that what fails is found again within a test's patience.</summary>
    public static readonly (string Name, string Value)[] Settings =
    [
        ("Checkout__CheckoutDueSeconds", "2"), ("Checkout__PaymentWindowMinutes", "0.5"),
        ("Payments__Stripe__TryTimeoutSeconds", "1.5"), ("Payments__Stripe__TimeoutSeconds", "6"),
        ("Payments__Stripe__RetryDelayMilliseconds", "50"),
        ("Payments__Stripe__BreakerBreakSeconds", "1"), ("Payments__Stripe__UnknownOutcomeSeconds", "5"),
        ("Payments__Reconciliation__IntervalSeconds", "2"), ("Payments__Reconciliation__TooLongSeconds", "4"),
        ("Payments__Reconciliation__RequestsPerSecond", "100"),
    ];

    private readonly ConcurrentDictionary<string, int> endings = new();
    private readonly ConcurrentDictionary<Guid, long> refundsAsked = new();
    private readonly ConcurrentBag<Guid> asked = [];
    private int begun, refunds, wanted;

    /// <summary>Runs until so many have checked out and so many refunds are given; asserts that money is right.</summary>
    public async Task RunAsync(int checkouts, int refundsWanted)
    {
        wanted = refundsWanted;
        (int, int)[] ports = [(TcpPort.Free(), TcpPort.Free()), (TcpPort.Free(), TcpPort.Free())];
        ShopProcess[] silos =
        [
            await shop.Shop.StartSiloProcessAsync(ports: ports[0]), await shop.Shop.StartSiloProcessAsync(ports: ports[1]),
        ];
        var api = await shop.StartApiAsync();
        var admin = await api.AsAdminAsync();
        string[] skus =
        [
            await admin.CreateProductAsync(stock: 1_000_000), await admin.CreateProductAsync(stock: 1_000_000, price: 1501),
            await admin.CreateProductAsync(stock: checkouts / 20),
        ];
        foreach (var (fault, rate) in Rates)
            shop.Stripe.Faults.SetRate(fault, rate);

        var clock = Stopwatch.StartNew();
        var kills = 0;
        var buyers = Task.WhenAll(Enumerable.Range(0, workers).Select(w => BuyAsync(api, admin, skus, new Random(seed + w), checkouts)));
        while (!buyers.IsCompleted)
        {
            await Task.WhenAny(buyers, Task.Delay(pause));
            if (buyers.IsCompleted)
                break;
            var which = kills++ % silos.Length;
            await silos[which].KillAsync();
            await InvariantChecker.AssertInvariantsAsync(shop.Shop, Taken);
            silos[which] = await shop.Shop.StartSiloProcessAsync(ports: ports[which]);
        }
        await buyers;
        var busy = clock.Elapsed;
        var faults = shop.Stripe.Faults.Counts;
        shop.Stripe.Faults.Clear();
        await InvariantChecker.AssertBalanceAsync(shop.Shop, [.. asked], Taken);
        Report(busy, clock.Elapsed, kills, faults);
        AssertRefundsAddUp();
    }

    private async Task BuyAsync(ApiClient api, ApiClient admin, string[] skus, Random random, int checkouts)
    {
        while (Interlocked.Increment(ref begun) is var number && (number <= checkouts || refunds < wanted))
        {
            var buyer = await Buyer.ArriveAsync(
                api, random.Next(3) == 0 ? skus[random.Next(2)..2] : [skus[random.Next(20) == 0 ? 2 : random.Next(2)]]);
            asked.Add(buyer.OrderId);
            var ending = await ((number % 10) switch
            {
                6 => SecondCardAsync(buyer),
                7 => AuthenticateAsync(buyer, succeeds: true),
                8 => AuthenticateAsync(buyer, succeeds: random.Next(2) == 0),
                9 => CancelAsync(buyer, paid: random.Next(2) == 0),
                _ => PayAsync(buyer),
            });
            if (ending == "confirmed" && number % 10 != 9)
                ending += await RefundAsync(admin, buyer, random);
            endings.AddOrUpdate(ending, 1, (_, n) => n + 1);
        }
    }

    private static async Task<string> PayAsync(Buyer buyer) => Ending(await buyer.OrderAsync());

    private static async Task<string> SecondCardAsync(Buyer buyer)
    {
        var first = await buyer.OrderAsync("pm_card_visa_chargeDeclined");
        if ((int)first.Status != 402)
            return Ending(first);
        return Ending(await Buyer.AskAsync(
            () => buyer.Guest.PostAsync($"/orders/{buyer.OrderId}/payments", new { paymentMethod = "pm_card_visa" }, "second")));
    }

    private async Task<string> AuthenticateAsync(Buyer buyer, bool succeeds)
    {
        var placed = await buyer.OrderAsync("pm_card_authenticationRequired");
        if ((int)placed.Status != 201 || placed.Text("status") != "awaitingPayment" || placed["payment"]!["clientSecret"] is not { } secret)
            return Ending(placed);
        var intent = secret.GetValue<string>().Split("_secret_")[0];
        try
        {
            if (succeeds)
                shop.Stripe.Authenticate(intent);
            else
                shop.Stripe.FailAuthentication(intent);
        }
        catch (InvalidOperationException)
        {
            // The order's deadline was quicker.
        }
        if (!succeeds)
            return "authentication failed";
        // The provider tells, or is asked; nobody tells the shop from here.
        var status = "";
        await Until.TrueAsync($"order {buyer.OrderId} hears of its payment", TimeSpan.FromSeconds(120), async () =>
            (status = (await Buyer.AskAsync(() => buyer.Guest.GetAsync($"/orders/{buyer.OrderId}"))).Text("status")) != "awaitingPayment");
        return status;
    }

    private static async Task<string> CancelAsync(Buyer buyer, bool paid)
    {
        var placed = await buyer.OrderAsync(paid ? "pm_card_visa" : "pm_card_authenticationRequired");
        if ((int)placed.Status != 201)
            return Ending(placed);
        return Ending(
            await Buyer.AskAsync(() => buyer.Guest.PostAsync($"/orders/{buyer.OrderId}/cancel", new { reason = "changed my mind" })));
    }

    /// <summary>Up to three refunds of what was paid, the last one perhaps of all that is left.</summary>
    private async Task<string> RefundAsync(ApiClient admin, Buyer buyer, Random random)
    {
        var parts = random.Next(-1, 3);
        for (var part = 1; part <= parts; part++)
        {
            var amount = part == 2 && random.Next(2) == 0 ? (long?)null : random.Next(1, 400);
            var before = refundsAsked.GetValueOrDefault(buyer.OrderId);
            var reply = await Buyer.AskAsync(() => admin.PostAsync(
                $"/admin/orders/{buyer.OrderId}/refunds",
                amount is null ? new { full = true, reason = "late" } : new { amount, reason = "late" }, $"{buyer.OrderId}/{part}"));
            Assert.True((int)reply.Status == 200, reply.Body);
            refundsAsked[buyer.OrderId] = amount is null ? reply.Number("payment.captured.amount") : before + amount.Value;
            Interlocked.Increment(ref refunds);
        }
        return parts > 0 ? ", refunded" : "";
    }

    private IReadOnlyList<TakenMoney> Taken() => [.. shop.Stripe.Books.Payments.Where(p => p.Captured > 0)
        .Select(p => new TakenMoney(Guid.Parse(p.Metadata["order_id"]), p.Id, p.Captured, p.Refunded))];

    private void AssertRefundsAddUp()
    {
        var given = shop.Stripe.Books.Payments.Where(p => p.Captured > 0)
            .ToDictionary(p => Guid.Parse(p.Metadata["order_id"]), p => p.Refunded);
        Assert.All(refundsAsked, r => Assert.Equal(r.Value, given[r.Key]));
    }

    private void Report(TimeSpan busy, TimeSpan whole, int kills, IReadOnlyDictionary<Fault, long> faults)
    {
        var totals = shop.Stripe.Books.Totals;
        output.WriteLine($"{asked.Count} checkouts and {refunds} refunds in {busy.TotalSeconds:0} s, {kills} silos killed; at rest after "
            + $"{(whole - busy).TotalSeconds:0} s more.");
        output.WriteLine(
            $"How they ended: {string.Join(", ", endings.OrderByDescending(e => e.Value).Select(e => $"{e.Value} {e.Key}"))}.");
        output.WriteLine($"Faults: {string.Join(", ", faults.OrderByDescending(f => f.Value).Select(f => $"{f.Value} {f.Key}"))}.");
        output.WriteLine($"The provider's books, equal to ours: {totals.Payments} payments, {totals.Succeeded} captured, {totals.Captured} "
            + $"taken, {totals.Refunded} given back. Seed {seed}.");
    }

    private static string Ending(Reply reply) =>
        (int)reply.Status is 200 or 201 ? reply.Text("status") : $"{(int)reply.Status} {reply.Code}";
}

public sealed class PaymentsUnderFireTests(ITestOutputHelper output)
{
    [Fact]
    public Task money_is_right_whatever_the_provider_and_the_silos_do() =>
        RunAsync(checkouts: 80, refunds: 20, workers: 8, pause: TimeSpan.FromSeconds(5), output);

    internal static async Task RunAsync(int checkouts, int refunds, int workers, TimeSpan pause, ITestOutputHelper output)
    {
        await using var shop = await StripeShop.CreateAsync(
            o => (o.HangSeconds, o.SlowSeconds, o.WebhookDelaySeconds) = (3, 0.5, 1), PaymentsUnderFire.Settings);
        await new PaymentsUnderFire(shop, Random.Shared.Next(), workers, pause, output).RunAsync(checkouts, refunds);
    }
}

/// <summary>The same at length: <c>./test.sh soak PaymentsSoak</c>.</summary>
public sealed class PaymentsSoak(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public Task two_thousand_checkouts_and_five_hundred_refunds() =>
        PaymentsUnderFireTests.RunAsync(checkouts: 2000, refunds: 500, workers: 16, pause: TimeSpan.FromSeconds(15), output);
}

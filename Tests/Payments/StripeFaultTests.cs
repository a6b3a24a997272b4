using SoonShop.Payments;
using SoonShop.Silo.Payments;
using SoonShop.StripeTesting;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>The provider while things go wrong: nothing is taken or given back twice, and no outcome is guessed.</summary>
public sealed class StripeFaultTests : StripeSide
{
    private const string Creation = "POST /v1/payment_intents";
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan TwoDays = TimeSpan.FromDays(2);

    public static TheoryData<Fault> OneByOne =>
        [Fault.TimeoutAfter, Fault.ErrorBefore, Fault.ErrorAfter, Fault.RateLimit, Fault.ResetBefore, Fault.ResetAfter, Fault.Slow];

    // Impatient: a slow request is given up while it is under way.
    private IPaymentProvider Impatient(CaptureMode capture = CaptureMode.Automatic) =>
        Provider(o => (o.TryTimeoutSeconds, o.Retries) = (0.4, 1), capture);

    [Theory, MemberData(nameof(OneByOne))]
    public async Task a_payment_is_taken_once(Fault fault)
    {
        var (provider, command) = (Impatient(), Payment());
        Server.Faults.Plan(fault, Creation, times: 2);
        var payment = await UntilDefiniteAsync(() => provider.CreateAsync(command, None));

        Assert.Equal((ProviderPaymentStatus.Captured, 2000), (payment.Status, payment.Captured));
        Assert.Equal((payment.Reference, 2000, 1), (TheOnePayment.Id, TheOnePayment.Captured, TheOnePayment.Charges));
    }

    [Theory, MemberData(nameof(OneByOne))]
    public async Task a_payment_is_captured_once(Fault fault)
    {
        var provider = Impatient(CaptureMode.Manual);
        var held = await UntilDefiniteAsync(() => provider.CreateAsync(Payment(), None));
        Server.Faults.Plan(fault, "POST /v1/payment_intents/{intent}/capture", times: 2);
        var taken = await UntilDefiniteAsync(() => provider.CaptureAsync(held.Reference!, new Money(1200, "USD"), "capture", None));

        Assert.Equal((ProviderPaymentStatus.Captured, 1200, 1200), (taken.Status, taken.Captured, TheOnePayment.Captured));
    }

    [Theory, MemberData(nameof(OneByOne))]
    public async Task a_payment_is_cancelled(Fault fault)
    {
        var provider = Impatient();
        var waiting = await UntilDefiniteAsync(() => provider.CreateAsync(Payment("pm_card_authenticationRequired"), None));
        Server.Faults.Plan(fault, "POST /v1/payment_intents/{intent}/cancel", times: 2);
        Assert.Equal(
            ProviderPaymentStatus.Cancelled,
            (await UntilDefiniteAsync(() => provider.CancelAsync(waiting.Reference!, "cancel", None))).Status);
    }

    [Theory, MemberData(nameof(OneByOne))]
    public async Task money_is_given_back_once(Fault fault)
    {
        var provider = Impatient();
        var payment = await UntilDefiniteAsync(() => provider.CreateAsync(Payment(), None));
        Server.Faults.Plan(fault, "POST /v1/refunds", times: 2);
        var command = Refund(payment, 500);
        var refund = await UntilDefiniteAsync(() => provider.RefundAsync(command, None));

        Assert.Equal((ProviderRefundStatus.Succeeded, 500), (refund.Status, refund.Amount));
        Assert.Equal(refund.Reference, Assert.Single(Server.Books.Refunds).Id);
    }

    [Theory]
    [InlineData("pm_card_visa", ProviderPaymentStatus.Captured)]
    [InlineData("pm_card_visa_chargeDeclined", ProviderPaymentStatus.Declined)]
    [InlineData("pm_card_authenticationRequired", ProviderPaymentStatus.RequiresAction)]
    public async Task what_a_kept_failure_hides_is_found(string method, ProviderPaymentStatus status)
    {
        var (provider, command) = (Provider(), Payment(method));
        Server.Faults.Plan(Fault.ErrorAfter, Creation);
        var found = await UntilDefiniteAsync(() => provider.CreateAsync(command, None));
        Assert.Equal((status, TheOnePayment.Id), (found.Status, found.Reference));
        Assert.Equal(found, await provider.CreateAsync(command, None));
    }

    // ---- withdrawing

    [Fact]
    public async Task a_payment_that_stripe_never_heard_of_is_withdrawn_and_cannot_be_made_any_more()
    {
        var (provider, command) = (Provider(), Payment());

        Assert.Equal(ProviderPaymentStatus.Cancelled, (await provider.VoidAsync(command, None)).Status);
        Assert.Equal(ProviderPaymentStatus.Cancelled, (await provider.VoidAsync(command, None)).Status);
        // The request that was on its way all the time.
        Assert.Equal(ProviderPaymentStatus.Cancelled, (await provider.CreateAsync(command, None)).Status);
        Assert.Equal(("canceled", 0), (TheOnePayment.Status, TheOnePayment.Charges));
    }

    [Theory]
    [InlineData("pm_card_visa", ProviderPaymentStatus.Captured)]
    [InlineData("pm_card_visa_chargeDeclined", ProviderPaymentStatus.Declined)]
    [InlineData("pm_card_authenticationRequired", ProviderPaymentStatus.RequiresAction)]
    public async Task a_payment_that_was_made_answers_how_it_stands(string method, ProviderPaymentStatus status)
    {
        var (provider, command) = (Provider(), Payment(method));
        await provider.CreateAsync(command, None);
        var answer = await provider.VoidAsync(command, None);
        Assert.Equal((status, TheOnePayment.Id), (answer.Status, answer.Reference));
    }

    [Fact]
    public async Task a_payment_that_never_could_be_made_is_withdrawn()
    {
        var (provider, command) = (Provider(), Payment("pm_nobody_knows"));
        await provider.CreateAsync(command, None);
        Assert.True((await provider.VoidAsync(command, None)).Status is ProviderPaymentStatus.Cancelled or ProviderPaymentStatus.Declined);
        Assert.Equal(
            new ProviderPayment(null, ProviderPaymentStatus.Cancelled), await provider.VoidAsync(Payment(amount: 100_000_000), None));
        Assert.Equal(0, Server.Books.Totals.Captured);
    }

    [Theory, MemberData(nameof(OneByOne))]
    public async Task a_withdrawal_whose_answer_is_lost_is_repeated(Fault fault)
    {
        var (provider, command) = (Impatient(), Payment());
        Server.Faults.Plan(fault, Creation, times: 2);
        Assert.Equal(ProviderPaymentStatus.Cancelled, (await UntilDefiniteAsync(() => provider.VoidAsync(command, None))).Status);
        Assert.Equal(0, Server.Books.Totals.Captured);
    }

    [Fact]
    public async Task what_a_kept_failure_hides_is_found_when_it_is_withdrawn()
    {
        var (provider, command) = (Provider(), Payment());
        Server.Faults.Plan(Fault.ErrorAfter, Creation);
        var withdrawn = await UntilDefiniteAsync(() => provider.VoidAsync(command, None));
        Assert.Equal((ProviderPaymentStatus.Cancelled, 0), (withdrawn.Status, TheOnePayment.Captured));

        var other = Payment();
        Server.Faults.Plan(Fault.ResetAfter, Creation);
        await Assert.ThrowsAsync<UnavailableException>(() => Provider(o => o.Retries = 0).CreateAsync(other, None));
        Assert.Equal(ProviderPaymentStatus.Captured, (await provider.VoidAsync(other, None)).Status);
    }

    [Fact]
    public async Task while_the_creation_is_under_way_nothing_is_known()
    {
        var (patient, impatient, command) = (Provider(), Provider(o => o.Retries = 0), Payment());
        Server.Faults.Plan(Fault.Slow, Creation);
        var creation = patient.CreateAsync(command, None);
        await Until.TrueAsync(
            "the creation is under way", TimeSpan.FromSeconds(30), () => Task.FromResult(Server.Faults.Counts.ContainsKey(Fault.Slow)));
        try
        {
            Assert.Equal(ProviderPaymentStatus.Captured, (await impatient.VoidAsync(command, None)).Status);
        }
        catch (UnavailableException)
        {
            // The key was in use.
        }
        Assert.Equal(ProviderPaymentStatus.Captured, (await creation).Status);
        Assert.Equal(ProviderPaymentStatus.Captured, (await impatient.VoidAsync(command, None)).Status);
        Assert.Equal(1, TheOnePayment.Charges);
    }

    // ---- keys that are forgotten

    [Fact]
    public async Task under_a_key_that_may_be_forgotten_nothing_is_sent_again()
    {
        var (provider, command) = (Provider(), Payment());
        var payment = await provider.CreateAsync(command, None);
        Server.ForgetIdempotencyKeys();
        var old = command with { AskedAt = DateTimeOffset.UtcNow - TwoDays };

        Assert.Equal(payment.Reference, (await provider.CreateAsync(old, None)).Reference);
        Assert.Equal((payment.Reference, ProviderPaymentStatus.Captured), Told(await provider.VoidAsync(old, None)));
        // What was never made is not made any more.
        Assert.Equal((null, ProviderPaymentStatus.Cancelled), Told(await provider.CreateAsync(Payment(age: TwoDays), None)));
        Assert.Equal((null, ProviderPaymentStatus.Cancelled), Told(await provider.VoidAsync(Payment(age: TwoDays), None)));
        Assert.Equal(2000, TheOnePayment.Captured);
    }

    [Fact]
    public async Task an_old_refund_is_found_or_made_once()
    {
        var provider = Provider();
        var payment = await provider.CreateAsync(Payment(), None);
        var known = Refund(payment, 500);
        var made = await provider.RefundAsync(known, None);
        var unknown = Refund(payment, 300, 2, age: TwoDays);
        Server.ForgetIdempotencyKeys();

        Assert.Equal(made, await provider.RefundAsync(known with { AskedAt = DateTimeOffset.UtcNow - TwoDays }, None));
        var late = await provider.RefundAsync(unknown, None);
        Server.ForgetIdempotencyKeys();
        Assert.Equal(late, await provider.RefundAsync(unknown, None));
        Assert.Equal(800, TheOnePayment.Refunded);
    }

    private static (string?, ProviderPaymentStatus) Told(ProviderPayment payment) => (payment.Reference, payment.Status);
}

/// <summary>Stripe's search is behind.</summary>
public sealed class StripeSearchLagTests : StripeSide
{
    protected override StripeServerOptions ServerOptions => new() { Port = 0, SearchDelaySeconds = 3600 };

    [Fact]
    public async Task what_search_does_not_know_yet_is_found_in_the_list()
    {
        var (provider, command) = (Provider(), Payment());
        // More than one page of other payments, made later.
        Server.Faults.Plan(Fault.ErrorAfter, "POST /v1/payment_intents");
        Server.Faults.Plan(Fault.ErrorBefore, "GET /v1/payment_intents/search", times: 10);
        await Assert.ThrowsAsync<UnavailableException>(() => provider.CreateAsync(command, CancellationToken.None));
        foreach (var some in Enumerable.Range(0, 110).Chunk(16))
            await Task.WhenAll(some.Select(_ => provider.CreateAsync(Payment(), CancellationToken.None)));

        Server.Faults.Clear();
        var found = await provider.CreateAsync(command, CancellationToken.None);
        Assert.Equal((ProviderPaymentStatus.Captured, Server.Books.Payments[0].Id), (found.Status, found.Reference));
    }
}

/// <summary>Stripe is out of reach.</summary>
public sealed class StripeBreakerTests : StripeSide
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task the_breaker_opens_turns_away_and_closes_by_itself()
    {
        var port = TcpPort.Free();
        var provider = Provider(o =>
        {
            (o.ApiBase, o.Retries) = ($"http://127.0.0.1:{port}", 0);
            (o.BreakerMinimumRequests, o.BreakerSamplingSeconds, o.BreakerBreakSeconds) = (4, 600, 0.5);
        });
        Assert.True(provider.IsAvailable);
        for (var i = 0; i < 4; i++)
            await Assert.ThrowsAsync<UnavailableException>(() => provider.CreateAsync(Payment(), CancellationToken.None));
        Assert.Contains("status.stripe.com", Log.Text, StringComparison.Ordinal);

        // After the break one request may try; it fails, and the break begins anew.
        await Until.TrueAsync("one may try", Limit, () => Task.FromResult(provider.IsAvailable));
        await Assert.ThrowsAsync<UnavailableException>(() => provider.CreateAsync(Payment(), CancellationToken.None));

        await using var server = await StripeServer.StartAsync(new StripeServerOptions { Port = port });
        await Until.TrueAsync("one may try", Limit, () => Task.FromResult(provider.IsAvailable));
        Assert.Equal(
            ProviderPaymentStatus.Captured,
            (await UntilDefiniteAsync(() => provider.CreateAsync(Payment(), CancellationToken.None))).Status);
        Assert.True(provider.IsAvailable);
        Assert.Contains("works again", Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task while_it_is_open_nothing_is_sent()
    {
        var provider = Provider(
            o => (o.Retries, o.BreakerMinimumRequests, o.BreakerSamplingSeconds, o.BreakerBreakSeconds) = (0, 2, 600, 600));
        Server.Faults.Plan(Fault.ErrorBefore, "POST /v1/payment_intents", times: 2);
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsAsync<UnavailableException>(() => provider.CreateAsync(Payment(), CancellationToken.None));

        Assert.False(provider.IsAvailable);
        await Assert.ThrowsAsync<UnavailableException>(() => provider.CreateAsync(Payment(), CancellationToken.None));
        Assert.Empty(Server.Books.Payments);
    }

    [Fact]
    public async Task declines_and_refusals_do_not_open_it()
    {
        var provider = Provider(o => (o.BreakerMinimumRequests, o.BreakerFailureRatio) = (2, 0.1));
        for (var i = 0; i < 5; i++)
        {
            await provider.CreateAsync(Payment("pm_card_visa_chargeDeclined"), CancellationToken.None);
            await provider.CreateAsync(Payment("pm_nobody_knows"), CancellationToken.None);
        }
        Assert.True(provider.IsAvailable);
    }

    [Fact]
    public async Task requests_beyond_the_limit_are_turned_away_at_once()
    {
        var provider = Provider(o => (o.MaxConcurrent, o.MaxWaiting) = (1, 0));
        Server.Faults.Plan(Fault.Slow, "POST /v1/payment_intents");
        var first = provider.CreateAsync(Payment(), CancellationToken.None);
        await Until.TrueAsync("the first is under way", Limit, () => Task.FromResult(Server.Faults.Counts.ContainsKey(Fault.Slow)));
        try
        {
            await provider.CreateAsync(Payment(), CancellationToken.None);
            Assert.True(first.IsCompleted);
        }
        catch (UnavailableException)
        {
            // Turned away.
        }
        Assert.Equal(ProviderPaymentStatus.Captured, (await first).Status);
    }
}

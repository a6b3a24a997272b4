using SoonShop.Payments;

namespace SoonShop.Tests.Rules;

/// <summary>Payments at the provider that are, or are not, attempts of the order.</summary>
public sealed class UnmatchedPaymentTests
{
    private const long Total = 1000;
    private static readonly PaymentTerms Terms = new(Given.Customer, null, Given.Usd(Total));
    private static readonly PaymentState New = PaymentState.Open(Given.OrderId, Terms);
    private static readonly ProviderTransaction Captured = Facts(ProviderPaymentStatus.Captured);

    [Theory]
    [InlineData(ProviderPaymentStatus.Captured)]
    [InlineData(ProviderPaymentStatus.Authorized)]
    public void one_that_pays_for_an_order_that_waits_is_adopted(ProviderPaymentStatus status)
    {
        var transaction = Facts(status);
        Assert.Equal(UnmatchedPaymentResolution.Adopted, New.Resolve(transaction, orderWaits: true));

        var adopted = New.Adopt(transaction, Given.Now);
        Assert.Equal(["order.checkout-due"], adopted.EventTypes());
        var paid = adopted.State.Record(new ProviderPayment(transaction.Reference, status), Given.Now).Next();
        Assert.Equal(status.ToString(), paid.Status.ToString());
        Assert.Equal(UnmatchedPaymentResolution.Known, paid.Resolve(transaction, orderWaits: true));
        paid.Begin(new Charge("a", Terms, "pm_a"), Given.Now).StaysAs(paid);
        paid.BeginReturn(transaction, Given.Now).StaysAs(paid);
    }

    public static TheoryData<string, PaymentState, ProviderTransaction, bool> NotToBeAdopted => new()
    {
        { "the order does not wait", New, Captured, false },
        { "the payment is closed", New.Close().Next(), Captured, true },
        { "another paid", Attempt(ProviderPaymentStatus.Captured), Captured, true },
        { "another is held", Attempt(ProviderPaymentStatus.Authorized), Captured, true },
        { "it is for another amount", New, Captured with { Amount = Given.Usd(Total - 1), Captured = Total - 1 }, true },
        { "it is in another currency", New, Captured with { Amount = new Money(Total, "EUR") }, true },
        { "a part went back", New, Captured with { Refunded = 1 }, true },
        { "it was taken in part", New, Captured with { Captured = 1 }, true },
        { "the customer may still complete it", New, Facts(ProviderPaymentStatus.RequiresAction), true },
        { "another card may still complete it", New, Facts(ProviderPaymentStatus.Declined), true },
    };

    [Theory]
    [MemberData(nameof(NotToBeAdopted), DisableDiscoveryEnumeration = true)]
    public void any_other_is_given_back(string because, PaymentState payment, ProviderTransaction transaction, bool orderWaits)
    {
        Assert.True(payment.Resolve(transaction, orderWaits) == UnmatchedPaymentResolution.GivenBack, because);
        var begun = payment.BeginReturn(transaction, Given.Now).Next();
        var unmatched = Assert.Single(begun.UnmatchedPayments);
        Assert.Equal((transaction.Reference, transaction.Kept, $"{Given.OrderId:N}/stray/1"),
            (unmatched.Reference, unmatched.Amount, unmatched.Key));
        Assert.True(begun.IsUnsettled);
        begun.BeginReturn(transaction, Given.Now).StaysAs(begun);

        var decision = unmatched.Amount > 0
            ? begun.RecordUnmatched(unmatched, new ProviderRefund("re_1", ProviderRefundStatus.Succeeded, unmatched.Amount))
            : begun.RecordUnmatched(unmatched, new ProviderPayment(unmatched.Reference, ProviderPaymentStatus.Cancelled));
        Assert.Equal(["payment.stray-given-back"], decision.EventTypes());
        Assert.Empty(decision.State.UnsettledPayments);
        // The order's own payment is what it was.
        Assert.Equal(payment.Status, decision.State.Status);
    }

    [Fact]
    public void what_takes_and_holds_nothing_is_over()
    {
        Assert.Equal(UnmatchedPaymentResolution.Over, New.Resolve(Facts(ProviderPaymentStatus.Cancelled), true));
        Assert.Equal(UnmatchedPaymentResolution.Over, New.Resolve(Captured with { Refunded = Total }, true));
        Assert.Equal(UnmatchedPaymentResolution.Waits, New.Resolve(Facts(ProviderPaymentStatus.Processing), true));
    }

    [Fact]
    public void an_attempt_that_was_given_up_and_took_money_is_given_back()
    {
        var withdrawn = Attempt(ProviderPaymentStatus.Cancelled);
        var transaction = Captured with { Reference = "pi_1" };

        Assert.Equal(UnmatchedPaymentResolution.Over,
            withdrawn.Resolve(transaction with { Status = ProviderPaymentStatus.Cancelled, Captured = 0 }, true));
        Assert.Equal(UnmatchedPaymentResolution.GivenBack, withdrawn.Close().Next().Resolve(transaction, false));
    }

    [Fact]
    public void a_refund_that_fails_is_tried_again_and_then_left_to_a_person()
    {
        var payment = New;
        for (var i = 1; i <= PaymentState.MaxUnmatchedTries; i++)
        {
            payment = payment.BeginReturn(Captured, Given.Now).Next();
            Assert.Equal($"{Given.OrderId:N}/stray/{i}", payment.UnmatchedPayments[^1].Key);
            var failed = payment.RecordUnmatched(
                payment.UnmatchedPayments[^1], new ProviderRefund("", ProviderRefundStatus.Failed, Total, "insufficient_funds"));
            Assert.Equal(["payment.refund-failed"], failed.EventTypes());
            payment = failed.Next();
        }
        Assert.Equal(UnmatchedPaymentResolution.Stuck, payment.Resolve(Captured, false));
        payment.BeginReturn(Captured, Given.Now).StaysAs(payment);
        Assert.Equal(UnmatchedPaymentResolution.Stuck, New.Resolve(Captured with { Disputed = true }, false));
    }

    [Fact]
    public void a_refund_on_its_way_is_waited_for()
    {
        var begun = New.BeginReturn(Captured, Given.Now).Next();
        var pending = begun.RecordUnmatched(begun.UnmatchedPayments[0], new ProviderRefund("re_1", ProviderRefundStatus.Pending, Total));
        Assert.Equal(["payment.stray-given-back"], pending.EventTypes());
        Assert.Equal(UnmatchedPaymentResolution.Waits, pending.State.Resolve(Captured, false));
        Assert.True(pending.State.IsUnsettled);

        var unmatched = pending.State.UnmatchedPayments[0];
        Assert.Empty(pending.State.RecordUnmatched(unmatched, new ProviderRefund("re_1", ProviderRefundStatus.Succeeded, Total)).Events);
        Assert.Equal(
            ["payment.refund-failed"],
            pending.State.RecordUnmatched(unmatched, new ProviderRefund("re_1", ProviderRefundStatus.Failed, Total)).EventTypes());
    }

    [Fact]
    public void what_was_captured_before_it_could_be_cancelled_is_refunded_instead()
    {
        var begun = New.BeginReturn(Facts(ProviderPaymentStatus.RequiresAction), Given.Now).Next();
        var next = begun.RecordUnmatched(begun.UnmatchedPayments[0], new ProviderPayment("pi_9", ProviderPaymentStatus.Captured)).Next();

        Assert.Equal(UnmatchedPaymentResolution.GivenBack, next.Resolve(Captured, false));
        Assert.Equal(Total, next.BeginReturn(Captured, Given.Now).Next().UnmatchedPayments[^1].Amount);
    }

    [Fact]
    public void an_order_placed_after_a_stray_went_back_uses_no_key_twice()
    {
        var unknown = PaymentState.Open(Given.OrderId, new PaymentTerms(null, null, Given.Usd(5))).BeginReturn(Captured, Given.Now).Next();

        var begun = unknown.Begin(new Charge("a", Terms, "pm_a"), Given.Now).Next();

        Assert.Equal((Terms, $"{Given.OrderId:N}/attempt/2"), (begun.Terms, begun.Last!.Key));
    }

    public static TheoryData<string, PaymentState, PaymentUpdate, bool> NewsAndWhetherTheyAreKnown
    {
        get
        {
            var captured = Attempt(ProviderPaymentStatus.Captured);
            var refunded = captured.Record(
                Answer(ProviderPaymentStatus.Captured) with { Refunds = [Refund(ProviderRefundStatus.Succeeded)] }, Given.Now).Next();
            var failed = captured.Record(
                Answer(ProviderPaymentStatus.Captured) with { Refunds = [Refund(ProviderRefundStatus.Failed)] }, Given.Now).Next();
            var disputed = captured.Record(Answer(ProviderPaymentStatus.Captured) with { Dispute = Dispute(DisputeStatus.Open) }, Given.Now)
                .Next();
            var lost = disputed.Record(Answer(ProviderPaymentStatus.Captured) with { Dispute = Dispute(DisputeStatus.Lost) }, Given.Now)
                .Next();
            var asked = New.Begin(new Charge("a", Terms, "pm_a"), Given.Now).Next();
            var given = New.BeginReturn(Captured with { Reference = "pi_1" }, Given.Now).Next();
            var data = new TheoryData<string, PaymentState, PaymentUpdate, bool>
            {
                { "captured, as our own answer said", captured, News(ProviderPaymentStatus.Captured), true },
                { "declined before it was captured", captured, News(ProviderPaymentStatus.Declined), true },
                { "waited for before it was captured", captured, News(ProviderPaymentStatus.RequiresAction), true },
                { "captured meanwhile", Attempt(ProviderPaymentStatus.RequiresAction), News(ProviderPaymentStatus.Captured), false },
                { "captured after it was declined", Attempt(ProviderPaymentStatus.Declined), News(ProviderPaymentStatus.Captured), false },
                { "declined, as our own answer said", Attempt(ProviderPaymentStatus.Declined), News(ProviderPaymentStatus.Declined), true },
                { "cancelled after it was declined", Attempt(ProviderPaymentStatus.Declined), News(ProviderPaymentStatus.Cancelled), true },
                { "the authorization ended", Attempt(ProviderPaymentStatus.Authorized), News(ProviderPaymentStatus.Cancelled), false },
                {
                    "authorized, as our own answer said", Attempt(ProviderPaymentStatus.Authorized), News(ProviderPaymentStatus.Authorized),
                    true
                },
                {
                    "captured though it was given up", Attempt(ProviderPaymentStatus.Cancelled), News(ProviderPaymentStatus.Captured),
                    false
                },
                { "cancelled, as we asked", Attempt(ProviderPaymentStatus.Cancelled), News(ProviderPaymentStatus.Cancelled), true },
                { "the answer was never heard", asked, News(ProviderPaymentStatus.Captured), false },
                { "of another payment", captured, News(ProviderPaymentStatus.Captured) with { Reference = "pi_2" }, false },
                { "a refund of our own", refunded, News() with { Refund = Refund(ProviderRefundStatus.Succeeded) }, true },
                { "how a refund stood before", refunded, News() with { Refund = Refund(ProviderRefundStatus.Pending) }, true },
                { "a refund that came back", refunded, News() with { Refund = Refund(ProviderRefundStatus.Failed) }, false },
                { "a refund that failed", failed, News() with { Refund = Refund(ProviderRefundStatus.Succeeded) }, true },
                { "a refund made elsewhere", captured, News() with { Refund = Refund(ProviderRefundStatus.Pending) }, false },
                { "as much as we know", refunded, News() with { RefundedInAll = 400 }, true },
                { "less than we know", refunded, News() with { RefundedInAll = 100 }, true },
                { "more than we know", refunded, News() with { RefundedInAll = 401 }, false },
                { "a dispute", captured, News() with { Dispute = Dispute(DisputeStatus.Open) }, false },
                { "a dispute that is known", disputed, News() with { Dispute = Dispute(DisputeStatus.Open) }, true },
                { "a dispute that is decided", disputed, News() with { Dispute = Dispute(DisputeStatus.Lost) }, false },
                { "how a decided dispute stood before", lost, News() with { Dispute = Dispute(DisputeStatus.Open) }, true },
                { "a second dispute", lost, News() with { Dispute = Dispute(DisputeStatus.Open) with { Reference = "dp_2" } }, false },
                { "a stray that is being given back", given, News(ProviderPaymentStatus.Captured), false },
                {
                    "a stray that was given back",
                    given.RecordUnmatched(given.UnmatchedPayments[0], new ProviderRefund("re_9", ProviderRefundStatus.Succeeded, Total))
                        .Next(),
                    News() with { RefundedInAll = Total }, true
                },
            };
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(NewsAndWhetherTheyAreKnown), DisableDiscoveryEnumeration = true)]
    public void news_are_known_or_not(string what, PaymentState payment, PaymentUpdate update, bool known) =>
        Assert.True(payment.Knows(update) == known, what);

    private static PaymentUpdate News(ProviderPaymentStatus? status = null) =>
        new("evt_1", "some.type", "pi_1", Given.OrderId) { Status = status };

    private static ProviderRefund Refund(ProviderRefundStatus status) => new("re_1", status, 400);

    private static ProviderDispute Dispute(DisputeStatus status) => new("dp_1", status, Total, "fraudulent");

    private static ProviderPayment Answer(ProviderPaymentStatus status) => new("pi_1", status);

    private static PaymentState Attempt(ProviderPaymentStatus status) =>
        New.Begin(new Charge("a", Terms, "pm_a"), Given.Now).Next().Record(Answer(status), Given.Now).Next();

    private static ProviderTransaction Facts(ProviderPaymentStatus status) => new(
        "pi_9", Given.OrderId, Given.Usd(Total), status, status == ProviderPaymentStatus.Captured ? Total : 0, 0, false, Given.Now);
}

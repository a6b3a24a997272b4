using CsCheck;
using SoonShop.Payments;

namespace SoonShop.Tests.Rules;

public sealed class PaymentStateTests
{
    private const long Total = 1000;
    private static readonly PaymentTerms Terms = new(Given.Customer, null, Given.Usd(Total));
    private static readonly PaymentState New = PaymentState.Open(Given.OrderId, Terms);

    [Fact]
    public void an_attempt_is_written_down_before_anyone_is_asked()
    {
        var payment = Begin(New, "a");

        Assert.Equal((AttemptStatus.Asked, null, PaymentStatus.Pending), (payment.Last!.Status, payment.Last.Reference, payment.Status));
        payment.Begin(Charge("a"), Given.Now).StaysAs(payment);
    }

    [Fact]
    public void a_second_attempt_waits_for_the_end_of_the_first()
    {
        var asked = Begin(New, "a");

        Assert.Throws<InvalidOperationException>(() => asked.Begin(Charge("b"), Given.Now));
        Assert.Throws<InvalidOperationException>(() => Record(asked, ProviderPaymentStatus.RequiresAction).Begin(Charge("b"), Given.Now));
        Assert.Equal(2, Begin(Record(asked, ProviderPaymentStatus.Declined), "b").Attempts.Length);
    }

    [Fact]
    public void each_attempt_has_an_idempotency_key_of_its_own()
    {
        var payment = Begin(Record(Begin(New, "a"), ProviderPaymentStatus.Declined), "b");

        Assert.Equal([$"{Given.OrderId:N}/attempt/1", $"{Given.OrderId:N}/attempt/2"], payment.Attempts.Select(a => a.Key));
    }

    [Fact]
    public void a_captured_payment_takes_no_other_attempt()
    {
        var captured = Captured();

        captured.Begin(Charge("b"), Given.Now).StaysAs(captured);
    }

    [Theory]
    [InlineData(ProviderPaymentStatus.Declined)]
    [InlineData(ProviderPaymentStatus.Cancelled)]
    [InlineData(ProviderPaymentStatus.RequiresAction)]
    public void what_was_captured_stays_captured(ProviderPaymentStatus late) =>
        Assert.NotNull(Record(Captured(), late).Captured);

    [Fact]
    public void a_closed_payment_takes_no_attempt()
    {
        var closed = New.Close().Next();

        closed.Begin(Charge("a"), Given.Now).StaysAs(closed);
        closed.Close().StaysAs(closed);
        Assert.Equal(PaymentStatus.Cancelled, closed.Status);
    }

    [Fact]
    public void the_attempts_are_bounded()
    {
        var payment = Enumerable.Range(0, PaymentState.MaxAttempts)
            .Aggregate(New, (p, i) => Record(Begin(p, $"{i}"), ProviderPaymentStatus.Declined));

        payment.Begin(Charge("one more"), Given.Now).StaysAs(payment);
    }

    [Fact]
    public void other_terms_are_a_defect() =>
        Assert.Throws<InvalidOperationException>(() => New.Begin(Charge("a") with { Terms = Terms with { Amount = Given.Usd(1) } }, Given.Now));

    [Theory]
    [InlineData(ProviderPaymentStatus.Captured, PaymentStatus.Captured, "payment.captured")]
    [InlineData(ProviderPaymentStatus.Declined, PaymentStatus.Declined, "payment.failed")]
    [InlineData(ProviderPaymentStatus.RequiresAction, PaymentStatus.RequiresAction, "payment.action-required")]
    [InlineData(ProviderPaymentStatus.Cancelled, PaymentStatus.Pending, "payment.cancelled")]
    public void the_providers_word_is_told_once(ProviderPaymentStatus word, PaymentStatus status, string type)
    {
        var decision = Begin(New, "a").Record(Answer(word), Given.Now);

        Assert.Equal(status, decision.Next().Status);
        Assert.Equal([type], decision.EventTypes());
        decision.State.Record(Answer(word), Given.Now).StaysAs(decision.State);
    }

    [Fact]
    public void the_order_is_reminded_of_what_it_did_not_wait_for()
    {
        var action = Record(Begin(New, "a"), ProviderPaymentStatus.RequiresAction);
        var followUp = New.Begin(Charge("a") with { FollowUp = true }, Given.Now);

        Assert.Equal(["payment.captured", "order.checkout-due"], action.Record(Answer(ProviderPaymentStatus.Captured), Given.Now).EventTypes());
        Assert.Equal(["order.checkout-due"], followUp.EventTypes());
        Assert.Equal(["order.checkout-due"], Captured().BeginRefund(new RefundPayment("r", 400, "late"), Given.Now).EventTypes());
    }

    [Fact]
    public void the_view_shows_the_attempt_that_took_the_money()
    {
        var view = Record(Begin(Record(Begin(New, "a"), ProviderPaymentStatus.Declined), "b"), ProviderPaymentStatus.Captured).ToView();

        Assert.Equal(("b", "pm_b", null, null), (view.AttemptId, view.Method, view.DeclineCode, view.ClientSecret));
    }

    [Fact]
    public void a_secret_and_a_decline_code_show_only_while_they_matter()
    {
        Assert.Equal("secret", Record(Begin(New, "a"), ProviderPaymentStatus.RequiresAction).ToView().ClientSecret);
        Assert.Equal("do_not_honor", Record(Begin(New, "a"), ProviderPaymentStatus.Declined).ToView().DeclineCode);
        Assert.Null(Captured().ToView().ClientSecret);
        Assert.Null(Captured().ToView().DeclineCode);
    }

    [Fact]
    public void nothing_is_refunded_before_it_was_captured() =>
        Begin(New, "a").BeginRefund(new RefundPayment("r", null, "late"), Given.Now).IsRefused(RefusalCode.Conflict);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(Total + 1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void a_refund_is_at_least_one_and_at_most_what_is_left(long amount) =>
        Captured().BeginRefund(new RefundPayment("r", amount, "late"), Given.Now).IsRefused(RefusalCode.Conflict);

    [Fact]
    public void a_refund_in_two_parts_ends_with_all_given_back()
    {
        var first = Captured().BeginRefund(new RefundPayment("r1", 400, "late"), Given.Now).Next();
        Assert.Equal((PaymentStatus.Captured, 600), (first.Status, first.Refundable));

        var partly = first.RecordRefund("r1", new ProviderRefund("re_1"));
        Assert.Equal(PaymentStatus.PartiallyRefunded, partly.Next().Status);
        Assert.Equal(["payment.refunded"], partly.EventTypes());

        var rest = partly.State.BeginRefund(new RefundPayment("r2", null, "late"), Given.Now).Next();
        var all = rest.RecordRefund("r2", new ProviderRefund("re_2"));
        Assert.Equal((PaymentStatus.Refunded, 0), (all.Next().Status, all.State.Refundable));
        Assert.Equal(Given.Usd(Total), Assert.IsType<PaymentRefunded>(all.Events[0]).RefundedInAll);
        all.State.BeginRefund(new RefundPayment("r3", null, "late"), Given.Now).IsRefused(RefusalCode.Conflict);
    }

    [Fact]
    public void a_repeated_refund_is_the_same_refund()
    {
        var begun = Captured().BeginRefund(new RefundPayment("r", 400, "late"), Given.Now).Next();
        begun.BeginRefund(new RefundPayment("r", 400, "late"), Given.Now).StaysAs(begun);

        var recorded = begun.RecordRefund("r", new ProviderRefund("re_1")).Next();
        recorded.RecordRefund("r", new ProviderRefund("re_1")).StaysAs(recorded);
    }

    [Fact]
    public void the_refunds_are_bounded()
    {
        var payment = Enumerable.Range(0, PaymentState.MaxRefunds)
            .Aggregate(Captured(), (p, i) => p.BeginRefund(new RefundPayment($"{i}", 1, "late"), Given.Now).Next());

        payment.BeginRefund(new RefundPayment("one more", 1, "late"), Given.Now).IsRefused(RefusalCode.Conflict);
        Assert.Equal(0, payment.BeginRefund(new RefundPayment("all that is left", null, "cancelled"), Given.Now).Next().Refundable);
    }

    /// <summary>The commands in the order in which the grain gives them: an open attempt is settled before another begins.</summary>
    [Fact]
    public void whatever_happens_money_is_taken_once_and_never_given_back_twice() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 5], Gen.Long[0, Total]).Array[1, 40].Sample(steps =>
        {
            var payment = New;
            string? taken = null;
            var closedAt = int.MaxValue;
            var (written, given) = (new Dictionary<string, long>(), new HashSet<string>());
            foreach (var (kind, which, amount) in steps)
            {
                var id = $"{which}";
                switch (kind)
                {
                    case 0 when payment.Last is not { IsOpen: true }:
                        payment = Begin(payment, id);
                        break;
                    case 1 when payment.Last is { IsOpen: true } open:
                        var word = (ProviderPaymentStatus)(which % 4);
                        payment = Record(payment, word);
                        if (word == ProviderPaymentStatus.Captured)
                        {
                            Assert.Null(taken);
                            taken = open.Id;
                        }
                        break;
                    case 2 when payment.Last is not { IsOpen: true } && which == 0:
                        payment = payment.Close().Next();
                        closedAt = Math.Min(closedAt, payment.Attempts.Length);
                        break;
                    case 3:
                        var refund = payment.BeginRefund(new RefundPayment(id, amount, "late"), Given.Now);
                        var fits = taken is not null && amount >= 1 && written.Values.Sum() + amount <= Total;
                        Assert.Equal(written.ContainsKey(id) || fits, refund.Refusal is null);
                        if (refund.Changed)
                            written.Add(id, amount);
                        payment = refund.State ?? payment;
                        break;
                    case 4 when written.ContainsKey(id):
                        payment = payment.RecordRefund(id, new ProviderRefund($"re_{id}")).Next();
                        given.Add(id);
                        break;
                }
                Assert.Equal(taken, payment.Captured?.Id);
                Assert.True(payment.Attempts.Count(a => a.Status == AttemptStatus.Captured) <= 1);
                Assert.True(payment.Attempts.Length <= closedAt);
                Assert.Equal(payment.Attempts.Length, payment.Attempts.Select(a => a.Key).Distinct().Count());
                Assert.Equal(written.Values.Sum(), payment.Refunded);
                Assert.InRange(payment.Refunded, 0, Total);
                Assert.Equal(given.Sum(g => written[g]), payment.ToView().Refunded.Amount);
                Assert.Equal(taken is null ? 0 : Total - written.Values.Sum(), payment.Refundable);
                Assert.Equal(written.Keys.Except(given).Order(), payment.OpenRefunds.Select(r => r.Id).Order());
            }
        });

    private static Charge Charge(string id) => new(id, Terms, $"pm_{id}");

    private static PaymentState Begin(PaymentState payment, string id) => payment.Begin(Charge(id), Given.Now).Next();

    private static ProviderPayment Answer(ProviderPaymentStatus status) => new(
        "pi_1", status, status == ProviderPaymentStatus.RequiresAction ? "secret" : null, status == ProviderPaymentStatus.Declined ? "do_not_honor" : null);

    private static PaymentState Record(PaymentState payment, ProviderPaymentStatus status) => payment.Record(Answer(status), Given.Now).Next();

    private static PaymentState Captured() => Record(Begin(New, "a"), ProviderPaymentStatus.Captured);
}

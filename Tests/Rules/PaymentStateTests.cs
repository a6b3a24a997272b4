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
        Assert.Throws<InvalidOperationException>(() => Record(asked, ProviderPaymentStatus.Processing).Begin(Charge("b"), Given.Now));
        Assert.Equal(2, Begin(Record(asked, ProviderPaymentStatus.Cancelled), "b").Attempts.Length);
    }

    [Fact]
    public void a_declined_attempt_that_the_customers_device_can_still_complete_is_given_up_before_another()
    {
        var declined = Record(Begin(New, "a"), ProviderPaymentStatus.Declined);

        Assert.True(declined.Last!.MayTake);
        Assert.Throws<InvalidOperationException>(() => declined.Begin(Charge("b"), Given.Now));
        Assert.Equal(ProviderPaymentStatus.Captured.ToString(), Record(declined, ProviderPaymentStatus.Captured).Status.ToString());
        var released = declined.Release().Next();
        Assert.Equal((PaymentStatus.Declined, "do_not_honor"), (released.ToView().Status, released.ToView().DeclineCode));
        Assert.Equal(2, Begin(released, "b").Attempts.Length);
        released.Release().StaysAs(released);
    }

    [Fact]
    public void an_attempt_that_was_refused_before_there_was_a_payment_needs_no_giving_up()
    {
        var refused = Begin(New, "a")
            .Record(new ProviderPayment(null, ProviderPaymentStatus.Declined, null, "resource_missing"), Given.Now).Next();

        Assert.False(refused.Last!.MayTake);
        Assert.Equal(2, Begin(refused, "b").Attempts.Length);
    }

    [Fact]
    public void each_attempt_has_an_idempotency_key_of_its_own()
    {
        var payment = Begin(Declined("a"), "b");

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
    [InlineData(ProviderPaymentStatus.Authorized)]
    [InlineData(ProviderPaymentStatus.Processing)]
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
            .Aggregate(New, (p, i) => Record(Begin(p, $"{i}"), ProviderPaymentStatus.Cancelled));

        payment.Begin(Charge("one more"), Given.Now).StaysAs(payment);
    }

    [Fact]
    public void other_terms_are_a_defect() =>
        Assert.Throws<InvalidOperationException>(
            () => New.Begin(Charge("a") with { Terms = Terms with { Amount = Given.Usd(1) } }, Given.Now));

    [Theory]
    [InlineData(ProviderPaymentStatus.Captured, PaymentStatus.Captured, "payment.captured")]
    [InlineData(ProviderPaymentStatus.Declined, PaymentStatus.Declined, "payment.failed")]
    [InlineData(ProviderPaymentStatus.RequiresAction, PaymentStatus.RequiresAction, "payment.action-required")]
    [InlineData(ProviderPaymentStatus.Cancelled, PaymentStatus.Cancelled, "payment.cancelled")]
    [InlineData(ProviderPaymentStatus.Authorized, PaymentStatus.Authorized, "payment.authorized")]
    [InlineData(ProviderPaymentStatus.Processing, PaymentStatus.Pending, "payment.processing")]
    public void the_providers_word_is_told_once(ProviderPaymentStatus word, PaymentStatus status, string type)
    {
        var decision = Begin(New, "a").Record(Answer(word), Given.Now);

        Assert.Equal(status, decision.Next().Status);
        Assert.Equal([type], decision.EventTypes());
        decision.State.Record(Answer(word), Given.Now).StaysAs(decision.State);
        decision.State.Record(Answer(word), Given.Now, "pi_1").StaysAs(decision.State);
    }

    [Fact]
    public void a_word_on_another_payment_is_a_defect() =>
        Assert.Throws<InvalidOperationException>(() => Captured().Record(Answer(ProviderPaymentStatus.Captured), Given.Now, "pi_2"));

    [Fact]
    public void the_order_is_reminded_of_what_it_did_not_wait_for()
    {
        var action = Record(Begin(New, "a"), ProviderPaymentStatus.RequiresAction);
        var followUp = New.Begin(Charge("a") with { FollowUp = true }, Given.Now);

        Assert.Equal(
            ["payment.captured", "order.checkout-due"], action.Record(Answer(ProviderPaymentStatus.Captured), Given.Now).EventTypes());
        Assert.Equal(["order.checkout-due"], followUp.EventTypes());
        Assert.Equal(["order.checkout-due"], Captured().BeginRefund(new RefundPayment("r", 400, "late"), Given.Now).EventTypes());
    }

    [Fact]
    public void the_view_shows_the_attempt_that_took_the_money()
    {
        var view = Record(Begin(Declined("a"), "b"), ProviderPaymentStatus.Captured).ToView();

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
        Begin(New, "a").BeginRefund(new RefundPayment("r", null, "late"), Given.Now).IsRefused(ErrorCode.Conflict);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(Total + 1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void a_refund_is_at_least_one_and_at_most_what_is_left(long amount) =>
        Captured().BeginRefund(new RefundPayment("r", amount, "late"), Given.Now).IsRefused(ErrorCode.Conflict);

    [Fact]
    public void a_refund_in_two_parts_ends_with_all_given_back()
    {
        var first = Captured().BeginRefund(new RefundPayment("r1", 400, "late"), Given.Now).Next();
        Assert.Equal((PaymentStatus.Captured, 600), (first.Status, first.Refundable));

        var partly = first.RecordRefund("r1", Succeeded("re_1", 400));
        Assert.Equal(PaymentStatus.PartiallyRefunded, partly.Next().Status);
        Assert.Equal(["payment.refunded"], partly.EventTypes());

        var rest = partly.State.BeginRefund(new RefundPayment("r2", null, "late"), Given.Now).Next();
        var all = rest.RecordRefund("r2", Succeeded("re_2", 600));
        Assert.Equal((PaymentStatus.Refunded, 0), (all.Next().Status, all.State.Refundable));
        Assert.Equal(Given.Usd(Total), Assert.IsType<PaymentRefunded>(all.Events[0]).RefundedInAll);
        all.State.BeginRefund(new RefundPayment("r3", null, "late"), Given.Now).IsRefused(ErrorCode.Conflict);
    }

    [Fact]
    public void a_repeated_refund_is_the_same_refund()
    {
        var begun = Captured().BeginRefund(new RefundPayment("r", 400, "late"), Given.Now).Next();
        begun.BeginRefund(new RefundPayment("r", 400, "late"), Given.Now).StaysAs(begun);

        var recorded = begun.RecordRefund("r", Succeeded("re_1", 400)).Next();
        recorded.RecordRefund("r", Succeeded("re_1", 400)).StaysAs(recorded);
    }

    [Fact]
    public void the_refunds_are_bounded()
    {
        var payment = Enumerable.Range(0, PaymentState.MaxRefunds)
            .Aggregate(Captured(), (p, i) => p.BeginRefund(new RefundPayment($"{i}", 1, "late"), Given.Now).Next());

        payment.BeginRefund(new RefundPayment("one more", 1, "late"), Given.Now).IsRefused(ErrorCode.Conflict);
        Assert.Equal(0, payment.BeginRefund(new RefundPayment("all that is left", null, "cancelled"), Given.Now).Next().Refundable);
    }

    [Fact]
    public void what_is_authorized_is_taken_once_in_part_or_whole_and_the_rest_is_released()
    {
        var held = Record(Begin(New, "a"), ProviderPaymentStatus.Authorized);
        held.BeginCapture(new CapturePayment("c", Total + 1), Given.Now).IsRefused(ErrorCode.Conflict);
        held.BeginCapture(new CapturePayment("c", 0), Given.Now).IsRefused(ErrorCode.Conflict);
        held.Begin(Charge("b"), Given.Now).StaysAs(held);

        var begun = held.BeginCapture(new CapturePayment("c", 600), Given.Now);
        Assert.Equal(["order.checkout-due"], begun.EventTypes());
        begun.State.BeginCapture(new CapturePayment("c", 600), Given.Now).StaysAs(begun.State);
        begun.State.BeginCapture(new CapturePayment("d", 1), Given.Now).IsRefused(ErrorCode.Conflict);

        var taken = begun.State.Record(Answer(ProviderPaymentStatus.Captured) with { Captured = 600 }, Given.Now);
        Assert.Equal(Given.Usd(600), Assert.IsType<PaymentCaptured>(taken.Events[0]).Amount);
        Assert.Equal((600, null), (taken.State.Refundable, taken.State.OpenCapture));
        Assert.Equal((Given.Usd(Total), Given.Usd(600)), (taken.State.ToView().Amount, taken.State.ToView().Captured));
        taken.State.BeginCapture(new CapturePayment("d", 1), Given.Now).IsRefused(ErrorCode.Conflict);
        Assert.Equal(PaymentStatus.Refunded, Refund(taken.State, "r", null, Succeeded("re_1", 600)).Status);
    }

    [Fact]
    public void an_authorization_that_ended_is_told_to_the_order()
    {
        var decision = Record(Begin(New, "a"), ProviderPaymentStatus.Authorized).Record(Answer(ProviderPaymentStatus.Cancelled), Given.Now);

        Assert.Equal(["payment.cancelled", "order.checkout-due"], decision.EventTypes());
        Assert.Equal(PaymentStatus.Cancelled, decision.State.Status);
    }

    [Fact]
    public void a_refund_that_fails_can_be_made_again()
    {
        var pending = Refund(Captured(), "r1", 400, new ProviderRefund("re_1", ProviderRefundStatus.Pending, 400));
        Assert.Equal((PaymentStatus.PartiallyRefunded, 600), (pending.Status, pending.Refundable));
        Assert.True(pending.IsUnsettled);

        var failed = pending.RecordRefund("r1", new ProviderRefund("re_1", ProviderRefundStatus.Failed, 400, "expired_or_canceled_card"));

        Assert.Equal(["payment.refund-failed"], failed.EventTypes());
        Assert.Equal((PaymentStatus.Captured, Total), (failed.State.Status, failed.State.Refundable));
        failed.State.RecordRefund("r1", Succeeded("re_1", 400)).StaysAs(failed.State);
        Assert.Equal(PaymentStatus.Refunded, Refund(failed.State, "r2", null, Succeeded("re_2", Total)).Status);
    }

    [Fact]
    public void a_bank_can_send_back_what_was_given()
    {
        var refunded = Refund(Captured(), "r1", null, Succeeded("re_1", Total));

        var decision = refunded.Record(
            Answer(ProviderPaymentStatus.Captured) with
            {
                Refunds = [new ProviderRefund("re_1", ProviderRefundStatus.Failed, Total, "declined")],
            }, Given.Now);

        Assert.Equal(["payment.refund-failed", "order.checkout-due"], decision.EventTypes());
        Assert.Equal(PaymentStatus.Captured, decision.State.Status);
    }

    [Fact]
    public void refunds_made_with_the_providers_own_tools_count()
    {
        var answer = Answer(ProviderPaymentStatus.Captured) with { Refunds = [Succeeded("re_9", 300)] };

        var decision = Captured().Record(answer, Given.Now);

        Assert.Equal(["payment.refunded", "order.checkout-due"], decision.EventTypes());
        Assert.Equal((PaymentStatus.PartiallyRefunded, Total - 300), (decision.State.Status, decision.State.Refundable));
        decision.State.Record(answer, Given.Now).StaysAs(decision.State);
    }

    [Fact]
    public void a_refund_whose_answer_was_lost_is_known_by_its_key()
    {
        var begun = Captured().BeginRefund(new RefundPayment("r", 400, "late"), Given.Now).Next();

        var heard = begun.Record(
            Answer(ProviderPaymentStatus.Captured) with
            {
                Refunds = [Succeeded("re_1", 400) with { IdempotencyKey = begun.Refunds[0].Key }],
            }, Given.Now).Next();

        Assert.Equal("re_1", Assert.Single(heard.Refunds).Reference);
        Assert.Equal(600, heard.Refundable);
    }

    [Fact]
    public void a_dispute_is_told_when_it_opens_and_when_it_ends_and_stops_refunds_unless_it_is_won()
    {
        ProviderPayment Word(DisputeStatus status) =>
            Answer(ProviderPaymentStatus.Captured) with { Dispute = new ProviderDispute("dp_1", status, Total, "fraudulent") };

        var open = Captured().Record(Word(DisputeStatus.Open), Given.Now);
        Assert.Equal(["payment.disputed", "order.checkout-due"], open.EventTypes());
        open.State.Record(Word(DisputeStatus.Open), Given.Now).StaysAs(open.State);
        open.State.BeginRefund(new RefundPayment("r", 1, "late"), Given.Now).IsRefused(ErrorCode.Conflict);

        var won = open.State.Record(Word(DisputeStatus.Won), Given.Now);
        Assert.Equal(["payment.dispute-closed", "order.checkout-due"], won.EventTypes());
        won.State.Record(Word(DisputeStatus.Open), Given.Now).StaysAs(won.State);
        Assert.NotNull(won.State.BeginRefund(new RefundPayment("r", 1, "late"), Given.Now).State);

        var lost = open.State.Record(Word(DisputeStatus.Lost), Given.Now).Next();
        Assert.Equal(DisputeStatus.Lost, lost.ToView().Dispute!.Status);
        lost.BeginRefund(new RefundPayment("r", 1, "late"), Given.Now).IsRefused(ErrorCode.Conflict);
    }

    /// <summary>
    /// The commands in the order in which the grain gives them: what may still take money is given up before another attempt begins.
    /// </summary>
    [Fact]
    public void whatever_happens_money_is_taken_once_and_never_given_back_twice() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 5], Gen.Long[0, Total]).Array[1, 40].Sample(steps =>
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
                    case 0 when payment.Last is not { MayTake: true }:
                        payment = Begin(payment, id);
                        break;
                    case 1 when payment.Last is { MayTake: true } open:
                        var word = (ProviderPaymentStatus)which;
                        payment = Record(payment, word);
                        if (word == ProviderPaymentStatus.Captured)
                        {
                            Assert.Null(taken);
                            taken = open.Id;
                        }
                        break;
                    case 2 when payment.Last is not { MayTake: true } && which == 0:
                        payment = payment.Close().Next();
                        closedAt = Math.Min(closedAt, payment.Attempts.Length);
                        break;
                    case 3:
                        var refund = payment.BeginRefund(new RefundPayment(id, amount, "late"), Given.Now);
                        var fits = taken is not null && amount >= 1 && written.Values.Sum() + amount <= Total;
                        Assert.Equal(payment.Refunds.Any(r => r.Id == id) || fits, refund.Error is null);
                        if (refund.Changed)
                            written.Add(id, amount);
                        payment = refund.State ?? payment;
                        break;
                    case 4 when written.ContainsKey(id):
                        payment = payment.RecordRefund(id, Succeeded($"re_{id}", written[id])).Next();
                        given.Add(id);
                        break;
                    case 5 when written.ContainsKey(id):
                        payment = payment.RecordRefund(id, new ProviderRefund($"re_{id}", ProviderRefundStatus.Failed, written[id])).Next();
                        written.Remove(id);
                        given.Remove(id);
                        break;
                    case 6 when payment.Last is { MayTake: true }:
                        payment = Record(payment, ProviderPaymentStatus.Cancelled).Release().Next();
                        break;
                }
                Assert.Equal(taken, payment.Captured?.Id);
                Assert.True(payment.Attempts.Count(a => a.Status == AttemptStatus.Captured) <= 1);
                Assert.True(payment.Attempts.Count(a => a.MayTake) <= 1);
                Assert.True(payment.Attempts.Length <= closedAt);
                Assert.Equal(payment.Attempts.Length, payment.Attempts.Select(a => a.Key).Distinct().Count());
                Assert.Equal(written.Values.Sum(), payment.Refunded);
                Assert.InRange(payment.Refunded, 0, Total);
                Assert.Equal(given.Sum(g => written[g]), payment.ToView().Refunded.Amount);
                Assert.Equal(taken is null ? 0 : Total - written.Values.Sum(), payment.Refundable);
                Assert.Equal(written.Keys.Except(given).Order(), payment.OpenRefunds.Select(r => r.Id).Order());
            }
        });

    [Theory]
    [InlineData("KWD", 10, 1_000)]
    [InlineData("MGA", 100, 1_000)]
    public void parts_are_moved_in_the_steps_that_the_currency_has(string currency, int step, long total)
    {
        var terms = Terms with { Amount = new Money(total, currency) };
        var asked = PaymentState.Open(Given.OrderId, terms).Begin(new Charge("a", terms, "pm_a"), Given.Now).Next();
        var held = Record(asked, ProviderPaymentStatus.Authorized);
        var captured = Record(asked, ProviderPaymentStatus.Captured);

        held.BeginCapture(new CapturePayment("c", step + 1), Given.Now).IsRefused(ErrorCode.Conflict);
        captured.BeginRefund(new RefundPayment("r", step + 1, "late"), Given.Now).IsRefused(ErrorCode.Conflict);
        Assert.Equal(step, held.BeginCapture(new CapturePayment("c", step), Given.Now).Next().Capture!.Amount);
        Assert.Equal(step, captured.BeginRefund(new RefundPayment("r", step, "late"), Given.Now).Next().Refunds[0].Amount);
        Assert.Equal(total, captured.BeginRefund(new RefundPayment("r", null, "late"), Given.Now).Next().Refunds[0].Amount);
    }

    private static Charge Charge(string id) => new(id, Terms, $"pm_{id}");

    private static PaymentState Begin(PaymentState payment, string id) => payment.Begin(Charge(id), Given.Now).Next();

    private static ProviderPayment Answer(ProviderPaymentStatus status, string reference = "pi_1") => new(
        reference, status, status == ProviderPaymentStatus.RequiresAction ? "secret" : null,
        status == ProviderPaymentStatus.Declined ? "do_not_honor" : null);

    private static PaymentState Record(PaymentState payment, ProviderPaymentStatus status) =>
        payment.Record(Answer(status, $"pi_{payment.Attempts.Length}"), Given.Now).Next();

    private static PaymentState Refund(PaymentState payment, string id, long? amount, ProviderRefund answer) =>
        payment.BeginRefund(new RefundPayment(id, amount, "late"), Given.Now).Next().RecordRefund(id, answer).Next();

    private static ProviderRefund Succeeded(string reference, long amount) => new(reference, ProviderRefundStatus.Succeeded, amount);

    private static PaymentState Declined(string id) => Record(Begin(New, id), ProviderPaymentStatus.Declined).Release().Next();

    private static PaymentState Captured() => Record(Begin(New, "a"), ProviderPaymentStatus.Captured);
}

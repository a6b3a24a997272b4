using CsCheck;
using SoonShop.Aggregates;
using SoonShop.Payments;

namespace SoonShop.Tests.Rules;

/// <summary>Money of one order's payment that pays for another order.</summary>
public sealed class PaymentCreditTests
{
    private const long First = 1000;

    [Fact]
    public void held_money_cannot_be_refunded_and_what_is_not_used_can_again()
    {
        var held = Paid(1, First).HoldCredit(new HoldCredit("c", Given.Id(2), 700)).Next();
        Assert.Equal((300, 0), (held.Refundable, held.GivenBack));
        Assert.NotNull(held.BeginRefund(new RefundPayment("r", 301, ""), Given.Now).Error);
        Assert.False(held.HoldCredit(new HoldCredit("c", Given.Id(2), 700)).Changed);

        var used = held.EndCredit("c", 400).Next();
        Assert.Equal((600, 400, PaymentStatus.PartiallyRefunded), (used.Refundable, used.GivenBack, used.Status));
        // The provider has refunded nothing.
        Assert.Equal((0, Given.Usd(400)), (used.Returned, used.ToView().Refunded));
        Assert.False(used.EndCredit("c", 0).Changed);
    }

    [Fact]
    public void a_hold_that_comes_too_late_is_refused()
    {
        var ended = Paid(1, First).EndCredit("c", 0).Next();
        Assert.Equal(First, ended.Refundable);
        Assert.NotNull(ended.HoldCredit(new HoldCredit("c", Given.Id(2), 1)).Error);
    }

    [Fact]
    public void a_credit_is_all_that_the_payment_knows_of_the_total_beyond_its_charge()
    {
        var payment = Paid(2, 300, new PaymentCredit(Given.Id(1), "c", 400));
        Assert.Equal(
            (Given.Usd(700), Given.Usd(700), Given.Usd(400)),
            (payment.ToView().Amount, payment.ToView().Captured, payment.ToView().Credit));
        Assert.Equal((300, 700), (payment.CapturedAmount, payment.Refundable));
    }

    [Fact]
    public void a_refund_takes_from_the_own_charge_first_and_the_earlier_payment_is_asked_before_the_provider()
    {
        var payment = Paid(2, 300, new PaymentCredit(Given.Id(1), "c", 400)).BeginRefund(new RefundPayment("r", 500, ""), Given.Now).Next();
        Assert.Equal(
            [("r/credit", 200L, true), ("r", 300L, false)], payment.OpenRefunds.Select(r => (r.Id, r.Amount, r.IsFromCredit)));
        Assert.False(payment.BeginRefund(new RefundPayment("r", 500, ""), Given.Now).Changed);

        // The earlier payment refuses: the provider is not asked for its part.
        var refused = payment.RecordRefund("r/credit", new ProviderRefund("", ProviderRefundStatus.Failed, 200, "disputed")).Next()
            .AbandonRefund("r").Next();
        Assert.Empty(refused.OpenRefunds);
        Assert.Equal((700, 0), (refused.Refundable, refused.Returned));
    }

    [Fact]
    public void an_earlier_payment_refunds_of_a_credit_at_most_what_it_is()
    {
        var used = Paid(1, First).HoldCredit(new HoldCredit("c", Given.Id(2), 400)).Next().EndCredit("c", 400).Next();
        Assert.NotNull(used.BeginRefund(new RefundCredit("c", "r", 401, ""), Given.Now).Error);
        Assert.NotNull(used.BeginRefund(new RefundCredit("other", "r", 1, ""), Given.Now).Error);
        var part = used.BeginRefund(new RefundCredit("c", "r", 300, ""), Given.Now).Next();
        Assert.False(part.BeginRefund(new RefundCredit("c", "r", 300, ""), Given.Now).Changed);
        Assert.NotNull(part.BeginRefund(new RefundCredit("c", "s", 101, ""), Given.Now).Error);
        // It had counted as given back already.
        Assert.Equal((600, 400), (part.Refundable, part.GivenBack));
    }

    /// <summary>
    /// Three payments, each of which may pay for the next: whatever is held, used, released and refunded, and whatever the provider
    /// refuses, what the provider keeps is what the orders have paid and not got back, to the cent.
    /// </summary>
    [Fact]
    public void no_cent_is_made_or_lost_over_a_chain_of_exchanges() =>
        // The bits of the last number say which calls the provider accepts.
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2], Gen.Long[1, 900], Gen.Int[0, 63]).Array[1, 30].Sample(steps =>
        {
            var chain = new Chain();
            foreach (var (kind, at, amount, accepted) in steps)
                chain.Step(kind, at, amount, accepted);
            chain.Check();
        }, iter: 20_000);

    private sealed class Chain
    {
        private readonly PaymentState?[] payments = [Paid(1, First), null, null];
        private int operations;
        private int accepted;

        public void Step(int kind, int at, long amount, int calls)
        {
            accepted = calls;
            if (payments[at] is not { } payment)
                return;
            var id = $"{++operations}";
            switch (kind)
            {
                case 0 when at < 2 && payments[at + 1] is null && payment.Credits is null:
                    // The new order costs the amount; as much as is held pays for it.
                    payment = payment.HoldCredit(new HoldCredit("c", Given.Id(at + 2), Math.Min(amount, Math.Max(1, payment.Refundable))))
                        is { Error: null } held ? held.State : payment;
                    payments[at] = payment;
                    if (payment.Credits is not [{ Amount: > 0 and var most }])
                        return;
                    // Half as much again, so that there is something to pay besides.
                    var credit = Math.Min(most, amount * 3 / 2);
                    payments[at + 1] = Paid(at + 2, (amount * 3 / 2) - credit, new PaymentCredit(Given.Id(at + 1), "c", credit));
                    if (Accepts())
                        payments[at] = payment.EndCredit("c", credit).Next();
                    break;
                case 1 when payment.Credits is [{ Amount: > 0, IsUsed: false }]:
                    payments[at] = payment.EndCredit("c", payments[at + 1]!.Terms.Credit!.Amount).Next();
                    break;
                case 2:
                    Refund(at, p => p.BeginRefund(new RefundPayment(id, null, ""), Given.Now));
                    break;
                default:
                    Refund(at, p => p.BeginRefund(new RefundPayment(id, amount, ""), Given.Now));
                    break;
            }
            Check();
        }

        /// <summary>Begins a refund and settles it, as the grain does. Answers what is refunded.</summary>
        private long Refund(int at, Func<PaymentState, Decision<PaymentState>> begin)
        {
            if (begin(payments[at]!) is not { Error: null } begun)
                return 0;
            payments[at] = begun.State;
            Refund[] parts = [.. begun.State.OpenRefunds];
            foreach (var part in parts)
            {
                payments[at] = payments[at]!.AbandonRefund(part.Id).State;
                if (payments[at]!.OpenRefunds.All(r => r.Id != part.Id))
                    continue;
                var refunded = part.IsFromCredit
                    ? Refund(at - 1, p => p.BeginRefund(new RefundCredit("c", part.Key, part.Amount, ""), Given.Now))
                    : Accepts() ? part.Amount : 0;
                payments[at] = payments[at]!.RecordRefund(part.Id, new ProviderRefund(
                    refunded > 0 ? $"re_{part.Key}" : "", refunded > 0 ? ProviderRefundStatus.Succeeded : ProviderRefundStatus.Failed,
                    refunded)).Next();
            }
            return payments[at]!.Refunds.Where(r => parts.Any(p => p.Id == r.Id) && !r.HasFailed).Sum(r => r.Amount);
        }

        private bool Accepts()
        {
            accepted >>= 1;
            return (accepted & 1) == 1;
        }

        public void Check()
        {
            PaymentState[] all = [.. payments.OfType<PaymentState>()];
            Assert.All(all, p =>
            {
                Assert.InRange(p.Returned, 0, p.CapturedAmount);
                Assert.InRange(p.GivenBack, 0, p.Paid);
                Assert.InRange(p.Refundable, 0, p.Paid);
            });
            for (var i = 1; i < all.Length; i++)
            {
                var asked = all[i].Refunds.Where(r => r.IsFromCredit && !r.HasFailed).Sum(r => r.Amount);
                Assert.Equal(asked, all[i - 1].Refunds.Where(r => r.CreditId == "c" && !r.HasFailed).Sum(r => r.Amount));
            }
            // A credit that is still held has paid twice until it is used: here, and there.
            var held = all.Index().Sum(p => p.Item.Credits is [{ IsUsed: false, Amount: > 0 }] ? all[p.Index + 1].Terms.Credit!.Amount : 0);
            Assert.Equal(all.Sum(p => p.CapturedAmount - p.Returned), all.Sum(p => p.Paid - p.GivenBack) - held);
        }
    }

    private static PaymentState Paid(int order, long charge, PaymentCredit? credit = null)
    {
        var terms = new PaymentTerms(null, Given.Id(90), Given.Usd(charge)) { Credit = credit };
        return PaymentState.Open(Given.Id(order), terms).Begin(new Charge("first", terms, "card"), Given.Now).Next()
            .Record(new ProviderPayment($"pi_{order}", ProviderPaymentStatus.Captured), Given.Now).Next();
    }
}

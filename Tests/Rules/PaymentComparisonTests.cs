using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Tests.Rules;

public sealed class PaymentComparisonTests
{
    private const long Total = 1000;
    private static readonly PaymentTerms Terms = new(Given.Customer, null, Given.Usd(Total));
    private static readonly PaymentState New = PaymentState.Open(Given.OrderId, Terms);

    [Theory]
    [InlineData(ProviderPaymentStatus.Captured)]
    [InlineData(ProviderPaymentStatus.Authorized)]
    [InlineData(ProviderPaymentStatus.RequiresAction)]
    [InlineData(ProviderPaymentStatus.Processing)]
    [InlineData(ProviderPaymentStatus.Declined)]
    [InlineData(ProviderPaymentStatus.Cancelled)]
    public void books_that_say_the_same_do_not_differ(ProviderPaymentStatus status) =>
        Assert.Empty(PaymentComparison.WithProvider(Payment(status), Facts(status)));

    [Theory]
    [InlineData(ProviderPaymentStatus.RequiresAction, ProviderPaymentStatus.Captured)]
    [InlineData(ProviderPaymentStatus.RequiresAction, ProviderPaymentStatus.Cancelled)]
    [InlineData(ProviderPaymentStatus.Authorized, ProviderPaymentStatus.Cancelled)]
    [InlineData(ProviderPaymentStatus.Authorized, ProviderPaymentStatus.Captured)]
    [InlineData(ProviderPaymentStatus.Declined, ProviderPaymentStatus.Captured)]
    [InlineData(ProviderPaymentStatus.Captured, ProviderPaymentStatus.Cancelled)]
    [InlineData(ProviderPaymentStatus.Captured, ProviderPaymentStatus.Declined)]
    public void a_status_that_differs_is_found(ProviderPaymentStatus ours, ProviderPaymentStatus theirs)
    {
        var found = Assert.Single(PaymentComparison.WithProvider(Payment(ours), Facts(theirs)));
        Assert.Equal(
            (DiscrepancyKind.Status, "pi_1", ours.ToString(), theirs.ToString()), (found.Kind, found.Reference, found.Ours, found.Theirs));
    }

    [Fact]
    public void a_declined_payment_that_was_given_up_there_is_in_order() =>
        Assert.Empty(PaymentComparison.WithProvider(Payment(ProviderPaymentStatus.Declined), Facts(ProviderPaymentStatus.Cancelled)));

    [Fact]
    public void amounts_are_compared_to_the_cent()
    {
        var payment = Payment(ProviderPaymentStatus.Captured);
        var transaction = Facts(ProviderPaymentStatus.Captured);

        Assert.Equal([DiscrepancyKind.Amount], Kinds(payment, transaction with { Amount = Given.Usd(Total + 1) }));
        Assert.Equal([DiscrepancyKind.Amount], Kinds(payment, transaction with { Amount = new Money(Total, "EUR") }));
        Assert.Equal([DiscrepancyKind.Captured], Kinds(payment, transaction with { Captured = Total - 1 }));
        Assert.Equal([DiscrepancyKind.Refunded], Kinds(payment, transaction with { Refunded = 1 }));
        Assert.Equal([DiscrepancyKind.Dispute], Kinds(payment, transaction with { Disputed = true }));
        Assert.Equal(
            [DiscrepancyKind.Captured, DiscrepancyKind.Refunded, DiscrepancyKind.Dispute],
            Kinds(payment, transaction with { Captured = 900, Refunded = 1, Disputed = true }));
    }

    [Theory]
    [InlineData(ProviderPaymentStatus.Captured, true)]
    [InlineData(ProviderPaymentStatus.Authorized, true)]
    [InlineData(ProviderPaymentStatus.RequiresAction, true)]
    [InlineData(ProviderPaymentStatus.Processing, true)]
    [InlineData(ProviderPaymentStatus.Cancelled, false)]
    public void a_payment_that_nobody_here_knows_is_a_stray_unless_it_is_over(ProviderPaymentStatus status, bool stray)
    {
        var transaction = Facts(status) with { Reference = "pi_9" };
        DiscrepancyKind[] expected = stray ? [DiscrepancyKind.Stray] : [];

        Assert.Equal(expected, Kinds(null, transaction));
        Assert.Equal(expected, Kinds(Payment(ProviderPaymentStatus.Captured), transaction));
        Assert.Empty(PaymentComparison.WithProvider(
            null, transaction with { Status = ProviderPaymentStatus.Captured, Captured = Total, Refunded = Total }));
    }

    [Fact]
    public void a_payment_whose_answer_has_not_come_is_no_stray() =>
        Assert.Equal(
            [DiscrepancyKind.Status], Kinds(
                New.Begin(new Charge("a", Terms, "pm_a"), Given.Now).Next(), Facts(ProviderPaymentStatus.Captured)));

    [Fact]
    public void a_payment_that_the_provider_does_not_know_is_found()
    {
        Assert.Equal(
            DiscrepancyKind.UnknownToProvider,
            Assert.Single(PaymentComparison.WithoutProvider(Payment(ProviderPaymentStatus.Captured), "pi_1")).Kind);
        Assert.Empty(PaymentComparison.WithoutProvider(Payment(ProviderPaymentStatus.Declined), "pi_1"));
        Assert.Empty(PaymentComparison.WithoutProvider(null, "pi_1"));
    }

    /// <summary>The kind that is found for each order with each payment; null where they agree.</summary>
    [Theory]
    [InlineData(OrderStatus.Confirmed, PaymentStatus.Captured, null)]
    [InlineData(OrderStatus.Confirmed, PaymentStatus.PartiallyRefunded, null)]
    [InlineData(OrderStatus.Confirmed, PaymentStatus.Authorized, null)]
    [InlineData(OrderStatus.Confirmed, PaymentStatus.Declined, DiscrepancyKind.OrderWithoutPayment)]
    [InlineData(OrderStatus.Confirmed, PaymentStatus.Cancelled, DiscrepancyKind.OrderWithoutPayment)]
    [InlineData(OrderStatus.Confirmed, PaymentStatus.Refunded, DiscrepancyKind.OrderWithoutPayment)]
    [InlineData(OrderStatus.Confirmed, null, DiscrepancyKind.OrderWithoutPayment)]
    [InlineData(OrderStatus.Shipped, PaymentStatus.Captured, null)]
    [InlineData(OrderStatus.Shipped, PaymentStatus.Authorized, DiscrepancyKind.OrderWithoutPayment)]
    [InlineData(OrderStatus.Delivered, PaymentStatus.PartiallyRefunded, null)]
    [InlineData(OrderStatus.Refunded, PaymentStatus.Refunded, null)]
    [InlineData(OrderStatus.Refunded, PaymentStatus.Captured, DiscrepancyKind.OrderWithoutPayment)]
    [InlineData(OrderStatus.Pending, null, null)]
    [InlineData(OrderStatus.Pending, PaymentStatus.Pending, null)]
    [InlineData(OrderStatus.AwaitingPayment, PaymentStatus.RequiresAction, null)]
    [InlineData(OrderStatus.AwaitingPayment, PaymentStatus.Declined, null)]
    [InlineData(OrderStatus.AwaitingPayment, PaymentStatus.Captured, DiscrepancyKind.PaidWithoutOrder)]
    [InlineData(OrderStatus.AwaitingPayment, PaymentStatus.Authorized, DiscrepancyKind.PaidWithoutOrder)]
    [InlineData(OrderStatus.Cancelled, PaymentStatus.Cancelled, null)]
    [InlineData(OrderStatus.Cancelled, PaymentStatus.Refunded, null)]
    [InlineData(OrderStatus.Cancelled, PaymentStatus.PartiallyRefunded, DiscrepancyKind.PaidWithoutOrder)]
    [InlineData(OrderStatus.Cancelled, PaymentStatus.Captured, DiscrepancyKind.PaidWithoutOrder)]
    [InlineData(OrderStatus.Expired, PaymentStatus.Authorized, DiscrepancyKind.PaidWithoutOrder)]
    [InlineData(OrderStatus.Expired, PaymentStatus.Cancelled, null)]
    [InlineData(OrderStatus.Rejected, null, null)]
    [InlineData(null, PaymentStatus.Captured, DiscrepancyKind.PaidWithoutOrder)]
    [InlineData(null, PaymentStatus.Refunded, null)]
    public void orders_and_payments_agree_or_not(OrderStatus? order, PaymentStatus? status, DiscrepancyKind? found)
    {
        var payment = status is null ? null : OfStatus(status.Value);
        Assert.Equal(status, payment?.Status);

        Assert.Equal(found, PaymentComparison.WithOrder(order, payment).Select(d => (DiscrepancyKind?)d.Kind).SingleOrDefault());
    }

    [Fact]
    public void of_disputed_money_the_bank_decides()
    {
        var disputed = Payment(ProviderPaymentStatus.Captured).Record(
            new ProviderPayment("pi_1", ProviderPaymentStatus.Captured)
            {
                Dispute = new ProviderDispute("dp_1", DisputeStatus.Lost, Total, "fraudulent"),
            }, Given.Now).Next();

        Assert.Empty(PaymentComparison.WithOrder(OrderStatus.Cancelled, disputed));
    }

    private static PaymentState OfStatus(PaymentStatus status) => status switch
    {
        PaymentStatus.Captured => Payment(ProviderPaymentStatus.Captured),
        PaymentStatus.PartiallyRefunded => Refunded(400),
        PaymentStatus.Refunded => Refunded(Total),
        PaymentStatus.Authorized => Payment(ProviderPaymentStatus.Authorized),
        PaymentStatus.Declined => Payment(ProviderPaymentStatus.Declined),
        PaymentStatus.RequiresAction => Payment(ProviderPaymentStatus.RequiresAction),
        PaymentStatus.Cancelled => Payment(ProviderPaymentStatus.Cancelled),
        _ => New,
    };

    private static DiscrepancyKind[] Kinds(PaymentState? ours, ProviderTransaction theirs) =>
        [.. PaymentComparison.WithProvider(ours, theirs).Select(d => d.Kind)];

    private static PaymentState Payment(ProviderPaymentStatus status) =>
        New.Begin(new Charge("a", Terms, "pm_a"), Given.Now).Next().Record(new ProviderPayment("pi_1", status), Given.Now).Next();

    private static PaymentState Refunded(long amount) => Payment(ProviderPaymentStatus.Captured).Record(
        new ProviderPayment("pi_1", ProviderPaymentStatus.Captured)
        {
            Refunds = [new ProviderRefund("re_1", ProviderRefundStatus.Succeeded, amount)],
        }, Given.Now).Next();

    private static ProviderTransaction Facts(ProviderPaymentStatus status) => new(
        "pi_1", Given.OrderId, Given.Usd(Total), status, status == ProviderPaymentStatus.Captured ? Total : 0, 0, false, Given.Now);
}

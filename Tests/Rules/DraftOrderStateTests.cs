using SoonShop.Carts;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Pricing;
using SoonShop.Privacy;

namespace SoonShop.Tests.Rules;

public sealed class DraftOrderStateTests
{
    private static readonly DraftOrdersOptions Options = new() { ValidDays = 14 };

    private static readonly DraftOrderContent Content = new()
    {
        Email = "ada@example.com",
        Currency = "USD",
        Lines = [new DraftOrderLine("MUG", 2, Given.Usd(700)), new DraftOrderLine("SPOON", 1)],
        ShippingAddress = Given.Address,
        Message = "As we agreed.",
    };

    private static DraftOrderState Open => DraftOrderState.Create(Given.Id(7), Content, Priced(), "staff", Options, Given.Now);

    private static DateTimeOffset Later => Given.Now.AddDays(14);

    [Fact]
    public void a_draft_is_valid_for_its_own_days_or_the_configured_ones()
    {
        Assert.Equal(Given.Now.AddDays(14), Open.ValidUntil);
        var own = Open.Replace(Content with { ValidDays = 3 }, Priced(), Options, Given.Now.AddDays(1)).Next();
        Assert.Equal((Given.Now.AddDays(4), 2), (own.ValidUntil, own.Revision));
    }

    [Fact]
    public void what_contradicts_itself_is_refused_by_its_field()
    {
        Assert.Null(DraftOrderState.Check(Content));
        var wrong = DraftOrderState.Check(Content with
        {
            Lines = [new DraftOrderLine("MUG", 1, new Money(1, "EUR")), new DraftOrderLine("MUG", 2)],
            ShippingPrice = new Money(1, "EUR"),
        });
        Assert.Equal(["lines[0].unitPrice.currency", "lines[1].sku", "shippingPrice.currency"], wrong!.Errors!.Keys.Order());
    }

    [Fact]
    public void a_draft_is_sent_once_and_then_stays_as_it_is()
    {
        var begun = Open.BeginSend("staff", Given.Now);
        Assert.Equal(["draft-order.send-due"], begun.EventTypes());
        begun.State.BeginSend("another", Given.Now).StaysAs(begun.State);
        var order = Order(begun.State).RequestPayment(Given.Now).Next();
        var sent = begun.State.EndSend(order.ToView(), Given.Now);
        Assert.Equal((DraftOrderStatus.Sent, order.Id, null), (sent.Status, sent.OrderId, sent.SendingBy));
        Assert.Equal((order.ToView().Total, order.ToView().Total), (sent.Total, sent.Quote!.Total));
        sent.BeginSend("staff", Given.Now).StaysAs(sent);
        sent.Cancel(Given.Now).IsRefused(ErrorCode.Conflict);
        sent.Replace(Content, Priced(), Options, Given.Now).IsRefused(ErrorCode.Conflict);
        sent.End(Later).StaysAs(sent);
    }

    [Fact]
    public void the_next_attempt_after_a_rejected_order_is_another_order()
    {
        var begun = Open.BeginSend("staff", Given.Now).Next();
        Assert.Equal(begun.NextOrderId, begun.AbandonSend(wasRejected: false).NextOrderId);
        var again = begun.AbandonSend(wasRejected: true);
        Assert.NotEqual(begun.NextOrderId, again.NextOrderId);
        Assert.Equal((1, DraftOrderStatus.Open), (again.Revision, again.Status));
    }

    [Fact]
    public void a_draft_ends_with_its_validity()
    {
        var open = Open;
        open.End(Later.AddTicks(-1)).StaysAs(open);
        open.BeginSend("staff", Later).IsRefused(ErrorCode.Conflict);
        Assert.Equal((DraftOrderStatus.Cancelled, Later), (open.ToView(Later).Status, open.ToView(Later).CancelledAt));
        var ended = open.End(Later.AddDays(1)).Next();
        Assert.Equal((DraftOrderStatus.Cancelled, Later), (ended.Status, ended.EndedAt));
        ended.Cancel(Later).StaysAs(ended);
        ended.BeginSend("staff", Later).IsRefused(ErrorCode.Conflict);
    }

    [Fact]
    public void an_erased_customer_leaves_nothing_in_the_draft()
    {
        var draft = Open with { Content = Content with { CustomerId = Given.Customer, Note = "Ada called." } };
        var erased = draft.EraseBuyer(Given.Now).Next();
        Assert.Equal((DraftOrderStatus.Cancelled, PersonalData.Erased), (erased.Status, erased.Email));
        Assert.Null(erased.Content.CustomerId);
        var text = System.Text.Json.JsonSerializer.Serialize(erased);
        foreach (var personal in (string[])["ada@", "Ada", "St James", "agreed"])
            Assert.DoesNotContain(personal, text, StringComparison.Ordinal);
        erased.EraseBuyer(Given.Now).StaysAs(erased);
    }

    [Fact]
    public void its_order_waits_for_the_payment_until_the_drafts_deadline_and_has_no_cart()
    {
        var placed = Order(Open);
        Assert.Equal((OrderStep.ReserveAndPay, false, true), (placed.PendingStep, placed.HasCart, placed.IsPaidByLink));
        var request = placed.RequestPayment(Given.Now);
        var waiting = request.Next();
        Assert.Equal(["order.awaiting-payment", "order.checkout-due"], request.EventTypes());
        var told = Assert.IsType<OrderAwaitingPayment>(request.Events[0]);
        Assert.Equal((true, "As we agreed.", Open.ValidUntil), (told.IsPaidByLink, told.Message, told.Deadline));
        Assert.Equal((OrderStatus.AwaitingPayment, Open.ValidUntil, null), (waiting.Status, waiting.PaymentDeadline, waiting.DraftMessage));
        Assert.Null(waiting.CheckCanPay(Given.Now));
        Assert.True(waiting.IsOverdue(Open.ValidUntil));
        Assert.True(OrderIndex.Of(waiting).Draft);
        // A declined card does not move the deadline.
        var declined = waiting.Apply(Given.Payment(PaymentStatus.Declined), Given.PaymentWindow, Given.Now).Next();
        Assert.Equal(Open.ValidUntil, declined.PaymentDeadline);
        waiting.RequestPayment(Given.Now).StaysAs(waiting);
    }

    [Fact]
    public void a_rejected_order_from_a_draft_is_not_told_to_the_customer()
    {
        var rejected = Assert.IsType<OrderRejected>(Order(Open).Reject([new Shortage("MUG", 2, 1)], Given.Now).Events[0]);
        Assert.True(rejected.IsFromDraft);
        var ofCart = Given.PlacedOrder().Reject([new Shortage("MUG", 2, 1)], Given.Now);
        Assert.False(Assert.IsType<OrderRejected>(ofCart.Events[0]).IsFromDraft);
    }

    [Fact]
    public void an_agreed_price_of_shipping_replaces_the_methods_price_and_conditions()
    {
        var rules = Given.Rules(Given.Checkout);
        var request = new PricingRequest
        {
            Lines = [new PricingLine(PricedProduct.Of("MUG", Given.Usd(1000)), 1)],
            Currency = "USD",
            At = Given.Now,
            Destination = new Destination("GB"),
            ShippingMethodId = CheckoutPricing.ShippingMethodId,
        };
        Assert.Equal(499, PricingEngine.Price(request, rules).ShippingCost);
        var agreed = PricingEngine.Price(request with { ShippingPrice = 250 }, rules);
        Assert.Equal((250, 1250), (agreed.ShippingCost, agreed.Total));
        Assert.Equal(0, PricingEngine.Price(request with { ShippingPrice = 0 }, rules).ShippingCost);
        // Also in a currency in which the method has no price; but not for an unknown method.
        var euros = request with { Lines = [new PricingLine(PricedProduct.Of("MUG", new Money(1000, "EUR")), 1)], Currency = "EUR" };
        Assert.NotEmpty(PricingEngine.Price(euros, rules).Problems);
        Assert.Equal(1250, PricingEngine.Price(euros with { ShippingPrice = 250 }, rules).Total);
        Assert.NotEmpty(PricingEngine.Price(request with { ShippingPrice = 250, ShippingMethodId = "unknown" }, rules).Problems);
    }

    private static PricedDraft Priced()
    {
        ImmutableArray<CartLine> lines = [Given.Line("MUG", 2, 700), Given.Line("SPOON", 1, 500)];
        var quote = Given.Quote(lines, Given.Address.Country, Given.Checkout);
        return new PricedDraft(
            "ada@example.com", Given.Address, quote, Given.Totals(lines, Given.Address.Country, Given.Checkout), []);
    }

    private static OrderState Order(DraftOrderState draft) => OrderState.PlaceFromDraft(
        draft.NextOrderId, new PlaceDraftOrder(draft.Id, draft.Content, draft.ValidUntil), Priced(), Given.Id(8), Given.Now).Next();
}

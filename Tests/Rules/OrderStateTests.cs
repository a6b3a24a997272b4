using CsCheck;
using SoonShop.Aggregates;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Privacy;

namespace SoonShop.Tests.Rules;

public sealed class OrderStateTests
{
    /// <summary>
    /// Where each command leads from each status: a status; <c>.</c> when the status stays; <c>no</c> for a refusal; <c>-</c> when it
    /// cannot come to that.
    /// </summary>
    private const string Transitions = """
        from       | Pending         | AwaitingPayment | Confirmed | Shipped   | Delivered | Cancelled | Rejected | Expired | Refunded
        captured   | Confirmed       | Confirmed       | .         | .         | .         | .         | .        | .       | Delivered
        authorized | Confirmed       | Confirmed       | .         | .         | .         | .         | .        | .       | -
        declined   | AwaitingPayment | .               | .         | .         | .         | .         | .        | .       | .
        action     | AwaitingPayment | .               | .         | .         | .         | .         | .        | .       | .
        released   | -               | .               | Cancelled | .         | .         | .         | .        | .       | .
        refunded   | Cancelled       | Cancelled       | Refunded  | Refunded  | Refunded  | .         | .        | .       | .
        reject     | Rejected        | .               | .         | .         | .         | .         | .        | .       | .
        expire     | Expired         | Expired         | .         | .         | .         | .         | .        | .       | .
        cancel     | Cancelled       | Cancelled       | Cancelled | no        | no        | .         | no       | no      | no
        ship       | no              | no              | Shipped   | .         | no        | no        | no       | no      | no
        deliver    | no              | no              | no        | Delivered | .         | no        | no       | no      | no
        """;

    private static readonly OrderStatus[] Terminal = [OrderStatus.Cancelled, OrderStatus.Rejected, OrderStatus.Expired];

    private static readonly DateTimeOffset Later = Given.Now.AddMinutes(5);

    private static readonly Dictionary<string, Func<OrderState, Decision<OrderState>>> Commands = new()
    {
        ["captured"] = o => o.Apply(Given.Payment(PaymentStatus.Captured), Given.PaymentWindow, Later),
        ["authorized"] = o => o.Apply(Given.Payment(PaymentStatus.Authorized), Given.PaymentWindow, Later),
        ["released"] = o => o.Apply(Given.Payment(PaymentStatus.Cancelled), Given.PaymentWindow, Later),
        ["declined"] = o => o.Apply(Given.Payment(PaymentStatus.Declined), Given.PaymentWindow, Later),
        ["action"] = o => o.Apply(Given.Payment(PaymentStatus.RequiresAction), Given.PaymentWindow, Later),
        ["partly refunded"] = o => o.Apply(Given.Payment(PaymentStatus.PartiallyRefunded, 100), Given.PaymentWindow, Later),
        ["refunded"] = o => o.Apply(Given.Payment(PaymentStatus.Refunded), Given.PaymentWindow, Later),
        ["reject"] = o => o.Reject([new Shortage("MUG", 2, 0)], Later),
        ["expire"] = o => o.Expire(Given.Payment(PaymentStatus.Cancelled), Later),
        ["cancel"] = o => o.Cancel("changed my mind", Later),
        ["ship"] = o => o.Ship("DHL", "JD014", Later),
        ["deliver"] = o => o.Deliver(Later),
    };

    private static readonly Gen<string[]> Walks = Gen.OneOf<string>([.. Commands.Keys]).Array[1, 12];

    public static TheoryData<OrderStatus, string, string> Cells()
    {
        var rows = Transitions.Split('\n').Select(r => r.Split('|', StringSplitOptions.TrimEntries)).ToArray();
        var cells = new TheoryData<OrderStatus, string, string>();
        foreach (var row in rows.Skip(1))
            foreach (var (from, outcome) in rows[0].Zip(row).Skip(1).Where(c => c.Second != "-"))
                cells.Add(Enum.Parse<OrderStatus>(from), row[0], outcome);
        return cells;
    }

    [Fact]
    public void of_two_orders_exactly_one_is_newer_and_ids_decide_between_equal_times() => Gen.Select(
        Gen.Guid, Gen.Guid, Gen.Int[0, 1], Gen.Int[0, 1]).Sample((one, other, oneAt, otherAt) =>
        {
            var (a, b) = (Given.Now.AddTicks(oneAt), Given.Now.AddTicks(otherAt));
            Assert.Equal(one != other || a != b, OrderState.IsNewer(a, one, b, other) ^ OrderState.IsNewer(b, other, a, one));
            Assert.True(a <= b || OrderState.IsNewer(a, one, b, other));
        });

    [Fact]
    public void a_delivery_that_nobody_notes_closes_by_itself_and_says_so()
    {
        var (order, month) = (Given.OrderThatIs(OrderStatus.Shipped), TimeSpan.FromDays(30));
        order.CloseDelivery(month, Given.Now + month - TimeSpan.FromSeconds(1)).StaysAs(order);

        var closed = order.CloseDelivery(month, Given.Now + month);

        Assert.Equal(OrderStatus.Delivered, closed.Next().Status);
        Assert.True(Assert.IsType<OrderDelivered>(Assert.Single(closed.Events)).Automatic);
        Assert.False(closed.State.IsOpen);
        Assert.False(Assert.IsType<OrderDelivered>(Assert.Single(order.Deliver(Later).Events)).Automatic);
        foreach (var status in Enum.GetValues<OrderStatus>().Where(s => s != OrderStatus.Shipped))
            Assert.False(Given.OrderThatIs(status).CloseDelivery(month, Given.Now + 2 * month).Changed);
    }

    [Fact]
    public void what_lists_find_an_order_by_stays_when_it_is_confirmed_and_is_no_address_once_the_buyer_is_erased()
    {
        var (placed, confirmed) = (
            OrderIndex.Of(Given.OrderThatIs(OrderStatus.Pending)), OrderIndex.Of(Given.OrderThatIs(OrderStatus.Confirmed)));
        Assert.Equal(
            (confirmed.CustomerId, confirmed.CartId, confirmed.Number, confirmed.PlacedAt, confirmed.Email),
            (placed.CustomerId, placed.CartId, placed.Number, placed.PlacedAt, placed.Email));
        Assert.Equal(confirmed.Skus, placed.Skus);
        var index = OrderIndex.Of(Given.OrderThatIs(OrderStatus.Delivered) with { Email = "Ada@Example.COM" });
        Assert.Equal(("ada@example.com", "MUG,SPOON"), (index.Email, string.Join(',', index.Skus!)));
        var erased = OrderIndex.Of(Given.OrderThatIs(OrderStatus.Delivered).EraseBuyer(new PrivacyOptions(), Later).Next());
        Assert.Null(erased.Email);
        Assert.NotNull(erased.Skus);
    }

    [Fact]
    public void only_the_buyer_sees_the_client_secret()
    {
        var order = Given.PlacedOrder().Apply(Given.Payment(PaymentStatus.RequiresAction), Given.PaymentWindow, Given.Now).Next();
        var guests = order with { CustomerId = null, CartId = Given.Id(8) };

        Assert.Equal("secret", order.ToView(new Caller(Given.Customer, null, IsAdmin: false)).Payment.ClientSecret);
        Assert.Equal("secret", order.ToView(new Caller(Given.Customer, null, IsAdmin: true)).Payment.ClientSecret);
        Assert.Equal("secret", guests.ToView(new Caller(null, Given.Id(8), IsAdmin: false)).Payment.ClientSecret);
        Assert.Null(order.ToView(new Caller(Given.Id(9), null, IsAdmin: true)).Payment.ClientSecret);
        Assert.Null(order.ToView(new Caller(null, null, IsAdmin: true)).Payment.ClientSecret);
        Assert.Null(guests.ToView(new Caller(Given.Id(9), null, IsAdmin: true)).Payment.ClientSecret);
    }

    [Theory, MemberData(nameof(Cells))]
    public void a_command_leads_where_the_diagram_says(OrderStatus from, string command, string outcome)
    {
        var order = Given.OrderThatIs(from);
        var decision = Commands[command](order);
        switch (outcome)
        {
            case "no":
                decision.IsRefused(ErrorCode.InvalidOrderState);
                Assert.Equal(order.Id, decision.Error!.OrderId);
                break;
            case ".":
                Assert.Equal(from, decision.Next().Status);
                Assert.Equal(order.Timeline, decision.State.Timeline);
                break;
            default:
                Assert.Equal(Enum.Parse<OrderStatus>(outcome), decision.Next().Status);
                Assert.Equal([.. order.Timeline, new TimelineEntry(Later, decision.State.Status)], decision.State.Timeline);
                Assert.NotEmpty(decision.Events);
                break;
        }
    }

    [Fact]
    public void placing_tells_of_the_order()
    {
        var decision = Given.PlaceOrder();

        Assert.Equal(["order.placed"], decision.EventTypes());
        Assert.Equal(new TimelineEntry(Given.Now, OrderStatus.Pending), Assert.Single(decision.State.Timeline));
        Assert.Equal(new PaymentTerms(Given.Customer, null, Given.Usd(2999)), decision.State.Terms);
    }

    [Fact]
    public void the_order_of_a_guest_belongs_to_the_cart()
    {
        var order = Given.Place([Given.Line()], Given.Checkout, new Caller(null, Given.Id(9), false)).Next();

        Assert.Equal((null, Given.Id(9)), (order.Terms.CustomerId, order.Terms.CartId));
    }

    [Theory]
    [InlineData(OrderStatus.Pending, "captured", "order.confirmed")]
    [InlineData(OrderStatus.Pending, "declined", "order.awaiting-payment order.checkout-due")]
    [InlineData(OrderStatus.Pending, "reject", "order.rejected")]
    [InlineData(OrderStatus.AwaitingPayment, "captured", "order.confirmed order.checkout-due")]
    [InlineData(OrderStatus.AwaitingPayment, "expire", "order.expired order.checkout-due")]
    [InlineData(OrderStatus.AwaitingPayment, "cancel", "order.cancelled order.checkout-due")]
    [InlineData(OrderStatus.Confirmed, "cancel", "order.cancelled order.checkout-due")]
    [InlineData(OrderStatus.Confirmed, "ship", "order.shipped")]
    [InlineData(OrderStatus.Shipped, "deliver", "order.delivered")]
    [InlineData(OrderStatus.Delivered, "partly refunded", "order.refunded")]
    [InlineData(OrderStatus.Delivered, "refunded", "order.refunded")]
    [InlineData(OrderStatus.Cancelled, "refunded", "order.refunded")]
    public void a_change_is_told_with_what_must_follow(OrderStatus from, string command, string events) =>
        Assert.Equal(events.Split(' '), Commands[command](Given.OrderThatIs(from)).EventTypes());

    [Fact]
    public void the_order_comes_back_to_an_open_payment_at_its_deadline()
    {
        var decision = Commands["declined"](Given.PlacedOrder());
        var deadline = Later + Given.PaymentWindow;

        Assert.Equal(deadline, decision.State.PaymentDeadline);
        Assert.Equal(deadline, decision.Events[1].NotBefore);
        Assert.False(decision.State.IsOverdue(deadline.AddTicks(-1)));
        Assert.True(decision.State.IsOverdue(deadline));
        Assert.False(Commands["captured"](decision.State).Next().IsOverdue(deadline));
    }

    [Fact]
    public void an_order_that_could_never_be_paid_for_ends_at_the_end_of_the_window()
    {
        var decision = Given.PlacedOrder().LimitTrying(Given.PaymentWindow, Later);
        var (order, end) = (decision.Next(), Later + Given.PaymentWindow);

        Assert.Equal(end, Assert.Single(decision.Events).NotBefore);
        order.LimitTrying(Given.PaymentWindow, Later.AddMinutes(1)).StaysAs(order);
        Assert.False(Given.PlacedOrder().IsOverdue(Later.AddYears(1)));
        Assert.False(order.IsOverdue(end.AddTicks(-1)));
        Assert.True(order.IsOverdue(end));
        var expired = Commands["expire"](order).Next();
        Assert.Equal(OrderStatus.Expired, expired.ToResult(expired.Answer!).Value!.Status);
    }

    [Theory]
    [InlineData(OrderStatus.Confirmed)]
    [InlineData(OrderStatus.Shipped)]
    [InlineData(OrderStatus.Delivered)]
    public void a_refund_that_failed_brings_the_order_back_to_what_it_was(OrderStatus was)
    {
        var refunded = Commands["refunded"](Given.OrderThatIs(was)).Next();

        var decision = Commands["partly refunded"](refunded);

        Assert.Equal(was, decision.Next().Status);
        Assert.Equal(["order.refund-failed"], decision.EventTypes());
    }

    [Fact]
    public void money_that_a_cancelled_order_still_holds_can_be_given_back()
    {
        var cancelled = Given.OrderThatIs(OrderStatus.Cancelled);

        Assert.NotNull(Commands["refunded"](cancelled).Next().CheckCanRefund());
        Assert.Null(Commands["partly refunded"](cancelled).Next().CheckCanRefund());
    }

    [Fact]
    public void a_payment_that_is_being_worked_on_is_no_declined_one()
    {
        var order = Given.PlacedOrder().Apply(Given.Payment(PaymentStatus.Pending), Given.PaymentWindow, Later).Next();

        Assert.Equal(OrderStatus.AwaitingPayment, order.ToResult(order.Answer!).Value!.Status);
    }

    [Fact]
    public void whatever_happens_an_order_keeps_to_its_rules() => Walks.Sample(walk =>
    {
        var order = Given.PlacedOrder();
        foreach (var name in walk)
        {
            // A payment that is not captured is not refunded, one that was refunded is not authorized, and who asks for a charge gets no
            // cancellation.
            if ((name.EndsWith("refunded", StringComparison.Ordinal) && order.Status is OrderStatus.Pending or OrderStatus.AwaitingPayment)
                || (name == "authorized" && order.Status == OrderStatus.Refunded)
                || (name == "released" && order.Status == OrderStatus.Pending))
                continue;
            var (before, decision) = (order, Commands[name](order));
            if (decision.Error is not null)
            {
                decision.IsRefused(ErrorCode.InvalidOrderState);
                continue;
            }
            order = decision.State;
            if (!decision.Changed)
            {
                decision.StaysAs(before);
                continue;
            }
            var moved = order.Status != before.Status;
            Assert.True(
                !moved || before.Status != OrderStatus.Refunded || name is "captured" or "partly refunded",
                $"{name} brought a refunded order to {order.Status}");
            Assert.False(moved && Terminal.Contains(before.Status), $"{before.Status} was left for {order.Status}");
            Assert.Equal(moved ? before.Timeline.Length + 1 : before.Timeline.Length, order.Timeline.Length);
            Assert.Equal(before.Timeline, order.Timeline.Take(before.Timeline.Length));
            Assert.Equal(order.Status, order.Timeline[^1].Status);
            Assert.True(!moved || decision.Events.Count > 0, $"nobody is told of {order.Status}");
            Assert.Same(before.Totals, order.Totals);
            Commands[name](order).StaysAs(order);
        }
    });

    [Theory]
    [InlineData("captured")]
    [InlineData("action")]
    [InlineData("declined")]
    [InlineData("reject")]
    public void the_first_answer_is_given_again_whatever_happened_since(string first) => Walks.Sample(walk =>
    {
        var order = Commands[first](Given.PlacedOrder()).Next();
        var answer = Given.Json(order.ToResult(order.Answer!));
        foreach (var name in walk)
        {
            var decision = Commands[name](order);
            order = decision.Error is null ? decision.State : order;
            Assert.Equal(answer, Given.Json(order.ToResult(order.Answer!)));
        }
    });

    [Theory]
    [InlineData("captured")]
    [InlineData("action")]
    public void the_first_answer_shows_the_order_as_it_is(string first)
    {
        var order = Commands[first](Given.PlacedOrder()).Next();

        Assert.Equal(Given.Json(order.ToView()), Given.Json(order.ToResult(order.Answer!).Value));
    }

    [Fact]
    public void a_declined_card_is_answered_with_its_reason_and_the_order_that_stands()
    {
        var order = Given.OrderThatIs(OrderStatus.AwaitingPayment);

        var error = order.ToResult(order.Answer!).Error!;

        Assert.Equal((ErrorCode.PaymentDeclined, "insufficient_funds", order.Id), (error.Code, error.DeclineCode, error.OrderId));
    }

    [Fact]
    public void a_rejected_order_is_answered_with_what_is_missing()
    {
        var order = Given.OrderThatIs(OrderStatus.Rejected);

        var error = order.ToResult(order.Answer!).Error!;

        Assert.Equal((ErrorCode.OutOfStock, order.Id), (error.Code, error.OrderId));
        Assert.Equal([new Shortage("MUG", 2, 1)], error.Lines!.Value);
    }

    [Theory]
    [InlineData(OrderStatus.Pending, false, false)]
    [InlineData(OrderStatus.AwaitingPayment, true, false)]
    [InlineData(OrderStatus.Confirmed, false, true)]
    [InlineData(OrderStatus.Shipped, false, true)]
    [InlineData(OrderStatus.Delivered, false, true)]
    [InlineData(OrderStatus.Cancelled, false, true)]
    [InlineData(OrderStatus.Rejected, false, false)]
    [InlineData(OrderStatus.Expired, false, false)]
    [InlineData(OrderStatus.Refunded, false, true)]
    public void money_is_taken_while_payment_is_awaited_and_given_back_after(OrderStatus status, bool pay, bool refund)
    {
        var order = Given.OrderThatIs(status);

        Assert.Equal((pay, refund), (order.CheckCanPay(Given.Now) is null, order.CheckCanRefund() is null));
    }

    [Theory]
    [InlineData(OrderStatus.Pending, OrderStep.ReserveAndPay)]
    [InlineData(OrderStatus.AwaitingPayment, OrderStep.AwaitPayment)]
    [InlineData(OrderStatus.Confirmed, OrderStep.Complete)]
    [InlineData(OrderStatus.Shipped, OrderStep.Complete)]
    [InlineData(OrderStatus.Delivered, OrderStep.Complete)]
    [InlineData(OrderStatus.Refunded, OrderStep.Complete)]
    [InlineData(OrderStatus.Rejected, OrderStep.Compensate)]
    [InlineData(OrderStatus.Expired, OrderStep.Compensate)]
    [InlineData(OrderStatus.Cancelled, OrderStep.Compensate)]
    public void the_status_alone_says_what_is_left_to_do(OrderStatus status, OrderStep task) =>
        Assert.Equal(task, Given.OrderThatIs(status).PendingStep);

    [Theory]
    [InlineData(OrderStatus.Pending)]
    [InlineData(OrderStatus.AwaitingPayment)]
    public void a_superseded_order_takes_no_other_payment_and_comes_back_to_its_end(OrderStatus status)
    {
        var decision = Given.OrderThatIs(status).Supersede(Given.Id(7), Later);
        var order = decision.Next();

        Assert.Equal((status, OrderStep.EndUnpaid), (order.Status, order.PendingStep));
        Assert.Equal(["order.checkout-due"], decision.EventTypes());
        Assert.Equal(ErrorCode.InvalidOrderState, order.CheckCanPay(Later)?.Code);
        order.Supersede(Given.Id(8), Later).StaysAs(order);
        var end = order.EndSuperseded(Given.Payment(PaymentStatus.Cancelled), Later);
        var ended = end.Next();
        var told = Assert.IsType<OrderCancelled>(end.Events[0]);
        Assert.Equal((false, true), (told.Paid, told.Superseded));
        Assert.Equal(
            (OrderStatus.Cancelled, OrderStep.Compensate, OrderState.SupersededReason),
            (ended.Status, ended.PendingStep, ended.CancelReason));
        Assert.NotNull(ended.Answer);
    }

    [Theory]
    [InlineData(OrderStatus.Pending)]
    [InlineData(OrderStatus.AwaitingPayment)]
    public void a_superseded_order_that_was_paid_meanwhile_stands(OrderStatus status)
    {
        var order = Given.OrderThatIs(status).Supersede(Given.Id(7), Later).Next();

        var paid = Commands["captured"](order).Next();

        Assert.Equal((OrderStatus.Confirmed, OrderStep.Complete), (paid.Status, paid.PendingStep));
        // It is the buyer's, and its end is told as that of any other.
        var cancelled = Assert.IsType<OrderCancelled>(paid.Cancel(null, Later).Events[0]);
        Assert.Equal((true, false), (cancelled.Paid, cancelled.Superseded));
        var returned = Assert.IsType<OrderCancelled>(Commands["refunded"](order).Events[0]);
        Assert.Equal((true, false), (returned.Paid, returned.Superseded));
    }

    [Theory]
    [InlineData(OrderStatus.Pending, "cancel", false)]
    [InlineData(OrderStatus.AwaitingPayment, "cancel", false)]
    [InlineData(OrderStatus.AwaitingPayment, "refunded", true)]
    [InlineData(OrderStatus.Confirmed, "cancel", true)]
    public void a_cancellation_tells_whether_money_is_to_be_given_back(OrderStatus status, string command, bool paid)
    {
        var told = Assert.IsType<OrderCancelled>(Commands[command](Given.OrderThatIs(status)).Events[0]);
        Assert.Equal((paid, false), (told.Paid, told.Superseded));
    }

    /// <summary>Banks hold money for some days only; what they held was never taken.</summary>
    [Fact]
    public void money_that_was_only_held_is_not_given_back()
    {
        var held = Commands["authorized"](Given.OrderThatIs(OrderStatus.Pending)).Next();
        Assert.False(Assert.IsType<OrderCancelled>(held.Cancel(null, Later).Events[0]).Paid);
        Assert.False(Assert.IsType<OrderCancelled>(Commands["released"](held).Events[0]).Paid);
    }

    [Theory]
    [InlineData(OrderStatus.Confirmed)]
    [InlineData(OrderStatus.Shipped)]
    [InlineData(OrderStatus.Cancelled)]
    [InlineData(OrderStatus.Rejected)]
    public void an_order_that_is_paid_or_at_its_end_is_not_superseded(OrderStatus status)
    {
        var order = Given.OrderThatIs(status);

        order.Supersede(Given.Id(7), Later).StaysAs(order);
    }

    [Fact]
    public void after_its_deadline_an_order_takes_no_other_payment_and_expires_only_when_it_is_told_to()
    {
        var order = Given.OrderThatIs(OrderStatus.AwaitingPayment);

        Assert.Null(order.CheckCanPay(order.PaymentDeadline!.Value.AddTicks(-1)));
        Assert.Equal(ErrorCode.InvalidOrderState, order.CheckCanPay(order.PaymentDeadline!.Value)?.Code);
        Assert.Equal(OrderStep.AwaitPayment, order.PendingStep);
    }

    [Fact]
    public void a_guests_order_goes_along_to_one_account_and_stays_the_guests()
    {
        var guest = new Caller(null, Given.Id(9), false);
        var order = Given.Place([Given.Line()], Given.Checkout, guest).Next();

        var assigned = order.Assign(Given.Customer, cartMoved: true, Later).Next();

        Assert.All([new Caller(Given.Customer, null, false), guest], c => Assert.True(assigned.IsBoughtBy(c)));
        Assert.All(
            [new Caller(Given.Id(5), null, false), new Caller(Given.Id(5), Given.Id(9), false), new Caller(null, Given.Customer, false)],
            c => Assert.False(assigned.IsBoughtBy(c)));
        Assert.Equal((Given.Customer, order.Terms), (assigned.ToView().CustomerId!.Value, assigned.Terms));
        Assert.Equal((null, Later), (order.AssignedAt, assigned.AssignedAt));
        assigned.Assign(Given.Id(5), cartMoved: true, Later).StaysAs(assigned);
        var customers = Given.PlacedOrder();
        customers.Assign(Given.Id(5), cartMoved: true, Later).StaysAs(customers);
    }

    [Fact]
    public void an_order_that_is_paid_when_it_goes_along_comes_back_to_the_cart_that_its_lines_went_to()
    {
        var paid = Commands["captured"](Given.Place([Given.Line()], Given.Checkout, new Caller(null, Given.Id(9), false)).Next()).Next();

        Assert.Equal(["order.checkout-due"], paid.Assign(Given.Customer, cartMoved: true, Later).EventTypes());
        Assert.Empty(paid.Assign(Given.Customer, cartMoved: false, Later).EventTypes());
    }

    [Fact]
    public void a_checkout_that_found_an_earlier_order_paid_is_answered_the_same_again()
    {
        var paid = Commands["captured"](Given.PlacedOrder()).Next();
        var answer = CheckoutResult.Of(paid.ToView());

        var first = answer.ApplyTo(paid.ToView(), null);
        var later = answer.ApplyTo(paid.Ship("DHL", "JD014", Later).Next().ToView(), null);

        Assert.Equal(Given.Json(paid.ToView()), Given.Json(first));
        Assert.Equal(Given.Json(first), Given.Json(later));
    }

    [Fact]
    public void another_shipment_of_a_shipped_order_is_refused() =>
        Given.OrderThatIs(OrderStatus.Shipped).Ship("DHL", "another", Later).IsRefused(ErrorCode.InvalidOrderState);

    [Fact]
    public void the_secret_for_the_customers_device_shows_only_while_payment_is_awaited()
    {
        var order = Commands["action"](Given.PlacedOrder()).Next();

        Assert.Equal("secret", order.ToView().Payment.ClientSecret);
        Assert.Null(Commands["cancel"](order).Next().ToView().Payment.ClientSecret);
    }

    [Fact]
    public void gifts_are_ordered_and_did_not_stand_in_the_cart()
    {
        var order = Given.PlacedOrder();
        var gift = order.Totals.Lines[0] with { IsGift = true };
        order = order with { Totals = order.Totals with { Lines = order.Totals.Lines.Add(gift) } };
        Assert.Equal([new("MUG", 2), new("SPOON", 1)], order.UnitsOfCart);
        Assert.Equal([new("MUG", 4), new("SPOON", 1)], order.OrderedUnits);
    }
}

using System.Collections.Concurrent;
using CsCheck;
using SoonShop.Carts;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Pricing;
using SoonShop.Privacy;
using SoonShop.Tests.Pricing;

namespace SoonShop.Tests.Rules;

/// <summary>What of an order may be refunded, and which units go back to stock.</summary>
public sealed class OrderRefundTests
{
    private static readonly DateTimeOffset Later = Given.Now.AddMinutes(5);

    /// <summary>Three mugs at 3.33 and a spoon at 1.00, 8 % tax, shipping 4.99.</summary>
    private static readonly OrderState Confirmed = Confirm(Given.Place(
        [Given.Line("MUG", 3, 333), Given.Line("SPOON", 1, 100)],
        new CheckoutOptions { TaxBasisPointsByCountry = { ["GB"] = 800 } }).Next());

    [Fact]
    public void units_are_refunded_at_their_shares_of_line_and_tax_and_all_of_them_are_the_line()
    {
        var mugs = Confirmed.Totals.Lines[0];
        var order = Confirmed;
        var parts = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            order = order.BeginRefund(Lines($"r{i}", ("MUG", 1)), Later).Next();
            parts.Add(order.OpenRefund!.Amount!.Value);
            order = Refunded(order, parts.Sum());
        }

        // 999 with 80 of tax are 1,079: the first two units bear what does not divide.
        Assert.Equal([360, 360, 359], parts);
        Assert.Equal(mugs.LineTotal.Amount + mugs.Tax.Amount, parts.Sum());
    }

    [Fact]
    public void however_a_line_is_refunded_its_units_add_up_to_it() => Gen.Select(
        Gen.Int[1, 20], Gen.Long[0, 5000], Gen.Int[0, 2500], Gen.OneOf<string>(["USD", "JPY", "ISK", "UGX"]),
        Gen.Int[1, 7].Array[1, 40]).Sample((quantity, steps, tax, currency, parts) =>
        {
            var step = Currencies.ChargeStep(currency);
            var price = new Money(steps * step, currency);
            var options = new CheckoutOptions { Currency = currency, TaxBasisPointsByCountry = { ["GB"] = tax } };
            var order = Confirm(Given.Place(
                [new CartLine("MUG", "The mug", quantity, price), new CartLine("SPOON", "The spoon", 1, price)], options).Next());
            var (left, sum) = (quantity, 0L);
            foreach (var part in parts.TakeWhile(_ => left > 0).Select(p => Math.Min(p, left)))
            {
                order = order.BeginRefund(Lines($"r{left}", ("MUG", Math.Min(part, left))), Later).Next();
                Assert.Equal(0, order.OpenRefund!.Amount!.Value % step);
                Assert.True(order.OpenRefund.Amount >= 0);
                (left, sum) = (left - Math.Min(part, left), sum + order.OpenRefund.Amount.Value);
                order = Refunded(order, sum);
            }
            var line = order.Totals.Lines[0];
            Assert.True(left > 0 || sum == (line.LineTotal.Amount + line.Tax.Amount) / step * step);
        });

    [Fact]
    public void no_more_units_are_refunded_than_are_left()
    {
        var order = Refunded(Confirmed.BeginRefund(Lines("one", ("MUG", 2)), Later).Next(), 720);

        order.BeginRefund(Lines("two", ("MUG", 2)), Later).IsRefused(ErrorCode.Conflict);
        order.BeginRefund(Lines("two", ("MUG", 1), ("SPOON", 2)), Later).IsRefused(ErrorCode.Conflict);
        Assert.Equal(1, order.BeginRefund(Lines("two", ("MUG", 1)), Later).Next().OpenRefund!.Lines!.Value[0].Quantity);
    }

    [Fact]
    public void units_whose_refund_is_still_asked_for_are_not_refunded_a_second_time() =>
        Confirmed.BeginRefund(Lines("one", ("MUG", 3)), Later)
            .Next().BeginRefund(Lines("two", ("MUG", 1)), Later).IsRefused(ErrorCode.Conflict);

    [Fact]
    public void lines_that_the_order_does_not_have_and_lines_named_twice_are_wrong()
    {
        var unknown = Confirmed.BeginRefund(Lines("one", ("MUG", 1), ("FORK", 1)), Later);
        var twice = Confirmed.BeginRefund(Lines("one", ("MUG", 1), ("MUG", 1)), Later);

        unknown.IsRefused(ErrorCode.ValidationFailed);
        Assert.Equal(["lines[1].sku"], unknown.Error!.Errors!.Keys);
        twice.IsRefused(ErrorCode.ValidationFailed);
        Assert.Equal(["lines[1].sku"], twice.Error!.Errors!.Keys);
    }

    [Fact]
    public void units_that_were_not_shipped_go_back_to_stock_once_their_refund_is_made()
    {
        var asked = Confirmed.BeginRefund(Lines("one", ("MUG", 2)), Later).Next();
        Assert.Null(asked.BackInStock);

        var done = asked.EndRefund("one", Paid(asked, 720), Given.PaymentWindow, Later);

        Assert.Equal([new LineUnits("MUG", 2)], done.Next().BackInStock!.Value);
        Assert.Equal(["order.refunded", "order.checkout-due"], done.EventTypes());
        Assert.Equal((1, 1), (done.State.UnitsToShip(new("MUG", 3)), done.State.UnitsToShip(new("SPOON", 1))));
        Assert.Equal([new LineUnits("MUG", 2)], done.State.ToView().RefundedUnits!.Value);
        Assert.NotEqual(asked.Progress, done.State.Progress);
    }

    [Fact]
    public void a_refund_by_amount_gives_no_unit_back_until_everything_is_refunded()
    {
        var part = Refunded(Confirmed.BeginRefund(Amount("one", 700), Later).Next(), 700);
        Assert.Equal((OrderStatus.Confirmed, false), (part.Status, part.BackInStock.HasValue));

        var all = Refunded(part.BeginRefund(Amount("two", Total - 700), Later).Next(), Total);
        Assert.Equal(OrderStatus.Refunded, all.Status);
        Assert.Equal([new LineUnits("MUG", 3), new LineUnits("SPOON", 1)], all.BackInStock!.Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void a_full_refund_of_what_was_not_shipped_gives_every_unit_back_once(bool afterALine)
    {
        var order = afterALine ? Refunded(Confirmed.BeginRefund(Lines("one", ("MUG", 2)), Later).Next(), 720) : Confirmed;
        var full = order.BeginRefund(new RefundOrder("full", null, null, true, "late"), Later).Next();
        Assert.Null(full.OpenRefund!.Amount);

        var done = Refunded(full, Total);

        Assert.Equal(OrderStatus.Refunded, done.Status);
        Assert.Equal([new LineUnits("MUG", 3), new LineUnits("SPOON", 1)], done.BackInStock!.Value);
        done.Ship("DHL", "JD014", Later).IsRefused(ErrorCode.InvalidOrderState);
    }

    [Fact]
    public void what_somebody_refunds_in_full_at_the_provider_gives_every_unit_back_too()
    {
        var decision = Confirmed.Apply(Paid(Confirmed, Total), Given.PaymentWindow, Later);

        Assert.Equal([new LineUnits("MUG", 3), new LineUnits("SPOON", 1)], decision.Next().BackInStock!.Value);
        Assert.Equal(["order.refunded", "order.checkout-due"], decision.EventTypes());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void nothing_goes_back_to_stock_once_it_was_shipped(bool delivered)
    {
        var order = Confirmed.Ship("DHL", "JD014", Later).Next();
        order = delivered ? order.Deliver(Later).Next() : order;

        var part = Refunded(order.BeginRefund(Lines("one", ("MUG", 2)), Later).Next(), 720);
        var full = Refunded(part.BeginRefund(new RefundOrder("full", null, null, true, "late"), Later).Next(), Total);

        Assert.Null(part.BackInStock);
        Assert.Null(full.BackInStock);
        Assert.Equal([new LineUnits("MUG", 2)], part.ToView().RefundedUnits!.Value);
        part.BeginRefund(Lines("two", ("MUG", 2)), Later).IsRefused(ErrorCode.Conflict);
    }

    [Fact]
    public void the_rest_of_an_order_is_shipped_after_a_line_was_refunded_and_an_order_without_a_rest_is_not()
    {
        var part = Refunded(Confirmed.BeginRefund(Lines("one", ("MUG", 3)), Later).Next(), 1079);
        var none = Refunded(part.BeginRefund(Lines("two", ("SPOON", 1)), Later).Next(), 1187);

        var shipped = part.Ship("DHL", "JD014", Later).Next();
        Assert.Equal((OrderStatus.Shipped, 3), (shipped.Status, shipped.BackInStock!.Value[0].Quantity));
        // Shipping was paid for, and is not refunded by lines.
        Assert.Equal(OrderStatus.Confirmed, none.Status);
        none.Ship("DHL", "JD014", Later).IsRefused(ErrorCode.InvalidOrderState);
        Assert.Equal(OrderStatus.Cancelled, none.Cancel(null, Later).Next().Status);
    }

    [Fact]
    public void an_order_of_which_nothing_is_left_to_ship_keeps_no_buyer_once_the_money_of_its_lines_is_given_back()
    {
        var part = Refunded(Confirmed.BeginRefund(Lines("one", ("MUG", 3)), Later).Next(), 1079);
        var asked = part.BeginRefund(Lines("two", ("SPOON", 1)), Later).Next();
        var none = Refunded(asked, 1187);

        Assert.Equal((true, true, false), (part.IsOpen, asked.IsOpen, none.IsOpen));
        Assert.Null(OrderIndex.Of(none).Open);
        Assert.True(none.EraseBuyer(new PrivacyOptions(), Later).Next().BuyerErased);
        // The bank returns one of the refunds: the buyer is still to get it.
        Assert.True(none.Apply(Paid(none, 108), Given.PaymentWindow, Later).Next().IsOpen);
        // Part of it shipped, and the rest refunded: it is on its way, whatever is refunded.
        var shipped = part.Ship("DHL", "JD014", Later).Next();
        Assert.True(Refunded(shipped.BeginRefund(Lines("two", ("SPOON", 1)), Later).Next(), 1187).IsOpen);
    }

    [Fact]
    public void an_order_is_open_as_long_as_a_unit_is_left_to_ship() =>
        Gen.Select(Gen.Int[1, 3].Array[1, 4], Gen.Int[0, 1]).Sample((parts, spoons) =>
        {
            var (order, mugs, sum) = (Confirmed, 3, 0L);
            foreach (var units in parts.Select(p => Math.Min(p, mugs)).TakeWhile(u => u > 0))
            {
                order = order.BeginRefund(Lines($"mugs-{mugs}", ("MUG", units)), Later).Next();
                (mugs, sum) = (mugs - units, sum + order.OpenRefund!.Amount!.Value);
                order = Refunded(order, sum);
            }
            if (spoons > 0)
                order = Refunded(order.BeginRefund(Lines("spoon", ("SPOON", 1)), Later).Next(), sum + 108);
            Assert.Equal(order.OrderedUnits.Any(u => order.UnitsToShip(u) > 0), order.IsOpen);
        });

    [Fact]
    public void a_refund_that_the_payment_refuses_leaves_nothing_behind()
    {
        var dropped = Confirmed.BeginRefund(Lines("one", ("MUG", 2)), Later).Next().DropRefund("one").Next();

        Assert.Equal(Given.Json(Confirmed), Given.Json(dropped));
    }

    [Fact]
    public void units_stay_in_stock_when_the_bank_returns_the_refunded_money_and_the_money_is_refunded_again()
    {
        var refunded = Refunded(Confirmed.BeginRefund(new RefundOrder("full", null, null, true, "late"), Later).Next(), Total);

        var failed = refunded.Apply(Given.Payment(PaymentStatus.Captured), Given.PaymentWindow, Later).Next();

        Assert.Equal((OrderStatus.Confirmed, 2), (failed.Status, failed.BackInStock!.Value.Length));
        failed.Ship("DHL", "JD014", Later).IsRefused(ErrorCode.InvalidOrderState);
        failed.BeginRefund(Lines("again", ("MUG", 1)), Later).IsRefused(ErrorCode.Conflict);
        Assert.NotNull(failed.BeginRefund(new RefundOrder("again", null, null, true, "late"), Later).Next().OpenRefund);
    }

    [Fact]
    public void a_refund_asked_for_twice_stays_the_first_one()
    {
        var done = Refunded(Confirmed.BeginRefund(Lines("one", ("MUG", 2)), Later).Next(), 720);

        done.BeginRefund(Lines("one", ("MUG", 2)), Later).StaysAs(done);
        Assert.Null(done.OpenRefund);
    }

    [Fact]
    public void units_that_cost_nothing_go_back_without_a_payment()
    {
        var order = Confirm(Given.Place([Given.Line("MUG", 1, 1000), Given.Line("SAMPLE", 2, 0)], Given.Checkout).Next());

        var asked = order.BeginRefund(Lines("one", ("SAMPLE", 2)), Later).Next();
        Assert.Equal(0, asked.OpenRefund!.Amount);
        Assert.Equal([new LineUnits("SAMPLE", 2)], asked.EndRefund("one", null, Given.PaymentWindow, Later).Next().BackInStock!.Value);
    }

    [Fact]
    public void money_that_comes_for_an_order_that_was_called_off_gives_no_unit_back_a_second_time()
    {
        var cancelled = Confirmed.Cancel("changed my mind", Later).Next();

        Assert.Null(cancelled.Apply(Paid(cancelled, Total), Given.PaymentWindow, Later).Next().BackInStock);
    }

    /// <summary>
    /// Three for two, gifts of what was bought, taxes inside, coins of 10 fils: whatever the rules, and in whatever parts units go back.
    /// </summary>
    [Fact]
    public void all_units_that_are_refunded_in_any_parts_are_what_was_paid_for_them()
    {
        var seen = new ConcurrentDictionary<string, int>();
        Gen.Select(PricingGen.Cases, Gen.Select(Gen.Int[0, 5], Gen.Int[1, 9]).Array[0, 20]).Sample((given, parts) =>
        {
            var quote = given.Price();
            if (!quote.CanBeOrdered || quote.Total is 0 or > Money.MaxAmount)
                return;
            var order = Confirm(Given.Place([], quote).Next());
            var (ordered, sum) = (order.OrderedUnits.ToArray(), 0L);
            var left = ordered.ToDictionary(u => u.Sku, u => u.Quantity);
            foreach (var (which, units) in parts)
                Refund(ordered[which % ordered.Length].Sku, units);
            foreach (var sku in ordered.Select(u => u.Sku))
                Refund(sku, int.MaxValue);

            Assert.Equal(quote.Lines.Sum(l => l.Payable), sum);
            Assert.Equal(order.Totals.Total - (quote.Shipping?.Payable ?? 0), sum);
            Saw("three for two", given.Rules.Promotions.Any(p =>
                p.Action.Kind == PromotionActionKind.BuyXGetY && quote.Promotions.Any(a => a.Id == p.Id)));
            Saw("gift of a bought product", quote.Lines.Any(l =>
                l.GiftOf is not null && quote.Lines.Any(o => o.GiftOf is null && o.Sku == l.Sku)));
            Saw("tax inside", quote is { TaxInside: true, Tax: > 0 });
            Saw("coins of 10 fils", quote is { Currency: "KWD", Rounding: not 0 });

            void Refund(string sku, int units)
            {
                units = Math.Min(units, left[sku]);
                if (units == 0 || order.Status == OrderStatus.Refunded)
                    return;
                left[sku] -= units;
                order = order.BeginRefund(Lines($"r{left.Values.Sum()}", (sku, units)), Later).Next();
                var amount = order.OpenRefund!.Amount!.Value;
                Assert.True(amount >= 0 && amount % Currencies.ChargeStep(quote.Currency) == 0);
                sum += amount;
                order = amount == 0
                    ? order.EndRefund(order.OpenRefund.Id, null, Given.PaymentWindow, Later).Next() : Refunded(order, sum);
            }

            void Saw(string what, bool isSeen) => seen.AddOrUpdate(what, isSeen ? 1 : 0, (_, n) => n + (isSeen ? 1 : 0));
        }, iter: 10_000, print: c => c.Item1.ToString());
        Assert.All(seen, what => Assert.True(what.Value > 0, $"No case had {what.Key}."));
    }

    private static long Total => Confirmed.Totals.Total;

    private static OrderState Confirm(OrderState placed) => placed.Apply(Paid(placed, 0), Given.PaymentWindow, Given.Now).Next();

    private static Payment Paid(OrderState order, long refunded)
    {
        var total = new Money(order.Totals.Total, order.Currency);
        return new Payment(
            order.Id, refunded == 0 ? PaymentStatus.Captured
                : refunded < total.Amount ? PaymentStatus.PartiallyRefunded
                : PaymentStatus.Refunded,
            total, total with { Amount = refunded }, "pm_card", null)
        { AttemptId = "checkout", Captured = total };
    }

    private static OrderState Refunded(OrderState order, long refundedInAll) =>
        order.EndRefund(order.OpenRefund!.Id, Paid(order, refundedInAll), Given.PaymentWindow, Later).Next();

    private static RefundOrder Amount(string id, long amount) => new(id, amount, null, false, "late");

    private static RefundOrder Lines(string id, params (string Sku, int Units)[] lines) =>
        new(id, null, [.. lines.Select(l => new LineUnits(l.Sku, l.Units))], false, "late");
}

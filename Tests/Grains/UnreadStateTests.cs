using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Tests.Grains;

/// <summary>
/// A new order and its payment are written without a read. Where there is a row all the same, it is found before anything is done.
/// </summary>
public sealed class UnreadStateTests(CountingSilo silo) : IClassFixture<CountingSilo>
{
    [Fact]
    public async Task a_request_that_comes_again_after_its_order_left_memory_gets_the_first_answer()
    {
        var (buyer, sku) = await silo.BuyerAsync();
        var order = Order();
        var first = await order.PlaceAsync(CountingSilo.Command(buyer));
        await silo.DeactivateAllAsync();

        var again = await order.PlaceAsync(CountingSilo.Command(buyer));

        Assert.True(again.Replayed);
        Assert.Equal(first.Result.Value!.Number, again.Result.Value?.Number);
        Assert.Equal(OrderStatus.Confirmed, again.Result.Value?.Status);
        var stock = (await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).GetAsync()).Value!;
        Assert.Equal((5, 1), (stock.OnHand, stock.Reserved));
    }

    /// <summary>A look at the order interleaves with its placing, and reads the row that the placing did not.</summary>
    [Fact]
    public async Task an_order_that_is_looked_at_while_its_request_comes_again_stays_as_it_is()
    {
        var (buyer, _) = await silo.BuyerAsync();
        var order = Order();
        await order.PlaceAsync(CountingSilo.Command(buyer));
        for (var i = 0; i < 10; i++)
        {
            await silo.DeactivateAllAsync();
            var again = order.PlaceAsync(CountingSilo.Command(buyer));
            var looks = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => order.GetAsync(buyer)));

            Assert.True((await again).Replayed);
            Assert.All(looks, l => Assert.Equal(OrderStatus.Confirmed, l.Value?.Status));
            Assert.Equal(OrderStatus.Confirmed, (await again).Result.Value?.Status);
        }
    }

    [Fact]
    public async Task a_key_that_comes_with_another_request_is_refused_after_its_order_left_memory()
    {
        var (buyer, sku) = await silo.BuyerAsync();
        var order = Order();
        await order.PlaceAsync(CountingSilo.Command(buyer));
        // With something in the cart, the request goes as far as the first write.
        await silo.Cart(buyer).SetItemAsync(buyer, sku, 1);
        await silo.DeactivateAllAsync();

        var other = await order.PlaceAsync(CountingSilo.Command(buyer) with { Fingerprint = "another" });

        Assert.Equal(ErrorCode.IdempotencyKeyReused, other.Result.Error?.Code);
        Assert.Equal(OrderStatus.Confirmed, (await Order().PlaceAsync(CountingSilo.Command(buyer))).Result.Value?.Status);
    }

    /// <summary>The cart is bought once more, and the old request comes again before and after.</summary>
    [Fact]
    public async Task a_request_that_comes_again_does_not_stand_in_the_way_of_the_next_checkout()
    {
        var (buyer, sku) = await silo.BuyerAsync();
        var old = Order();
        await old.PlaceAsync(CountingSilo.Command(buyer));
        await silo.Cart(buyer).SetItemAsync(buyer, sku, 2);
        await silo.DeactivateAllAsync();
        Assert.True((await old.PlaceAsync(CountingSilo.Command(buyer))).Replayed);

        var next = (await Order().PlaceAsync(CountingSilo.Command(buyer))).Result;

        Assert.Equal(2, Assert.Single(next.Value!.Lines).Quantity);
        Assert.Equal(OrderStatus.Confirmed, next.Value.Status);
    }

    [Fact]
    public async Task a_request_that_comes_again_ends_no_newer_order_of_its_cart()
    {
        var (buyer, _) = await silo.BuyerAsync();
        var declined = Order();
        await declined.PlaceAsync(CountingSilo.Command(buyer, "pm_card_visa_chargeDeclined"));
        var newer = Order();
        var waiting = (await newer.PlaceAsync(CountingSilo.Command(buyer, "pm_card_authenticationRequired"))).Result;
        Assert.Equal(OrderStatus.AwaitingPayment, waiting.Value?.Status);
        await silo.DeactivateAllAsync();

        var again = await declined.PlaceAsync(CountingSilo.Command(buyer, "pm_card_visa_chargeDeclined"));

        Assert.True(again.Replayed);
        Assert.Equal(ErrorCode.PaymentDeclined, again.Result.Error?.Code);
        Assert.Equal(OrderStatus.AwaitingPayment, (await newer.GetAsync(buyer)).Value?.Status);
    }

    /// <summary>What waits for its payment goes on to be the order that the next checkout of its cart ends.</summary>
    [Fact]
    public async Task a_waiting_order_whose_request_comes_again_is_superseded_at_once_by_the_next()
    {
        var (buyer, _) = await silo.BuyerAsync();
        var waiting = Order();
        await waiting.PlaceAsync(CountingSilo.Command(buyer, "pm_card_authenticationRequired"));
        await silo.DeactivateAllAsync();
        Assert.True((await waiting.PlaceAsync(CountingSilo.Command(buyer, "pm_card_authenticationRequired"))).Replayed);

        var next = (await Order().PlaceAsync(CountingSilo.Command(buyer))).Result;

        Assert.Equal(OrderStatus.Confirmed, next.Value?.Status);
        Assert.Equal(OrderStatus.Cancelled, (await waiting.GetAsync(buyer)).Value?.Status);
    }

    [Fact]
    public async Task a_payment_that_was_closed_is_not_charged_by_a_first_charge_that_comes_late()
    {
        var id = Guid.NewGuid();
        var terms = new PaymentTerms(null, Guid.NewGuid(), new Money(1000, "USD"));
        var payment = silo.Grains.GetGrain<IPaymentGrain>(id);
        await payment.CancelAsync(terms, refundCaptured: true, "called off");
        await silo.DeactivateAllAsync();

        var charged = await payment.ChargeAsync(new Charge("checkout", terms, "pm_card_visa") { IsFirst = true });

        Assert.Equal(PaymentStatus.Cancelled, charged.Status);
        Assert.Equal(0L, await silo.QueryAsync<long>("select count(*) from simulated_payment where order_id = $1", id));
    }

    [Fact]
    public async Task a_first_charge_that_comes_twice_takes_the_money_once()
    {
        var id = Guid.NewGuid();
        var charge = new Charge("checkout", new PaymentTerms(null, Guid.NewGuid(), new Money(1000, "USD")), "pm_card_visa")
        { IsFirst = true };
        var payment = silo.Grains.GetGrain<IPaymentGrain>(id);
        await payment.ChargeAsync(charge);
        await silo.DeactivateAllAsync();

        var again = await payment.ChargeAsync(charge);

        Assert.Equal(PaymentStatus.Captured, again.Status);
        Assert.Equal(1L, await silo.QueryAsync<long>("select count(*) from simulated_payment where order_id = $1", id));
    }

    /// <summary>The provider is asked before the payment's row is found, because the order has stored the attempt.</summary>
    [Fact]
    public async Task a_first_attempt_beside_a_closed_payment_is_given_back()
    {
        var charge = FirstOf(Guid.NewGuid(), out var payment, out var id);
        await payment.CancelAsync(charge.Terms, refundCaptured: true, "called off");
        await silo.DeactivateAllAsync();

        var charged = await payment.ChargeAsync(charge with { IsFirst = true });

        Assert.Equal(PaymentStatus.Cancelled, charged.Status);
        Assert.Equal((1000L, 1000L), (await TakenAsync(id), await RefundedAsync(id)));
    }

    [Fact]
    public async Task a_first_attempt_that_its_order_repeats_takes_the_money_once()
    {
        var charge = FirstOf(Guid.NewGuid(), out var payment, out var id);
        foreach (var isFirst in (bool[])[true, true, false])
        {
            Assert.Equal(PaymentStatus.Captured, (await payment.ChargeAsync(charge with { IsFirst = isFirst })).Status);
            await silo.DeactivateAllAsync();
        }
        Assert.Equal((1000L, 0L), (await TakenAsync(id), await RefundedAsync(id)));
    }

    /// <summary>The silo died after the provider's answer and before the payment's first write.</summary>
    [Fact]
    public async Task a_first_attempt_of_which_only_the_provider_knows_is_found_when_its_order_ends()
    {
        var charge = FirstOf(Guid.NewGuid(), out var payment, out var id);
        await payment.ChargeAsync(charge);
        await silo.DeactivateAllAsync();
        Assert.Equal(1L, await silo.QueryAsync<long>("""
            with state as (delete from grain_state_payment where grain_key = $1 returning 1),
                told as (delete from event where source = '/payment/' || $1)
            select count(*) from state
            """, id.ToString("N")));

        var ended = await payment.CancelAsync(new CancelPayment(charge, RefundCaptured: false, "deadline"));
        Assert.Equal(PaymentStatus.Captured, ended.Status);

        ended = await payment.CancelAsync(new CancelPayment(charge, RefundCaptured: true, "called off"));
        Assert.Equal(PaymentStatus.Refunded, ended.Status);
        Assert.Equal((1000L, 1000L), (await TakenAsync(id), await RefundedAsync(id)));
    }

    [Fact]
    public async Task a_first_attempt_that_was_never_made_is_not_made_after_its_order_has_ended()
    {
        var charge = FirstOf(Guid.NewGuid(), out var payment, out var id);

        Assert.Equal(
            PaymentStatus.Cancelled, (await payment.CancelAsync(new CancelPayment(charge, RefundCaptured: true, "deadline"))).Status);

        await silo.DeactivateAllAsync();
        Assert.Equal(PaymentStatus.Cancelled, (await payment.ChargeAsync(charge)).Status);
        Assert.Equal(
            "cancelled", await silo.QueryAsync<string>("select string_agg(status, ' ') from simulated_payment where order_id = $1", id));
    }

    private Charge FirstOf(Guid order, out IPaymentGrain payment, out Guid id)
    {
        (payment, id) = (silo.Grains.GetGrain<IPaymentGrain>(order), order);
        return new Charge("checkout", new PaymentTerms(null, Guid.NewGuid(), new Money(1000, "USD")), "pm_card_visa")
        { StoredByOrderAt = DateTimeOffset.UtcNow };
    }

    private Task<long> TakenAsync(Guid id) =>
        silo.QueryAsync<long>(
            "select coalesce(sum(amount), 0)::bigint from simulated_payment where order_id = $1 and status = 'captured'", id);

    private Task<long> RefundedAsync(Guid id) => silo.QueryAsync<long>(
        "select coalesce(sum(r.amount), 0)::bigint from simulated_refund r join simulated_payment p on p.reference = r.payment_reference "
            + "where p.order_id = $1", id);

    private IOrderGrain Order() => silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid());
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Silo.Payments;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>
/// A silo that reconciles only when a test says so, with the simulated provider, whose books are tables that a test can change.
/// </summary>
public sealed class ReconcilingSilo : InProcessSilo
{
    protected override Dictionary<string, string?> Settings => new()
    {
        ["Payments:Reconciliation:Enabled"] = "false",
        ["Payments:Reconciliation:TooLongSeconds"] = "0.1",
        ["Payments:Reconciliation:PageSize"] = "3",
        ["Payments:Reconciliation:MaxPagesPerRun"] = "10000",
        ["Payments:Reconciliation:RequestsPerSecond"] = "1000",
        ["Payments:Reconciliation:IntervalSeconds"] = "3600",
        // Nothing but reconciliation looks at an order.
        ["Checkout:CheckoutDueSeconds"] = "3600",
        ["Checkout:PaymentWindowMinutes"] = "600",
    };

    internal Reconciler Reconciler => Services.GetRequiredService<Reconciler>();

    internal IReconciliationGrain Books => Grains.GetGrain<IReconciliationGrain>(0);

    internal static readonly Caller Shop = new(null, null, IsAdmin: true);
}

[CollectionDefinition(nameof(ReconcilingSilo))]
public sealed class ReconcilingSiloCollection : ICollectionFixture<ReconcilingSilo>;

/// <summary>What the books say differently, and what becomes of it.</summary>
[Collection(nameof(ReconcilingSilo))]
public sealed class ReconciliationTests(ReconcilingSilo silo)
{
    [Fact]
    public async Task books_that_agree_have_nothing_to_report()
    {
        var order = await BuyAsync();
        await BuyAsync("pm_card_visa_chargeDeclined");

        var report = await RunAsync();

        Assert.Empty(await FoundAsync(order));
        Assert.True(report is { Payments: >= 2, Orders: >= 2 }, report.ToString());
    }

    [Fact]
    public async Task a_payment_that_was_taken_without_our_hearing_of_it_confirms_its_order()
    {
        var order = await BuyAsync("pm_card_authenticationRequired");
        await ChangeAsync("update simulated_payment set status = 'captured' where order_id = $1", order);

        var report = await RunAsync();

        Assert.Equal(OrderStatus.Confirmed, (await OrderAsync(order)).Status);
        Assert.True(report.InBetween >= 1, report.ToString());
    }

    [Fact]
    public async Task a_payment_declined_here_and_taken_there_confirms_its_order_and_is_noted()
    {
        var order = await BuyAsync("pm_card_visa_chargeDeclined");
        await ChangeAsync("update simulated_payment set status = 'captured' where order_id = $1", order);

        await RunAsync();

        Assert.Equal(OrderStatus.Confirmed, (await OrderAsync(order)).Status);
        var noted = Assert.Single(await FoundAsync(order));
        Assert.Equal(
            (DiscrepancyKind.Status, "Declined", "Captured", "Reconciliation settled it."),
            (noted.Kind, noted.Ours, noted.Theirs, noted.Resolution));
        Assert.NotNull(noted.ResolvedAt);
    }

    [Theory]
    [InlineData("cancelled")]
    [InlineData("declined")]
    public async Task an_order_whose_money_is_not_there_is_reported_until_it_is(string status)
    {
        var order = await BuyAsync();
        await ChangeAsync("update simulated_payment set status = $2 where order_id = $1", order, status);

        await RunAsync();
        await RunAsync();
        var open = Assert.Single(await FoundAsync(order));
        Assert.Equal((DiscrepancyKind.Status, 2, null), (open.Kind, open.TimesSeen, open.ResolvedAt));

        await ChangeAsync("update simulated_payment set status = 'captured' where order_id = $1", order);
        await RunAsync();
        Assert.Equal("It was found in order.", Assert.Single(await FoundAsync(order)).Resolution);
    }

    [Fact]
    public async Task what_was_taken_is_compared_to_the_cent()
    {
        var order = await BuyAsync();
        await ChangeAsync("update simulated_payment set captured = amount - 1 where order_id = $1", order);

        await RunAsync();

        Assert.Equal([DiscrepancyKind.Captured], (await FoundAsync(order)).Select(d => d.Kind));
    }

    [Fact]
    public async Task a_payment_of_another_amount_is_reported()
    {
        var order = await BuyAsync();
        await ChangeAsync("update simulated_payment set currency = 'EUR' where order_id = $1", order);

        await RunAsync();

        Assert.Equal([DiscrepancyKind.Amount], (await FoundAsync(order)).Select(d => d.Kind));
    }

    [Fact]
    public async Task a_payment_that_the_provider_has_lost_is_reported()
    {
        var order = await BuyAsync("pm_card_authenticationRequired");
        await ChangeAsync("delete from simulated_payment where order_id = $1", order);

        await RunAsync();

        Assert.Equal([DiscrepancyKind.UnknownToProvider], (await FoundAsync(order)).Select(d => d.Kind));
    }

    [Fact]
    public async Task a_payment_that_nobody_knows_is_adopted_by_an_order_that_waits()
    {
        var order = await BuyAsync("pm_card_visa_chargeDeclined");
        await StrayAsync(order, (await OrderAsync(order)).Total.Amount);

        await RunAsync();

        Assert.Equal(
            (OrderStatus.Confirmed, PaymentStatus.Captured), ((await OrderAsync(order)).Status, (await OrderAsync(order)).Payment.Status));
        Assert.Equal(
            (DiscrepancyKind.Stray, true), Assert.Single((await FoundAsync(order)).Select(d => (d.Kind, d.ResolvedAt is not null))));
    }

    [Theory]
    [InlineData("captured", true)]
    [InlineData("captured", false)]
    [InlineData("authorized", true)]
    [InlineData("requires_action", false)]
    public async Task a_payment_that_nobody_knows_is_given_back_when_no_order_waits(string status, bool ordered)
    {
        var order = ordered ? await BuyAsync() : Guid.NewGuid();
        var stray = await StrayAsync(order, 700, status);

        await RunAsync();
        await RunAsync();

        var expected = status == "captured" ? "captured 700" : "cancelled 0";
        Assert.Equal(expected, await silo.QueryAsync<string>("""
            select p.status || ' ' || (select coalesce(sum(amount), 0) from simulated_refund where payment_reference = p.reference)
            from simulated_payment p where reference = $1
            """, stray));
        Assert.Equal(
            (DiscrepancyKind.Stray, true), Assert.Single((await FoundAsync(order)).Select(d => (d.Kind, d.ResolvedAt is not null))));
        if (ordered)
            Assert.Equal((OrderStatus.Confirmed, 0), ((await OrderAsync(order)).Status, (await OrderAsync(order)).Payment.Refunded.Amount));
    }

    [Fact]
    public async Task an_order_placed_under_the_id_of_a_payment_that_went_back_is_paid_anew()
    {
        var (order, buy) = await PrepareAsync();
        await StrayAsync(order, 700);
        await RunAsync();

        var placed = await buy();

        Assert.Equal((OrderStatus.Confirmed, PaymentStatus.Captured), (placed.Status, placed.Payment.Status));
        await RunAsync();
        Assert.All(await FoundAsync(order), d => Assert.NotNull(d.ResolvedAt));
    }

    [Fact]
    public async Task two_silos_do_not_reconcile_at_the_same_time()
    {
        await BuyAsync();
        await silo.Books.RequestAsync("tester");

        var ran = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => silo.Reconciler.RunIfDueAsync($"silo {i}", CancellationToken.None)));

        Assert.Single(ran, r => r);
    }

    [Fact]
    public async Task a_turn_that_nobody_ends_is_taken_over_where_it_stood()
    {
        var store = silo.Services.GetRequiredService<ReconciliationStore>();
        await silo.Books.RequestAsync("tester");
        Assert.NotNull(await store.TryTakeAsync("dead silo", TimeSpan.FromMinutes(10), CancellationToken.None));
        var position = new ReconciliationPosition { UnsettledAfter = "f" };
        Assert.True(await store.SaveAsync("dead silo", position, TimeSpan.FromMinutes(10), CancellationToken.None));
        Assert.Null(await store.TryTakeAsync("silo", TimeSpan.FromSeconds(60), CancellationToken.None));

        await ChangeAsync("update payment_reconciliation set leased_until = now() where $1 is not null", Guid.NewGuid());
        (ReconciliationPosition Position, DateTimeOffset)? taken = null;
        await Until.TrueAsync("the turn is free", TimeSpan.FromSeconds(30), async () =>
            (taken = await store.TryTakeAsync("silo", TimeSpan.FromSeconds(60), CancellationToken.None)) is not null);

        Assert.Equal(position, taken!.Value.Position);
        Assert.False(await store.SaveAsync("dead silo", position, TimeSpan.FromSeconds(2), CancellationToken.None));
        Assert.True(await store.SaveAsync("silo", new ReconciliationPosition(), TimeSpan.FromSeconds(60), CancellationToken.None));
        await store.EndAsync("silo", new ReconciliationReport(0, 0, 0, 0, 0, 0, null), TimeSpan.Zero, CancellationToken.None);
    }

    [Fact]
    public async Task the_list_is_filtered_and_paged()
    {
        var orders = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            orders.Add(await BuyAsync());
            await ChangeAsync("update simulated_payment set currency = 'EUR' where order_id = $1", orders[i]);
        }
        await RunAsync();

        var filter = new DiscrepancyFilter(false, DiscrepancyKind.Amount, null, null);
        var found = new List<PaymentDiscrepancy>();
        string? cursor = null;
        do
        {
            var page = (await silo.Books.ListAsync(filter, new PageRequest(1, cursor), TestContext.Current.CancellationToken)).Value!;
            found.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Empty(orders.Except(found.Select(d => d.PaymentId)));
        Assert.Equal(found.OrderByDescending(d => d.LastSeenAt).Select(d => d.Id), found.Select(d => d.Id));
        Assert.All(found, d => Assert.Equal((DiscrepancyKind.Amount, null), (d.Kind, d.ResolvedAt)));
        Assert.Equal(
            ErrorCode.ValidationFailed,
            (await silo.Books.ListAsync(filter, new PageRequest(1, "nonsense"), TestContext.Current.CancellationToken)).Error?.Code);
        Assert.Empty((await silo.Books.ListAsync(
            filter with { To = DateTimeOffset.UnixEpoch }, new PageRequest(), TestContext.Current.CancellationToken)).Value!.Items);
        Assert.Equal(
            found.Count, (await silo.Books.ListAsync(
                filter with { From = DateTimeOffset.UtcNow.AddDays(-1) }, new PageRequest(100), TestContext.Current.CancellationToken))
                .Value!.Items.Length);
        Assert.True((await silo.Books.GetStatusAsync()).Open >= 3);
    }

    [Fact]
    public async Task news_that_are_known_ask_the_provider_nothing()
    {
        var order = await BuyAsync();
        // A provider that is asked would have another answer.
        await ChangeAsync("update simulated_payment set status = 'requires_action' where order_id = $1", order);
        var review = silo.Services.GetRequiredService<PaymentReview>();
        var reference = await silo.QueryAsync<string>("select reference from simulated_payment where order_id = $1", order);

        var effect = await review.ApplyAsync(
            new PaymentUpdate("evt_1", "payment_intent.succeeded", reference, order) { Status = ProviderPaymentStatus.Captured },
            again: false, CancellationToken.None);

        Assert.Equal(PaymentUpdateOutcome.Known, effect);
        await ChangeAsync("update simulated_payment set status = 'captured' where order_id = $1", order);
    }

    [Fact]
    public async Task more_payments_than_a_run_takes_are_compared_one_run_after_the_other_and_none_is_left_out()
    {
        await ChangeAsync("update payment_reconciliation set position = '{}', due_at = now() where $1 is not null", Guid.NewGuid());
        var options = new PaymentsOptions
        {
            Reconciliation =
            {
                TooLongSeconds = 0.1,
                PageSize = 3,
                MaxPagesPerRun = 1,
                RequestsPerSecond = 1000,
                OverlapMinutes = 0,
                IntervalSeconds = 3600,
            },
        };
        var books = new ListedBooks(silo.Services.GetRequiredService<IProviderTransactions>());
        var reconciler = ActivatorUtilities.CreateInstance<Reconciler>(silo.Services, Options.Create(options), books);
        var store = silo.Services.GetRequiredService<ReconciliationStore>();
        // Each run is due at once: the interval is an hour.
        async Task<bool> RunAsync() => await reconciler.RunIfDueAsync("test", CancellationToken.None);

        var bought = new List<Guid>();
        // Faster than it is compared; then it catches up.
        for (var i = 0; i < 3; i++)
        {
            for (var n = 0; n < 8; n++)
                bought.Add(await BuyAsync());
            await Task.Delay(TimeSpan.FromSeconds(0.2), TestContext.Current.CancellationToken);
            await ChangeAsync("update payment_reconciliation set due_at = now() where $1 is not null", Guid.NewGuid());
            Assert.True(await RunAsync(), "a run that is due is made");
            Assert.Null((await silo.Books.GetStatusAsync()).Last!.Error);
            // Later, the first run may have been the last of a pass that began before these were bought.
            Assert.True(await RunAsync() || i > 0, "while there is more, the next run is due at once");
        }
        await Task.Delay(TimeSpan.FromSeconds(0.2), TestContext.Current.CancellationToken);
        var last = DateTimeOffset.UtcNow;
        await Until.TrueAsync("everything was compared", TimeSpan.FromSeconds(60), async () =>
        {
            await ChangeAsync("update payment_reconciliation set due_at = now() where $1 is not null", Guid.NewGuid());
            while (await RunAsync()) { }
            var (payments, orders) = await store.ComparedToAsync(CancellationToken.None);
            return payments >= last.AddSeconds(-0.2) && orders >= last.AddSeconds(-0.2);
        });
        Assert.Empty(bought.Except(books.Listed));
    }

    [Fact]
    public async Task what_was_made_while_nobody_reconciled_is_compared_however_long_ago_that_is()
    {
        var old = await BuyAsync();
        await ChangeAsync("update simulated_payment set created_at = now() - interval '9 days' where order_id = $1", old);
        await ChangeAsync(
            "update payment_reconciliation set position = jsonb_build_object('paymentsComparedTo', now() - interval '10 days') where $1 is "
                + "not null", Guid.NewGuid());
        var books = new ListedBooks(silo.Services.GetRequiredService<IProviderTransactions>());
        var options = new PaymentsOptions { Reconciliation = { TooLongSeconds = 0.1, RequestsPerSecond = 1000, LookBackHours = 1 } };
        var reconciler = ActivatorUtilities.CreateInstance<Reconciler>(silo.Services, Options.Create(options), books);
        await silo.Books.RequestAsync("tester");
        await Until.TrueAsync("a run is made", TimeSpan.FromSeconds(60), () => reconciler.RunIfDueAsync("test", CancellationToken.None));
        Assert.Contains(old, books.Listed);
    }

    /// <summary>Remembers which orders' payments were listed.</summary>
    private sealed class ListedBooks(IProviderTransactions transactions) : IProviderTransactions
    {
        public HashSet<Guid> Listed { get; } = [];

        public Task<ProviderTransaction?> FindAsync(string reference, CancellationToken cancellation) =>
            transactions.FindAsync(reference, cancellation);

        public async Task<ProviderTransactionPage> ListAsync(
            DateTimeOffset from, DateTimeOffset to, string? after, int limit, CancellationToken cancellation)
        {
            var page = await transactions.ListAsync(from, to, after, limit, cancellation);
            Listed.UnionWith(page.Items.Select(p => p.OrderId).OfType<Guid>());
            return page;
        }
    }

    private async Task<ReconciliationReport> RunAsync()
    {
        // What is younger than this is left alone.
        await Task.Delay(TimeSpan.FromSeconds(0.2));
        await silo.Books.RequestAsync("tester");
        await Until.TrueAsync(
            "a run is made", TimeSpan.FromSeconds(60), () => silo.Reconciler.RunIfDueAsync("test", CancellationToken.None));
        var report = (await silo.Books.GetStatusAsync()).Last!;
        Assert.Null(report.Error);
        return report;
    }

    private async Task<PaymentDiscrepancy[]> FoundAsync(Guid payment)
    {
        var all = new List<PaymentDiscrepancy>();
        string? cursor = null;
        do
        {
            var page = (await silo.Books.ListAsync(new DiscrepancyFilter(null, null, null, null), new PageRequest(100, cursor))).Value!;
            all.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return [.. all.Where(d => d.PaymentId == payment)];
    }

    private async Task<Order> OrderAsync(Guid id) => (await silo.Grains.GetGrain<IOrderGrain>(id).GetAsync(ReconcilingSilo.Shop)).Value!;

    /// <summary>A payment at the provider that the shop knows nothing of.</summary>
    private async Task<string> StrayAsync(Guid order, long amount, string status = "captured")
    {
        var reference = $"stray_{Guid.NewGuid():N}";
        await ChangeAsync("""
            insert into simulated_payment (reference, idempotency_key, order_id, amount, currency, payment_method, status)
            values ($2, $2, $1, $3, 'USD', 'pm_card_visa', $4)
            """, order, reference, amount, status);
        return reference;
    }

    private async Task ChangeAsync(string sql, Guid order, params object[] more)
    {
        await using var command = silo.Database.CreateCommand(sql);
        foreach (var value in (object[])[order, .. more])
            command.Parameters.Add(new() { Value = value });
        Assert.True(await command.ExecuteNonQueryAsync() > 0);
    }

    private async Task<Guid> BuyAsync(string card = "pm_card_visa")
    {
        var (id, buy) = await PrepareAsync(card);
        await buy();
        return id;
    }

    /// <summary>A full cart; answers the id of its order to be, and how to place it.</summary>
    private async Task<(Guid Id, Func<Task<Order>> Buy)> PrepareAsync(string card = "pm_card_visa")
    {
        var sku = await silo.CreateProductAsync();
        var stocked = await silo.Grains.GetGrain<Inventory.IInventoryItemGrain>(Sku.GrainKey(sku))
            .AdjustAsync(new Inventory.AdjustStock($"{Guid.NewGuid()}", 10, "delivery", null));
        Assert.False(stocked.IsError);
        var guest = new Caller(null, Guid.NewGuid(), false);
        var cart = silo.Grains.GetGrain<Carts.ICartGrain>(guest.CartId!.Value);
        Assert.False((await cart.OpenForGuestAsync()).IsError);
        Assert.False((await cart.SetItemAsync(guest, sku, 1)).IsError);
        var id = OrderId.For(guest, "key");
        async Task<Order> PlaceAsync()
        {
            await silo.Grains.GetGrain<IOrderGrain>(id)
                .PlaceAsync(new PlaceOrder(guest, Rules.Given.Address, null, card, "ada@example.com", "fingerprint"));
            return await OrderAsync(id);
        }
        return (id, PlaceAsync);
    }
}

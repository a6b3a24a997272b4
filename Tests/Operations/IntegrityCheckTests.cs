using System.Text.Json.Nodes;
using SoonShop.Silo.Integrity;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>The integrity check is right about a shop at work, and finds every kind of breach, by its row.</summary>
[Collection(nameof(CheckedShop))]
public sealed class IntegrityCheckTests(CheckedShop shop)
{
    /// <summary>A part of a state is replaced.</summary>
    private static string Set(string state, string key, string path, string value) =>
        $"update grain_state set state = convert_to(jsonb_set(convert_from(state, 'UTF8')::jsonb, '{{{path}}}', {value})::text, 'UTF8') "
            + $"where state_name = '{state}' and grain_key = '{key}'";

    /// <summary>A list within a state is there twice.</summary>
    private static string Double(string state, string key, string path) =>
        Set(
            state, key, path,
            $"(select (convert_from(state, 'UTF8')::jsonb #> '{{{path}}}') || (convert_from(state, 'UTF8')::jsonb #> '{{{path}}}'))");

    private static string Delivery(string status, string handler, string due, string history) => $"""
        insert into event_delivery (event_id, handler, handler_key, event_type, source, sequence, subject, stream_namespace,
            stream_key, event_time, data,
                                    status, due_at, attempts, error_class, error_type, error_message, fingerprint, history, dead_at)
        values ('planted#1', '{handler}', 'k', 'order.placed', 'planted', 1, 's', 'order', 'k', now(), 'x', '{status}', {due}, 3, 'system',
            't', 'm', 'f', '{history}', now())
        """;

    private static string Processing => Set("payment", "{confirmed}", "state,attempts,0,status", "'\"processing\"'");

    private static string LongProcessing =>
        $"{Processing}; {Set("order", "{confirmed}", "state,order,timeline,0,at", "'\"2020-01-01T00:00:00+00:00\"'")}";

    private static string Discrepancy(string firstSeenAt) => $"""
        insert into payment_discrepancy (kind, payment_id, reference, ours, theirs, times_seen, first_seen_at)
        values ('stray', '{"{confirmed:id}"}', 'pi_1', 'nothing', 'captured', 2, {firstSeenAt})
        """;

    /// <summary>For each check, a change that breaks it and the row that must be named.</summary>
    private static readonly Dictionary<string, (string Change, string Row)> Plants = new()
    {
        ["ledger-adds-up"] = (
            "update stock_ledger set on_hand_after = on_hand_after + 1 where sku = '{sku}' and sequence = 1", "stock_ledger {sku} #1"),
        ["counters-match-ledger"] = (Set("inventory", "sku/{sku}", "state,onHand", "'999999'"), "stock {sku}"),
        ["reserved-is-held"] = (Set("inventory", "sku/{sku}", "state,reserved", "'999999'"), "stock {sku}"),
        ["reserved-as-ordered"] = (Set("order", "{confirmed}", "state,order,totals,lines,0,quantity", "'7'"), "order {confirmed:id}"),
        ["sold-as-ordered"] = ("delete from stock_ledger where operation_id = '{confirmed}/reserve'", "order {confirmed:id}"),
        ["gives-back-what-was-ordered"] = (
            Set("order", "{confirmed}", "state,order,backInStock", "'[{\"sku\": \"NO-SUCH-THING\", \"quantity\": 1}]'"),
            "order {confirmed:id}"),
        ["units-in-one-place"] = (
            Set("order", "{confirmed}", "state,order,backInStock", "'[{\"sku\": \"{sku}\", \"quantity\": 999}]'"), "order {confirmed:id}"),
        ["returned-as-shipped"] = (
            Set("order", "{confirmed}", "state,order,returns", """
                '[{"id": "r", "status": "received", "lines": [{"sku": "{sku}", "quantity": 999}],
                   "received": [{"sku": "{sku}", "good": 999, "damaged": 0, "missing": 0, "restocked": 0}]}]'
                """), "order {confirmed:id}"),
        ["refunded-as-ordered"] = (
            Set("order", "{confirmed}", "state,order,refunds",
                "'[{\"id\": \"r\", \"amount\": 1, \"lines\": [{\"sku\": \"{sku}\", \"quantity\": 999}], \"done\": true}]'"),
            "order {confirmed:id}"),
        ["reserved-where-allocated"] = (
            Set("order", "{confirmed}", "state,order,allocations", "'[{\"sku\": \"{sku}\", \"location\": \"berlin\", \"units\": 1}]'"),
            "order {confirmed:id}"),
        ["allocated-as-ordered"] = (
            Set("order", "{confirmed}", "state,order,allocations", "'[{\"sku\": \"{sku}\", \"location\": \"default\", \"units\": 9}]'"),
            "order {confirmed:id}"),
        ["transferred-once"] = (
            "insert into grain_state (state_name, grain_key, version, state) values ('stock-transfer', '{confirmed}', 1, convert_to("
                + "'{\"state\": {\"status\": \"received\", \"from\": \"default\", \"to\": \"berlin\", "
                + "\"lines\": [{\"sku\": \"{sku}\", \"quantity\": 2, \"received\": 2}]}}', 'UTF8'))", "stock-transfer {confirmed:id}"),
        ["awaiting-holds-stock"] = ("delete from stock_ledger where operation_id = '{awaiting}/reserve'", "order {awaiting:id}"),
        ["called-off-gives-back"] = ("delete from stock_ledger where operation_id = '{cancelled}/settle'", "order {cancelled:id}"),
        ["stock-of-a-product"] = ("delete from grain_state where state_name = 'product' and grain_key = 'sku/{sku}'", "stock {sku}"),
        ["stock-index"] = ("update grain_state set index = jsonb_set(index, '{available}', '999999') where state_name = 'inventory' and "
            + "grain_key = 'sku/{sku}'", "stock {sku}"),
        ["promotion-ledger-adds-up"] = (
            "update promotion_use set reserved_after = reserved_after + 1 where promotion_id = '{promotion}' and sequence = 1",
            "promotion_use {promotion} #1"),
        ["promotion-counters-match-ledger"] = (
            Set("promotion-uses", "{promotion}", "state,budgets,0,committed", "'1'"), "promotion {promotion}"),
        ["promotion-holders-add-up"] = ("delete from promotion_holder_use where promotion_id = '{promotion}'", "promotion {promotion}"),
        ["promotion-uses-as-ordered"] = (
            "delete from promotion_use where order_id = '{promoted:id}' and kind = 'Commit'", "order {promoted:id}"),
        ["promotion-limits-hold"] = (Set("order", "{promoted}", "state,order,promotionUses,0,totalLimit", "'0'"), "order {promoted:id}"),
        ["charged-once"] = (Double("payment", "{confirmed}", "state,attempts"), "payment {confirmed:id}"),
        ["payment-terms"] = (Set("payment", "{awaiting}", "state,terms,amount,amount", "'7'"), "payment {awaiting:id}"),
        ["refunded-within-captured"] = (Set("payment", "{refunded}", "state,refunds,0,amount", "'1000000'"), "payment {refunded:id}"),
        ["refund-once"] = (Double("payment", "{refunded}", "state,refunds"), "payment {refunded:id}"),
        ["order-hears-of-payment"] = (Set("order", "{refunded}", "state,order,payment,refunded,amount", "'0'"), "order {refunded:id}"),
        ["standing-order-is-paid"] = (Set("payment", "{confirmed}", "state,attempts,0,status", "'\"declined\"'"), "order {confirmed:id}"),
        ["captured-has-order"] = (Set("order", "{confirmed}", "state,order,status", "'\"cancelled\"'"), "payment {confirmed:id}"),
        ["credit-pays-once"] = (
            Set("order", "{confirmed}", "state,order,credit",
                "'{\"fromOrderId\": \"{refunded:id}\", \"creditId\": \"exchange/1\", \"amount\": 1}'"), "order {confirmed:id}"),
        ["held-money-is-let-go"] = (Set("payment", "{cancelled}", "state,attempts,0,status", "'\"authorized\"'"), "payment {cancelled:id}"),
        ["provider-agrees"] = (
            "update simulated_payment set amount = amount + 1 where order_id = '{confirmed:id}'", "payment {confirmed:id}"),
        // Also of a payment whose outcome is not known, after a while.
        ["provider-discrepancies"] = ($"{Processing}; {Discrepancy("now() - interval '2 hours'")}", "payment {confirmed:id}"),
        ["in-between-is-found"] = (
            "update grain_state set index = '{\"inBetween\": true}' where state_name = 'payment' and grain_key = '{confirmed}'",
            "payment {confirmed:id}"),
        ["in-between-is-settled"] = (
            $"{LongProcessing}; update payment_reconciliation set due_at = now() - interval '2 hours'", "payment {confirmed:id}"),
        ["captured-told-once"] = (
            "delete from event where type = 'payment.captured' and subject = '{confirmed}'", "payment {confirmed:id}"),
        ["order-goes-on"] = ("delete from event where stream_namespace = 'checkout' and stream_key = '{awaiting}'", "order {awaiting:id}"),
        ["placed-once"] = ("delete from event where type = 'order.placed' and subject = '{confirmed}'", "order {confirmed:id}"),
        ["confirmed-once"] = ("delete from event where type = 'order.confirmed' and subject = '{confirmed}'", "order {confirmed:id}"),
        ["one-order-a-cart"] = (
            "update event set position = default where type = 'order.confirmed' and subject = '{confirmed}'", "cart {account:id}"),
        ["cart-let-go"] = (Set("cart", "{account}", "state,ordered", "'[]'"), "cart {account:id}"),
        ["draft-is-one-order"] = (Set("draft-order", "{draft}", "state,status", "'\"open\"'"), "draft order {draft:id}"),
        ["order-index"] = ("update grain_state set index = jsonb_set(index, '{customerId}', '\"00000000-0000-0000-0000-000000000007\"') "
            + "where state_name = 'order' and grain_key = '{confirmed}'", "order {confirmed:id}"),
        ["order-of-an-account"] = ("delete from grain_state where state_name = 'user' and grain_key = '{account}'", "order {confirmed:id}"),
        ["order-costs-its-quote"] = (
            Set("order", "{promoted}", "state,order,quote,lines,0,adjustments,0,amount", "'7'"), "order {promoted:id}"),
        ["state-is-readable"] = (
            "update grain_state set state = '\\xff' where state_name = 'product' and grain_key = 'sku/{sku}'",
            "grain_state product sku/{sku}"),
        ["events-without-gap"] = ("delete from event where source = '/order/{confirmed}' and sequence = 1", "events of /order/{confirmed}"),
        ["state-and-events-together"] = (Set("cart", "{account}", "sequence", "'999999'"), "grain_state /cart/{account}"),
        ["event-has-reader"] = (
            "update event set queue = 777, position = default where id = '/order/{confirmed}#1'", "event /order/{confirmed}#1"),
        ["handed-over"] = ("insert into stream_undelivered (position, provider, event_id, event_type, stream_namespace, stream_key, "
            + "reason, consumers, error) values (1, 'shop', 'planted#1', 'order.placed', 'order', 'k', 'NoConsumer', '{}', '')",
            "event planted#1"),
        ["dead-letter-has-history"] = (Delivery("dead", "mail", "null", "[]"), "dead letter "),
        ["handler-is-known"] = (Delivery("waiting", "nobody", "now() - interval '1 hour'", "[{}, {}, {}]"), "delivery "),
        ["account-reached-notifications"] = (
            "delete from grain_state where state_name = 'notification' and grain_key = '{account}'", "account {account:id}"),
        ["mail-was-sent"] = (Set("mail", "{account}", "state,recent", "'[]'"), "event /notification/{account}#"),
        ["account-has-its-address"] = ("delete from grain_state where state_name = 'email' and convert_from(state, 'UTF8')::jsonb #>> "
            + "'{state,userId}' = '{account:id}'", "account {account:id}"),
        ["address-has-its-account"] = ("update grain_state set grain_key = 'email/nobody@example.com' where state_name = 'email' and "
            + "convert_from(state, 'UTF8')::jsonb #>> '{state,userId}' = '{account:id}'", "claim by {account:id}"),
        ["former-address-is-held"] = (
            Set(
                "user", "{account}", "state,formerEmail",
                "'{\"email\": \"x@example.com\", \"normalizedEmail\": \"x@example.com\", \"undoUntil\": \"2100-01-01T00:00:00+00:00\"}'"),
            "account {account:id}"),
        ["former-address-is-released"] = (
            Set("user", "{account}", "state,releasedEmails", "'[\"x@example.com\"]'"), "account {account:id}"),
        ["account-index"] = ("update grain_state set index = jsonb_set(index, '{roles}', '[\"customer\", \"admin\"]') where state_name = "
            + "'user' and grain_key = '{account}'", "account {account:id}"),
        ["erasure-goes-on"] = (
            Set("user", "{account}", "state,erasure", "'{\"requestedAt\": \"2026-01-01T00:00:00+00:00\", \"email\": \"x\"}'"),
            "account {account:id}"),
        ["inbox-is-its-owners"] = (Set("notification", "{account}", "state,inbox,0,orderId", "'\"{guest:id}\"'"), "inbox {account}"),
    };

    public static TheoryData<string> Names => [.. IntegrityCheck.All.Select(c => c.Name)];

    [Fact]
    public async Task an_audit_of_a_shop_that_sells_finds_every_promise_kept()
    {
        var crowd = new Crowd(
            shop.Shop, shop.Api, 4, n => ([shop.Ids["sku"]], n % 5 == 4 ? "pm_card_visa_chargeDeclined" : "pm_card_visa"));
        await crowd.MoreAsync(5);
        var command = shop.RunAsync("--json");
        while (!command.IsCompleted)
        {
            var seen = await shop.AuditWithAsync(null);
            Assert.True(seen.Breaches == 0, seen.ToText());
        }
        var (code, output, error) = await command;
        await crowd.MoreAsync(1);
        await crowd.CloseAsync();
        Assert.True(code == 0, output + error);
        var report = JsonNode.Parse(output)!;
        Assert.Equal(0, (int)report["breaches"]!);
        Assert.Equal(IntegrityCheck.All.Length, report["checks"]!.AsArray().Count);
        Assert.True((long)report["extent"]!.AsArray().First(e => (string)e!["what"]! == "orders")!["count"]! >= 10, output);
        Assert.True(
            (long)report["underWay"]!.AsArray().First(e => (string)e!["what"]! == "orders waiting for their payment")!["count"]! >= 1,
            output);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task a_breach_is_found_by_its_row(string check)
    {
        var (change, row) = Plants[check];
        var report = await shop.AuditWithAsync(change, checks: IntegrityCheck.All.Where(c => c.Name == check));
        var broken = Assert.Single(report.Checks);
        Assert.True(broken.Breaches > 0, report.ToText());
        Assert.Contains(broken.Rows, r => r.Row.StartsWith(shop.Named(row), StringComparison.Ordinal));
        Assert.NotEmpty(broken.Remedy!);
        Assert.Contains($"BROKEN  {check} ", report.ToText(), StringComparison.Ordinal);
    }

    /// <summary>What looks like a breach, and whether it is one.</summary>
    public static TheoryData<string, bool, string> Cases => new()
    {
        { "provider-discrepancies", false, $"{Processing}; {Discrepancy("now()")}" },
        // Reconciliation that runs every ten hours is not late after five; one that runs and fails is.
        { "in-between-is-settled", false, $"{LongProcessing}; update payment_reconciliation set ended_at = now() - interval '5 hours', "
            + "due_at = now() + interval '5 hours'" },
        { "in-between-is-settled", true, $"{LongProcessing}; update payment_reconciliation set due_at = now() + interval '1 minute', "
            + """report = '{"error": "x", "failingSince": "2020-01-01T00:00:00+00:00"}'""" },
        // A use that no order names, of less than the order says, of an order that was called off; a budget and a customer's limit.
        { "promotion-uses-as-ordered", true, Set("order", "{promoted}", "state,order,promotionUses", "'[]'") },
        { "promotion-uses-as-ordered", true, "update promotion_use set amount = amount - 1 where order_id = '{promoted:id}'" },
        { "promotion-uses-as-ordered", true, "delete from promotion_use where order_id = '{demoted:id}' and kind = 'Return'" },
        { "promotion-uses-as-ordered", true, "delete from promotion_use where order_id = '{promised:id}'" },
        { "promotion-limits-hold", true, Set("order", "{promoted}", "state,order,promotionUses,0,budgetLimit", "'1'") },
        { "promotion-limits-hold", true, Set("order", "{promoted}", "state,order,promotionUses,0,holders,0,limit", "'0'") },
        { "promotion-limits-hold", false, Set("order", "{promoted}", "state,order,promotionUses,0,totalLimit", "'1'") },
        // A total, a tax, a line that the quote does not have.
        { "order-costs-its-quote", true, Set("order", "{promoted}", "state,order,totals,total", "'1'") },
        { "order-costs-its-quote", true, Set("order", "{confirmed}", "state,order,quote,taxes", "'[{\"amount\": 1}]'") },
        { "order-costs-its-quote", true, Set("order", "{confirmed}", "state,order,totals,lines,0,quantity", "'2'") },
        { "captured-told-once", false, TakenTwice },
        { "charged-once", false, TakenTwice },
        // Begun before another was paid, and written down after that; a moment is a difference of clocks.
        { "one-order-a-cart", true, Begun("{refunded}", "-00:00:05") },
        { "one-order-a-cart", false, Begun("{refunded}", "-00:00:01") },
        // A guest's order that went along before the account's orders were placed, and was paid after them; or that went along later.
        { "one-order-a-cart", true, Came("2020-01-01T00:00:00+00:00") },
        { "one-order-a-cart", false, Came("2100-01-01T00:00:00+00:00") },
        { "one-order-a-cart", false, $"{Came("2020-01-01T00:00:00+00:00")}; {PaidFirst}" },
        // A guest's receipt: one that nobody has noted, one that the limit held back, one that left the list of what is remembered.
        { "mail-was-sent", true, $"{NoteOfReceipt("null")}; {NoDueMail}" },
        { "mail-was-sent", false, NoteOfReceipt(
            "to_jsonb(array[jsonb_build_object('notificationId', e.data -> 'notificationId', 'at', now(), "
                + "'status', 'failed', 'isSuppressed', true)])") + $"; {NoDueMail}" },
        { "mail-was-sent", false, NoteOfReceipt(
            "(select jsonb_agg(jsonb_build_object('notificationId', gen_random_uuid(), 'at', now(), 'status', 'sent')) "
                + "from generate_series(1, 50))") + $"; {NoDueMail}" },
        { "mail-was-sent", true, $"delete from grain_state where state_name = 'notification' and {OfTheGuest("grain_key")}; {NoDueMail}" },
        // Somebody else's is none of it, nor is one that was due while no mail went out.
        { "mail-was-sent", true, NoteOfReceipt(
            "to_jsonb(array[jsonb_build_object('notificationId', gen_random_uuid(), 'at', now(), 'status', 'sent')])") + $"; {NoDueMail}" },
        { "mail-was-sent", false, $"{NoteOfReceipt("null")}; {NoDueMail}; update event set time = time - interval '3 hours' where type = "
            + $"'order.confirmed' and {OfTheGuest("stream_key")}" },
        // Of who gets much mail, as much is remembered as there is room for.
        {
            "mail-was-sent", false, Set(
                "mail", "{account}", "state,recent",
                "(select jsonb_agg(jsonb_build_object('notificationId', gen_random_uuid(), 'status', 'sent')) "
                    + "from generate_series(1, 50))")
        },
    };

    /// <summary>What the notifications of the guest's cart remember of mails; <c>e</c> is the event by which the receipt was due.</summary>
    private static string NoteOfReceipt(string mails) => $$"""
        update grain_state g set state = convert_to(
          jsonb_set(convert_from(g.state, 'UTF8')::jsonb, '{state,guestMails}', jsonb_build_object('recent', {{mails}}))::text, 'UTF8')
        from event e
        where g.state_name = 'notification' and {{OfTheGuest("g.grain_key")}}
          and e.type = 'notification.due' and e.stream_key = g.grain_key and e.data ->> 'kind' = 'orderConfirmed'
        """;

    /// <summary>No mail is due for the guest.</summary>
    private static string NoDueMail => $"delete from event where type = 'notification.due' and {OfTheGuest("stream_key")}";

    private static string OfTheGuest(string key) =>
        $"{key} = (select stream_key from event where type = 'order.confirmed' and subject = '{{guest}}')";

    /// <summary>An order was begun so long after the first one of the account was confirmed.</summary>
    private static string Begun(string order, string after) => Set("order", order, "state,order,timeline,0,at", $"""
        (select to_jsonb((t ->> 'at')::timestamptz + interval '{after}')
            from grain_state f, jsonb_array_elements(convert_from(f.state, 'UTF8')::jsonb #> '{"{state,order,timeline}"}') t
         where f.state_name = 'order' and f.grain_key = '{"{confirmed}"}' and t ->> 'status' = 'confirmed')
        """);

    /// <summary>The guest's order, the last that was paid, went along to the account.</summary>
    private static string Came(string at) =>
        Set(
            "order", "{guest}", "state,order",
            $$"""(convert_from(state, 'UTF8')::jsonb #> '{state,order}') || '{"accountId": "{account:id}", "assignedAt": "{{at}}"}'""");

    /// <summary>The guest's order was paid before all others were placed.</summary>
    private static string PaidFirst => "update event set position = default where type = 'order.placed' and subject <> '{guest}'; "
        + Set("order", "{guest}", "state,order,timeline", """
            (select jsonb_agg(case when t ->> 'status' = 'confirmed' then t || '{"at": "2020-01-02T00:00:00+00:00"}' else t end)
             from jsonb_array_elements(convert_from(state, 'UTF8')::jsonb #> '{state,order,timeline}') t)
            """);

    /// <summary>A second capture that was given back, and told of.</summary>
    private static string TakenTwice =>
        Set(
            "payment", "{confirmed}", "state,attempts", "(convert_from(state, 'UTF8')::jsonb #> '{state,attempts}') || "
                + "jsonb_set(convert_from(state, 'UTF8')::jsonb #> '{state,attempts,0}', '{reference}', '\"pi_other\"')")
        + "; " + Set("payment", "{confirmed}", "state,strays", "'[{\"reference\": \"pi_other\", \"status\": \"succeeded\"}]'")
        + "; update event set type = 'payment.captured' where subject = '{confirmed}' and type = 'order.confirmed'";

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task what_only_looks_like_a_breach_is_told_apart(string check, bool broken, string change)
    {
        var report = await shop.AuditWithAsync(change);
        Assert.True(report.Checks.Single(c => c.Check == check).Breaches > 0 == broken, report.ToText());
    }

    [Theory]
    [InlineData("order", "state,order,timeline,0,at", "'\"2026-02-30T00:00:00+00:00\"'")]
    [InlineData("order", "state,order,totals,lines,0,quantity", "'\"x\"'")]
    [InlineData("payment", "state,attempts", "'5'")]
    public async Task a_value_of_the_wrong_kind_is_told_and_hides_nothing_else(string state, string path, string value)
    {
        var report = await shop.AuditWithAsync($"{Set(state, "{confirmed}", path, value)}; {Plants["cart-let-go"].Change}");
        Assert.Contains(
            report.Checks.Single(c => c.Check == "state-is-readable").Rows, r => r.Row == shop.Named($"grain_state {state} {{confirmed}}"));
        Assert.True(report.Checks.Single(c => c.Check == "cart-let-go").Breaches > 0, report.ToText());
    }

    private static readonly IntegrityCheck Slow = new(
        "slow", Promises.Money, "it is fast", "select pg_sleep(600)::text, ''", "Wait for it no longer than it may take.");

    private static IntegrityChecker WithLimits(IntegrityOptions options) =>
        new(new SoonShop.Silo.Payments.PaymentsOptions(), 30, [], options);

    [Fact]
    public async Task a_check_that_takes_too_long_fails_alone_and_by_name()
    {
        var report = await shop.AuditWithAsync(
            Plants["cart-let-go"].Change, WithLimits(new IntegrityOptions { StatementSeconds = 4 }),
            [Slow, .. IntegrityCheck.All.Where(c => !c.TakesHandlers)]);
        Assert.Equal(1, report.Failed);
        Assert.Contains("4 s (Integrity:StatementSeconds)", report.Checks.Single(c => c.Check == "slow").Error!, StringComparison.Ordinal);
        Assert.Contains("slow", report.Failures!, StringComparison.Ordinal);
        Assert.Contains("NOT MADE  slow", report.ToText(), StringComparison.Ordinal);
        // What comes after it is found as ever.
        Assert.True(report.Checks.Single(c => c.Check == "cart-let-go").Breaches > 0, report.ToText());
        Assert.Equal(IntegrityCheck.All.Count(c => !c.TakesHandlers) + 1, report.Checks.Length);
    }

    [Fact]
    public async Task when_the_time_of_all_is_over_the_checks_that_are_left_are_named()
    {
        var report = await shop.AuditWithAsync(
            null, WithLimits(new IntegrityOptions { StatementSeconds = 600, MaxMinutes = 0.15 }),
            [.. IntegrityCheck.All.Take(3), Slow, Slow with { Name = "late" }]);
        Assert.Equal(["slow", "late"], report.Checks.Where(c => c.Error is not null).Select(c => c.Check));
        Assert.All(report.Checks.Where(c => c.Error is not null), c =>
            Assert.Contains("Integrity:MaxMinutes", c.Error!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task what_cannot_be_read_costs_the_checks_that_look_at_it_and_no_other()
    {
        var report = await shop.AuditWithAsync(
            "alter table simulated_refund alter column amount type numeric; update simulated_refund set amount = 'NaN'");
        Assert.Equal(["refunded-within-captured", "provider-agrees"], report.Checks.Where(c => c.Error is not null).Select(c => c.Check));
        Assert.Equal(0, report.Breaches);
        Assert.All(report.Checks.Where(c => c.Error is not null), c => Assert.Contains("'money'", c.Error!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task tens_of_thousands_of_mails_are_no_more_work_than_their_number()
    {
        const int Mails = 30_000;
        var report = await shop.AuditWithAsync($$"""
            insert into grain_state (state_name, grain_key, version, state)
              select 'mail', md5('reader' || n), 1,
                     convert_to(jsonb_build_object('sequence', 0, 'state', jsonb_build_object('isErased', false, 'recent',
                       jsonb_build_array(jsonb_build_object('notificationId', md5('note' || n)::uuid, 'status', 'sent'))))::text, 'UTF8')
              from generate_series(1, {{Mails}}) n;
            insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, data, queue)
              select md5('event' || n), 'test', 0, 'notification.due', 's', 'notification-email', md5('reader' || n), now(),
                     jsonb_build_object('kind', 'welcome', 'notificationId', md5('note' || n)::uuid), (select min(id) from stream_queue)
              from generate_series(1, {{Mails}}) n
            """);
        Assert.Equal(0, report.Failed);
        Assert.Equal(0, report.Checks.Single(c => c.Check == "mail-was-sent").Breaches);
        // Each mail held against each other takes more than ten minutes.
        Assert.True(report.Seconds < 90, $"{report.Seconds} s");
    }

    [Fact]
    public async Task a_broken_promise_is_told_by_command_and_by_the_silo_itself_until_it_is_mended()
    {
        Task<int> BreakAsync(string sql) =>
            shop.Shop.QueryAsync<int>($"with changed as ({shop.Named(sql)} returning 1) select count(*)::int from changed");
        Task ToldAsync(long breaches) => Until.TrueAsync($"the silo's own audit finds {breaches}", TimeSpan.FromSeconds(60), async () =>
        {
            await shop.Shop.QueryAsync<int>(
                "with due as (update integrity_audit set due_at = clock_timestamp() returning 1) select count(*)::int from due");
            return await shop.Shop.QueryAsync<long>("select coalesce((select (report ->> 'breaches')::bigint from integrity_audit), -1)")
                == breaches;
        });
        Assert.Equal(1, await BreakAsync("insert into payment_discrepancy (kind, payment_id, reference, ours, theirs, times_seen) values "
            + "('stray', '{guest:id}', 'pi_1', 'nothing', 'captured', 2)"));
        await ToldAsync(1);
        var (code, output, error) = await shop.RunAsync("--rows", "1");
        Assert.Equal((1, ""), (code, error));
        Assert.Contains("BROKEN  provider-discrepancies (no double charge, no lost money)", output, StringComparison.Ordinal);
        Assert.Contains(shop.Named("payment {guest:id}: stray pi_1"), output, StringComparison.Ordinal);
        Assert.Contains("What to do: GET /admin/payments/discrepancies", output, StringComparison.Ordinal);
        Assert.Contains("A promise is broken: provider-discrepancies", shop.Shop.Logs, StringComparison.Ordinal);

        Assert.Equal(1, await BreakAsync("delete from payment_discrepancy"));
        await ToldAsync(0);
        Assert.Equal(0, (await shop.RunAsync()).Code);
    }

    [Fact]
    public async Task an_audit_that_cannot_be_made_says_why()
    {
        Assert.Equal(64, (await shop.RunAsync("--everything")).Code);
        var empty = await PostgresServer.SharedAsync();
        var database = await empty.CreateDatabaseAsync();
        var (code, output, error) = await Repository.TryRunAsync(
            "dotnet", [Repository.Program("Silo"), "check"], new() { ["ConnectionStrings__soonshop"] = database });
        await empty.DropDatabaseAsync(database);
        Assert.Equal((69, ""), (code, output));
        Assert.Contains("Silo migrate", error, StringComparison.Ordinal);
    }

    [Fact]
    public void every_check_has_a_planted_breach() => Assert.Equal(IntegrityCheck.All.Select(c => c.Name), Plants.Keys);
}

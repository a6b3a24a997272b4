namespace SoonShop.Silo.Integrity;

/// <summary>Orders against payments, and payments against what the provider has taken.</summary>
internal static class PaymentChecks
{
    /// <summary>Says what reconciliation could not settle; where the provider's books are compared directly, it has no say.</summary>
    public const string Discrepancies = "provider-discrepancies";

    /// <summary>Compares with the provider's books: only where these are at hand.</summary>
    public const string ProviderAgrees = "provider-agrees";

    private const string Reconcile =
        "POST /admin/payments/reconcile, then GET /admin/payments/discrepancies?resolved=false. What stays there a person settles in the "
            + "provider's dashboard; its webhook tells the shop.";

    private const string Refund = "Give the money back: POST /admin/orders/{id}/refunds, or in the provider's dashboard.";

    public static readonly ImmutableArray<IntegrityCheck> All =
    [
        new("charged-once", Promises.Money, "an order is charged once at most, and for no more than its total", """
            select format('payment %s', k.id::uuid),
                   format('%s attempts have taken money and kept it, the first %s %s; the order''s total is %s', k.captures, k.amount,
                       k.currency, p.total)
            from kept k left join purchase p using (id)
            where k.captures > 1 or k.amount > coalesce(p.total - p.credit, k.total)
            """, Refund) { Always = true },
        new("payment-terms", Promises.Money, "a payment is for its order's total and for its customer", """
            select format('payment %s', k.id::uuid), format('it is for %s %s of customer %s, the order for %s %s of %s',
                          k.total + k.credit, k.currency, coalesce(k.customer_id::text, 'nobody'), p.total, p.currency,
                          coalesce(p.placed_by::text, 'nobody'))
            from kept k join purchase p using (id)
            where k.attempts > 0
              and (k.total + k.credit, k.credit, k.currency, k.customer_id) is distinct from (p.total, p.credit, p.currency, p.placed_by)
            """, "Compare with the provider's dashboard: what the customer agreed to counts. Refund what was taken too much.")
            { Always = true },
        new("refunded-within-captured", Promises.Money, "no more is given back than was taken", """
            select format('payment %s', id::uuid), format('%s taken, %s given back', coalesce(paid, 0), given_back) from kept
            where given_back > coalesce(paid, 0) or refunded > coalesce(amount, 0)
            union all
            select format('payment %s at the provider (%s)', id::uuid, reference),
                   format('%s taken, %s given back', amount, refunded) from money m
            where refunded > amount and not exists (select from kept k where k.id = m.id and k.refunded > coalesce(k.amount, 0))
            """, "Compare with the provider's dashboard, and with the order's refunds in GET /admin/audit-log?action=orders.refund.")
            { Always = true },
        new("refund-once", Promises.Repeatable, "a refund that was asked for twice happened once", """
            select format('payment %s', k.id::uuid), format('refund %s is there %s times', r.id, r.times)
            from kept k cross join lateral (select id, count(*) as times from unnest(k.refund_ids) as id where id is not null group by id
                having count(*) > 1) r
            """, "Compare with the provider's dashboard; what went back twice can be asked of the customer only.") { Always = true },
        new("order-hears-of-payment", Promises.Money, "an order knows what its payment has taken and given back", """
            select format('order %s', p.id::uuid), format('it knows of %s taken and %s given back, its payment of %s and %s',
                          coalesce(p.captured, 0), coalesce(p.refunded, 0), coalesce(k.paid, 0), coalesce(k.given_back, 0))
            from purchase p left join kept k using (id)
            where not exists (select from busy b where b.id = p.id)
              and (coalesce(p.captured, 0), coalesce(p.refunded, 0)) is distinct from (coalesce(k.paid, 0),
                  case when k.paid is null then 0 else k.given_back end)
            """, Reconcile),
        new("standing-order-is-paid", Promises.Money, "an order that stands is paid, or its money is held", """
            select format('order %s', p.id::uuid), format('%s, but its payment is %s', p.status, coalesce(k.last, 'not there'))
            from purchase p left join kept k using (id)
            where p.status in ('confirmed', 'shipped', 'delivered', 'refunded') and not exists (select from busy b where b.id = p.id)
              and coalesce(k.captures, 0) = 0 and not (p.status = 'confirmed' and coalesce(k.last = 'authorized', false))
            """, "Do not send it. " + Reconcile),
        new("captured-has-order", Promises.Money, "captured money has an order that stands, or was given back", """
            select format('payment %s', k.id::uuid),
                   format('%s %s taken, %s given back; the order is %s', k.paid, k.currency, k.given_back, coalesce(p.status, 'not there'))
            from kept k left join purchase p using (id)
            where k.paid > 0 and not exists (select from busy b where b.id = k.id)
              -- Of disputed money the bank decides.
              and coalesce(k.dispute = 'won', true)
              and case when p.status in ('confirmed', 'shipped', 'delivered') then k.given_back = k.paid else k.given_back <> k.paid end
            """, Refund
                + " A refund that the bank refused is told of by GET /admin/payments/discrepancies; ask the customer for another account."),
        new("credit-pays-once", Promises.Money, "what an order pays for another one is what that order is paid with, to the cent", """
            select format('order %s', coalesce(p.id, c.order_id)::uuid),
                   format('order %s pays %s of it and refunded %s; it says %s of order %s, refunded %s, and is %s',
                          coalesce(c.id, 'none'), coalesce(c.amount, 0), coalesce(c.refunded, 0), coalesce(p.credit, 0),
                          coalesce(p.credit_from, 'none'), coalesce(k.from_credit, 0), coalesce(p.status, 'not there'))
            from (select * from purchase where credit > 0) p
            full join (select * from credit where amount > 0) c on c.order_id = p.id and c.credit_id = p.credit_id and c.id = p.credit_from
            left join kept k on k.id = p.id
            where not exists (select from busy b where b.id in (p.id, p.credit_from, c.id, c.order_id))
              and case
                  when k.paid > 0 then not coalesce(c.is_used and c.amount = p.credit and c.refunded = k.from_credit, false)
                  -- The money of an order that is not paid yet is held. One that ended unpaid, or never came, has none.
                  when p.status in ('pending', 'awaitingPayment', 'confirmed')
                      then not coalesce(not c.is_used and c.amount >= p.credit, false)
                  else c.id is not null end
            """, "POST /admin/payments/reconcile makes both orders look at their payments. What stays, compare with the order's exchanges "
                + "in GET /admin/orders?number=… and with GET /admin/audit-log?action=orders.exchange-credit."),
        new("held-money-is-let-go", Promises.Money, "money is held for an order that stands only", """
            select format('payment %s', k.id::uuid),
                   format('%s %s are held; the order is %s', k.total, k.currency, coalesce(p.status, 'not there'))
            from kept k left join purchase p using (id)
            where k.last = 'authorized' and not exists (select from unsettled u where u.id = k.id)
              and (p.status is null or p.status in ('rejected', 'expired', 'cancelled'))
            """, "The customer's money is held for nothing until the bank lets it go after days: release it in the provider's dashboard. "
                + Reconcile),
        new(ProviderAgrees, Promises.Money, "the payment provider's books and the shop's agree to the cent", """
            select format('payment %s', id::uuid), format('%s: the shop says %s taken, %s given back; the provider %s and %s', reference,
                          coalesce(k.amount, 0), coalesce(k.refunded, 0), coalesce(m.amount, 0), coalesce(m.refunded, 0))
            from (select id, reference, amount, refunded from kept where amount > 0) k full join money m using (id, reference)
            where not exists (select from unsettled u where u.id = coalesce(k.id, m.id))
              and case when k.reference is null then m.refunded <> m.amount
                  else (k.amount, k.refunded) is distinct from (m.amount::numeric, m.refunded::numeric) end
            """, Reconcile),
        new(Discrepancies, Promises.Money, "reconciliation has nothing that it could not settle", """
            select format('payment %s', payment_id), format('%s %s: the shop says %s, the provider or order %s; since %s, seen %s times',
                          kind, nullif(reference, ''), ours, theirs,
                          to_char(first_seen_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), times_seen)
            from payment_discrepancy d left join unsettled u on u.id = replace(d.payment_id::text, '-', '')
            -- What was seen only once, reconciliation may be about to settle; what is being asked for, but not for ever.
            where resolved_at is null and times_seen > 1
              and not (first_seen_at > now() - interval '1 hour' and u.id is not null)
            """, "GET /admin/payments/discrepancies?resolved=false; settle it in the provider's dashboard, then POST "
                + "/admin/payments/reconcile."),
        new("in-between-is-found", Promises.Money, "a payment of unknown outcome is found by who settles it", """
            select format('payment %s', id::uuid),
                   format('it is %s, and its index says %s', case when in_between then 'in between' else 'settled' end, in_between_index)
            from kept where in_between is distinct from in_between_index
            """, Reconcile) { Always = true },
        new("in-between-is-settled", Promises.Money, "a payment of unknown outcome is looked at until it is known", """
            select format('payment %s', k.id::uuid),
                   format('its outcome is not known since %s, no order looks at it, and reconciliation %s',
                          to_char(p.placed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
                          case when r.failing_since < now() - interval '1 hour'
                              then format('fails since %s: %s', to_char(r.failing_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), r.error)
                               else format('is due since %s', to_char(r.due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')) end)
            from kept k left join purchase p using (id)
            cross join (select due_at, leased_until, report ->> 'error' as error,
                pg_temp.time_of(report ->> 'failingSince') as failing_since from payment_reconciliation) r
            where k.asked and not exists (select from busy b where b.id = k.id)
              and coalesce(p.placed_at, '-infinity') < now() - interval '3 hours'
              -- Its interval is the operator's choice. A run that goes on keeps its turn.
              and (r.failing_since < now() - interval '1 hour' or (r.due_at < now() - interval '1 hour' and r.leased_until < now()))
            """, "Reconciliation does not run, or fails: see silos' logs and Payments:Reconciliation:Enabled. " + Reconcile),
        new("captured-told-once", Promises.NoLostEvent, "each capture of a payment was told of once", """
            select format('payment %s', id::uuid), format('captured %s times, told %s times', coalesce(k.taken, 0), coalesce(e.times, 0))
            from (select k.id, k.taken from kept k left join purchase p using (id) cross join horizon h
                  where k.taken > 0 and coalesce(p.placed_at > h.at, h.at = '-infinity')) k
            full join (select subject as id, count(*) as times from event where type = 'payment.captured' group by subject) e using (id)
            -- Of what was given back since, too.
            left join (select id from kept where taken > 0) o using (id)
            where (k.id is not null and e.times is distinct from k.taken) or (k.id is null and o.id is null)
            """, "An event was added or removed past the shop. Tell who needs to know of the payment by hand (receipt, bookkeeping).")
            { Always = true },
    ];
}

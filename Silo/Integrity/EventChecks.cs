namespace SoonShop.Silo.Integrity;

/// <summary>Events against the states that told of them, and against their handlers and dead letters.</summary>
internal static class EventChecks
{
    private const string Restore =
        "Something wrote to event or audit_log past the shop. Restore the missing rows from a backup (same id; new position: leave it "
            + "out), and they are delivered.";

    public static readonly ImmutableArray<IntegrityCheck> All =
    [
        new("state-is-readable", Promises.NoLostOrder, "every state can be read", """
            select format('grain_state %s %s', state_name, key), 'its bytes are no JSON object' from state where not readable
            union all
            select format('grain_state %s %s', s.state_name, s.key), format('%s is of kind %s, not %s', w.name, jsonb_typeof(v), w.kind)
            from (values
              ('order', 'array', '$.order.timeline', jsonpath '$.order.timeline'),
              ('order', 'array', '$.order.totals.lines', '$.order.totals.lines'),
              ('order', 'number', '$.order.totals.total', '$.order.totals.total'), ('order', 'number', '$.order.totals.lines[*].quantity',
                  '$.order.totals.lines[*].quantity'), ('order', 'number', '$.order.payment.captured.amount',
                  '$.order.payment.captured.amount'),
              ('order', 'number', '$.order.payment.refunded.amount', '$.order.payment.refunded.amount'),
              ('order', 'string', '$.order.timeline[*].at', '$.order.timeline[*].at'), ('payment', 'array', '$.attempts', '$.attempts'),
              ('payment', 'array', '$.refunds', '$.refunds'), ('payment', 'array', '$.strays', '$.strays'),
              ('payment', 'number', '$.terms.amount.amount', '$.terms.amount.amount'),
              ('payment', 'number', '$.attempts[*].capturedAmount', '$.attempts[*].capturedAmount'),
              ('payment', 'number', '$.refunds[*].amount', '$.refunds[*].amount'), ('inventory', 'number', '$.onHand', '$.onHand'),
              ('inventory', 'number', '$.reserved', '$.reserved'), ('inventory', 'number', '$.movements', '$.movements'),
              ('promotion-uses', 'number', '$.reserved', '$.reserved'), ('promotion-uses', 'number', '$.committed', '$.committed'),
              ('promotion-uses', 'number', '$.movements', '$.movements'), ('promotion-uses', 'array', '$.budgets', '$.budgets'),
              ('cart', 'array', '$.ordered', '$.ordered'), ('notification', 'array', '$.inbox', '$.inbox'),
              ('mail', 'array', '$.recent', '$.recent')) as w(state_name, kind, name, path)
            join state s using (state_name) cross join lateral jsonb_path_query(s.body, w.path) v
            where jsonb_typeof(v) not in (w.kind, 'null')
            union all
            select format('grain_state %s %s', s.state_name, s.key), format('%s is no time: %s', w.name, v #>> '{}')
            from (values ('order', '$.order.timeline[*].at', jsonpath '$.order.timeline[*].at'),
                ('order', '$.order.paymentDeadline', '$.order.paymentDeadline'),
                         ('user', '$.createdAt', '$.createdAt')) as w(state_name, name, path)
            join state s using (state_name) cross join lateral jsonb_path_query(s.body, w.path) v
            where jsonb_typeof(v) = 'string' and pg_temp.time_of(v #>> '{}') is null
            """, "Restore the row from a backup. Its grain cannot be called until then.") { Always = true },
        new("events-without-gap", Promises.NoLostEvent, "a state's events have its numbers, without a gap", """
            select format('events of %s', t.source), case
                when t.misnamed > 0 then format('%s have an id that is not their source and number', t.misnamed)
                else format('number %s is missing', t.unbroken_from - 1) end
            from told_by t cross join horizon h left join whole w on w.source = t.source
            where t.misnamed > 0 or t.first_recent < t.unbroken_from
               or (t.unbroken_from > 1 and (w.source is not null or h.at = '-infinity'))
            """, Restore) { Always = true },
        new("state-and-events-together", Promises.NoLostEvent, "a state and its events were committed together", """
            select format('grain_state %s', coalesce(s.source, t.source)), format('%s; it has told of %s events, and there are %s',
                          case when s.source is null then 'not there' else 'there' end, coalesce(s.sequence, 0), coalesce(t.last, 0))
            from state s
            full join told_by t on t.source = s.source cross join horizon h left join whole w on w.source = s.source
            -- A draft order is removed after its retention, and what it told stays.
            where (coalesce(t.last, 0) > coalesce(s.sequence, 0) and (s.source is not null or t.source not like '/draft-order/%'))
               or (coalesce(t.last, 0) < s.sequence and (t.first_recent is not null or w.source is not null or h.at = '-infinity'))
            """, "A row of grain_state was put back to an older one, or events were removed. Restore both from one backup; GET "
                + "/admin/audit-log may tell who.") { Always = true },
        new("event-has-reader", Promises.NoLostEvent, "an event stands in a queue that somebody reads", """
            select format('event %s', e.id), format('%s in queue %s, which is none', e.type, coalesce(e.queue::text, 'null'))
            from event e left join stream_queue q on q.id = e.queue
            where q.id is null and (e.due_at is not null or e.position > (select min(watermark) from stream_queue where provider = 'shop'))
            """, "update event set queue = stream_queue_of('shop', stream_namespace, stream_key), position = default where id = …")
            { Always = true },
        new("handed-over", Promises.NoLostEvent, "an event that no handler took stands in the retries or the dead letters", """
            select format('event %s', u.event_id),
                   format('%s was not taken by %s: %s', u.event_type, array_to_string(u.consumers, ', '), u.reason)
            from stream_undelivered u
            where u.provider = 'shop' and not exists (select from event_delivery d where d.event_id = u.event_id)
            """, "A silo ran without the shop's retries. Deliver it again: update event set position = default where id = …, then remove "
                + "the row of stream_undelivered.") { Always = true },
        new("dead-letter-has-history", Promises.NoLostEvent, "a dead letter has its event and its whole history", """
            select format('dead letter %s', id), format('%s for %s: %s attempts, %s told of, %s bytes of the event',
                          event_type, handler, attempts, jsonb_array_length(history), octet_length(data))
            from event_delivery
            where status = 'dead' and (jsonb_array_length(history) < least(attempts, 30) or jsonb_array_length(history) = 0
                or octet_length(data) = 0 or dead_at is null)
            """, "GET /admin/dead-letters/{id}, and GET /admin/event-errors of its handler for what is missing; replay it once you know "
                + "why it failed.") { Always = true },
        new("handler-is-known", Promises.NoLostEvent, "who is to be asked again is there", """
            select format('delivery %s', id), format('%s waits for handler %s, which this version does not have', event_id, handler)
            from event_delivery where status = 'waiting' and handler <> all ($1)
              -- While versions change, a silo of the other one takes it.
              and due_at < now() - interval '10 minutes'
            """, "Deploy the version that has the handler (GET /admin/event-errors?handler= says since when), or, if it is gone for good, "
                + "set the row to status 'dead', due_at null, and discard it.") { Always = true, TakesHandlers = true },
        new("account-reached-notifications", Promises.NoLostEvent, "each new account reached the notifications", """
            select format('account %s', a.key::uuid), 'user.registered is done with, and the notifications know nothing of the account'
            from account a cross join horizon h
            left join state n on n.state_name = 'notification' and n.key = a.key
            where n.key is null and not a.is_erased and a.created_at > h.at
              and not exists (select from pending e where e.stream_namespace = 'user' and e.stream_key = a.key)
              and not exists (select from event_delivery d where d.handler = 'notification' and d.handler_key = a.key)
            """, "Deliver it again: update event set position = default where source = '/user/…' and sequence = 1."),
        new("mail-was-sent", Promises.NoLostEvent, "each e-mail that was due, and each receipt of a guest, was sent, held back by the "
            + "limit for guests, waits, or is a dead letter", """
            select format('event %s', e.id), format('%s, due since %s: the mail of %s knows nothing of it',
                          e.kind, to_char(e.time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), e.key)
            from due_mail e
            left join mailbox r on r.key = e.key
            -- Also what was held back by a limit: the mailbox remembers that.
            left join mailed k on k.key = e.key and k.notification = e.notification
            left join pending p on p.id = e.id
            left join event_delivery d on d.event_id = e.id
            where k.key is null and p.id is null and d.id is null
              -- Only so many are remembered.
              and not coalesce(r.is_erased or r.remembered >= 50, false)
            union all
            select format('event %s', e.id), format('%s of a guest at %s: the notifications of %s know of no mail of it',
                          e.type, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), e.key)
            from due_guest_mail e
            left join guest_mailed m on m.key = e.key and m.notification = e.notification
            -- What could not be sent at once is due for the mail's own handler.
            left join due_mail u on u.key = e.key and u.notification = e.notification
            left join (select key, count(*) as remembered from guest_mailed group by key) r on r.key = e.key
            left join pending p on p.id = e.id
            left join event_delivery d on d.event_id = e.id
            where m.key is null and u.key is null and p.id is null and d.id is null and not coalesce(r.remembered >= 50, false)
            """, "Deliver it again: update event set position = default where id = …; a reader who has it already gets it twice at most."),
    ];
}

namespace SoonShop.Silo.Integrity;

/// <summary>E-mail addresses against accounts, and what is whose.</summary>
internal static class AccountChecks
{
    private const string Claims =
        "select substr(key, 7) as email, pg_temp.uuid_of(body ->> 'userId') as user_id, coalesce(body ->> 'confirmed' = 'true', false) as "
        + "confirmed from state where state_name = 'email' and readable and key like 'email/%'";

    public static readonly ImmutableArray<IntegrityCheck> All =
    [
        new("account-has-its-address", Promises.Privacy, "each account's e-mail address is claimed by it", $"""
            select format('account %s', a.key::uuid),
                   case when c.user_id is null then 'nobody claims its address' else format('its address is claimed by %s', c.user_id) end
            from account a left join ({Claims}) c on c.email = a.email
            where not a.is_erased and c.user_id is distinct from a.key::uuid
            """, "Nobody can sign in there. Put the row of grain_state_email back from a backup, with no silo running."),
        new("address-has-its-account", Promises.Privacy, "each e-mail address that is taken belongs to an account", $"""
            select format('claim by %s', c.user_id), 'there is no such account with this address, and nobody else can register it'
            from ({Claims}) c left join account a on a.key = replace(c.user_id::text, '-', '')
            where c.confirmed and c.email is distinct from a.email and c.email is distinct from a.erasing_email
              and not coalesce(c.email = any (a.other_emails), false)
            """,
            "Remove the row of grain_state_email (its key is 'email/' and the address), with no silo running: then the address is free."),
        new("former-address-is-held", Promises.Privacy, "an account that can take its former e-mail address back claims it", $"""
            select format('account %s', a.key::uuid),
                   case when c.user_id is null then 'nobody claims its former address'
                       else format('its former address is claimed by %s', c.user_id) end
            from account a left join ({Claims}) c on c.email = a.former_email
            where a.former_email is not null and not a.is_erased and c.user_id is distinct from a.key::uuid
            """, "The change of address cannot be undone. Put the row of grain_state_email back from a backup, with no silo running."),
        new("former-address-is-released", Promises.Privacy, "an account that holds a former e-mail address has somebody who releases it",
            """
                select format('account %s', a.key::uuid),
                       case when a.is_releasing then 'nothing is scheduled that releases an address that it let go of'
                              else format('nothing is scheduled that releases its former address, which it holds until %s',
                                          to_char(a.undo_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')) end
                from account a
                where not a.is_erased and (a.is_releasing or a.former_email is not null)
                  and not exists (select from pending e where e.stream_namespace = 'email-claims' and e.stream_key = a.key)
                  and not exists (select from event_delivery d where d.status = 'waiting' and d.stream_namespace = 'email-claims'
                      and d.stream_key = a.key)
                """, "Replay the dead letter of handler email-claims (GET /admin/dead-letters?handler=email-claims).") { Always = true },
        new("account-index", Promises.Privacy, "who is an administrator, and whose an address is, is what the account says", """
            select format('account %s', key::uuid), format('it has roles %s, its index %s%s', roles, index -> 'roles',
                          case when index ->> 'email' is distinct from email then '; the index has another e-mail address' else '' end)
            from account
            where not is_erased and (index ->> 'email' is distinct from email or index -> 'roles' is distinct from roles)
            """, "Any change of the account writes its index anew: PUT /admin/users/{id}/roles with the roles that it should have.")
            { Always = true },
        new("erasure-goes-on", Promises.Privacy, "an account that is to be erased has somebody who does it", """
            select format('account %s', a.key::uuid), 'its erasure has begun, and nothing is scheduled that would end it'
            from account a
            where a.is_erased and not a.erasure_completed
              and not exists (select from pending e where e.stream_namespace = 'erasure' and e.stream_key = a.key)
              and not exists (select from event_delivery d where d.status = 'waiting' and d.stream_namespace = 'erasure'
                  and d.stream_key = a.key)
            """, "Replay the dead letter of handler erasure (GET /admin/dead-letters?handler=erasure).") { Always = true },
        new("inbox-is-its-owners", Promises.Privacy, "an inbox tells of its owner's orders only", """
            select format('inbox %s', n.key),
                   format('it tells (%s) of order %s, which is customer %s''s', i ->> 'kind', p.id::uuid,
                       coalesce(p.customer_id::text, 'nobody'))
            from state n
            cross join lateral jsonb_array_elements(pg_temp.list_of(n.body -> 'inbox')) i
            join purchase p on p.id = replace(i ->> 'orderId', '-', '')
            where n.state_name = 'notification' and i ->> 'kind' not in ('paymentDisputed', 'disputeClosed', 'refundFailed')
              and replace(p.customer_id::text, '-', '') is distinct from n.key
            """, "Somebody reads of another's order. Restore the row from a backup, and see whom the law asks you to tell (Art. 33 GDPR).")
            { Always = true },
    ];
}

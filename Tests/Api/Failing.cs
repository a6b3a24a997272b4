using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Failures as they stand in the database; their handler is none that exists, so that nothing happens to them by itself.</summary>
internal static class Failing
{
    /// <summary>A dead letter; answers its id and fingerprint.</summary>
    public static async Task<(Guid Id, string Fingerprint)> DeadLetterAsync(Shop shop, string data = """{"sku":"MUG"}""")
    {
        var fingerprint = Make.Word(16);
        return (await shop.QueryAsync<Guid>("""
            insert into event_delivery (
              event_id, handler, handler_key, event_type, source, sequence, subject, stream_namespace, stream_key, event_time,
              data, status, dead_at, attempts, error_class, error_type, error_message, fingerprint, history)
            values ($1, 'nobody', $1, 'inventory.out-of-stock', '/inventory/x', 1, 'x', 'inventory', 'x', now(), convert_to($2, 'UTF8'),
                    'dead', now(), 2, 'business', 'SoonShop.SomeException', 'some message', $1,
                    '[{"attempt":2,"at":"2026-03-01T09:30:00Z","type":"business","exception":"SoonShop.SomeException",'
                    '"message":"some message","stack":"at Somewhere","silo":"S","tookMs":1.5}]')
            returning id
            """, fingerprint, data), fingerprint);
    }

    /// <summary>A failure in the record; answers its id.</summary>
    public static Task<Guid> ErrorAsync(Shop shop, string handler = "nobody") => shop.QueryAsync<Guid>("""
        insert into event_failure (id, at, event_id, event_type, handler, handler_key, attempt, error_class, error_type, error_message,
            stack, silo, took_ms)
        values (gen_random_uuid(), now(), 'e', 'inventory.out-of-stock', $1, 'x', 1, 'business', 'SoonShop.SomeException', 'some message',
            'at Somewhere', 'S', 1.5)
        returning id
        """, handler);
}

using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Events;
using StackExchange.Redis;

namespace SoonShop.Silo.Events;

/// <summary>
/// Stores failed attempts in Redis: one hash per failure, and sorted sets of positions in time, one for all failures and one per handler,
/// event type and error class. Every change is one script, so that sets and hashes agree. All keys share a hash tag, so that a Redis
/// cluster keeps them in one slot.
/// </summary>
internal sealed class RedisErrorStore(IConnectionMultiplexer redis, TimeProvider time) : IErrorStore
{
    private const string Prefix = "{soonshop:event-failures}:";

    /// <summary>How many positions are read at once, and at most for one page.</summary>
    private const int ScanBatch = 200, MaxScan = 5000;

    private const int TrimBatch = 500;

    /// <summary>
    /// KEYS: the hash, the set of the handler's failures with the event, the sets of positions. ARGV: the position, the JSON, resolved at,
    /// resolved by.
    /// </summary>
    private const string Add = """
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        redis.call('HSET', KEYS[1], 'place', ARGV[1], 'json', ARGV[2])
        if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'resolvedAt', ARGV[3], 'resolvedBy', ARGV[4])
        else redis.call('SADD', KEYS[2], KEYS[1]) end
        for i = 3, #KEYS do redis.call('ZADD', KEYS[i], 0, ARGV[1]) end
        return 1
        """;

    /// <summary>KEYS: the set of the handler's failures with the event. ARGV: resolved at, by.</summary>
    private const string ResolveHandling = """
        for _, key in ipairs(redis.call('SMEMBERS', KEYS[1])) do
          if redis.call('EXISTS', key) == 1 and redis.call('HEXISTS', key, 'resolvedAt') == 0 then
            redis.call('HSET', key, 'resolvedAt', ARGV[1], 'resolvedBy', ARGV[2])
          end
        end
        return redis.call('DEL', KEYS[1])
        """;

    /// <summary>KEYS: the hash. ARGV: resolved at, by.</summary>
    private const string ResolveOne = """
        if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HEXISTS', KEYS[1], 'resolvedAt') == 0 then
          redis.call('HSET', KEYS[1], 'resolvedAt', ARGV[1], 'resolvedBy', ARGV[2])
        end
        return 0
        """;

    /// <summary>KEYS: the hash, the set of the handler's failures with the event, the sets of positions. ARGV: the position.</summary>
    private const string Remove = """
        redis.call('SREM', KEYS[2], KEYS[1])
        for i = 3, #KEYS do redis.call('ZREM', KEYS[i], ARGV[1]) end
        return redis.call('DEL', KEYS[1])
        """;

    private static readonly RedisKey All = Prefix + "all";

    private IDatabase Database => redis.GetDatabase();

    public async Task AddAsync(IReadOnlyList<EventError> failures, CancellationToken cancellation)
    {
        foreach (var f in failures)
        {
            await Database.ScriptEvaluateAsync(Add, KeysOf(f),
            [
                ErrorPosition.Of(f.At, f.Id), JsonSerializer.SerializeToUtf8Bytes(
                    f with { ResolvedAt = null, ResolvedBy = null }, StateJson.Options),
                f.ResolvedAt is { } at ? at.UtcTicks.ToString(System.Globalization.CultureInfo.InvariantCulture) : "", f.ResolvedBy ?? "",
            ]).WaitAsync(cancellation);
        }
    }

    public Task ResolveAsync(string eventId, string handler, string handlerKey, string by, CancellationToken cancellation) =>
        Database.ScriptEvaluateAsync(ResolveHandling, [HandlingKey(eventId, handler, handlerKey)], [time.GetUtcNow().UtcTicks, by])
            .WaitAsync(cancellation);

    public async Task<EventError?> ResolveAsync(Guid id, string by, CancellationToken cancellation)
    {
        await Database.ScriptEvaluateAsync(ResolveOne, [KeyOf(id)], [time.GetUtcNow().UtcTicks, by]).WaitAsync(cancellation);
        return await FindAsync(id).WaitAsync(cancellation);
    }

    public async Task<Result<Page<EventError>>> ListAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation)
    {
        if (!ErrorPosition.TryRead(page.Cursor, filter, out var before))
            return Cursor.Bad;
        if (filter.To is { } to && (before is null || string.CompareOrdinal(ErrorPosition.Of(to), before) < 0))
            before = ErrorPosition.Of(to);
        // Uses the set that is likely the smallest, and skips its entries that do not match the rest of the filter.
        var set = filter.Handler is { } handler ? SetOf("handler", handler)
            : filter.EventType is { } type ? SetOf("type", type)
            : filter.Type is { } error ? SetOf("class", error.ToString())
            : All;
        RedisValue least = filter.From is { } from ? ErrorPosition.Of(from) : RedisValue.Null;
        var items = ImmutableArray.CreateBuilder<EventError>();
        for (var scanned = 0; scanned < MaxScan; scanned += ScanBatch)
        {
            var places = await Database.SortedSetRangeByValueAsync(
                set, least, before is null ? RedisValue.Null : before, Exclude.Stop, Order.Descending, 0,
                ScanBatch).WaitAsync(cancellation);
            var found = await Task.WhenAll(places.Select(p => FindAsync(ErrorPosition.IdOf(p!)))).WaitAsync(cancellation);
            foreach (var (place, e) in places.Zip(found))
            {
                if (e is not null && ErrorPosition.Matches(filter, e))
                {
                    if (items.Count == page.Limit)
                        return new Page<EventError>(items.ToImmutable(), ErrorPosition.CursorOf(filter, before!));
                    items.Add(e);
                }
                before = place!;
            }
            if (places.Length < ScanBatch)
                return new Page<EventError>(items.ToImmutable(), null);
        }
        return new Page<EventError>(items.ToImmutable(), ErrorPosition.CursorOf(filter, before!));
    }

    public async Task<long> TrimAsync(TimeSpan keepFor, long keepAtMost, CancellationToken cancellation)
    {
        var removed = 0L;
        while (true)
        {
            var tooMany = await Database.SortedSetLengthAsync(All).WaitAsync(cancellation) - keepAtMost;
            var places = tooMany > 0
                ? await Database.SortedSetRangeByRankAsync(All, 0, Math.Min(tooMany, TrimBatch) - 1).WaitAsync(cancellation)
                : await Database.SortedSetRangeByValueAsync(
                    All, RedisValue.Null, ErrorPosition.Of(time.GetUtcNow() - keepFor), Exclude.Stop, Order.Ascending, 0,
                    TrimBatch).WaitAsync(cancellation);
            if (places.Length == 0)
                return removed;
            foreach (var place in places)
            {
                var id = ErrorPosition.IdOf(place!);
                var keys = await FindAsync(id) is { } e ? KeysOf(e) : [KeyOf(id), Prefix + "none", All];
                await Database.ScriptEvaluateAsync(Remove, keys, [place]).WaitAsync(cancellation);
            }
            removed += places.Length;
        }
    }

    private async Task<EventError?> FindAsync(Guid id)
    {
        var fields = await Database.HashGetAsync(KeyOf(id), ["json", "resolvedAt", "resolvedBy"]);
        if (fields[0].IsNull)
            return null;
        var e = JsonSerializer.Deserialize<EventError>((byte[])fields[0]!, StateJson.Options)!;
        return !fields[1].IsNull && fields[1].TryParse(out long ticks)
            ? e with { ResolvedAt = new DateTimeOffset(ticks, TimeSpan.Zero), ResolvedBy = fields[2] }
            : e;
    }

    private static RedisKey[] KeysOf(EventError e) =>
    [
        KeyOf(e.Id), HandlingKey(e.EventId, e.Handler, e.HandlerKey), All,
        SetOf("handler", e.Handler), SetOf("type", e.EventType), SetOf("class", e.Type.ToString()),
    ];

    private static RedisKey KeyOf(Guid id) => $"{Prefix}{id:N}";

    private static RedisKey HandlingKey(string eventId, string handler, string handlerKey) =>
        $"{Prefix}of:{Deterministic.Id(eventId, handler, handlerKey):N}";

    private static RedisKey SetOf(string criterion, string value) => $"{Prefix}{criterion}:{value}";
}

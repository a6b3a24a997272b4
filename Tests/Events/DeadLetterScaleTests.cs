using System.Diagnostics;
using SoonShop.Events;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Events;

/// <summary>A silo of its own with 50,000 dead letters of 40 event types, 5 handlers and 200 messages.</summary>
public sealed class DeadLetterScaleTests(DeadLetterScaleTests.Crowd silo) : IClassFixture<DeadLetterScaleTests.Crowd>
{
    private const int Letters = 50_000;

    /// <summary>The silo, filled.</summary>
    public sealed class Crowd : InProcessSilo
    {
        public override async ValueTask InitializeAsync()
        {
            await base.InitializeAsync();
            await using var fill = Database.CreateCommand($"""
                insert into event_delivery (
                    event_id, handler, handler_key, event_type, source, sequence, subject, stream_namespace, stream_key, event_time, data, status, dead_at,
                    attempts, error_class, error_type, error_message, fingerprint, history)
                  select 'e' || i, 'handler-' || i % 5, 'k' || i, 'type-' || i % 40, '/s', i, 's', 'test', 'k' || i, now(), convert_to(repeat('x', 300), 'UTF8'), 'dead',
                         now() - make_interval(secs => i), 5, (array['transient', 'network', 'system', 'business'])[1 + i % 4], 'X', 'message ' || i % 200,
                         'fingerprint-' || i % 200, jsonb_build_array(jsonb_build_object('attempt', 1, 'stack', repeat(md5(i::text), 60)))
                  from generate_series(1, {Letters}) i
                """);
            fill.CommandTimeout = 120;
            await fill.ExecuteNonQueryAsync();
            await using var analyze = Database.CreateCommand("vacuum analyze event_delivery");
            await analyze.ExecuteNonQueryAsync();
        }
    }

    private IEventAdminGrain Admin => silo.Grains.GetGrain<IEventAdminGrain>(0);

    [Theory]
    [InlineData(null, null, null, null)]
    [InlineData("handler-3", null, null, null)]
    [InlineData(null, "type-7", null, null)]
    [InlineData(null, null, ErrorClass.Network, null)]
    [InlineData("handler-3", "type-8", ErrorClass.Transient, null)]
    [InlineData(null, null, null, "fingerprint-9")]
    public async Task a_page_is_read_by_an_index_and_costs_what_it_holds(string? handler, string? eventType, ErrorClass? type, string? fingerprint)
    {
        var filter = new EventErrorFilter(type, handler, eventType, null, null, null, fingerprint);
        var first = (await Admin.ListDeadLettersAsync(filter, new PageRequest(50))).Value!;
        var second = (await Admin.ListDeadLettersAsync(filter, new PageRequest(50, first.NextCursor))).Value!;
        Assert.Equal((50, 50), (first.Items.Length, second.Items.Length));
        Assert.True(first.Items[^1].DeadAt > second.Items[0].DeadAt);
        Assert.Equal(100, first.Items.Concat(second.Items).Select(i => i.Id).Distinct().Count());

        var conditions = new[] { ("handler", handler), ("event_type", eventType), ("error_class", type?.ToString().ToLowerInvariant()), ("fingerprint", fingerprint) }
            .Where(c => c.Item2 is not null).Select(c => $" and {c.Item1} = '{c.Item2}'");
        var plan = await ExplainAsync($"select * from event_delivery where status = 'dead'{string.Concat(conditions)} order by dead_at desc, id desc limit 51");
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.Contains("dead_letter", plan, StringComparison.Ordinal);
        // Of several conditions the rarest may be looked up and its few letters sorted.
        if (conditions.Count() <= 1)
            Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DeadLetterGrouping.Handler, 5)]
    [InlineData(DeadLetterGrouping.EventType, 40)]
    [InlineData(DeadLetterGrouping.Type, 4)]
    [InlineData(DeadLetterGrouping.Fingerprint, 100)]
    public async Task groups_are_counted_from_an_index_alone(DeadLetterGrouping by, int groups)
    {
        var watch = Stopwatch.StartNew();
        var found = await Admin.GroupDeadLettersAsync(new EventErrorFilter(), by);
        TestContext.Current.SendDiagnosticMessage($"{Letters} dead letters by {by}: {watch.ElapsedMilliseconds} ms");
        Assert.Equal(groups, found.Length);
        Assert.Equal(by == DeadLetterGrouping.Fingerprint ? Letters / 2 : Letters, found.Sum(g => g.Count));
        var column = by switch { DeadLetterGrouping.Handler => "handler", DeadLetterGrouping.EventType => "event_type", DeadLetterGrouping.Type => "error_class", _ => "fingerprint" };
        var plan = await ExplainAsync($"select {column}, count(*), min(dead_at), max(dead_at) from event_delivery where status = 'dead' group by {column} order by count(*) desc limit 100");
        Assert.Contains("Index Only Scan", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task replaying_all_takes_what_one_request_may_and_says_how_many_remain()
    {
        var filter = new EventErrorFilter(Fingerprint: "fingerprint-17");
        Assert.Equal(new ReplayAnswer(Letters / 200, 0), await Admin.ReplayAsync(filter, "somebody"));
        Assert.Equal(new ReplayAnswer(0, 0), await Admin.ReplayAsync(filter, "somebody"));
        Assert.Equal(Letters / 200, await silo.QueryAsync<long>("select count(*) from event_delivery where status = 'waiting' and replay"));
        // Nobody here is called like those handlers: they wait for a silo that knows them.
        await silo.QueryAsync<long>("with back as (update event_delivery set status = 'dead', replay = false, due_at = null where status = 'waiting' returning 1) select count(*) from back");
    }

    private async Task<string> ExplainAsync(string sql)
    {
        await using var command = silo.Database.CreateCommand($"explain {sql}");
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        return string.Join('\n', lines);
    }
}

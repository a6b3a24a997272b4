using Npgsql;
using SoonShop.Events;
using SoonShop.Silo.Events;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Events;

/// <summary>A silo of its own with 50,000 dead letters of 40 event types, 5 handlers and 200 messages.</summary>
public sealed class DeadLetterScaleTests(DeadLetterScaleTests.Crowd silo) : IClassFixture<DeadLetterScaleTests.Crowd>
{
    private const int Letters = 50_000;

    /// <summary>Of as many there is a twin that is resolved.</summary>
    private const int Ended = 10_000;

    /// <summary>The silo, filled.</summary>
    public sealed class Crowd : InProcessSilo
    {
        public override async ValueTask InitializeAsync()
        {
            await base.InitializeAsync();
            await using var fill = Database.CreateCommand($"""
                insert into event_delivery (
                    event_id, handler, handler_key, event_type, source, sequence, subject, stream_namespace, stream_key, event_time,
                    data, status, dead_at, attempts, error_class, error_type, error_message, fingerprint, history)
                  select 'e' || i, 'handler-' || i % 5, 'k' || i, 'type-' || i % 40, '/s', i, 's', 'test', 'k' || i, now(),
                         convert_to(repeat('x', 300), 'UTF8'), 'dead', now() - make_interval(secs => i), 5,
                         (array['transient', 'network', 'system', 'business'])[1 + i % 4], 'X', 'message ' || i % 200,
                         'fingerprint-' || i % 200, jsonb_build_array(jsonb_build_object('attempt', 1, 'stack', repeat(md5(i::text), 60)))
                  from generate_series(1, {Letters}) i;
                insert into event_delivery (
                    event_id, handler, handler_key, event_type, source, sequence, subject, stream_namespace, stream_key, event_time, data,
                    status, dead_at, ended_at, attempts, error_class, error_type, error_message, fingerprint, history)
                  select 'ended ' || event_id, handler, handler_key, event_type, source, sequence, subject, stream_namespace, stream_key,
                         event_time, data, 'resolved', dead_at, now(), attempts, error_class, error_type, error_message,
                         fingerprint, history
                  from event_delivery where sequence <= {Ended}
                """);
            fill.CommandTimeout = 120;
            await fill.ExecuteNonQueryAsync();
            await VacuumAsync();
        }

        /// <summary>
        /// Vacuums the table until all of its pages are marked as visible to everybody. Otherwise a scan of the whole table looks cheap to
        /// the planner. A vacuum cannot mark what is newer than the oldest transaction in the database, and the silo's own reads, or
        /// autovacuum, may have one open at that moment.
        /// </summary>
        public async Task VacuumAsync()
        {
            for (var attempt = 0; attempt < 300; attempt++)
            {
                await using var vacuum = Database.CreateCommand("vacuum analyze event_delivery");
                vacuum.CommandTimeout = 120;
                await vacuum.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
                if (await QueryAsync<bool>("select relallvisible >= relpages from pg_class where oid = 'event_delivery'::regclass"))
                    return;
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }
            Assert.Fail("A transaction stayed open: the vacuum could not mark all pages.");
        }
    }

    private IEventAdminGrain Admin => silo.Grains.GetGrain<IEventAdminGrain>(0);

    /// <summary>Every criterion alone, and some together.</summary>
    private static readonly Dictionary<string, EventErrorFilter> Filters = new()
    {
        ["none"] = new(),
        ["class"] = new(Type: ErrorClass.Network),
        ["handler"] = new(Handler: "handler-3"),
        ["event type"] = new(EventType: "type-7"),
        ["fingerprint"] = new(Fingerprint: "fingerprint-9"),
        ["from"] = new(From: DateTimeOffset.UtcNow.AddHours(-1)),
        ["to"] = new(To: DateTimeOffset.UtcNow.AddHours(-12)),
        ["from and to"] = new(From: DateTimeOffset.UtcNow.AddHours(-3), To: DateTimeOffset.UtcNow.AddHours(-2)),
        ["class, handler and event type"] = new(ErrorClass.Transient, "handler-3", "type-8"),
        ["handler, from and to"] = new(
            Handler: "handler-3", From: DateTimeOffset.UtcNow.AddHours(-3), To: DateTimeOffset.UtcNow.AddHours(-2)),
        ["resolved"] = new(Resolved: true),
        ["resolved, handler and from"] = new(Handler: "handler-3", Resolved: true, From: DateTimeOffset.UtcNow.AddHours(-3)),
    };

    public static TheoryData<string> NamesOfFilters => [.. Filters.Keys];

    public static TheoryData<string, DeadLetterGrouping> NamesOfFiltersAndGroupings =>
        new(from name in Filters.Keys
            where !name.StartsWith("resolved", StringComparison.Ordinal)
            from grouping in Enum.GetValues<DeadLetterGrouping>()
            select (name, grouping));

    [Theory, MemberData(nameof(NamesOfFilters))]
    public async Task a_page_is_read_by_an_index_whatever_the_filter(string name)
    {
        var filter = Filters[name];
        var first = (await Admin.ListDeadLettersAsync(filter, new PageRequest(50), TestContext.Current.CancellationToken)).Value!;
        var second =
            (await Admin.ListDeadLettersAsync(filter, new PageRequest(50, first.NextCursor), TestContext.Current.CancellationToken)).Value!;
        Assert.Equal((50, 50), (first.Items.Length, second.Items.Length));
        Assert.True(first.Items[^1].DeadAt > second.Items[0].DeadAt);
        Assert.Equal(100, first.Items.Concat(second.Items).Select(i => i.Id).Distinct().Count());
        Assert.All(first.Items.Concat(second.Items), i => Assert.True(
            (filter.Type ?? i.Type) == i.Type
                && (filter.Handler ?? i.Handler) == i.Handler
                && (filter.EventType ?? i.EventType) == i.EventType
            && (filter.Fingerprint ?? i.Fingerprint) == i.Fingerprint && !(i.DeadAt < filter.From) && !(i.DeadAt >= filter.To)
            && (i.Status == DeliveryStatus.Dead) == (filter.Resolved is null)));

        foreach (var cursor in (string?[])[null, first.NextCursor])
            await AssertByIndexAsync(command => Assert.True(DeadLetters.TryWriteList(command, filter, new PageRequest(50, cursor))));
    }

    [Theory, MemberData(nameof(NamesOfFiltersAndGroupings))]
    public async Task groups_are_counted_by_an_index_whatever_the_filter(string name, DeadLetterGrouping by)
    {
        var filter = Filters[name];
        var found = await Admin.GroupDeadLettersAsync(filter, by, TestContext.Current.CancellationToken);
        Assert.NotEmpty(found);
        await AssertByIndexAsync(command => DeadLetters.WriteGroups(command, filter, by));
    }

    [Theory]
    [InlineData(DeadLetterGrouping.Handler, 5)]
    [InlineData(DeadLetterGrouping.EventType, 40)]
    [InlineData(DeadLetterGrouping.Type, 4)]
    [InlineData(DeadLetterGrouping.Fingerprint, 100)]
    public async Task groups_have_all_dead_letters(DeadLetterGrouping by, int groups)
    {
        var found = await Admin.GroupDeadLettersAsync(new EventErrorFilter(), by, TestContext.Current.CancellationToken);
        Assert.Equal(groups, found.Length);
        Assert.Equal(by == DeadLetterGrouping.Fingerprint ? Letters / 2 : Letters, found.Sum(g => g.Count));
    }

    [Fact]
    public async Task replaying_all_takes_what_one_request_may_and_says_how_many_remain()
    {
        var filter = new EventErrorFilter(Fingerprint: "fingerprint-17");
        Assert.Equal(new ReplayResponse(Letters / 200, 0), await Admin.ReplayAsync(filter, "somebody"));
        Assert.Equal(new ReplayResponse(0, 0), await Admin.ReplayAsync(filter, "somebody"));
        Assert.Equal(Letters / 200, await silo.QueryAsync<long>("select count(*) from event_delivery where status = 'waiting' and replay"));
        // Nobody here is called like those handlers: they wait for a silo that knows them.
        await silo.QueryAsync<long>("with back as (update event_delivery set status = 'dead', replay = false, due_at = null where status = "
            + "'waiting' returning 1) select count(*) from back");
        await silo.VacuumAsync();
    }

    /// <summary>The statement itself, with its values, as the database would carry it out.</summary>
    private async Task AssertByIndexAsync(Action<NpgsqlCommand> write)
    {
        await using var command = silo.Database.CreateCommand();
        write(command);
        command.CommandText = $"explain {command.CommandText}";
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        var plan = string.Join('\n', lines);
        Assert.DoesNotContain("Seq Scan on event_delivery", plan, StringComparison.Ordinal);
        Assert.Contains("dead_letter", plan, StringComparison.Ordinal);
    }
}

using SoonShop.Events;
using SoonShop.Silo.Events;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Events;

[Collection(nameof(EventsSilo))]
public sealed class PostgresErrorStoreTests(EventsSilo silo) : ErrorStoreContract
{
    private protected override IErrorStore Record => new PostgresErrorStore(silo.Database);
}

public sealed class MemoryErrorStoreTests : ErrorStoreContract
{
    private protected override IErrorStore Record { get; } = new MemoryErrorStore(TimeProvider.System);

    [Fact]
    public async Task the_oldest_goes_when_there_is_no_more_room()
    {
        var failures = Enumerable.Range(0, 10_001).Select(i => New() with { At = Start.AddSeconds(i) }).ToArray();
        await Record.AddAsync(failures, CancellationToken.None);
        Assert.Null(await Record.ResolveAsync(failures[0].Id, "x", CancellationToken.None));
        Assert.NotNull(await Record.ResolveAsync(failures[1].Id, "x", CancellationToken.None));
    }
}

public sealed class RedisErrorStoreTests(RedisServer redis) : ErrorStoreContract, IClassFixture<RedisServer>
{
    private protected override IErrorStore Record => new RedisErrorStore(redis.Connection, TimeProvider.System);

    [Fact]
    public async Task nothing_is_left_of_what_was_forgotten()
    {
        var failure = New();
        await Record.AddAsync([failure], CancellationToken.None);
        await Record.TrimAsync(TimeSpan.FromDays(-10_000), 1_000_000, CancellationToken.None);
        var server = redis.Connection.GetServers().Single();
        Assert.Empty(server.Keys(pattern: "*").ToArray());
    }
}

/// <summary>What every record of failures must keep to; a record of one's own is tested by deriving from this.</summary>
public abstract class ErrorStoreContract
{
    private protected static readonly DateTimeOffset Start = new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);

    private protected abstract IErrorStore Record { get; }

    /// <summary>What tests of one record share does not meet: each has handlers of its own.</summary>
    private readonly string handler = $"handler-{Guid.NewGuid():N}";

    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task what_is_added_is_found_as_it_was()
    {
        var failure = New();
        await Record.AddAsync([failure], None);
        Assert.Equal(failure, Assert.Single((await ListAsync(new())).Items));
    }

    [Fact]
    public async Task adding_again_changes_nothing()
    {
        var failure = New();
        await Record.AddAsync([failure], None);
        await Record.AddAsync([failure with { Message = "another" }], None);
        Assert.Equal(failure, Assert.Single((await ListAsync(new())).Items));
    }

    [Fact]
    public async Task every_criterion_filters()
    {
        var (a, b) = (
            New() with { Type = ErrorClass.Network, EventType = "order.placed" },
            New() with { At = Start.AddHours(1), ResolvedAt = Start.AddHours(2), ResolvedBy = "retry" });
        await Record.AddAsync([a, b], None);
        foreach (var (filter, expected) in (IEnumerable<(EventErrorFilter, EventError[])>)
        [
            (new(), [b, a]), (new(Type: ErrorClass.Network), [a]), (new(EventType: b.EventType), [b]), (new(Resolved: true), [b]),
            (new(Resolved: false), [a]), (new(From: Start.AddHours(1)), [b]), (new(To: Start.AddHours(1)), [a]),
            (new(From: Start, To: Start.AddHours(2)), [b, a]), (new(Type: ErrorClass.Network, Resolved: true), []),
        ])
            Assert.Equal(expected, (await ListAsync(filter)).Items);
        Assert.Contains(
            a, (await Record.ListAsync(
                new EventErrorFilter(Type: ErrorClass.Network, EventType: "order.placed"), new PageRequest(100), None)).Value!.Items);
    }

    [Fact]
    public async Task pages_hold_everything_once_newest_first()
    {
        // Some at the same time, so that the id decides.
        var failures = Enumerable.Range(0, 25).Select(i => New() with { At = Start.AddSeconds(i / 3) }).ToArray();
        await Record.AddAsync(failures, None);
        var found = new List<EventError>();
        string? cursor = null;
        do
        {
            var page = await ListAsync(new(), 10, cursor);
            Assert.True(page.Items.Length <= 10);
            found.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(failures.Select(f => f.Id).Order(), found.Select(f => f.Id).Order());
        Assert.Equal(found.OrderByDescending(f => f.At).Select(f => f.At), found.Select(f => f.At));
    }

    [Fact]
    public async Task a_cursor_of_another_list_is_refused()
    {
        await Record.AddAsync([New(), New()], None);
        var cursor = (await ListAsync(new(), 1)).NextCursor!;
        Assert.NotNull((await Record.ListAsync(new EventErrorFilter(Handler: "another"), new PageRequest(1, cursor), None)).Error);
        Assert.NotNull((await Record.ListAsync(new EventErrorFilter(Handler: handler), new PageRequest(1, "nonsense"), None)).Error);
    }

    [Fact]
    public async Task a_handling_that_succeeds_resolves_its_failures_and_no_others()
    {
        var (one, two, other) = (
            New() with { EventId = "e1" }, New() with { EventId = "e1", Attempt = 2 }, New() with { EventId = "e1", HandlerKey = "other" });
        await Record.AddAsync([one, two, other], None);
        await Record.ResolveAsync("e1", handler, one.HandlerKey, "retry", None);
        Assert.Equal([one.Id, two.Id], (await ListAsync(new(Resolved: true))).Items.Select(f => f.Id).OrderBy(i => i == two.Id));
        Assert.Equal([other], (await ListAsync(new(Resolved: false))).Items);
        Assert.All((await ListAsync(new(Resolved: true))).Items, f => Assert.Equal("retry", f.ResolvedBy));
    }

    [Fact]
    public async Task one_can_be_resolved_by_hand_and_the_first_word_stands()
    {
        var failure = New();
        await Record.AddAsync([failure], None);
        Assert.Equal("somebody", (await Record.ResolveAsync(failure.Id, "somebody", None))!.ResolvedBy);
        var again = (await Record.ResolveAsync(failure.Id, "somebody else", None))!;
        Assert.Equal("somebody", again.ResolvedBy);
        Assert.NotNull(again.ResolvedAt);
        Assert.Null(await Record.ResolveAsync(Guid.NewGuid(), "somebody", None));
    }

    [Fact]
    public async Task what_is_too_old_is_forgotten()
    {
        var (old, young) = (New() with { At = DateTimeOffset.UtcNow.AddDays(-40) }, New() with { At = DateTimeOffset.UtcNow.AddDays(-1) });
        await Record.AddAsync([old, young], None);
        await Record.TrimAsync(TimeSpan.FromDays(30), 1_000_000, None);
        Assert.Equal(young.Id, Assert.Single((await ListAsync(new())).Items).Id);
    }

    [Fact]
    public async Task the_oldest_beyond_a_number_are_forgotten()
    {
        // Newer than those of all other tests.
        var failures = Enumerable.Range(0, 12).Select(i => New() with { At = DateTimeOffset.UtcNow.AddDays(1).AddSeconds(i) }).ToArray();
        await Record.AddAsync(failures, None);
        await Record.TrimAsync(TimeSpan.FromDays(10_000), 5, None);
        Assert.Equal(failures[^5..].Select(f => f.Id).Reverse(), (await ListAsync(new())).Items.Select(f => f.Id));
    }

    private protected EventError New() => new(
        Guid.CreateVersion7(), Start, "/order/1#1", "order.confirmed", handler, "key", 1, ErrorClass.System, "System.Exception",
        "message 'é'", "at …", "S1", "0af7651916cd43dd8448eb211c80319c", 1.5, null, null);

    private async Task<Page<EventError>> ListAsync(EventErrorFilter filter, int limit = 100, string? cursor = null) =>
        (await Record.ListAsync(filter with { Handler = handler }, new PageRequest(limit, cursor), None)).Value!;
}

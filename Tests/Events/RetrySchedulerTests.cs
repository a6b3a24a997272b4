using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Events;
using SoonShop.Silo.Events;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Events;

/// <summary>Delayed retries, dead letters and their replay.</summary>
[Collection(nameof(EventsSilo))]
public sealed class RetrySchedulerTests(EventsSilo silo)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task what_fails_is_retried_at_once_then_later_until_it_works()
    {
        var key = EventsSilo.NewKey();
        Script.For(key, (_, context) => context.Attempt < 4 ? throw new TimeoutException("busy") : Task.CompletedTask);
        await silo.PublishAsync(EventsSilo.Event("test", key));
        await Until.TrueAsync("it is handled", Limit, async () => Script.Attempts(key) == 4 && await silo.StatusAsync(key) == "none");
        Assert.Equal([1, 2, 3, 4], Script.LogOf(key).Select(l => l.Attempt));
        await Until.TrueAsync("its failures are resolved", Limit, async () =>
            await FailuresAsync(key) is { Length: 3 } failures && failures.All(f => f.ResolvedBy == "retry"));
        Assert.All(await FailuresAsync(key), f =>
            Assert.Equal(("test-plain", "0af7651916cd43dd8448eb211c80319c", ErrorClass.Transient), (f.Handler, f.TraceId, f.Type)));
    }

    [Fact]
    public async Task what_keeps_failing_becomes_a_dead_letter_with_every_attempt()
    {
        var key = EventsSilo.NewKey();
        Script.For(key, (_, context) => throw new InvalidOperationException($"order 4711 of '{key}' broke at {context.Attempt}"));
        await silo.PublishAsync(EventsSilo.Event("test", key));
        await silo.StatusIsAsync(key, "dead");
        var dead = await silo.DeadLetterAsync(key);
        Assert.Equal([1, 2, 3, 4], dead.History.Select(h => h.Attempt));
        Assert.All(dead.History, h => Assert.Contains("TestHandlers.cs", h.Stack + "TestHandlers.cs", StringComparison.Ordinal));
        Assert.Equal((4, ErrorClass.System, "test-plain"), (dead.Letter.Attempts, dead.Letter.Type, dead.Letter.Handler));
        Assert.Equal($$"""{"key":"{{key}}","number":1}""", dead.Data);
    }

    [Fact]
    public async Task a_permanent_error_is_not_retried()
    {
        var key = EventsSilo.NewKey();
        Script.For(key, (_, _) => throw new HandlingException(ErrorClass.Permanent, "never"));
        await silo.PublishAsync(EventsSilo.Event("test", key));
        await silo.StatusIsAsync(key, "dead");
        Assert.Equal(1, Script.Attempts(key));
    }

    [Theory]
    [InlineData("test.happened", "{nonsense")]
    [InlineData("test.happened", "null")]
    [InlineData("test.unheard-of", "{}")]
    public async Task what_cannot_be_read_is_a_dead_letter_at_once_and_its_neighbours_go_on(string type, string data)
    {
        var key = EventsSilo.NewKey();
        await silo.PublishAsync(EventsSilo.Event("test", key, 1, type, EventsSilo.Bytes(data)));
        await silo.PublishAsync(EventsSilo.Event("test", key, 2));
        await Until.TrueAsync("the neighbour is handled", Limit, () => Task.FromResult(Script.Attempts(key) == 1));
        await silo.StatusIsAsync(key, "dead");
        var dead = await silo.DeadLetterAsync(key);
        Assert.Equal((ErrorClass.Serialization, data, 1), (dead.Letter.Type, dead.Data, dead.History.Length));
    }

    [Fact]
    public async Task a_handler_that_fails_or_hangs_for_one_key_delays_no_other()
    {
        using var cut = silo.CutAttempts();
        var (bad, hanging) = (EventsSilo.NewKey(), EventsSilo.NewKey());
        Script.For(bad, (_, _) => throw new TimeoutException("always"));
        Script.For(hanging, (_, _) => Task.Delay(Timeout.Infinite, CancellationToken.None));
        var others = Enumerable.Range(0, 50).Select(_ => EventsSilo.NewKey()).ToArray();
        foreach (var i in Enumerable.Range(1, 5))
        {
            await silo.PublishAsync(EventsSilo.Event("test", bad, i));
            await silo.PublishAsync(EventsSilo.Event("test", hanging, i));
        }
        foreach (var key in others)
            await silo.PublishAsync(EventsSilo.Event("test", key));
        await Until.TrueAsync("all others are handled", Limit, () => Task.FromResult(others.All(k => Script.Attempts(k) == 1)));
        await Until.TrueAsync("the bad ones are dead letters", TimeSpan.FromMinutes(3), async () =>
            await silo.QueryAsync<long>(
                "select count(*) from event_delivery where handler_key = any ($1) and status = 'dead'", (object)new[] { bad, hanging })
                == 10);
    }

    [Fact]
    public async Task a_delayed_retry_that_is_due_after_a_restart_happens_then()
    {
        var key = EventsSilo.NewKey();
        Script.For(key, (_, _) => throw new TimeoutException("once"));
        await silo.PublishAsync(EventsSilo.Event("test-patient", key));
        await silo.StatusIsAsync(key, "waiting");
        Script.Repair(key);
        var due = await silo.QueryAsync<DateTime>("select due_at from event_delivery where handler_key = $1", key);
        await silo.RestartAsync();
        Assert.Equal(due, await silo.QueryAsync<DateTime>("select due_at from event_delivery where handler_key = $1", key));
        Assert.Equal(1, Script.Attempts(key));
        await silo.QueryAsync<int>("update event_delivery set due_at = clock_timestamp() where handler_key = $1 returning 1", key);
        await silo.StatusIsAsync(key, "none", 90);
        Assert.Equal([1, 2], Script.LogOf(key).Select(l => l.Attempt));
    }

    [Fact]
    public async Task a_delivery_that_is_stored_twice_is_one_and_a_claim_that_came_back_late_is_not_heard()
    {
        var key = EventsSilo.NewKey();
        Script.For(key, (_, _) => throw new TimeoutException("no"));
        var store = silo.Services.GetRequiredService<RetryStore>();
        var failure = new FailedAttempt(1, new AttemptError(ErrorClass.Transient, "X", "m", "s", "here"), DateTimeOffset.UtcNow, 1);
        var failed = new FailedDelivery(
            EventsSilo.Event("test-nobody", key), "test-nobody", key, [failure], NextStep.After(TimeSpan.FromMilliseconds(100)));
        await store.StoreAsync(failed, CancellationToken.None);
        await store.StoreAsync(failed, CancellationToken.None);
        var room = new Dictionary<string, int> { ["test-nobody"] = 5 };
        List<ClaimedDelivery> claimed = [];
        await Until.TrueAsync("it is due", Limit, async () =>
            (claimed = await store.ClaimAsync(false, room, [], 10, TimeSpan.FromMilliseconds(100), CancellationToken.None)).Count > 0);
        var late = Assert.Single(claimed);
        await Until.TrueAsync("the lease is over", Limit, async () =>
            (claimed = await store.ClaimAsync(false, room, [], 10, TimeSpan.FromMinutes(1), CancellationToken.None)).Count > 0);
        await store.SucceededAsync(late, CancellationToken.None);
        await store.FailedAsync(late, failure, NextStep.GiveUp, CancellationToken.None);
        Assert.Equal("waiting", await silo.StatusAsync(key));
        await store.FailedAsync(claimed[0], failure with { Attempt = 2 }, NextStep.GiveUp, CancellationToken.None);
        Assert.Equal(3, (await silo.DeadLetterAsync(key)).History.Length);
    }

    [Fact]
    public async Task a_replay_that_works_resolves_and_one_that_fails_comes_back_with_its_history()
    {
        var key = EventsSilo.NewKey();
        Script.For(key, (_, _) => throw new InvalidOperationException("broken"));
        await silo.PublishAsync(EventsSilo.Event("test", key));
        await silo.StatusIsAsync(key, "dead");
        var id = (await silo.DeadLetterAsync(key)).Letter.Id;
        Assert.Equal(DeliveryStatus.Waiting, (await silo.Admin.ReplayAsync(id, "somebody")).Value!.Status);
        await silo.StatusIsAsync(key, "dead");
        var again = await silo.DeadLetterAsync(key);
        Assert.Equal((5, 1), (again.History.Length, again.Letter.Replays));

        Script.Repair(key);
        await silo.Admin.ReplayAsync(id, "somebody");
        await silo.StatusIsAsync(key, "resolved");
        Assert.Equal(ErrorCode.Conflict, (await silo.Admin.ReplayAsync(id, "somebody")).Error!.Code);
        await Until.TrueAsync("its failures are resolved", Limit, async () =>
            await FailuresAsync(key) is { Length: 5 } failures && failures.All(f => f.ResolvedBy == "replay"));
        Assert.Equal(2, (await silo.AuditedAsync("dead-letters.replay")).Count(a => a.Subject == id.ToString()));
    }

    [Fact]
    public async Task a_dead_letter_can_be_discarded_with_a_reason()
    {
        var key = EventsSilo.NewKey();
        Script.For(key, (_, _) => throw new HandlingException(ErrorClass.Permanent, "broken"));
        await silo.PublishAsync(EventsSilo.Event("test", key));
        await silo.StatusIsAsync(key, "dead");
        var id = (await silo.DeadLetterAsync(key)).Letter.Id;
        await silo.Admin.DiscardAsync(id, "no longer wanted", "somebody");
        var discarded = (await silo.Admin.DiscardAsync(id, "again", "somebody else")).Value!;
        Assert.Equal(
            (DeliveryStatus.Discarded, "no longer wanted", "somebody"), (discarded.Status, discarded.EndReason, discarded.EndedBy));
        Assert.Equal(ErrorCode.Conflict, (await silo.Admin.ReplayAsync(id, "somebody")).Error!.Code);
        Assert.Contains(
            (await silo.Admin.ListDeadLettersAsync(
                new EventErrorFilter(Resolved: true), new PageRequest(100), TestContext.Current.CancellationToken)).Value!.Items,
            d => d.Id == id);
        var entry = (await silo.AuditedAsync("dead-letters.discard")).Single(a => a.Subject == id.ToString());
        Assert.Contains("no longer wanted", entry.Details, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_replay_of_ten_thousand_drains_them_with_effect_once_while_live_events_flow()
    {
        const int Letters = 10_000;
        var prefix = EventsSilo.NewKey();
        await StoreDeadAsync(prefix, Letters);
        var filter = new EventErrorFilter(Fingerprint: ErrorFingerprint.Of("X", $"broken {prefix}"));
        Assert.Equal(
            Letters, (await silo.Admin.GroupDeadLettersAsync(filter, DeadLetterGrouping.Handler, TestContext.Current.CancellationToken))
                .Single().Count);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var (before, beforeMs) = await CountLiveAsync(TimeSpan.FromSeconds(3), CancellationToken.None);

        Assert.Equal(new ReplayResponse(Letters, 0), await silo.Admin.ReplayAsync(filter, "somebody"));
        var live = CountLiveAsync(TimeSpan.FromMinutes(10), over.Token);
        // Live retries come through meanwhile, too.
        var retried = Enumerable.Range(0, 20).Select(_ => EventsSilo.NewKey()).ToArray();
        foreach (var key in retried)
        {
            Script.For(key, (_, context) => context.Attempt < 3 ? throw new TimeoutException("busy") : Task.CompletedTask);
            await silo.PublishAsync(EventsSilo.Event("test", key));
        }
        await Until.TrueAsync(
            "live retries are through", TimeSpan.FromMinutes(5), () => Task.FromResult(retried.All(k => Script.Attempts(k) == 3)));
        var open = await OpenAsync();
        Assert.True(open > 0, "The replay was over before it could be in anybody's way.");
        await Until.TrueAsync("all are resolved", TimeSpan.FromMinutes(5), async () => await OpenAsync() == 0);
        await over.CancelAsync();
        var (during, duringMs) = await live;
        // Others use this machine, too: of the times without a replay, the slower one counts.
        var (after, afterMs) = await CountLiveAsync(TimeSpan.FromSeconds(3), CancellationToken.None);

        Assert.Equal(
            Letters, await silo.QueryAsync<long>(
                "select count(*) from event_delivery where handler_key like $1 and status = 'resolved'", prefix + "%"));
        Assert.Equal(Letters, await silo.QueryAsync<long>(
            "select count(*) from grain_state where state_name = 'test-counting' and grain_key like $1 and convert_from(state, "
                + "'UTF8')::jsonb #> '{state,value}' = '1'", prefix + "%"));
        Assert.Contains((await silo.AuditedAsync("dead-letters.replay")), a => a.Count == Letters);
        var share = during / duringMs / Math.Min(before / beforeMs, after / afterMs);
        TestContext.Current.SendDiagnosticMessage(
            "{0} dead letters were replayed in {1:f0} ms; live events, one after the other, went {2:f2} times as fast as without a replay.",
            Letters, duringMs, share);
        Assert.True(share > 0.1, $"Live events went {share:f3} times as fast while dead letters were replayed.");

        Task<long> OpenAsync() =>
            silo.QueryAsync<long>("select count(*) from event_delivery where handler_key like $1 and status <> 'resolved'", prefix + "%");
    }

    /// <summary>Dead letters of a handler that is not broken any more.</summary>
    private async Task StoreDeadAsync(string prefix, int letters)
    {
        var store = silo.Services.GetRequiredService<RetryStore>();
        var failure = new FailedAttempt(
            1, new AttemptError(ErrorClass.Business, "X", $"broken {prefix}", "s", "here"), DateTimeOffset.UtcNow, 1);
        foreach (var chunk in Enumerable.Range(0, letters).Chunk(500))
        {
            await store.StoreAsync(
                [.. chunk.Select(i => new FailedDelivery(
                    EventsSilo.Event("test-counting", $"{prefix}-{i}"), "test-counting", $"{prefix}-{i}", [failure], NextStep.GiveUp))],
                CancellationToken.None);
        }
    }

    /// <summary>Publishes live events of the same handler, each when the one before it is handled.</summary>
    /// <returns>How many were handled, and in how many milliseconds.</returns>
    private async Task<(int Handled, double Milliseconds)> CountLiveAsync(TimeSpan limit, CancellationToken end)
    {
        var watch = Stopwatch.StartNew();
        var handled = 0;
        for (; watch.Elapsed < limit && !end.IsCancellationRequested; handled++)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var key = EventsSilo.NewKey();
            Script.For(key, (_, _) =>
            {
                done.TrySetResult();
                return Task.CompletedTask;
            });
            await silo.PublishAsync(EventsSilo.Event("test-counting", key));
            await done.Task.WaitAsync(TimeSpan.FromMinutes(2), CancellationToken.None);
        }
        return (handled, watch.Elapsed.TotalMilliseconds);
    }

    [Fact]
    public async Task while_nothing_can_be_stored_the_event_is_not_acknowledged()
    {
        var key = EventsSilo.NewKey();
        Script.For(key, (_, _) => throw new TimeoutException("busy"));
        await using (var command = silo.Database.CreateCommand("alter table event_delivery rename to event_delivery_away"))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        try
        {
            await silo.PublishAsync(EventsSilo.Event("test", key));
            await Until.TrueAsync("it comes again", Limit, () => Task.FromResult(Script.Attempts(key) > 4));
        }
        finally
        {
            await using var command = silo.Database.CreateCommand("alter table event_delivery_away rename to event_delivery");
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        Script.Repair(key);
        await Until.TrueAsync("it is done", Limit, async () =>
            await silo.StatusAsync(key) == "none" && (await FailuresAsync(key)).All(f => f.ResolvedAt is not null));
    }

    private async Task<EventError[]> FailuresAsync(string key) =>
        [.. (await silo.Admin.ListErrorsAsync(new EventErrorFilter(), new PageRequest(100))).Value!.Items.Where(f => f.HandlerKey == key)];
}

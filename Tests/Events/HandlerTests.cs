using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Events;

/// <summary>What happens to an event on its way through a handler.</summary>
[Collection(nameof(EventsSilo))]
public sealed class HandlerTests(EventsSilo silo)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task an_event_of_a_stream_reaches_its_handler()
    {
        var key = EventsSilo.NewKey();
        CloudEvent? seen = null;
        Script.For(key, (_, context) =>
        {
            seen = context.Event;
            return Task.CompletedTask;
        });
        await silo.PublishAsync(EventsSilo.Event("test", key));
        await Until.TrueAsync("it is handled", Limit, () => Task.FromResult(seen is not null));
        Assert.Equal($"/test/{key}#1", seen!.Id);
        Assert.Equal("none", await silo.StatusAsync(key));
    }

    [Fact]
    public async Task an_event_that_comes_again_is_passed_over()
    {
        var (key, e) = Make("test");
        Assert.True((await silo.Handler("test-plain", key).RetryAsync(e, 1)).Succeeded);
        Assert.True((await silo.Handler("test-plain", key).RetryAsync(e, 2)).Succeeded);
        Assert.Equal(1, Script.Attempts(key));
    }

    [Fact]
    public async Task an_effect_on_state_happens_once_however_often_and_wherever_the_event_comes()
    {
        var (key, e) = Make("test-counting");
        await Task.WhenAll(Enumerable.Range(1, 5).Select(i => silo.Handler("test-counting", key).RetryAsync(e, i)));
        await silo.DeactivateAllAsync();
        Assert.True((await silo.Handler("test-counting", key).RetryAsync(e, 6)).Succeeded);
        Assert.Equal(1, Script.Attempts(key));
        Assert.Equal(1, await silo.Grains.GetGrain<ICounter>(key, "SoonShop.Tests.Events.CountingHandler").GetAsync());
    }

    [Fact]
    public async Task what_fails_after_the_commit_does_not_repeat_the_effect()
    {
        var (key, e) = Make("test-counting");
        Script.For(key, (_, _) => throw new InvalidOperationException("after the commit"));
        Assert.False((await silo.Handler("test-counting", key).RetryAsync(e, 1)).Succeeded);
        await silo.DeactivateAllAsync();
        Assert.True((await silo.Handler("test-counting", key).RetryAsync(e, 2)).Succeeded);
        Assert.Equal(1, Script.Attempts(key));
    }

    [Fact]
    public async Task an_attempt_that_hangs_is_cut_off_and_cannot_commit_later()
    {
        var (key, e) = Make("test-late-counting");
        var release = new TaskCompletionSource();
        Script.For(key, (_, _) => release.Task);
        AttemptResult cut;
        using (silo.CutAttempts())
            cut = await silo.Handler("test-late-counting", key).RetryAsync(e, 1);
        Assert.Equal((typeof(TimeoutException).FullName, ErrorClass.Transient), (cut.Error?.Type, cut.Error?.Class));
        Script.Repair(key);
        Assert.True((await silo.Handler("test-late-counting", key).RetryAsync(e, 2)).Succeeded);
        release.SetResult();
        Assert.True(
            (await silo.Handler("test-late-counting", key).RetryAsync(EventsSilo.Event("test-late-counting", key, 2), 1)).Succeeded);
        await silo.DeactivateAllAsync();
        Assert.Equal(2, await silo.Grains.GetGrain<ICounter>(key, "SoonShop.Tests.Events.LateCountingHandler").GetAsync());
    }

    [Theory]
    [InlineData("test")]
    [InlineData("test-late-counting")]
    public async Task a_handler_that_is_busy_answers_streams_at_once_and_nobody_else(string streamNamespace)
    {
        var (key, e) = Make(streamNamespace);
        var name = streamNamespace == "test" ? "test-plain" : streamNamespace;
        var release = new TaskCompletionSource();
        Script.For(key, (_, context) => release.Task.WaitAsync(context.Cancellation));
        var busy = silo.Handler(name, key).RetryAsync(e, 1);
        await Until.TrueAsync("it is busy", Limit, () => Task.FromResult(Script.Attempts(key) == 1));
        var next = silo.Handler(name, key).RetryAsync(EventsSilo.Event(streamNamespace, key, 2), 1);
        var wake = silo.Grains.GetGrain(GrainId.Create(name, key)).AsReference<IWakeExtension>().WakeAsync();
        Assert.Same(wake, await Task.WhenAny(wake, busy, next));
        Assert.Equal(1, Script.Attempts(key));
        release.SetResult();
        await busy;
        await next;
        Assert.Equal(2, Script.Attempts(key));
    }

    [Fact]
    public async Task a_handler_that_honours_its_token_ends_in_time()
    {
        using var cut = silo.CutAttempts();
        var (key, e) = Make("test");
        Script.For(key, (_, context) => Task.Delay(Timeout.Infinite, context.Cancellation));
        var result = await silo.Handler("test-plain", key).RetryAsync(e, 1);
        Assert.Equal(ErrorClass.Transient, result.Error!.Class);
    }

    [Fact]
    public async Task a_state_that_cannot_be_read_fails_the_attempt_and_not_the_activation()
    {
        var (key, e) = Make("test-counting");
        await silo.QueryAsync<int>(
            "insert into grain_state (state_name, grain_key, version, state) values ('test-counting', $1, 1, convert_to('{nonsense', "
                + "'UTF8')) returning 1", key);
        var result = await silo.Handler("test-counting", key).RetryAsync(e, 1);
        Assert.False(result.Succeeded);
        await silo.QueryAsync<int>(
            "update grain_state set state = convert_to('{\"state\":{\"value\":41}}', 'UTF8') where state_name = 'test-counting' and "
                + "grain_key = $1 returning 1", key);
        Assert.True((await silo.Handler("test-counting", key).RetryAsync(e, 2)).Succeeded);
        Assert.Equal(42, await silo.Grains.GetGrain<ICounter>(key, "SoonShop.Tests.Events.CountingHandler").GetAsync());
    }

    [Fact]
    public async Task an_event_that_the_handler_does_not_handle_is_passed_over()
    {
        var key = EventsSilo.NewKey();
        await silo.PublishAsync(EventsSilo.Event("test", key, 1, "order.confirmed", EventsSilo.Bytes("no JSON")));
        await silo.PublishAsync(EventsSilo.Event("test", key, 2));
        await Until.TrueAsync("its neighbour is handled", Limit, () => Task.FromResult(Script.Attempts(key) == 1));
        Assert.Equal("none", await silo.StatusAsync(key));
    }

    [Fact]
    public async Task what_the_handler_does_belongs_to_the_event()
    {
        var (key, e) = Make("test");
        object?[] seen = [];
        Script.For(key, (_, _) =>
        {
            seen =
            [
                RequestContext.Get(RequestKeys.CausationId), RequestContext.Get(RequestKeys.CorrelationId),
                RequestContext.Get(RequestKeys.TraceParent),
            ];
            return Task.CompletedTask;
        });
        await silo.Handler("test-plain", key).RetryAsync(e, 1);
        Assert.Equal([e.Id, e.CorrelationId, e.TraceParent], seen);
    }

    [Fact]
    public void documents_remember_the_last_events_only()
    {
        IReadOnlyList<string>? handled = null;
        for (var i = 0; i < 1000; i++)
            handled = RecentEvents.Append(handled, $"e{i}", EventHandlerGrain<Count>.Remembered);
        Assert.Equal(EventHandlerGrain<Count>.Remembered, handled!.Count);
        Assert.False(RecentEvents.Contains(handled, $"e{999 - EventHandlerGrain<Count>.Remembered}"));
        Assert.All(Enumerable.Range(1000 - handled.Count, handled.Count), i => Assert.True(RecentEvents.Contains(handled, $"e{i}")));
        Assert.False(RecentEvents.Contains(null, "e1"));
        Assert.Same(handled, RecentEvents.Append(handled, "e999", EventHandlerGrain<Count>.Remembered));
    }

    private static (string Key, CloudEvent Event) Make(string streamNamespace)
    {
        var key = EventsSilo.NewKey();
        return (key, EventsSilo.Event(streamNamespace, key));
    }
}

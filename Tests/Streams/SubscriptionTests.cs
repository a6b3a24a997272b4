using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using Orleans.Streams.Filtering;

namespace SoonShop.Tests.Streams;

[Alias("test-explicit-consumer")]
internal interface IExplicitConsumer : IGrainWithStringKey
{
    /// <summary>Subscribes to a stream once more; arrivals are told under <paramref name="name"/>.</summary>
    [Alias("subscribe")]
    Task<StreamSubscriptionHandle<PlainEvent>> SubscribeAsync(string stream, string name, string? filter);

    [Alias("resume")]
    Task<StreamSubscriptionHandle<PlainEvent>> ResumeAsync(StreamSubscriptionHandle<PlainEvent> handle, string name);

    [Alias("unsubscribe")]
    Task UnsubscribeAsync(StreamSubscriptionHandle<PlainEvent> handle);

    [Alias("count")]
    Task<int> CountAsync(string stream);

    [Alias("publish")]
    Task PublishAsync(string stream, int number);

    [Alias("deactivate")]
    Task DeactivateAsync();
}

/// <summary>
/// Subscribes and publishes as it is told; when it is activated again, it takes its subscriptions up under the name <c>again/…</c>.
/// </summary>
[GrainType("test-explicit")]
internal sealed class ExplicitConsumer : Grain, IExplicitConsumer
{
    private const string Namespace = "explicit";

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // A grain with the key of its stream.
        foreach (var handle in await StreamOf(this.GetPrimaryKeyString()).GetAllSubscriptionHandles())
            await handle.ResumeAsync(Into($"again/{this.GetPrimaryKeyString()}"));
    }

    async Task<StreamSubscriptionHandle<PlainEvent>> IExplicitConsumer.SubscribeAsync(string stream, string name, string? filter) =>
        await StreamOf(stream).SubscribeAsync(Into(name), null, filter);

    Task<StreamSubscriptionHandle<PlainEvent>> IExplicitConsumer.ResumeAsync(StreamSubscriptionHandle<PlainEvent> handle, string name) =>
        handle.ResumeAsync(Into(name));

    Task IExplicitConsumer.UnsubscribeAsync(StreamSubscriptionHandle<PlainEvent> handle) => handle.UnsubscribeAsync();

    async Task<int> IExplicitConsumer.CountAsync(string stream) => (await StreamOf(stream).GetAllSubscriptionHandles()).Count;

    Task IExplicitConsumer.PublishAsync(string stream, int number) => StreamOf(stream).OnNextAsync(new PlainEvent(number));

    Task IExplicitConsumer.DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private IAsyncStream<PlainEvent> StreamOf(string key) =>
        this.GetStreamProvider(StreamSilo.Provider).GetStream<PlainEvent>(Namespace, key);

    private static Observer Into(string name) => new(name);

    private sealed class Observer(string name) : IAsyncObserver<PlainEvent>
    {
        public Task OnNextAsync(PlainEvent item, StreamSequenceToken? token = null)
        {
            Arrivals.Add(name, $"{item.Number}");
            return Task.CompletedTask;
        }

        public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
    }
}

/// <summary>Lets even numbers pass for subscriptions with the filter <c>even</c>.</summary>
internal sealed class EvenFilter : IStreamFilter
{
    public bool ShouldDeliver(StreamId streamId, object item, string? filterData) =>
        filterData != "even" || item is PlainEvent { Number: var n } && n % 2 == 0;
}

/// <summary>What Orleans promises of every persistent stream provider.</summary>
public sealed class SubscriptionTests : IAsyncLifetime
{
    private readonly string run = Guid.NewGuid().ToString("N")[..8];
    private StreamDatabase database = null!;
    private StreamSilo silo = null!;

    public async ValueTask InitializeAsync()
    {
        database = await StreamDatabase.CreateAsync();
        silo = await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await silo.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task grains_publish_and_consume()
    {
        var consumer = Grain("consumer");
        await consumer.SubscribeAsync(Key("s"), Key("s"), null);
        for (var i = 0; i < 10; i++)
            await Grain("producer").PublishAsync(Key("s"), i);
        await Arrivals.AreAsync(Key("s"), 10);
        Assert.Equal(Numbers(0, 10), Arrivals.Of(Key("s")));
    }

    [Fact]
    public async Task a_client_publishes_and_consumes()
    {
        var stream = silo.Client.GetStreamProvider(StreamSilo.Provider).GetStream<PlainEvent>("explicit", Key("client"));
        var handle = await stream.SubscribeAsync((e, _) =>
        {
            Arrivals.Add(Key("client"), $"{e.Number}");
            return Task.CompletedTask;
        });
        await Grain("consumer").SubscribeAsync(Key("client"), Key("from-client"), null);
        await stream.OnNextBatchAsync([new PlainEvent(0), new PlainEvent(1)]);
        await stream.OnNextAsync(new PlainEvent(2));
        await Arrivals.AreAsync(Key("client"), 3);
        await Arrivals.AreAsync(Key("from-client"), 3);
        Assert.Equal(Numbers(0, 3), Arrivals.Of(Key("client")));
        Assert.Equal(Numbers(0, 3), Arrivals.Of(Key("from-client")));
        await handle.UnsubscribeAsync();
        await stream.OnNextAsync(new PlainEvent(3));
        await Arrivals.AreAsync(Key("from-client"), 4);
        await database.IsDrainedAsync();
        Assert.Equal(3, Arrivals.CountOf(Key("client")));
    }

    [Fact]
    public async Task each_subscription_of_a_stream_gets_every_event()
    {
        var (one, two) = (Grain("one"), Grain("two"));
        await one.SubscribeAsync(Key("m"), Key("m1"), null);
        await one.SubscribeAsync(Key("m"), Key("m2"), null);
        await two.SubscribeAsync(Key("m"), Key("m3"), null);
        await one.PublishAsync(Key("m"), 0);
        foreach (var name in new[] { "m1", "m2", "m3" })
            await Arrivals.AreAsync(Key(name), 1);
        Assert.Equal((2, 1), (await one.CountAsync(Key("m")), await two.CountAsync(Key("m"))));
    }

    [Fact]
    public async Task a_subscription_made_on_a_busy_stream_gets_what_is_published_after_it()
    {
        var (one, two) = (Grain("one"), Grain("two"));
        await one.SubscribeAsync(Key("b"), Key("b1"), null);
        for (var i = 0; i < 20; i++)
            await one.PublishAsync(Key("b"), i);
        await two.SubscribeAsync(Key("b"), Key("b2"), null);
        for (var i = 20; i < 40; i++)
            await one.PublishAsync(Key("b"), i);
        await Arrivals.AreAsync(Key("b1"), 40);
        await Running.Until.TrueAsync(
            "the last arrived", TimeSpan.FromSeconds(20), () => Task.FromResult(Arrivals.Of(Key("b2")).Contains("39")));
        Assert.Equal(Numbers(0, 40), Arrivals.Of(Key("b1")));
        Assert.Equal(Numbers(20, 20), Arrivals.Of(Key("b2")).Where(n => int.Parse(n, null) >= 20));
    }

    [Fact]
    public async Task an_ended_subscription_gets_nothing_more_and_the_others_go_on()
    {
        var grain = Grain("one");
        var first = await grain.SubscribeAsync(Key("u"), Key("u1"), null);
        await grain.SubscribeAsync(Key("u"), Key("u2"), null);
        await grain.PublishAsync(Key("u"), 0);
        await Arrivals.AreAsync(Key("u1"), 1);
        await Arrivals.AreAsync(Key("u2"), 1);
        await grain.UnsubscribeAsync(first);
        await grain.PublishAsync(Key("u"), 1);
        await Arrivals.AreAsync(Key("u2"), 2);
        await database.IsDrainedAsync();
        Assert.Equal(1, Arrivals.CountOf(Key("u1")));
        Assert.Equal(1, await grain.CountAsync(Key("u")));
    }

    [Fact]
    public async Task a_subscription_that_is_resumed_goes_on_with_its_new_observer()
    {
        var grain = Grain("one");
        var handle = await grain.SubscribeAsync(Key("r"), Key("r1"), null);
        await grain.PublishAsync(Key("r"), 0);
        await Arrivals.AreAsync(Key("r1"), 1);
        await grain.ResumeAsync(handle, Key("r2"));
        await grain.PublishAsync(Key("r"), 1);
        await Arrivals.AreAsync(Key("r2"), 1);
        await database.IsDrainedAsync();
        Assert.Equal(["0"], Arrivals.Of(Key("r1")));
        Assert.Equal(["1"], Arrivals.Of(Key("r2")).Distinct());
    }

    [Fact]
    public async Task a_consumer_that_was_deactivated_is_activated_by_the_next_event()
    {
        var grain = Grain("d");
        await grain.SubscribeAsync(Key("d"), Key("d"), null);
        await grain.PublishAsync(Key("d"), 0);
        await Arrivals.AreAsync(Key("d"), 1);
        await grain.DeactivateAsync();
        await Grain("producer").PublishAsync(Key("d"), 1);
        await Arrivals.AreAsync($"again/{Key("d")}", 1);
        Assert.Equal(["0"], Arrivals.Of(Key("d")));
        Assert.Equal(["1"], Arrivals.Of($"again/{Key("d")}"));
    }

    [Fact]
    public async Task subscriptions_outlive_the_streams_that_fell_idle()
    {
        await silo.DisposeAsync();
        silo = await StartAsync(stream: s => s.ConfigurePullingAgent(
            a => a.Configure((StreamPullingAgentOptions o) => o.StreamInactivityPeriod = TimeSpan.FromMilliseconds(300))));
        var grain = Grain("one");
        await grain.SubscribeAsync(Key("i"), Key("i"), null);
        await grain.PublishAsync(Key("i"), 0);
        await Arrivals.AreAsync(Key("i"), 1);
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        await grain.PublishAsync(Key("i"), 1);
        await Arrivals.AreAsync(Key("i"), 2);
        await database.IsDrainedAsync();
        Assert.Equal(Numbers(0, 2), Arrivals.Of(Key("i")));
    }

    [Fact]
    public async Task a_filter_passes_over_what_a_subscription_does_not_want()
    {
        await silo.DisposeAsync();
        silo = await StartAsync(s => s.AddStreamFilter<EvenFilter>(StreamSilo.Provider));
        var grain = Grain("one");
        await grain.SubscribeAsync(Key("f"), Key("even"), "even");
        await grain.SubscribeAsync(Key("f"), Key("all"), null);
        for (var i = 0; i < 10; i++)
            await grain.PublishAsync(Key("f"), i);
        await Arrivals.AreAsync(Key("all"), 10);
        await database.IsDrainedAsync();
        Assert.Equal(["0", "2", "4", "6", "8"], Arrivals.Of(Key("even")));
        Assert.Equal(Numbers(0, 10), Arrivals.Of(Key("all")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task deliveries_of_several_events_lose_none(bool filtered)
    {
        await silo.DisposeAsync();
        silo = await StartAsync(
            s => s.AddStreamFilter<EvenFilter>(StreamSilo.Provider),
            s => s.ConfigurePullingAgent(a => a.Configure((StreamPullingAgentOptions o) => o.BatchContainerBatchSize = 4)));
        var grain = Grain("one");
        await grain.SubscribeAsync(Key("g"), Key("g"), filtered ? "even" : null);
        for (var i = 0; i < 50; i++)
            await Grain("producer").PublishAsync(Key("g"), i);
        await Arrivals.AreAsync(Key("g"), filtered ? 25 : 50);
        await database.IsDrainedAsync();
        Assert.Equal(Numbers(0, 50).Where(n => !filtered || int.Parse(n, null) % 2 == 0), Arrivals.Of(Key("g")));
    }

    [Fact]
    public async Task a_token_to_begin_with_is_refused_and_so_is_one_to_publish_with()
    {
        var stream = silo.Streams.GetStream<PlainEvent>("explicit", Key("t"));
        Assert.False(silo.Streams.IsRewindable);
        await Assert.ThrowsAsync<ArgumentException>(() => stream.OnNextAsync(new PlainEvent(1), new EventSequenceTokenV2(1)));
    }

    private static IEnumerable<string> Numbers(int from, int count) => Enumerable.Range(from, count).Select(i => $"{i}");

    private string Key(string name) => $"{name}-{run}";

    private IExplicitConsumer Grain(string name) => silo.Grains.GetGrain<IExplicitConsumer>(Key(name));

    private Task<StreamSilo> StartAsync(Action<ISiloBuilder>? configure = null, Action<ISiloPersistentStreamConfigurator>? stream = null) =>
        StreamSilo.StartAsync(database, null, configure, stream);
}

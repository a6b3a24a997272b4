using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.Streams.Core;
using SoonShop.Orleans.PostgreSql;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>A silo that knows nothing of the shop keeps the states of its own grains.</summary>
public sealed class ForeignSiloTests : IAsyncLifetime
{
    private PostgresServer server = null!;
    private string connectionString = null!;

    public async ValueTask InitializeAsync()
    {
        server = await PostgresServer.SharedAsync();
        connectionString = await server.CreateDatabaseAsync();
    }

    public async ValueTask DisposeAsync() => await server.DropDatabaseAsync(connectionString);

    [Fact]
    public async Task grains_with_keys_of_every_kind_find_their_states_after_a_restart()
    {
        await PostgresSchema.MigrateAsync(connectionString, cancellation: TestContext.Current.CancellationToken);
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        Func<IGrainFactory, INotebook>[] notebooks =
        [
            g => g.GetGrain<INotebookByName>("left"),
            g => g.GetGrain<INotebookByName>("right"),
            g => g.GetGrain<INotebookByGuid>(a),
            g => g.GetGrain<INotebookByGuid>(b),
            g => g.GetGrain<INotebookByGuidAndName>(a, "left"),
            g => g.GetGrain<INotebookByGuidAndName>(b, "left"),
            g => g.GetGrain<INotebookByNumber>(7),
            g => g.GetGrain<INotebookByNumber>(-7),
            g => g.GetGrain<INotebookByNumberAndName>(7, "left"),
            g => g.GetGrain<INotebookByNumberAndName>(8, "left"),
        ];
        using (var silo = await StartAsync())
        {
            await Task.WhenAll(notebooks.Select(async (notebook, n) =>
            {
                Assert.Equal([], await notebook(Grains(silo)).ReadAsync());
                await notebook(Grains(silo)).AddAsync($"first of {n}");
                await notebook(Grains(silo)).AddAsync($"second of {n}");
            }));
            await silo.StopAsync(TestContext.Current.CancellationToken);
        }
        using (var silo = await StartAsync())
        {
            for (var n = 0; n < notebooks.Length; n++)
                Assert.Equal([$"first of {n}", $"second of {n}"], await notebooks[n](Grains(silo)).ReadAsync());
            await notebooks[0](Grains(silo)).ClearAsync();
            await notebooks[0](Grains(silo)).AddAsync("anew");
            Assert.Equal(["anew"], await notebooks[0](Grains(silo)).ReadAsync());
            await silo.StopAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task subscriptions_to_streams_are_kept()
    {
        await PostgresSchema.MigrateAsync(connectionString, cancellation: TestContext.Current.CancellationToken);
        using var silo = await StartAsync(s => s.AddMemoryStreams("memory").AddPostgresGrainStorage("PubSubStore", Configure));
        var stream = silo.Services.GetRequiredService<IClusterClient>().GetStreamProvider("memory").GetStream<string>("news", "today");
        var received = new TaskCompletionSource<string>();
        await stream.SubscribeAsync((text, _) =>
        {
            received.TrySetResult(text);
            return Task.CompletedTask;
        });
        await DeactivateAllAsync(silo);
        Assert.Single(await stream.GetAllSubscriptionHandles());
        await stream.OnNextAsync("rain");
        Assert.Equal("rain", await received.Task.InTimeAsync());
        await silo.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>
    /// The pub/sub state has a producer in it as soon as something was published: the dead silo's, whom the next one must get past.
    /// </summary>
    [Fact]
    public async Task explicit_subscriptions_to_postgres_streams_go_on_after_a_silo_was_killed()
    {
        await PostgresSchema.MigrateAsync(connectionString, cancellation: TestContext.Current.CancellationToken);
        var (ears, key) = (Guid.NewGuid(), $"news-{Guid.NewGuid():N}");
        using (var silo = await StartAsync(AddStreams))
        {
            await Grains(silo).GetGrain<IEars>(ears).ListenAsync(key);
            await PublishAsync(silo, key, "rain");
            await HeardAsync(key, 1);
            await AcknowledgedAsync();
            await KillAsync(silo);
        }
        using (var silo = await StartAsync(AddStreams))
        {
            // Nobody has called the grain: its subscription alone brings it there.
            await PublishAsync(silo, key, "sun");
            await HeardAsync(key, 2);
            await AcknowledgedAsync();
            await KillAsync(silo);
        }
        using (var silo = await StartAsync(AddStreams))
        {
            await Grains(silo).GetGrain<IEars>(ears).StopListeningAsync(key);
            await PublishAsync(silo, key, "snow");
            await PublishAsync(silo, key, "fog");
            await silo.StopAsync(TestContext.Current.CancellationToken);
        }
        Assert.Equal(["rain", "sun"], Ears.Heard(key));
    }

    [Fact]
    public async Task clusters_and_storages_on_one_database_share_no_rows_and_what_was_there_before_is_the_first_ones()
    {
        await PostgresSchema.MigrateAsync(connectionString, cancellation: TestContext.Current.CancellationToken);
        await using (var database = Npgsql.NpgsqlDataSource.Create(connectionString))
        await using (var command = database.CreateCommand(
            "insert into grain_state (state_name, grain_key, version, state) values ('notebook', 'left', 3, convert_to('{\"Notes\": "
                + "[\"before\"]}', 'UTF8'))"))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        using var first = await StartAsync();
        Assert.Equal(["before"], await Grains(first).GetGrain<INotebookByName>("left").ReadAsync());
        using var second = await StartAsync(Cluster("other"));
        Assert.Equal([], await Grains(second).GetGrain<INotebookByName>("left").ReadAsync());
        await Grains(second).GetGrain<INotebookByName>("left").AddAsync("mine");
        await Grains(first).GetGrain<INotebookByName>("left").AddAsync("yours");
        Assert.Equal(["mine"], await Grains(second).GetGrain<INotebookByName>("left").ReadAsync());
        await first.StopAsync(TestContext.Current.CancellationToken);
        await second.StopAsync(TestContext.Current.CancellationToken);
        using var third = await StartAsync(s => s.AddPostgresGrainStorage("sketches", Configure));
        Assert.Equal(["before", "yours"], await Grains(third).GetGrain<INotebookByName>("left").ReadAsync());
        var sketches = third.Services.GetRequiredKeyedService<IGrainStorage>("sketches");
        var sketch = new GrainState<NotebookState>();
        await sketches.ReadStateAsync(
            "notebook", Grains(third).GetGrain<INotebookByName>("left").GetGrainId(), sketch, TestContext.Current.CancellationToken);
        Assert.False(sketch.RecordExists);
        await sketches.WriteStateAsync(
            "notebook", Grains(third).GetGrain<INotebookByName>("left").GetGrainId(), sketch, TestContext.Current.CancellationToken);
        await sketches.ClearStateAsync(
            "notebook", Grains(third).GetGrain<INotebookByName>("left").GetGrainId(), sketch, TestContext.Current.CancellationToken);
        Assert.Equal(["before", "yours"], await Grains(third).GetGrain<INotebookByName>("left").ReadAsync());
        await third.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task clusters_on_one_database_take_no_events_from_one_another()
    {
        await PostgresSchema.MigrateAsync(connectionString, cancellation: TestContext.Current.CancellationToken);
        var key = $"news-{Guid.NewGuid():N}";
        using var first = await StartAsync(AddStreams);
        using var second = await StartAsync(s =>
        {
            Cluster("other")(s);
            AddStreams(s);
        });
        var heard = new System.Collections.Concurrent.ConcurrentQueue<string>();
        foreach (var (silo, who) in new[] { (first, "first"), (second, "second") })
        {
            await Stream(silo, key).SubscribeAsync((text, _) =>
            {
                heard.Enqueue($"{who} {text}");
                return Task.CompletedTask;
            });
        }
        for (var i = 0; i < 20; i++)
        {
            await PublishAsync(first, key, $"1/{i}");
            await PublishAsync(second, key, $"2/{i}");
        }
        await Until.TrueAsync("all are heard", TimeSpan.FromSeconds(30), () => Task.FromResult(heard.Count >= 40));
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => $"first 1/{i}"), heard.Where(h => h.StartsWith("first", StringComparison.Ordinal)));
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => $"second 2/{i}"), heard.Where(h => h.StartsWith("second", StringComparison.Ordinal)));
        await first.StopAsync(TestContext.Current.CancellationToken);
        await second.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task adapters_can_be_made_again()
    {
        await PostgresSchema.MigrateAsync(connectionString, cancellation: TestContext.Current.CancellationToken);
        using var silo = await StartAsync(AddStreams);
        var factory = PostgresStreamFactory.Create(silo.Services, "shared");
        var (one, two) = (await factory.CreateAdapter(TestContext.Current.CancellationToken), await factory.CreateAdapter(
            TestContext.Current.CancellationToken));
        Assert.Equal(one.Name, two.Name);
        var key = $"news-{Guid.NewGuid():N}";
        await Grains(silo).GetGrain<IEars>(Guid.NewGuid()).ListenAsync(key);
        foreach (var adapter in new[] { one, two })
            await adapter.QueueMessageBatchAsync(StreamId.Create("news", key), ["rain"], null, null);
        await HeardAsync(key, 2);
        await silo.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task a_serializer_of_ones_own_is_taken_keyed_before_unkeyed_before_orleans()
    {
        await PostgresSchema.MigrateAsync(connectionString, cancellation: TestContext.Current.CancellationToken);
        using var silo = await StartAsync(s =>
        {
            s.Services.AddSingleton<IGrainStorageSerializer, SystemTextJsonGrainStorageSerializer>();
            s.Services.AddKeyedSingleton<IGrainStorageSerializer>("binary", (p, _) =>
                new OrleansGrainStorageSerializer(p.GetRequiredService<Serializer>()));
            s.AddPostgresGrainStorage("binary", Configure);
        });
        await Grains(silo).GetGrain<INotebookByName>("left").AddAsync("text");
        await silo.Services.GetRequiredKeyedService<IGrainStorage>("binary")
            .WriteStateAsync(
                "sketch", GrainId.Create("x", "left"), new GrainState<NotebookState>(new() { Notes = ["text"] }),
                TestContext.Current.CancellationToken);
        await using var database = Npgsql.NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand(
            "select string_agg(case when get_byte(state, 0) = ascii('{') then 'json' else 'binary' end, ' ' order by state_name) from "
                + "grain_state where grain_key = 'left'");
        Assert.Equal("json binary", await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        await silo.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task a_database_without_the_schema_is_told_of_at_start()
    {
        var e = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync());
        Assert.Contains("PostgresSchema.MigrateAsync", $"{e}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task streams_on_a_database_without_the_schema_say_so_at_start()
    {
        var e = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(
            s => s.AddMemoryGrainStorage("PubSubStore").AddPostgresStreams("shared", o => o.ConnectionString = connectionString),
            storage: false));
        Assert.All(["'shared'", "PostgresSchema.MigrateAsync"], part => Assert.Contains(part, $"{e}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task wrong_options_are_all_told_of_at_start()
    {
        var e = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(s => s.AddPostgresGrainStorage("wrong", o =>
        {
            o.MaxBatchSize = 0;
            o.CommandTimeout = TimeSpan.Zero;
        })));
        Assert.All(["'wrong'", "ConnectionString", "MaxBatchSize", "CommandTimeout"], part =>
            Assert.Contains(part, $"{e}", StringComparison.Ordinal));
    }

    private static IGrainFactory Grains(IHost silo) => silo.Services.GetRequiredService<IGrainFactory>();

    private static Task DeactivateAllAsync(IHost silo) =>
        Grains(silo).GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    private void Configure(PostgresGrainStorageOptions options) => options.ConnectionString = connectionString;

    private void AddStreams(ISiloBuilder silo) => silo
        .AddPostgresGrainStorage("PubSubStore", Configure)
        .AddPostgresStreams("shared", o => (o.ConnectionString, o.Queues) = (connectionString, 2));

    private static Action<ISiloBuilder> Cluster(string serviceId) => silo => silo.Configure<ClusterOptions>(o => o.ServiceId = serviceId);

    private static IAsyncStream<string> Stream(IHost silo, string key) =>
        silo.Services.GetRequiredService<IClusterClient>().GetStreamProvider("shared").GetStream<string>("news", key);

    private static Task PublishAsync(IHost silo, string key, string text) => Stream(silo, key).OnNextAsync(text);

    private static Task HeardAsync(string key, int count) =>
        Until.TrueAsync($"{count} are heard", TimeSpan.FromSeconds(60), () => Task.FromResult(Ears.Heard(key).Length >= count));

    private Task AcknowledgedAsync() => Until.TrueAsync("all is acknowledged", TimeSpan.FromSeconds(30), async () =>
    {
        await using var database = Npgsql.NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand("select sum(depth) = 0 from stream_lag where provider = 'shared'");
        return await command.ExecuteScalarAsync() is true;
    });

    /// <summary>Ends a silo without giving anything back: neither its queues nor its entries in the pub/sub state.</summary>
    private static async Task KillAsync(IHost silo)
    {
        try
        {
            await silo.StopAsync(new CancellationToken(true));
        }
        catch (OperationCanceledException)
        {
            // That was the point.
        }
    }

    private async Task<IHost> StartAsync(Action<ISiloBuilder>? more = null, bool storage = true)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(TcpPort.Free(), TcpPort.Free());
            if (storage)
                silo.AddPostgresGrainStorage("notebooks", Configure);
            more?.Invoke(silo);
        });
        var host = builder.Build();
        // A silo that does not start is left as it is. Disposed of, it would apply membership updates in a loop without a pause.
        await host.StartAsync();
        return host;
    }
}

public interface INotebook : IGrain
{
    Task AddAsync(string note);
    Task<List<string>> ReadAsync();
    Task ClearAsync();
}

public interface INotebookByName : INotebook, IGrainWithStringKey;
public interface INotebookByGuid : INotebook, IGrainWithGuidKey;
public interface INotebookByGuidAndName : INotebook, IGrainWithGuidCompoundKey;
public interface INotebookByNumber : INotebook, IGrainWithIntegerKey;
public interface INotebookByNumberAndName : INotebook, IGrainWithIntegerCompoundKey;

/// <summary>A state as people write them: a class that knows nothing of storage.</summary>
[GenerateSerializer]
public sealed class NotebookState
{
    [Id(0)] public List<string> Notes { get; set; } = [];
}

public sealed class NotebookGrain([PersistentState("notebook", "notebooks")] IPersistentState<NotebookState> storage)
    : Grain, INotebookByName, INotebookByGuid, INotebookByGuidAndName, INotebookByNumber, INotebookByNumberAndName
{
    public async Task AddAsync(string note)
    {
        storage.State.Notes.Add(note);
        await storage.WriteStateAsync();
    }

    public Task<List<string>> ReadAsync() => Task.FromResult(storage.State.Notes);

    public Task ClearAsync() => storage.ClearStateAsync();
}

public interface IEars : IGrainWithGuidKey
{
    Task ListenAsync(string key);
    Task StopListeningAsync(string key);
}

/// <summary>Subscribes explicitly, and goes on with its subscriptions whenever it is activated.</summary>
public sealed class Ears : Grain, IEars, IStreamSubscriptionObserver
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string,
        System.Collections.Concurrent.ConcurrentQueue<string>> All = new();

    public static string[] Heard(string key) => All.TryGetValue(key, out var heard) ? [.. heard] : [];

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<string>().ResumeAsync((text, _) => HearAsync(handleFactory.StreamId.GetKeyAsString(), text));

    public Task ListenAsync(string key) => Stream(key).SubscribeAsync((text, _) => HearAsync(key, text));

    public async Task StopListeningAsync(string key)
    {
        foreach (var handle in await Stream(key).GetAllSubscriptionHandles())
            await handle.UnsubscribeAsync();
    }

    private IAsyncStream<string> Stream(string key) => this.GetStreamProvider("shared").GetStream<string>("news", key);

    private static Task HearAsync(string key, string text)
    {
        All.GetOrAdd(key, _ => new()).Enqueue(text);
        return Task.CompletedTask;
    }
}

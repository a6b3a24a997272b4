using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using SoonShop.Silo.Migrations;
using SoonShop.Silo.Storage;
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

    [Fact]
    public async Task a_database_without_the_schema_is_told_of_at_start()
    {
        var e = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync());
        Assert.Contains("PostgresSchema.MigrateAsync", $"{e}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task wrong_options_are_all_told_of_at_start()
    {
        var e = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(s => s.AddPostgresGrainStorage("wrong", o =>
        {
            o.MaxBatchSize = 0;
            o.CommandTimeout = TimeSpan.Zero;
        })));
        Assert.All(["'wrong'", "ConnectionString", "MaxBatchSize", "CommandTimeout"], part => Assert.Contains(part, $"{e}", StringComparison.Ordinal));
    }

    private static IGrainFactory Grains(IHost silo) => silo.Services.GetRequiredService<IGrainFactory>();

    private static Task DeactivateAllAsync(IHost silo) => Grains(silo).GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    private void Configure(PostgresGrainStorageOptions options) => options.ConnectionString = connectionString;

    private async Task<IHost> StartAsync(Action<ISiloBuilder>? more = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(TcpPort.Free(), TcpPort.Free());
            silo.AddPostgresGrainStorage("notebooks", Configure);
            more?.Invoke(silo);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
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
public sealed class NotebookState
{
    public List<string> Notes { get; set; } = [];
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

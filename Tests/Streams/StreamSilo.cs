using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using Orleans.Streams;
using SoonShop.Orleans.PostgreSql;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Streams;

/// <summary>A database for silos that know nothing of the shop, and what their grains have to tell.</summary>
internal sealed class StreamDatabase : IAsyncDisposable
{
    private readonly PostgresServer server;

    private StreamDatabase(PostgresServer server, string connectionString) =>
        (this.server, ConnectionString, Source) = (server, connectionString, NpgsqlDataSource.Create(connectionString));

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    /// <summary>Inserts events as grain storage does, in one statement; answers their queues.</summary>
    private const string InsertEvents = """
        create function insert_events(p_provider text, p_events jsonb) returns integer[] language sql as $$
          with inserted as (
            insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before, data, due_at, queue)
            select e->>'id', e->>'source', (e->>'sequence')::bigint, e->>'type', e->>'subject', e->>'streamNamespace', e->>'streamKey',
                   (e->>'time')::timestamptz, (e->>'notBefore')::timestamptz, e->'data',
                   case when (e->>'notBefore')::timestamptz > (e->>'time')::timestamptz
                        then clock_timestamp() + ((e->>'notBefore')::timestamptz - (e->>'time')::timestamptz) end,
                   stream_queue_of(p_provider, e->>'streamNamespace', e->>'streamKey')
            from jsonb_array_elements(p_events) with ordinality as t(e, place) order by place
            returning queue, due_at)
          select array_agg(distinct queue) from inserted where due_at is null
        $$
        """;

    /// <summary>Makes a database with the providers' schema.</summary>
    /// <param name="server">Where; on the server that tests share by default.</param>
    public static async Task<StreamDatabase> CreateAsync(PostgresServer? server = null)
    {
        server ??= await PostgresServer.SharedAsync();
        var database = new StreamDatabase(server, await server.CreateDatabaseAsync());
        await PostgresSchema.MigrateAsync(database.ConnectionString);
        await using var command = database.Source.CreateCommand(InsertEvents);
        await command.ExecuteNonQueryAsync();
        return database;
    }

    /// <summary>Makes a database with the shop's schema, which has the providers' tables among others.</summary>
    public static async Task<StreamDatabase> CreateForShopAsync()
    {
        var server = await PostgresServer.SharedAsync();
        return new StreamDatabase(server, await server.CreateShopDatabaseAsync());
    }

    /// <summary>Asks the database; the first column of the first row.</summary>
    public async Task<T> QueryAsync<T>(string sql, params object[] values)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return (T)(await command.ExecuteScalarAsync() ?? throw new InvalidOperationException($"Nothing answers {sql}"));
    }

    /// <summary>Events of a provider that are not done with.</summary>
    public Task<long> PendingAsync() =>
        QueryAsync<long>($"select coalesce(sum(depth), 0)::bigint from stream_lag where provider = '{StreamSilo.Provider}'");

    public Task IsDrainedAsync() =>
        Until.TrueAsync("everything is acknowledged", TimeSpan.FromSeconds(30), async () => await PendingAsync() == 0);

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await server.DropDatabaseAsync(ConnectionString);
    }
}

/// <summary>A silo in this process with the stream provider, and none of the shop's services.</summary>
internal sealed class StreamSilo : IAsyncDisposable
{
    public const string Provider = "test";

    private readonly IHost host;

    private StreamSilo(IHost host) => this.host = host;

    public IServiceProvider Services => host.Services;

    public IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    public IClusterClient Client => host.Services.GetRequiredService<IClusterClient>();

    public IStreamProvider Streams => host.Services.GetRequiredKeyedService<IStreamProvider>(Provider);

    public static async Task<StreamSilo> StartAsync(
        StreamDatabase database, Action<PostgresStreamOptions>? options = null, Action<ISiloBuilder>? silo = null,
        Action<ISiloPersistentStreamConfigurator>? stream = null, int? siloPort = null, int? primaryPort = null, int? gatewayPort = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        if (Environment.GetEnvironmentVariable("STREAM_LOG") is not null)
            builder.Logging.AddSimpleConsole(c => c.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(s =>
        {
            var port = siloPort ?? TcpPort.Free();
            s.UseLocalhostClustering(
                port, gatewayPort ?? TcpPort.Free(), new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, primaryPort ?? port));
            s.AddMemoryGrainStorage("PubSubStore");
            s.AddPostgresStreams(
                Provider, o =>
                {
                    (o.ConnectionString, o.Queues) = (database.ConnectionString, 4);
                    options?.Invoke(o);
                },
                stream);
            // A delivery that a test holds up is not to end as undelivered.
            s.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromMinutes(5));
            silo?.Invoke(s);
        });
        var host = builder.Build();
        await host.StartAsync();
        return new StreamSilo(host);
    }

    public Task StopAsync() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}

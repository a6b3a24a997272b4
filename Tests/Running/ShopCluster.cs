using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans.Configuration;
using Orleans.TestingHost;
using SoonShop.Aggregates;

namespace SoonShop.Tests.Running;

/// <summary>
/// Two silos of a shop in the tests' process: Orleans' test cluster with the product's own wiring, membership and storage, on the shop's
/// database. Front ends connect to it over TCP as to any cluster. A silo dies at an armed crash point; see <see cref="MortalSilo"/>.
/// </summary>
internal sealed class ShopCluster : IAsyncDisposable
{
    private const short Silos = 2;
    private const string Key = "ShopCluster";

    /// <summary>For a start, an end or a replacement on a busy machine; a silo that is cut off from its database may never end.</summary>
    private static readonly TimeSpan SiloLimit = TimeSpan.FromMinutes(3);

    private static readonly ConcurrentDictionary<string, ShopCluster> Clusters = new();

    private readonly string id = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<string, (int Silo, int Gateway)> ports = new();
    private readonly Channel<MortalSilo> deaths = Channel.CreateUnbounded<MortalSilo>();
    private readonly Shop shop;
    private readonly TestCluster cluster;
    private volatile CrashPoint.Arming? armed;

    static ShopCluster() => CrashPoint.Passing = MortalSilo.Pass;

    private ShopCluster(Shop shop)
    {
        this.shop = shop;
        Clusters[id] = this;
        var builder = new TestClusterBuilder(Silos);
        // What tests of Orleans itself put in the place of what a product uses.
        builder.Options.SiloBuilderConfiguratorTypes.Clear();
        builder.Options.UseTestClusterMembership = false;
        builder.Options.UseRealEnvironmentStatistics = true;
        builder.Options.ConnectionTransport = ConnectionTransportType.TcpSocket;
        // Calls come from front ends.
        builder.Options.InitializeClientOnDeploy = false;
        builder.Options.ConfigureFileLogging = false;
        builder.Properties[Key] = id;
        cluster = builder.AddSiloBuilderConfigurator<Wiring>().Build();
    }

    /// <summary>Starts the silos.</summary>
    public static async Task<ShopCluster> StartAsync(Shop shop)
    {
        var cluster = new ShopCluster(shop);
        try
        {
            await cluster.cluster.DeployAsync().EndsAsync("the start of the silos", SiloLimit);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Lets the silo die that passes this point next: <c>order.placed</c>, or <c>order.placed#3</c> for the third passage.
    /// </summary>
    public void Arm(string? point) => armed = CrashPoint.Arming.Parse(point ?? "");

    /// <summary>Waits until a silo died at the armed point; none dies any more before the next is armed.</summary>
    public async Task<MortalSilo> DeathAsync(TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
        try
        {
            return await deaths.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"After {limit.TotalSeconds} s no silo died.");
        }
    }

    /// <summary>Kills what is left of a dead silo, without grace, and starts another at its address.</summary>
    public async Task ReplaceAsync(MortalSilo dead)
    {
        var handle = cluster.Silos.Single(s => s.Name == dead.Name);
        var instance = handle.InstanceNumber;
        try
        {
            await cluster.KillSiloAsync(handle).EndsAsync($"{dead.Name}, which was killed", SiloLimit);
        }
        catch (Exception e) when (e is not TimeoutException)
        {
            // Without its database, it cannot end well.
        }
        dead.CutOff();
        await TestCluster.StartSiloAsync(cluster, instance, cluster.Options).EndsAsync($"the start of another {dead.Name}", SiloLimit);
    }

    /// <summary>Whether a silo that passes the point is to die there.</summary>
    public bool IsFatal(string point) => armed?.IsReachedBy(point) == true;

    /// <summary>Hears that a silo died.</summary>
    public void Died(MortalSilo silo) => deaths.Writer.TryWrite(silo);

    /// <summary>Ends every connection of a silo to the database, as the system does for a process that ended.</summary>
    public void Disconnect(string silo)
    {
        using var command = shop.Database.CreateCommand(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and datname = current_database()");
        command.Parameters.Add(new() { Value = silo });
        command.ExecuteNonQuery();
    }

    public async ValueTask DisposeAsync()
    {
        Clusters.TryRemove(id, out _);
        await cluster.DisposeAsync().AsTask().EndsAsync("the cluster of silos", SiloLimit);
    }

    /// <summary>What a silo's process does when it starts: configuration, services, silo, cluster.</summary>
    internal sealed class Wiring : ISiloConfigurator
    {
        public void Configure(ISiloBuilder siloBuilder)
        {
            var name = siloBuilder.Configuration["Orleans:Name"]!;
            var cluster = Clusters[siloBuilder.Configuration[Key]!];
            var settings = cluster.shop.SiloSettings(cluster.ports.GetOrAdd(name, _ => (TcpPort.Free(), TcpPort.Free())));
            var connection = new NpgsqlConnectionStringBuilder(cluster.shop.ConnectionString) { ApplicationName = $"{name} {cluster.id}" };
            settings["ConnectionStrings__soonshop"] = connection.ConnectionString;
            var configuration = SiloWiring.Read(new ConfigurationBuilder().AddInMemoryCollection(SiloWiring.ToKeys(settings)).Build());
            // Outside all other filters.
            siloBuilder.Services.AddSingleton(s =>
                new MortalSilo(
                    cluster, name, connection.ApplicationName!, s.GetRequiredService<NpgsqlDataSource>(),
                    s.GetRequiredService<IHostApplicationLifetime>()));
            siloBuilder.Services.AddSingleton<IIncomingGrainCallFilter>(s => s.GetRequiredService<MortalSilo>());
            siloBuilder.Services.AddSingleton<IOutgoingGrainCallFilter>(s => s.GetRequiredService<MortalSilo>());
            siloBuilder.AddShopSilo(configuration);
            // A killed silo tries for minutes to tell of its end: this alone it still may.
            siloBuilder.Services.PostConfigure<AdoNetClusteringSiloOptions>(o => o.DataSource = cluster.shop.Database);
        }
    }
}

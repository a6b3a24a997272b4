using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Storage;
using SoonShop.Catalog;
using SoonShop.Pricing;
using SoonShop.Silo;

namespace SoonShop.Tests.Running;

/// <summary>The silo's own services and storage on a real database, in the test's process, so that tests can call grains.</summary>
public class InProcessSilo : IAsyncLifetime
{
    private static readonly TimeSpan SiloLimit = TimeSpan.FromMinutes(3);
    private IHost host = null!;
    private PostgresServer server = null!;
    private string connectionString = null!;

    internal IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    internal IGrainStorage Storage => host.Services.GetRequiredKeyedService<IGrainStorage>("Default");

    internal string ConnectionString => connectionString;

    internal NpgsqlDataSource Database => host.Services.GetRequiredService<NpgsqlDataSource>();

    internal IServiceProvider Services => host.Services;

    /// <summary>Settings beyond those that every silo needs.</summary>
    protected virtual Dictionary<string, string?> Settings => [];

    /// <summary>What a silo has beyond the shop.</summary>
    protected virtual void Configure(ISiloBuilder silo) { }

    public virtual async ValueTask InitializeAsync()
    {
        server = await PostgresServer.SharedAsync();
        connectionString = await server.CreateShopDatabaseAsync();
        await StartAsync();
    }

    /// <summary>Ends the silo and starts another on the same database.</summary>
    internal async Task RestartAsync(TimeSpan pause = default)
    {
        await EndAsync();
        await Task.Delay(pause);
        await StartAsync();
    }

    private async Task StartAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(Settings)
        {
            ["ConnectionStrings:soonshop"] = connectionString,
            ["Accounts:PasswordHashIterations"] = "10000",
            ["Checkout:TaxBasisPointsRestOfWorld"] = "0",
        });
        builder.Logging.ClearProviders();
        var configuration = SiloWiring.Read(builder.Configuration);
        builder.Services.AddShop(configuration).AddPatientErrorLog();
        builder.UseOrleans(silo => silo.UseLocalhostClustering(TcpPort.Free(), TcpPort.Free()).UseShop(configuration));
        builder.UseOrleans(Configure);
        host = builder.Build();
        await host.StartAsync().EndsAsync("the start of a silo", SiloLimit);
    }

    private async Task EndAsync()
    {
        await host.StopAsync().EndsAsync("a silo that was asked to stop", SiloLimit);
        host.Dispose();
    }

    /// <summary>Makes a product; answers its SKU.</summary>
    internal async Task CreateGroupsAsync(params string[] ids)
    {
        foreach (var id in ids)
        {
            Assert.False((await Grains.GetGrain<IPricingRulesGrain>(0).CreateAsync(
                PricingRule.Of(new CustomerGroup { Id = id, Name = id }))).IsError);
        }
    }

    internal async Task<string> CreateProductAsync(string? sku = null)
    {
        sku ??= $"T-{Guid.NewGuid():N}"[..14].ToUpperInvariant();
        var result = await Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku)).CreateAsync(new ProductContent(
            $"Product {sku}", "", "test", null, new Money(1000, "USD"), new Dictionary<string, string>(), []));
        Assert.False(result.IsError, result.Error?.Detail);
        return sku;
    }

    /// <summary>Ends every activation, so that the next call reads the database.</summary>
    internal Task DeactivateAllAsync() => Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    /// <summary>Asks the database; the first column of the first row.</summary>
    internal async Task<T> QueryAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return (T)(await command.ExecuteScalarAsync() ?? throw new InvalidOperationException($"Nothing answers {sql}"));
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await EndAsync();
        await server.DropDatabaseAsync(connectionString);
    }
}

/// <summary>The tests of this collection share a silo.</summary>
[CollectionDefinition(nameof(InProcessSilo))]
public sealed class InProcessSiloCollection : ICollectionFixture<InProcessSilo>;

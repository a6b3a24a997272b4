using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Streams;
using Sample;
using SoonShop.Orleans.PostgreSql;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Orleans.PostgreSql.Streams;

// dotnet run -- --Database "Host=127.0.0.1;Database=sample;Username=sample;Password=…"
var builder = Host.CreateApplicationBuilder(args);
var database = builder.Configuration["Database"]!;
await PostgresSchema.MigrateAsync(database);
builder.UseOrleans(silo => silo
    .UseLocalhostClustering(builder.Configuration.GetValue("SiloPort", 11111), builder.Configuration.GetValue("GatewayPort", 30000))
    .Configure<ClusterOptions>(o => o.ServiceId = "sample")
    .AddPostgresGrainStorageAsDefault(o => o.ConnectionString = database)
    .AddPostgresStreams("events", o => o.ConnectionString = database, s => s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly)));
using var host = builder.Build();
await host.StartAsync();
var cart = host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICart>("mine");
Console.WriteLine($"In the cart: {string.Join(", ", await cart.AddAsync("tea"))}");
Console.WriteLine(await CartLog.FirstEntry.WaitAsync(TimeSpan.FromMinutes(1)));
await host.StopAsync();

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SoonShop.Events;
using SoonShop.Silo;
using SoonShop.Silo.Payments;

namespace SoonShop.Tests.Running;

/// <summary>Wires a silo in the tests' process as the silo's program does.</summary>
internal static class SiloWiring
{
    /// <summary>Reads the configuration, which must have no problems.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="providers">Other payment providers than the shop's.</param>
    public static SiloConfiguration Read(IConfiguration settings, PaymentProviders? providers = null)
    {
        var problems = new List<string>();
        var configuration = SiloConfiguration.Read(settings, problems, providers);
        Assert.Empty(problems);
        return configuration;
    }

    /// <summary>Converts environment variables to configuration keys; variables without a value are left out.</summary>
    public static Dictionary<string, string?> ToKeys(Dictionary<string, string?> environment) =>
        environment.Where(s => s.Value is not null).ToDictionary(s => s.Key.Replace("__", ":", StringComparison.Ordinal), s => s.Value);

    /// <summary>Lets writes to the error store take long: on a busy machine a write that was given up would be missing for good.</summary>
    public static IServiceCollection AddPatientErrorLog(this IServiceCollection services) => services.AddSingleton(s =>
    {
        var (store, time) = (s.GetRequiredService<IErrorStore>(), s.GetRequiredService<TimeProvider>());
        return new ErrorLog(store, time, s.GetRequiredService<ILogger<ErrorLog>>()) { Limit = TimeSpan.FromSeconds(30) };
    });

    /// <summary>Adds the shop's services, its grains' storage and streams, and membership in its cluster.</summary>
    public static ISiloBuilder AddShopSilo(this ISiloBuilder silo, SiloConfiguration configuration)
    {
        silo.Services.AddShop(configuration).AddPatientErrorLog();
        return silo.UseShop(configuration).UseShopCluster(configuration);
    }
}

using Npgsql;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A silo whose queries may take a minute, not eight seconds: one that ends sooner in the database has been ended.</summary>
internal static class PatientSilo
{
    /// <summary>What gives the requests of a front end as much time.</summary>
    public static (string Name, string Value)[] FrontEnd =>
        [("Cluster__QueryTimeoutSeconds", "60"), ("Cluster__CallTimeoutSeconds", "60")];

    /// <summary>Starts one in the tests' process; to be ended before its shop.</summary>
    public static Task<ShopHost> StartAsync(Shop shop)
    {
        var ports = (Silo: TcpPort.Free(), Gateway: TcpPort.Free());
        var database = new NpgsqlConnectionStringBuilder(shop.ConnectionString) { CommandTimeout = 60 };
        return ShopHost.StartSiloAsync($"silo {ports.Silo}", new(shop.SiloSettings(ports))
        {
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__soonshop"] = database.ConnectionString,
        });
    }
}

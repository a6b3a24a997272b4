using System.Net.NetworkInformation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using SoonShop.Silo;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>Whoever reaches the silo's ports may call any grain: they are open at the advertised address alone.</summary>
[Collection(nameof(RunningShop))]
public sealed class SiloEndpointTests(RunningShop shop)
{
    [Theory]
    [InlineData("127.0.0.1", false, "127.0.0.1")]
    [InlineData("10.1.2.3", false, "10.1.2.3")]
    [InlineData("fd00::1", false, "fd00::1")]
    [InlineData("10.1.2.3", true, "0.0.0.0")]
    [InlineData("fd00::1", true, "::")]
    public void a_silo_listens_at_the_advertised_address_unless_it_is_to_listen_everywhere(
        string advertised, bool everywhere, string listening)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:soonshop"] = "Host=nowhere;Database=none",
            ["Checkout:TaxBasisPointsRestOfWorld"] = "0",
            ["Silo:AdvertisedIP"] = advertised,
            ["Silo:ListenOnAnyAddress"] = $"{everywhere}",
            ["Silo:SiloPort"] = "11112",
            ["Silo:GatewayPort"] = "30001",
        });
        var configuration = SiloWiring.Read(builder.Configuration);
        builder.UseOrleans(silo => silo.UseShopCluster(configuration));
        using var host = builder.Build();

        var endpoints = host.Services.GetRequiredService<IOptions<EndpointOptions>>().Value;

        Assert.Equal((advertised, 11112, 30001), ($"{endpoints.AdvertisedIPAddress}", endpoints.SiloPort, endpoints.GatewayPort));
        Assert.Equal((listening, 11112), ($"{endpoints.SiloListeningEndpoint!.Address}", endpoints.SiloListeningEndpoint!.Port));
        Assert.Equal((listening, 30001), ($"{endpoints.GatewayListeningEndpoint!.Address}", endpoints.GatewayListeningEndpoint!.Port));
    }

    [Fact]
    public void a_running_silo_does_so()
    {
        var (silo, gateway) = shop.Shop.Ports;
        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();
        Assert.All([silo, gateway], port => Assert.Equal("127.0.0.1", $"{Assert.Single(listeners, l => l.Port == port).Address}"));
    }
}

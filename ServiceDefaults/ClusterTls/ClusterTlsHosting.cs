using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;

namespace SoonShop.ServiceDefaults.ClusterTls;

/// <summary>Registers the certificates between the processes of a cluster.</summary>
public static class ClusterTlsHosting
{
    /// <summary>Reads the certificates and watches their expiry; null for connections without TLS.</summary>
    public static ClusterCertificates? AddClusterCertificates(this IServiceCollection services, ClusterTlsOptions options)
    {
        if (!options.IsOn)
            return null;
        var certificates = new ClusterCertificates(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options).AddSingleton(certificates).AddHostedService<ClusterCertificatesWatch>();
        return certificates;
    }

    /// <summary>Requires certificates of both sides of each connection to a silo; null for connections without TLS.</summary>
    /// <param name="client">The client.</param>
    /// <param name="certificates">The certificates from <see cref="AddClusterCertificates"/>.</param>
    /// <param name="allowPlainText">Without certificates: true to connect to silos on other machines, too; false for loopback only.</param>
    public static IClientBuilder UseClusterTls(this IClientBuilder client, ClusterCertificates? certificates, bool allowPlainText) =>
        certificates is not null ? client.UseTls(certificates.Apply)
        : allowPlainText ? client
        : client.Configure<ClientConnectionOptions>(o => o.ConfigureConnection(LoopbackConnections.Require));

    /// <summary>
    /// Requires certificates of both sides of each connection between silos and from clients; null for connections without TLS.
    /// </summary>
    public static ISiloBuilder UseClusterTls(this ISiloBuilder silo, ClusterCertificates? certificates) =>
        certificates is null ? silo : silo.UseTls(certificates.Apply);
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SoonShop.ServiceDefaults.ClusterTls;

/// <summary>Hosting of the certificates between the processes of a cluster.</summary>
public static class ClusterTlsHosting
{
    /// <summary>Reads the certificates, and watches when they expire; null where connections go without TLS.</summary>
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
    public static IClientBuilder UseClusterTls(this IClientBuilder client, ClusterCertificates? certificates) =>
        certificates is null ? client : client.UseTls(certificates.Apply);

    /// <summary>Requires certificates of both sides of each connection among silos, and from clients; null for connections without TLS.</summary>
    public static ISiloBuilder UseClusterTls(this ISiloBuilder silo, ClusterCertificates? certificates) =>
        certificates is null ? silo : silo.UseTls(certificates.Apply);
}

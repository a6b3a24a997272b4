using k8s;
using Microsoft.Extensions.Configuration;
using Orleans.Hosting.Kubernetes;

namespace SoonShop.Silo.Kubernetes;

/// <summary>
/// Hosts a silo in a pod. The silo takes the pod's name. Silos whose pods are gone are declared dead without waiting for failed probes.
/// </summary>
internal static class KubernetesHosting
{
    /// <summary>
    /// The time limit of a request; longer than its longest wait in <see cref="ThrottledTokenProvider"/>. A watch has no time limit.
    /// </summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Adds Orleans' hosting for Kubernetes if configured. Membership stays in the database.</summary>
    public static ISiloBuilder UseShopKubernetes(this ISiloBuilder silo, SiloOptions options)
    {
        if (options.Kubernetes)
            silo.UseKubernetesHosting(hosting => hosting.Configure(o => o.GetClientConfiguration = () => ApiServer(options.KubernetesApi)));
        return silo;
    }

    /// <summary>Returns what the configuration and the environment lack, each with the value to set.</summary>
    public static IEnumerable<string> Problems(SiloOptions options, IConfiguration environment)
    {
        if (options.KubernetesApi.Length > 0
            && !(Uri.TryCreate(options.KubernetesApi, UriKind.Absolute, out var api) && api.Scheme is "http" or "https"))
            yield return $"Silo:KubernetesApi is '{options.KubernetesApi}'; set Silo__KubernetesApi to an address such as "
                + "http://127.0.0.1:8001 (kubectl proxy), or to nothing in a pod.";
        if (!options.Kubernetes)
            yield break;
        foreach (var name in (string[])[
            KubernetesHostingOptions.PodNameEnvironmentVariable, KubernetesHostingOptions.PodNamespaceEnvironmentVariable])
        {
            if (string.IsNullOrEmpty(environment[name]))
                yield return $"Silo:Kubernetes is true, and {name} is not set; set it from the pod's metadata (deploy/k8s/base/silo.yaml), "
                    + "or Silo__Kubernetes to false.";
        }
        if (options.KubernetesApi.Length == 0 && !KubernetesClientConfiguration.IsInCluster())
            yield return "Silo:Kubernetes is true, but there is no service account's token; set automountServiceAccountToken in the pod, "
                + "Silo__KubernetesApi to the API server's address, or Silo__Kubernetes to false.";
    }

    private static KubernetesClientConfiguration ApiServer(string address)
    {
        var api = address.Length > 0
            ? new KubernetesClientConfiguration { Host = address }
            : KubernetesClientConfiguration.InClusterConfig();
        api.HttpClientTimeout = RequestTimeout;
        api.FirstMessageHandlerSetup = handler => handler.ConnectTimeout = ConnectTimeout;
        api.TokenProvider = new ThrottledTokenProvider(api.TokenProvider);
        return api;
    }
}

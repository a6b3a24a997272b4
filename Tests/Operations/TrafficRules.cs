using System.Globalization;
using System.Net;
using k8s.Models;

namespace SoonShop.Tests.Operations;

/// <summary>What the network policies of an overlay let through, as Kubernetes decides it.</summary>
internal sealed class TrafficRules(Manifests manifests)
{
    /// <summary>Whether one workload's pods reach a named port of another's.</summary>
    public bool Allows(Workload from, Workload to, string port) =>
        Leaves(from, to, port)
        && Arrives(to, port, peer => peer.NamespaceSelector is null && peer.PodSelector is not null && from.Is(peer.PodSelector));

    /// <summary>Whether pods of another namespace reach a named port.</summary>
    public bool AllowsFromNamespace(string name, Workload to, string port) =>
        Arrives(to, port, peer =>
            peer.NamespaceSelector?.MatchLabels is { } labels && labels["kubernetes.io/metadata.name"] == name && peer.PodSelector is null);

    /// <summary>Whether a workload's pods reach any address on a port, or one of a network.</summary>
    public bool AllowsOut(Workload from, int port) => Of("Egress", from).SelectMany(p => p.Spec.Egress ?? [])
        .Any(r =>
            (r.To is null || r.To.Any(t => t.IpBlock is not null || t.NamespaceSelector is not null))
            && (r.Ports ?? []).Any(p => p.Port.Value == $"{port}"));

    /// <summary>Whether a workload's pods reach an address because of its network.</summary>
    public bool AllowsOutTo(Workload from, IPAddress address, int port) => Of("Egress", from).SelectMany(p => p.Spec.Egress ?? []).Any(r =>
        (r.To ?? []).Any(t => t.IpBlock is { } block && Holds(block.Cidr, address) && !(block.Except ?? []).Any(e => Holds(e, address)))
        && (r.Ports ?? []).Any(
            p => int.TryParse(p.Port.Value, CultureInfo.InvariantCulture, out var first) && port >= first && port <= (p.EndPort ?? first)));

    /// <summary>Whether something decides at all what goes in and out.</summary>
    public bool Restricts(Workload workload) => Of("Ingress", workload).Any() && Of("Egress", workload).Any();

    private IEnumerable<V1NetworkPolicy> Of(string direction, Workload workload) => manifests.All<V1NetworkPolicy>()
        .Where(p => p.Spec.PolicyTypes.Contains(direction) && workload.Is(p.Spec.PodSelector));

    private bool Leaves(Workload from, Workload to, string port) => Of("Egress", from).SelectMany(p => p.Spec.Egress ?? []).Any(r =>
        (r.To is null || r.To.Any(t => t.NamespaceSelector is null && t.PodSelector is not null && to.Is(t.PodSelector)))
        && Means(r.Ports, to, port));

    private bool Arrives(Workload to, string port, Func<V1NetworkPolicyPeer, bool> isSender) =>
        Of("Ingress", to).SelectMany(p => p.Spec.Ingress ?? [])
            .Any(r => (r.FromProperty is null || r.FromProperty.Any(isSender)) && Means(r.Ports, to, port));

    private static bool Holds(string network, IPAddress address) => IPNetwork.Parse(network).Contains(address);

    private static bool Means(IList<V1NetworkPolicyPort>? ports, Workload to, string port) =>
        ports is null || ports.Any(p => p.Port.Value == port || p.Port.Value == $"{to.Ports[port]}");
}

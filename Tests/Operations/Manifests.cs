using k8s;
using k8s.Models;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>
/// An overlay of <c>deploy/k8s</c> as <c>kubectl</c> would apply it, each object read strictly into the model of its kind.
/// </summary>
internal sealed class Manifests
{
    private static readonly Dictionary<string, Type> ForeignKinds = new()
    {
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(PrometheusRule),
    };

    private Manifests(string overlay, string text, IReadOnlyList<IKubernetesObject<V1ObjectMeta>> objects) =>
        (Overlay, Text, Objects) = (overlay, text, objects);

    public string Overlay { get; }

    public string Text { get; }

    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects { get; }

    /// <summary>All that runs pods.</summary>
    public IEnumerable<Workload> Workloads => Objects.Select(o => o switch
    {
        V1Deployment d => new Workload(d, d.Spec.Template),
        V1StatefulSet s => new Workload(s, s.Spec.Template),
        V1Job j => new Workload(j, j.Spec.Template),
        _ => null,
    }).OfType<Workload>();

    public static async Task<Manifests> RenderAsync(string overlay)
    {
        var kubectl = (await Repository.RunAsync(
            Path.Combine(Repository.Root, "deploy", "debian-package.sh"), "program", "kubectl", "kubernetes-client")).Trim();
        var text = await Repository.RunAsync(kubectl, "kustomize", Path.Combine(Repository.Root, "deploy", "k8s", "overlays", overlay));
        return new Manifests(overlay, text, Parse(text));
    }

    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Parse(string text) =>
        [.. KubernetesYaml.LoadAllFromString(text, ForeignKinds, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()];

    public IEnumerable<T> All<T>() => Objects.OfType<T>();

    public T One<T>(string name) where T : IKubernetesObject<V1ObjectMeta> => All<T>().Single(o => o.Metadata.Name == name);

    /// <summary>The workload whose pods bear the component's label.</summary>
    public Workload Component(string component) =>
        Workloads.Single(w => w.Labels.GetValueOrDefault("app.kubernetes.io/component") == component);
}

/// <summary>What makes pods, and how they are.</summary>
internal sealed record Workload(IKubernetesObject<V1ObjectMeta> Owner, V1PodTemplateSpec Template)
{
    public string Name => Owner.Metadata.Name;

    public IReadOnlyDictionary<string, string> Labels => Template.Metadata.Labels.AsReadOnly();

    public V1PodSpec Pod => Template.Spec;

    public IEnumerable<V1Container> Containers => [.. Pod.InitContainers ?? [], .. Pod.Containers];

    public IReadOnlyDictionary<string, int> Ports =>
        Pod.Containers.SelectMany(c => c.Ports ?? []).ToDictionary(p => p.Name, p => p.ContainerPort);

    /// <summary>Whether a selector means these pods.</summary>
    public bool Is(V1LabelSelector selector) =>
        (selector.MatchLabels ?? new Dictionary<string, string>()).All(l => Labels.TryGetValue(l.Key, out var value) && value == l.Value)
        && (selector.MatchExpressions ?? []).All(
            e => e.OperatorProperty == "In" && Labels.TryGetValue(e.Key, out var value) && e.Values.Contains(value));

    public bool Is(IDictionary<string, string> selector) => Is(new V1LabelSelector { MatchLabels = selector });
}

/// <summary>Prometheus' operator's, as far as the shop uses it.</summary>
internal sealed class ServiceMonitor : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";
    public string Kind { get; set; } = "";
    public V1ObjectMeta Metadata { get; set; } = new();
    public ServiceMonitorSpec Spec { get; set; } = new();
}

internal sealed class ServiceMonitorSpec
{
    public V1LabelSelector Selector { get; set; } = new();
    public List<ServiceMonitorEndpoint> Endpoints { get; set; } = [];
}

internal sealed class ServiceMonitorEndpoint
{
    public string Port { get; set; } = "";
    public string Path { get; set; } = "";
    public string Interval { get; set; } = "";
    public string ScrapeTimeout { get; set; } = "";
}

/// <summary>Prometheus' operator's, as far as the shop uses it.</summary>
internal sealed class PrometheusRule : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";
    public string Kind { get; set; } = "";
    public V1ObjectMeta Metadata { get; set; } = new();
    public PrometheusRuleSpec Spec { get; set; } = new();
}

internal sealed class PrometheusRuleSpec
{
    public List<PrometheusRuleGroup> Groups { get; set; } = [];
}

internal sealed class PrometheusRuleGroup
{
    public string Name { get; set; } = "";
    public string Interval { get; set; } = "";
    public List<PrometheusRuleEntry> Rules { get; set; } = [];
}

internal sealed class PrometheusRuleEntry
{
    public string Alert { get; set; } = "";
    public string Record { get; set; } = "";
    public string Expr { get; set; } = "";
    public string For { get; set; } = "";
    public string KeepFiringFor { get; set; } = "";
    public Dictionary<string, string> Labels { get; set; } = [];
    public Dictionary<string, string> Annotations { get; set; } = [];
}

using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>
/// What silos ask of Kubernetes' API server: pods of one namespace, read, listed, watched and patched. Deleting one is the test's part.
/// </summary>
internal sealed class PodServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Lock gate = new();
    private readonly Dictionary<string, V1Pod> pods = [];
    private readonly List<(Dictionary<string, string> Selector, ChannelWriter<string> Events)> watchers = [];
    private readonly ConcurrentQueue<string> requests = new();
    private int version;

    private PodServer(WebApplication app, string address) => (this.app, Address) = (app, address);

    /// <summary>As <c>kubectl proxy</c>'s.</summary>
    public string Address { get; }

    /// <summary>The one namespace.</summary>
    public const string Namespace = "soonshop";

    /// <summary>True: the account may do nothing (403).</summary>
    public bool Forbids { get; set; }

    /// <summary>What was asked, such as <c>PATCH silo-a</c>, the refused included.</summary>
    public IReadOnlyCollection<string> Requests => requests;

    /// <summary>Watches that are open.</summary>
    public int Watches
    {
        get
        {
            lock (gate)
                return watchers.Count;
        }
    }

    public static async Task<PodServer> StartAsync()
    {
        var (app, address) = LocalServer.Create();
        var server = new PodServer(app, address);
        app.MapGet($"/api/v1/namespaces/{Namespace}/pods", server.ListAsync);
        app.MapGet($"/api/v1/namespaces/{Namespace}/pods/{{name}}", server.ReadAsync);
        app.MapPatch($"/api/v1/namespaces/{Namespace}/pods/{{name}}", server.PatchAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>A pod comes into being.</summary>
    public void Add(string name, params (string Name, string Value)[] labels)
    {
        var pod = new V1Pod
        {
            ApiVersion = "v1",
            Kind = "Pod",
            Metadata =
                new V1ObjectMeta { Name = name, NamespaceProperty = Namespace, Labels = labels.ToDictionary(l => l.Name, l => l.Value) },
        };
        lock (gate)
        {
            pods.Add(name, pod);
            Tell("ADDED", pod);
        }
    }

    /// <summary>A pod is gone.</summary>
    public void Delete(string name)
    {
        lock (gate)
        {
            pods.Remove(name, out var pod);
            Tell("DELETED", pod!);
        }
    }

    /// <summary>A pod's labels.</summary>
    public IDictionary<string, string> LabelsOf(string name)
    {
        lock (gate)
            return pods[name].Metadata.Labels;
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate)
            watchers.ForEach(w => w.Events.TryComplete());
        await app.DisposeAsync();
    }

    private async Task ListAsync(HttpContext context)
    {
        var watches = context.Request.Query["watch"] == "true";
        if (!await AdmitAsync(context, watches ? "WATCH" : "LIST"))
            return;
        var selector = $"{context.Request.Query["labelSelector"]}".Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split('=')).ToDictionary(l => l[0], l => l[1]);
        if (watches)
        {
            await WatchAsync(context, selector);
            return;
        }
        V1PodList list;
        lock (gate)
            list = new V1PodList
            {
                ApiVersion = "v1",
                Kind = "PodList",
                Metadata = new V1ListMeta { ResourceVersion = $"{version}" },
                Items = [.. pods.Values.Where(p => IsMeant(p, selector))],
            };
        await AnswerAsync(context, 200, KubernetesJson.Serialize(list));
    }

    /// <summary>Without a version to begin at, a watch begins with all that is there.</summary>
    private async Task WatchAsync(HttpContext context, Dictionary<string, string> selector)
    {
        var events = Channel.CreateUnbounded<string>();
        var watcher = (selector, events.Writer);
        lock (gate)
        {
            foreach (var pod in pods.Values.Where(p => IsMeant(p, selector)))
                events.Writer.TryWrite(Event("ADDED", pod));
            watchers.Add(watcher);
        }
        try
        {
            context.Response.ContentType = "application/json";
            await context.Response.StartAsync(context.RequestAborted);
            await foreach (var line in events.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(line + "\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The silo has gone.
        }
        finally
        {
            lock (gate)
                watchers.Remove(watcher);
        }
    }

    private async Task ReadAsync(HttpContext context, string name)
    {
        if (!await AdmitAsync(context, $"GET {name}"))
            return;
        V1Pod? pod;
        lock (gate)
            pod = pods.GetValueOrDefault(name);
        await (pod is null ? RefuseAsync(context, 404, "NotFound") : AnswerAsync(context, 200, KubernetesJson.Serialize(pod)));
    }

    private async Task PatchAsync(HttpContext context, string name)
    {
        var patch = await JsonNode.ParseAsync(context.Request.Body);
        if (!await AdmitAsync(context, $"PATCH {name}"))
            return;
        Assert.StartsWith("application/merge-patch+json", context.Request.ContentType, StringComparison.Ordinal);
        V1Pod pod;
        lock (gate)
        {
            pod = pods[name];
            foreach (var (label, value) in patch!["metadata"]!["labels"]!.AsObject())
                pod.Metadata.Labels[label] = (string)value!;
            Tell("MODIFIED", pod);
        }
        await AnswerAsync(context, 200, KubernetesJson.Serialize(pod));
    }

    private async Task<bool> AdmitAsync(HttpContext context, string request)
    {
        requests.Enqueue(request);
        if (!Forbids)
            return true;
        await RefuseAsync(context, 403, "Forbidden");
        return false;
    }

    private static Task RefuseAsync(HttpContext context, int code, string reason) => AnswerAsync(
        context, code, JsonSerializer.Serialize(
            new { apiVersion = "v1", kind = "Status", status = "Failure", code, reason, message = $"pods: {reason}" }));

    private static Task AnswerAsync(HttpContext context, int code, string json)
    {
        (context.Response.StatusCode, context.Response.ContentType) = (code, "application/json");
        return context.Response.WriteAsync(json, context.RequestAborted);
    }

    private void Tell(string type, V1Pod pod)
    {
        pod.Metadata.ResourceVersion = $"{++version}";
        foreach (var (selector, events) in watchers.Where(w => IsMeant(pod, w.Selector)))
            events.TryWrite(Event(type, pod));
    }

    private static string Event(string type, V1Pod pod) =>
        $$"""{"type":{{JsonSerializer.Serialize(type)}},"object":{{KubernetesJson.Serialize(pod)}}}""";

    private static bool IsMeant(V1Pod pod, Dictionary<string, string> selector) =>
        selector.All(l => pod.Metadata.Labels.TryGetValue(l.Key, out var value) && value == l.Value);
}

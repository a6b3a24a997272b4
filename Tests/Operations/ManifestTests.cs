using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using k8s.Models;
using SoonShop.Tests.Running;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace SoonShop.Tests.Operations;

/// <summary><c>deploy/k8s</c>: every object is of its kind, and whatever one says of another is so.</summary>
public sealed class ManifestTests : IAsyncLifetime
{
    private const string SecretsFolder = "/run/secrets/soonshop/";

    /// <summary>What the hosts wait for at most when they end: the silo's own limit, and ASP.NET Core's.</summary>
    private static readonly Dictionary<string, int> ShutdownSeconds = new() { ["silo"] = 20, ["api"] = 30 };

    private static readonly Dictionary<string, Dockerfile> Images = new()
    {
        ["soonshop/silo"] = Dockerfile.Read("silo.Dockerfile"),
        ["soonshop/api"] = Dockerfile.Read("api.Dockerfile"),
    };

    private static readonly Dictionary<string, Task<Manifests>> Rendered = new()
    {
        ["dev"] = Manifests.RenderAsync("dev"),
        ["prod"] = Manifests.RenderAsync("prod"),
    };

    private Manifests[] overlays = [];

    public async ValueTask InitializeAsync() => overlays = await Task.WhenAll(Rendered.Values);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void each_overlay_has_all_of_the_shop()
    {
        Type[] kinds =
        [
            typeof(V1Namespace), typeof(V1ConfigMap), typeof(V1Deployment), typeof(V1Service), typeof(V1Ingress),
            typeof(V2HorizontalPodAutoscaler), typeof(V1PodDisruptionBudget), typeof(V1NetworkPolicy), typeof(V1ServiceAccount),
            typeof(V1Role), typeof(V1RoleBinding), typeof(V1Job), typeof(ServiceMonitor), typeof(PrometheusRule),
        ];
        Each(overlays, o => o.Overlay, o => Assert.Empty(kinds.Except(o.Objects.Select(x => x.GetType()))));
        // Secrets are referred to, and never written down.
        Each(overlays, o => o.Overlay, o => Assert.Empty(o.All<V1Secret>()));
        Each(overlays, o => o.Overlay, o =>
        {
            var home = o.All<V1Namespace>().Single();
            Assert.Equal("restricted", home.Metadata.Labels["pod-security.kubernetes.io/enforce"]);
            Assert.All(o.Objects.Where(x => x is not V1Namespace), x => Assert.Equal(home.Metadata.Name, x.Metadata.NamespaceProperty));
            Assert.Equal(o.Objects.Count, o.Objects.Select(x => (x.Kind, x.Metadata.Name)).Distinct().Count());
        });
    }

    [Fact]
    public void a_field_that_the_kind_does_not_have_is_noticed()
    {
        Assert.All(
            (string[])[
                "terminationGracePeriodSeconds", "readOnlyRootFilesystem", "scaleTargetRef", "scrapeTimeout", "maxUnavailable",
                "podSelector", "secretName"],
            field => Assert.Throws<YamlException>(
                () => Manifests.Parse(overlays[0].Text.Replace($"{field}:", $"{field}s:", StringComparison.Ordinal))));
    }

    [Fact]
    public void no_container_is_root_writes_to_its_image_or_takes_what_it_likes() => AssertAllWorkloads((_, workload) =>
    {
        Assert.True(workload.Pod.SecurityContext is { RunAsNonRoot: true, RunAsUser: > 0, SeccompProfile.Type: "RuntimeDefault" });
        Each(workload.Containers, c => c.Name, container =>
        {
            Assert.True(container.SecurityContext is { AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true, Privileged: null });
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.Null(container.SecurityContext.Capabilities.Add);
            Assert.Equal(["cpu", "memory"], container.Resources.Requests.Keys.Order(StringComparer.Ordinal));
            Assert.True(container.Resources.Limits["memory"].ToDecimal() >= container.Resources.Requests["memory"].ToDecimal());
            Assert.Matches("^[a-z0-9./-]+:v?[0-9][0-9A-Za-z.-]*$", container.Image);
            if (Image(container) is { } image)
                Assert.Equal(
                    ((long?)image.User.User, (long?)image.User.Group),
                    (workload.Pod.SecurityContext.RunAsUser, workload.Pod.SecurityContext.RunAsGroup));
        });
        Assert.All(workload.Pod.Volumes.Where(v => v.EmptyDir is not null), v => Assert.NotNull(v.EmptyDir.SizeLimit));
    });

    [Fact]
    public void whatever_a_pod_refers_to_is_there() => AssertAllWorkloads((overlay, workload) =>
    {
        var account = overlay.One<V1ServiceAccount>(workload.Pod.ServiceAccountName);
        // Only silos talk to the API server.
        Assert.Equal(
            workload.Name == "soonshop-silo", (workload.Pod.AutomountServiceAccountToken ?? account.AutomountServiceAccountToken) != false);
        var volumes = workload.Pod.Volumes.Select(v => v.Name).ToHashSet();
        if (workload.Owner is V1StatefulSet set)
            volumes.UnionWith(set.Spec.VolumeClaimTemplates.Select(c => c.Metadata.Name));
        Each(workload.Containers, c => c.Name, container =>
        {
            Assert.All(container.VolumeMounts, m => Assert.Contains(m.Name, volumes));
            Assert.All(container.EnvFrom ?? [], e => overlay.One<V1ConfigMap>(e.ConfigMapRef.Name));
            Assert.All((V1Probe?[])[container.StartupProbe, container.LivenessProbe, container.ReadinessProbe], p =>
            {
                if (p?.HttpGet is { } get)
                    Assert.Contains(get.Port.Value, container.Ports.Select(x => x.Name));
            });
        });
        if (workload.Owner is V1Deployment deployment)
            Assert.True(workload.Is(deployment.Spec.Selector));
        Assert.All(
            workload.Pod.TopologySpreadConstraints ?? [], c => Assert.True(workload.Is(c.LabelSelector) && c.NodeTaintsPolicy == "Honor"));
    });

    [Fact]
    public async Task every_secret_is_made_by_the_script_or_by_a_command_of_the_guide()
    {
        var folder = Path.Combine(Repository.TestData, $"secrets-{Guid.NewGuid():N}");
        await Repository.RunAsync(Path.Combine(Repository.Root, "deploy", "secrets.sh"), folder);
        var guide = string.Concat(((string[])["deploy/README.md", "deploy/RUNBOOK.md", "docs/images.md"]).Select(
            name => File.ReadAllText(Path.Combine(Repository.Root, name))));
        AssertAllWorkloads((_, workload) => Assert.All(SecretKeys(workload.Pod), s => Assert.True(
            File.Exists(Path.Combine(folder, s.Secret, s.Key))
                || (guide.Contains($".secrets/prod/{s.Secret}/{s.Key}", StringComparison.Ordinal)),
            $"nobody makes {s.Secret}/{s.Key}")));
        Directory.Delete(folder, recursive: true);
        // What is there only while a key is replaced keeps no silo from starting.
        var replaced = overlays.Single(o => o.Overlay == "prod")
            .Component("silo").Pod.Volumes.Single(v => v.Name == "secrets").Projected.Sources
            .Where(s => s.Secret.Items.Any(i => i.Key == "Payments__Stripe__WebhookSecrets__1"));
        Assert.True(Assert.Single(replaced).Secret.Optional);
    }

    [Fact]
    public void services_monitors_budgets_autoscalers_and_the_ingress_mean_somebody() => Each(overlays, o => o.Overlay, overlay =>
    {
        Each(overlay.All<V1Service>(), x => x.Metadata.Name, service =>
        {
            var workload = overlay.Workloads.Single(w => w.Is(service.Spec.Selector));
            Assert.All(service.Spec.Ports, p => Assert.Contains(p.TargetPort.Value, workload.Ports.Keys));
        });
        Each(overlay.All<ServiceMonitor>(), x => x.Metadata.Name, monitor =>
        {
            var service = overlay.All<V1Service>().Single(s => monitor.Spec.Selector.MatchLabels.All(
                l => s.Metadata.Labels?.TryGetValue(l.Key, out var value) == true && value == l.Value));
            Assert.All(monitor.Spec.Endpoints, e => Assert.Contains(e.Port, service.Spec.Ports.Select(p => p.Name)));
            // The service's name becomes the label `job`, which rules and dashboards ask for.
            Assert.Equal(monitor.Metadata.Name, service.Metadata.Name);
        });
        Each(overlay.All<V1PodDisruptionBudget>(), x => x.Metadata.Name, budget =>
        {
            Assert.Single(overlay.Workloads, w => w.Is(budget.Spec.Selector));
            Assert.Equal("1", budget.Spec.MaxUnavailable.Value);
        });
        Each(overlay.All<V2HorizontalPodAutoscaler>(), x => x.Metadata.Name, scaler =>
        {
            var deployment = overlay.One<V1Deployment>(scaler.Spec.ScaleTargetRef.Name);
            Assert.Null(deployment.Spec.Replicas);
            Assert.True(scaler.Spec.MinReplicas >= 2 && scaler.Spec.MaxReplicas > scaler.Spec.MinReplicas);
            Assert.Single(overlay.All<V1PodDisruptionBudget>(), b =>
                b.Spec.Selector.MatchLabels.All(l => deployment.Spec.Template.Metadata.Labels.Contains(l)));
        });
        var ingress = overlay.All<V1Ingress>().Single();
        Assert.Equal(ingress.Spec.Rules.Select(r => r.Host), ingress.Spec.Tls.SelectMany(t => t.Hosts));
        Assert.All(ingress.Spec.Rules.SelectMany(r => r.Http.Paths), path =>
            Assert.Contains(
                path.Backend.Service.Port.Name, overlay.One<V1Service>(path.Backend.Service.Name).Spec.Ports.Select(p => p.Name)));
        // Health and metrics are nobody's business outside.
        Assert.DoesNotContain(ingress.Spec.Rules.SelectMany(r => r.Http.Paths), p => p.Path is "/" or "/health" or "/metrics");
    });

    [Fact]
    public void silos_are_scaled_after_a_metric_that_the_adapter_makes_known()
    {
        var adapter = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(
            File.ReadAllText(Path.Combine(Repository.Root, "deploy", "k8s", "prometheus-adapter.yaml")));
        var rules = (IDictionary<object, object>)adapter["rules"];
        var known = ((IEnumerable<object>)rules["custom"]).Cast<IDictionary<object, object>>()
            .Select(r => $"{((IDictionary<object, object>)r["name"])["as"]}").ToHashSet();
        Each(overlays, o => o.Overlay, o =>
        {
            var wanted = o.One<V2HorizontalPodAutoscaler>("soonshop-silo").Spec.Metrics.Where(m => m.Type == "Pods")
                .Select(m => m.Pods.Metric.Name).ToList();
            Assert.NotEmpty(wanted);
            Assert.Empty(wanted.Except(known));
        });
    }

    [Fact]
    public void the_silos_account_may_do_what_orleans_hosting_asks_for_and_no_more() => Each(overlays, o => o.Overlay, overlay =>
    {
        var binding = overlay.All<V1RoleBinding>().Single();
        Assert.Equal("soonshop-silo", overlay.One<V1ServiceAccount>(binding.Subjects.Single().Name).Metadata.Name);
        var rule = overlay.One<V1Role>(binding.RoleRef.Name).Rules.Single();
        Assert.Equal(["pods"], rule.Resources);
        Assert.Equal(["get", "list", "patch", "watch"], rule.Verbs.Order(StringComparer.Ordinal));
        var silo = overlay.Component("silo");
        Assert.Equal("soonshop-silo", silo.Pod.ServiceAccountName);
        var fields = silo.Pod.Containers[0].Env.ToDictionary(e => e.Name, e => e.ValueFrom?.FieldRef?.FieldPath);
        Assert.Equal("metadata.name", fields["POD_NAME"]);
        Assert.Equal("metadata.namespace", fields["POD_NAMESPACE"]);
        Assert.Equal(("status.podIP", "status.podIP"), (fields["POD_IP"], fields["Silo__AdvertisedIP"]));
        Assert.Equal("metadata.labels['orleans/serviceId']", fields["ORLEANS_SERVICE_ID"]);
        Assert.Equal(
            ("metadata.labels['orleans/clusterId']", "metadata.labels['orleans/clusterId']"),
            (fields["ORLEANS_CLUSTER_ID"], fields["Silo__ClusterId"]));
        // Front ends look for the cluster that silos say they are.
        Assert.Equal(Settings(overlay, overlay.Component("api").Pod.Containers[0])["Cluster__Id"], silo.Labels["orleans/clusterId"]);
        Assert.Equal("soonshop", silo.Labels["orleans/serviceId"]);
    });

    [Fact]
    public void the_programs_read_every_setting_that_they_are_given() =>
        AssertAllWorkloads((overlay, workload) => Each(workload.Containers, c => c.Name, container =>
        {
            if (Image(container) is not { } image)
                return;
            var settings = Settings(overlay, container);
            var files = container.VolumeMounts.Where(m => m.MountPath + "/" == SecretsFolder)
                .SelectMany(m => SecretKeys(workload.Pod, m.Name)).ToList();
            foreach (var (_, key) in files)
            {
                if (settings.GetValueOrDefault("Auth__KeyFile") != SecretsFolder + key)
                    settings.Add(key, null);
            }
            Assert.Equal("", string.Join('\n', ShippedSettings.Problems(image.Project, settings)));
            if (settings.TryGetValue("Auth__KeyFile", out var file))
                Assert.Contains(files, f => SecretsFolder + f.Key == file);
            Assert.All(container.Ports ?? [], p => Assert.Contains(p.ContainerPort, image.Ports));
            // The ports that the settings open are those that the pod declares.
            foreach (var (setting, port) in ((string, string)[])[
                ("Silo__SiloPort", "silo"), ("Silo__GatewayPort", "gateway"), ("Silo__HttpPort", "http"),
                ("Telemetry__MetricsPort", "metrics")])
            {
                if (container.Ports is not null && settings.TryGetValue(setting, out var number))
                    Assert.Equal(number, $"{container.Ports.Single(p => p.Name == port).ContainerPort}");
            }
        }));

    [Fact]
    public void probes_ask_what_the_front_end_answers()
    {
        var document =
            JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "ApiFrontend", "openapi", "v1.json")))!["paths"]!.AsObject();
        Each(
            overlays, o => o.Overlay, o => Assert.All(
                Probes(o.Component("api").Pod.Containers[0]), p => Assert.True(document.ContainsKey(p.HttpGet.Path), p.HttpGet.Path)));
        // The silo answers the same two, which the test of its image asks.
        Each(
            overlays, o => o.Overlay, o => Assert.All(Probes(o.Component("silo").Pod.Containers[0]), p =>
                Assert.Contains(p.HttpGet.Path, (string[])["/health/live", "/health/ready"])));
        // A silo answers before it has joined, so that only the second tells that it has come up; joining may wait for dead silos to be
        // declared so.
        Each(overlays, o => o.Overlay, o =>
        {
            var startup = o.Component("silo").Pod.Containers[0].StartupProbe;
            Assert.Equal("/health/ready", startup.HttpGet.Path);
            Assert.True(startup.FailureThreshold * startup.PeriodSeconds >= 300);
        });
        Assert.All(overlays.SelectMany(o => (string[])["api", "silo"], (o, c) => o.Component(c).Pod.Containers[0]), c =>
            Assert.NotEqual(c.LivenessProbe.HttpGet.Path, c.ReadinessProbe.HttpGet.Path));
    }

    [Fact]
    public void a_roll_out_waits_for_the_schema_takes_nobody_away_and_lets_everybody_finish() => Each(overlays, o => o.Overlay, overlay =>
    {
        var silo = overlay.Component("silo");
        var job = (V1Job)overlay.Component("migrate").Owner;
        var image = silo.Pod.Containers[0].Image;
        var version = image.Split(':')[^1];
        Assert.Equal($"soonshop-migrate-{version}", job.Metadata.Name);
        Assert.Equal(["migrate"], job.Spec.Template.Spec.Containers.Single().Args);
        Assert.Equal(["await-schema"], silo.Pod.InitContainers.Single().Args);
        Assert.Equal([image, image], [job.Spec.Template.Spec.Containers[0].Image, silo.Pod.InitContainers[0].Image]);
        Assert.Equal(version, overlay.Component("api").Pod.Containers[0].Image.Split(':')[^1]);
        Assert.Equal("false", Settings(overlay, silo.Pod.Containers[0])["Silo__MigrateAtStart"]);
        Assert.NotEqual("0", Settings(overlay, silo.Pod.Containers[0]).GetValueOrDefault("Telemetry__DatabaseCapacityGigabytes", "0"));
        var waits = int.Parse(silo.Pod.InitContainers[0].Env.Single(e => e.Name == "Silo__AwaitSchemaMinutes").Value) * 60;
        Assert.True(waits >= job.Spec.ActiveDeadlineSeconds);
        Assert.All((string[])["silo", "api"], component =>
        {
            var workload = overlay.Component(component);
            var spec = ((V1Deployment)workload.Owner).Spec;
            Assert.Equal(("0", "1"), (spec.Strategy.RollingUpdate.MaxUnavailable.Value, spec.Strategy.RollingUpdate.MaxSurge.Value));
            Assert.True(spec.ProgressDeadlineSeconds > waits);
            var pause = workload.Pod.Containers[0].Lifecycle?.PreStop?.Sleep?.Seconds ?? 0;
            Assert.True(workload.Pod.TerminationGracePeriodSeconds > pause + ShutdownSeconds[component], component);
        });
        var startup = overlay.Component("api").Pod.Containers[0].StartupProbe;
        Assert.True(startup.FailureThreshold * startup.PeriodSeconds >= waits);
    });

    [Fact]
    public void traffic_goes_where_it_must_and_nowhere_else() => Each(overlays, o => o.Overlay, overlay =>
    {
        var traffic = new TrafficRules(overlay);
        var (silo, api, migrate) = (overlay.Component("silo"), overlay.Component("api"), overlay.Component("migrate"));
        Assert.All(overlay.Workloads, w => Assert.True(traffic.Restricts(w), w.Name));
        Assert.True(traffic.Allows(api, silo, "gateway"));
        Assert.True(traffic.Allows(silo, silo, "silo"));
        Assert.True(traffic.AllowsFromNamespace("ingress-nginx", api, "http"));
        Assert.True(traffic.AllowsFromNamespace("monitoring", api, "metrics") && traffic.AllowsFromNamespace("monitoring", silo, "http"));
        Assert.All((int[])[443, 6443, 8443, 16443], port => Assert.True(traffic.AllowsOut(silo, port), $"{port}"));
        // Webhooks go to any port, and into no network of our own.
        Assert.All((string[])["203.0.113.9", "2001:db8::9"], a =>
            Assert.True(traffic.AllowsOutTo(silo, IPAddress.Parse(a), 9000) && !traffic.AllowsOutTo(api, IPAddress.Parse(a), 9000), a));
        Assert.All((string[])["10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "127.0.0.1", "fd00::9", "fe80::1", "::1"],
            a => Assert.False(traffic.AllowsOutTo(silo, IPAddress.Parse(a), 9000), a));
        Assert.All((Workload[])[silo, api, migrate], w => Assert.True(traffic.AllowsOut(w, 53), $"{w.Name} finds no names"));

        Assert.False(traffic.Allows(api, silo, "silo") || traffic.Allows(silo, api, "http") || traffic.Allows(migrate, silo, "gateway"));
        Assert.False(
            traffic.AllowsFromNamespace("ingress-nginx", silo, "http") || traffic.AllowsFromNamespace("ingress-nginx", api, "metrics"));
        Assert.False(traffic.AllowsOut(api, 443) || traffic.AllowsOut(migrate, 443));
        if (overlay.Overlay == "dev")
        {
            Workload Named(string name) => overlay.Workloads.Single(w => w.Name == name);
            var seed = overlay.Component("seed");
            Assert.All((Workload[])[silo, api, migrate, seed], w => Assert.True(traffic.Allows(w, Named("postgres"), "postgres"), w.Name));
            Assert.True(traffic.Allows(seed, silo, "gateway") && traffic.Allows(silo, Named("mail"), "smtp") && traffic.Allows(
                api, Named("jaeger"), "otlp"));
            Assert.True(traffic.Allows(silo, Named("rabbitmq"), "amqp") && !traffic.Allows(api, Named("rabbitmq"), "amqp"));
            Assert.False(traffic.Allows(Named("mail"), Named("postgres"), "postgres") || traffic.Allows(api, Named("mail"), "smtp"));
        }
        else
        {
            Assert.All((Workload[])[silo, api, migrate], w => Assert.True(traffic.AllowsOut(w, 5432), w.Name));
            var mail = int.Parse(Setting(silo, "Notifications__Email__Smtp__Port"), CultureInfo.InvariantCulture);
            Assert.True(traffic.AllowsOut(silo, mail) && !traffic.AllowsOut(api, mail));
            Assert.True(traffic.AllowsOut(silo, 5671) && !traffic.AllowsOut(api, 5671));
            Assert.All((Workload[])[silo, api], w =>
                Assert.True(traffic.AllowsOut(w, new Uri(Setting(w, "Telemetry__OtlpEndpoint")).Port), w.Name));
            string Setting(Workload workload, string name) => Settings(overlay, workload.Pod.Containers[0])[name]!;
            // Else no certificate is issued.
            var solver = overlay.One<V1NetworkPolicy>("certificate-solver").Spec;
            Assert.Equal("true", solver.PodSelector.MatchLabels["acme.cert-manager.io/http01-solver"]);
            Assert.Equal("8089", solver.Ingress.Single().Ports.Single().Port.Value);
        }
    });

    private void AssertAllWorkloads(Action<Manifests, Workload> check) =>
        Each(overlays.SelectMany(o => o.Workloads, (o, w) => (Overlay: o, Workload: w)), x => $"{x.Overlay.Overlay}/{x.Workload.Name}", x =>
            check(x.Overlay, x.Workload));

    /// <summary>
    /// As <see cref="Assert.All{T}(IEnumerable{T}, Action{T})"/>, and says by its name which one it was, instead of all that is in it.
    /// </summary>
    private static void Each<T>(IEnumerable<T> items, Func<T, string> nameOf, Action<T> check)
    {
        foreach (var item in items)
        {
            try
            {
                check(item);
            }
            catch (Xunit.Sdk.XunitException e)
            {
                throw new Xunit.Sdk.XunitException($"{nameOf(item)}: {e.Message}", e);
            }
        }
    }

    private static Dockerfile? Image(V1Container container) =>
        Images.FirstOrDefault(i => container.Image.Split(':')[0].EndsWith(i.Key, StringComparison.Ordinal)).Value;

    private static IEnumerable<V1Probe> Probes(V1Container container) =>
        [container.StartupProbe, container.LivenessProbe, container.ReadinessProbe];

    /// <summary>The container's environment, its image's included; null for what only the place knows.</summary>
    private static Dictionary<string, string?> Settings(Manifests overlay, V1Container container)
    {
        var settings = Image(container)!.Environment.ToDictionary(p => p.Key, p => (string?)p.Value);
        foreach (var (name, value) in (container.EnvFrom ?? []).SelectMany(e => overlay.One<V1ConfigMap>(e.ConfigMapRef.Name).Data))
            settings[name] = value;
        foreach (var variable in container.Env ?? [])
            settings[variable.Name] = variable.Value;
        return settings;
    }

    /// <summary>The keys of secrets that a pod mounts, or one of its volumes.</summary>
    private static IEnumerable<(string Secret, string Key)> SecretKeys(V1PodSpec pod, string? volume = null) =>
        pod.Volumes.Where(v => volume is null || v.Name == volume).SelectMany(v =>
            (v.Secret is { } secret ? secret.Items.Select(i => (secret.SecretName, i.Key)) : [])
            .Concat((v.Projected?.Sources ?? []).SelectMany(s => s.Secret.Items.Select(i => (s.Secret.Name, i.Key)))));
}

using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using SoonShop.Tests.Running;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace SoonShop.Tests.Operations;

/// <summary>The form of <c>deploy/compose.yaml</c> and of what it mounts, and that everything it names is there.</summary>
public sealed partial class ComposeTests
{
    private static readonly ComposeFile Compose = ComposeFile.Read();

    private static readonly Dictionary<string, Dockerfile> Images = new()
    {
        ["soonshop/silo"] = Dockerfile.Read("silo.Dockerfile"),
        ["soonshop/api"] = Dockerfile.Read("api.Dockerfile"),
    };

    private static IEnumerable<(string Name, ComposeService Service, Dockerfile Image)> Ours =>
        from s in Compose.Services
        let image = Images.GetValueOrDefault(s.Value.Image.Split(':')[0])
        where image is not null
        select (s.Key, s.Value, image);

    [Fact]
    public void the_whole_shop_is_there()
    {
        Assert.Equal(2, Ours.Count(s => s.Image.Project == "Silo" && s.Service.Command.Count == 0));
        Assert.Equal(2, Ours.Count(s => s.Image.Project == "ApiFrontend"));
        string[] others =
        [
            "postgres", "redis", "mail", "migrate", "proxy", "prometheus", "grafana", "jaeger", "loki", "logs", "alertmanager",
        ];
        Assert.Empty(others.Except(Compose.Services.Keys));
    }

    [Fact]
    public void a_word_that_compose_does_not_know_is_noticed()
    {
        var text = File.ReadAllText(Path.Combine(ComposeFile.Folder, "compose.yaml"));
        Assert.Throws<YamlException>(
            () => ComposeFile.Parse(text.Replace("stop_grace_period", "stop_gracious_period", StringComparison.Ordinal)));
        Assert.Throws<YamlException>(
            () => ComposeFile.Parse(text.Replace("internal: true", "internal: perhaps", StringComparison.Ordinal)));
    }

    [Fact]
    public void no_container_can_write_to_its_image_or_gain_rights()
    {
        Assert.All(Compose.Services, s =>
        {
            var (name, service) = s;
            Assert.Matches("^[a-z0-9./-]+:(\\$\\{SOONSHOP_VERSION:-0\\.0\\.0\\}|v?[0-9][0-9.]*)$", service.Image);
            Assert.True(service.ReadOnly, name);
            Assert.Equal(["ALL"], service.CapDrop);
            Assert.Equal(["no-new-privileges:true"], service.SecurityOpt);
            Assert.Contains(service.Restart, (string[])["unless-stopped", "no"]);
            Assert.NotNull(service.Healthcheck);
            Assert.NotEqual("", service.MemLimit);
            Assert.NotNull(service.Logging);
        });
    }

    [Fact]
    public void whoever_waits_waits_for_something_that_will_be_told()
    {
        Assert.All(Compose.Services.SelectMany(s => s.Value.DependsOn.Select(d => (s.Key, On: d.Key, d.Value.Condition))), dependency =>
        {
            var other = Compose.Services[dependency.On];
            Assert.True(dependency.Condition switch
            {
                "service_healthy" => other.Healthcheck is { Disable: false, Test.Count: > 1 },
                "service_completed_successfully" => other.Restart == "no",
                "service_started" => true,
                _ => false,
            }, $"{dependency.Key} waits for {dependency.On} to be {dependency.Condition}");
        });
        Assert.All(Ours.Where(s => s.Service.Healthcheck is { Disable: false }), s =>
            Assert.Equal(["CMD", .. s.Image.HealthCheck], s.Service.Healthcheck!.Test));
    }

    [Fact]
    public void the_edge_does_not_reach_the_data()
    {
        Assert.True(Compose.Networks["data"].Internal && Compose.Networks["shop"].Internal);
        Assert.Equal(["edge"], Compose.Services["proxy"].NetworkNames);
        foreach (var store in (string[])["postgres", "redis"])
            Assert.Equal(["data"], Compose.Services[store].NetworkNames);
        Assert.All(
            Compose.Services, s => Assert.All(s.Value.NetworkNames, n => Assert.True(Compose.Networks.ContainsKey(n), $"{s.Key}: {n}")));
        // Only front ends stand in both worlds.
        Assert.All(Compose.Services.Where(s => s.Value.NetworkNames.Contains("edge")), s => Assert.Matches("^(proxy|api-.)$", s.Key));
        // What is published is published to this machine, unless somebody says otherwise for the API.
        Assert.All(Compose.Services.SelectMany(s => s.Value.Ports), p =>
            Assert.Matches(@"^(127\.0\.0\.1:\d+:\d+|\$\{SOONSHOP_ADDRESS:-127\.0\.0\.1\}:\$\{SOONSHOP_PORT:-8080\}:8080)$", p));
        // Of those that reach the data, one silo alone is published, to this machine: its dashboard.
        Assert.All(Compose.Services.Where(s => s.Value.NetworkNames.Contains("data")), s =>
            Assert.Equal(s.Key == "silo-1" ? ["127.0.0.1:8081:8081"] : [], s.Value.Ports));
    }

    [Fact]
    public void silos_tell_the_addresses_that_they_have()
    {
        var silos = Ours.Where(s => s.Service.Environment.ContainsKey("Silo__AdvertisedIP")).ToList();
        Assert.Equal(["silo-1", "silo-2"], silos.Select(s => s.Name));
        var subnet = IPNetwork.Parse(Compose.Networks["shop"].Ipam!.Config[0]["subnet"]);
        Assert.All(silos, s =>
        {
            var address = s.Service.Environment["Silo__AdvertisedIP"];
            Assert.Equal(s.Service.AddressIn("shop"), address);
            Assert.True(subnet.Contains(IPAddress.Parse(address)));
        });
        // Nobody else is given one of them.
        var given = IPNetwork.Parse(Compose.Networks["shop"].Ipam!.Config[0]["ip_range"]);
        Assert.DoesNotContain(silos, s => given.Contains(IPAddress.Parse(s.Service.Environment["Silo__AdvertisedIP"])));
        Assert.Equal(2, silos.Select(s => s.Service.Environment["Silo__AdvertisedIP"]).Distinct().Count());
        Assert.All(Ours.Where(s => s.Image.Project == "ApiFrontend"), s =>
            Assert.Equal(Compose.Networks["edge"].Ipam!.Config[0]["subnet"], s.Service.Environment["Http__TrustedProxies__0"]));
    }

    [Fact]
    public async Task secrets_are_made_by_the_script_and_once_only()
    {
        var folder = Path.Combine(Repository.TestData, $"secrets-{Guid.NewGuid():N}");
        await Repository.RunAsync(Path.Combine(ComposeFile.Folder, "secrets.sh"), folder);
        foreach (var (name, secret) in Compose.Secrets)
        {
            Assert.StartsWith("./.secrets/", secret.File, StringComparison.Ordinal);
            var file = new FileInfo(Path.Combine(folder, secret.File["./.secrets/".Length..]));
            Assert.True(file is { Exists: true, Length: > 8 }, $"{name}: {file} is not made");
            // The programs are not root, and a container engine mounts the file as it is.
            Assert.True(file.UnixFileMode.HasFlag(UnixFileMode.OtherRead) && !file.UnixFileMode.HasFlag(UnixFileMode.OtherWrite));
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(folder).UnixFileMode);
        var key = await File.ReadAllTextAsync(
            Path.Combine(folder, "soonshop-auth", "auth-keys.pem"), TestContext.Current.CancellationToken);
        Assert.Equal("ES256", SoonShop.ApiFrontend.Users.KeySet.Parse(key).Signing.Algorithm);
        Assert.Empty(await Repository.RunAsync(Path.Combine(ComposeFile.Folder, "secrets.sh"), folder));
        Assert.Equal(
            key, await File.ReadAllTextAsync(
                Path.Combine(folder, "soonshop-auth", "auth-keys.pem"), TestContext.Current.CancellationToken));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void every_file_and_volume_that_is_mounted_is_there()
    {
        Assert.All(Compose.Services.SelectMany(s => s.Value.Volumes), volume =>
        {
            var source = volume.Split(':')[0];
            if (source.StartsWith("./", StringComparison.Ordinal))
            {
                Assert.EndsWith(":ro", volume, StringComparison.Ordinal);
                Assert.True(Path.Exists(Path.Combine(ComposeFile.Folder, source)), volume);
            }
            else if (source == "/")
            {
                // For the figures of the machine's disks.
                Assert.EndsWith(":ro,rslave", volume, StringComparison.Ordinal);
            }
            else
            {
                Assert.Contains(source, Compose.Volumes.Keys);
            }
        });
        Assert.All(Compose.Services.Values.SelectMany(s => s.SecretFiles), s => Assert.Contains(s.Source, Compose.Secrets.Keys));
        Assert.All(Compose.Services.Values.Select(s => s.Build).OfType<ComposeBuild>(), build =>
        {
            Assert.Equal(Repository.Root, Path.GetFullPath(Path.Combine(ComposeFile.Folder, build.Context)));
            Assert.True(File.Exists(Path.Combine(Repository.Root, build.Dockerfile)));
            Assert.Equal(["REVISION", "VERSION"], build.Args.Keys.Order(StringComparer.Ordinal));
        });
        // Each of our images is built by somebody, and asked for of no registry.
        Assert.All(Ours.Where(s => s.Service.Build is null), s => Assert.Equal("never", s.Service.PullPolicy));
        Assert.Equal(
            Images.Keys.Order(StringComparer.Ordinal), Compose.Services.Values.Where(s => s.Build is not null)
                .Select(s => s.Image.Split(':')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void the_programs_read_every_setting_that_they_are_given()
    {
        foreach (var s in Ours)
        {
            var settings = s.Image.Environment.Concat(s.Service.Environment)
                .GroupBy(p => p.Key).ToDictionary(g => g.Key, g => (string?)Interpolated(g.Last().Value));
            foreach (var (_, target) in s.Service.SecretFiles.Where(
                f => f.Target.StartsWith("/run/secrets/soonshop/", StringComparison.Ordinal)))
            {
                var name = target.Split('/')[^1];
                if (settings.ContainsValue(target))
                    continue;
                settings[name] = null;
            }
            Assert.Equal(s.Name, string.Join('\n', ShippedSettings.Problems(s.Image.Project, settings).Prepend(s.Name)));
            if (settings.GetValueOrDefault("Auth__KeyFile") is { } key)
                Assert.Contains(key, s.Service.SecretFiles.Select(f => f.Target));
        }
        var typingError = Ours.First().Image.Environment.ToDictionary(p => p.Key, p => (string?)p.Value);
        (typingError["ConnectionStrings__soonshop"], typingError["Silo__MigratAtStart"], typingError["Sillo__HttpPort"]) = (
            null, "false", "1");
        Assert.Equal(2, ShippedSettings.Problems("Silo", typingError).Count);
    }

    [Fact]
    public async Task the_file_with_the_broker_adds_one_that_is_hardened_and_that_silos_wait_for()
    {
        var overlay = ComposeFile.Parse(
            await File.ReadAllTextAsync(Path.Combine(ComposeFile.Folder, "compose.rabbitmq.yaml"), TestContext.Current.CancellationToken));
        var broker = overlay.Services["rabbitmq"];
        Assert.True(broker
            is { ReadOnly: true, CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges:true"], Healthcheck: not null, User: "rabbitmq" });
        Assert.All(broker.Ports, p => Assert.StartsWith("127.0.0.1:", p, StringComparison.Ordinal));
        Assert.Equal(["silo-1", "silo-2"], Compose.Services.Keys.Intersect(overlay.Services.Keys).Order(StringComparer.Ordinal));
        Assert.All(overlay.Services.Where(s => s.Key != "rabbitmq"), s =>
            Assert.Equal("service_healthy", s.Value.DependsOn["rabbitmq"].Condition));
        var folder = Path.Combine(Repository.TestData, $"secrets-{Guid.NewGuid():N}");
        await Repository.RunAsync(Path.Combine(ComposeFile.Folder, "secrets.sh"), folder);
        Assert.All(overlay.Secrets.Values, s => Assert.True(File.Exists(Path.Combine(folder, s.File["./.secrets/".Length..])), s.File));
        var options = new Silo.RabbitMq.RabbitMqOptions
        {
            Uri = (await File.ReadAllTextAsync(
                Path.Combine(folder, "soonshop-rabbitmq", "RabbitMq__Uri"), TestContext.Current.CancellationToken)).Trim(),
        };
        Assert.Empty(options.Problems(new SoonShop.Events.EventTypes(SoonShop.Events.EventTypes.Assemblies())));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void redis_asks_for_a_password_that_stands_on_no_command_line()
    {
        var redis = Compose.Services["redis"];
        var secret = Assert.Single(redis.SecretFiles).Target;
        var command = string.Join(' ', redis.Command);
        Assert.Contains($"printf 'requirepass %s\\n' \"$$(cat {secret})\" >/tmp/redis.conf;", command, StringComparison.Ordinal);
        Assert.Contains("exec redis-server /tmp/redis.conf ", command, StringComparison.Ordinal);
        Assert.Empty(redis.Ports);
    }

    [Fact]
    public void the_proxy_and_prometheus_ask_where_somebody_answers()
    {
        var upstreams = Upstream().Matches(File.ReadAllText(Path.Combine(ComposeFile.Folder, "compose", "nginx.conf")))
            .Select(m => m.Groups["address"].Value).ToList();
        Assert.Equal(2, upstreams.Count);
        Assert.Empty(upstreams.Except(Ours.SelectMany(s => s.Image.Ports.Select(p => $"{s.Name}:{p}"))));
        Assert.All(upstreams, u => Assert.Contains("edge", Compose.Services[u.Split(':')[0]].NetworkNames));

        Assert.All(upstreams, u => Assert.Contains(
            $"server {u} resolve ", File.ReadAllText(Path.Combine(ComposeFile.Folder, "compose", "nginx.conf")), StringComparison.Ordinal));

        var scraped = Target().Matches(File.ReadAllText(Path.Combine(ComposeFile.Folder, "prometheus", "prometheus.yml")))
            .Select(m => (Name: m.Groups["name"].Value, Port: int.Parse(m.Groups["port"].Value, CultureInfo.InvariantCulture))).ToList();
        Assert.Equal(["api", "node-exporter", "silo"], scraped.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.All(scraped, s =>
        {
            var processes = Compose.Services.Where(x => x.Key == s.Name || x.Value.AliasesIn("watch").Contains(s.Name)).ToList();
            Assert.Equal(s.Name == "node-exporter" ? 1 : 2, processes.Count);
            Assert.All(processes, p => Assert.Contains("watch", p.Value.NetworkNames));
            Assert.All(Ours.Where(o => processes.Any(p => p.Key == o.Name)), o => Assert.Contains(s.Port, o.Image.Ports));
        });
    }

    [Fact]
    public void whatever_a_file_or_setting_asks_listens_on_a_network_of_the_asker()
    {
        var asked = new List<(string Asker, string Said, string Host, int Port)>();
        foreach (var (name, service) in Compose.Services)
        {
            foreach (var file in ReadBy(service))
            {
                using var text = File.OpenText(file);
                asked.AddRange(AddressesIn(new DeserializerBuilder().Build().Deserialize<object>(text)).Select(a =>
                    (name, Path.GetFileName(file), a.Host, a.Port)));
            }
            asked.AddRange(service.Environment.Values.SelectMany(AddressesIn).Select(a => (name, "its environment", a.Host, a.Port)));
            if (service.Environment.TryGetValue("Notifications__Email__Smtp__Host", out var host))
                asked.Add((name, "its environment", host, int.Parse(
                    service.Environment["Notifications__Email__Smtp__Port"], CultureInfo.InvariantCulture)));
            // As secrets.sh writes it, beside the password.
            if (service.SecretFiles.Any(f => f.Target.EndsWith("/Events__Redis", StringComparison.Ordinal)))
                asked.Add((name, "its secret", "redis", 6379));
        }
        // None of those that there are was passed over.
        string[] hosts = ["alertmanager", "api", "jaeger", "loki", "mail", "node-exporter", "prometheus", "redis", "silo"];
        Assert.Equal(hosts, asked.Select(a => a.Host).Distinct().Order(StringComparer.Ordinal));
        Assert.All(asked, a =>
        {
            var networks = Compose.Services[a.Asker].NetworkNames;
            var answering = Compose.Services.Where(s =>
                s.Value.NetworkNames.Any(n => networks.Contains(n) && (s.Key == a.Host || s.Value.AliasesIn(n).Contains(a.Host)))).ToList();
            Assert.True(answering.Count > 0, $"{a.Asker} reaches no {a.Host}, which {a.Said} names");
            Assert.All(answering, s =>
                Assert.True(Listens(s.Key).Contains(a.Port), $"{s.Key} does not listen on {a.Port}, which {a.Said} of {a.Asker} names"));
        });
    }

    [Fact]
    public void what_a_program_is_told_to_read_or_write_is_mounted()
    {
        Assert.All(Compose.Services, s =>
        {
            var mounted = s.Value.Volumes.Select(v => v.Split(':')[1]).ToList();
            Assert.All(s.Value.Command.Where(c => c.Contains("=/", StringComparison.Ordinal) && c.StartsWith('-')), c =>
                Assert.Contains(mounted, m => $"{c.Split('=')[1]}/".StartsWith($"{m}/", StringComparison.Ordinal)));
        });
        var grafana = Compose.Services["grafana"];
        var provisioned = ReadBy(grafana).ToDictionary(f => Path.GetFileName(f), File.ReadAllText);
        var dashboards = DashboardsPath().Match(provisioned["soonshop.yaml"]).Groups["path"].Value;
        Assert.Contains($"./grafana/dashboards:{dashboards}:ro", grafana.Volumes);
        Assert.All(provisioned.Values.SelectMany(t => Reference().Matches(t)), m =>
            Assert.Contains(m.Groups["name"].Value, grafana.Environment.Keys));
        var loki = Compose.Services["loki"];
        Assert.All(LokiPath().Matches(File.ReadAllText(ReadBy(loki).Single())), m =>
            Assert.Contains($"loki:{m.Groups["path"].Value}", loki.Volumes));
    }

    /// <summary>
    /// The files of this repository that a service reads as its configuration: those that are mounted one by one, or that its command
    /// names.
    /// </summary>
    private static IEnumerable<string> ReadBy(ComposeService service) =>
        from volume in service.Volumes
        let parts = volume.Split(':')
        let source = Path.Combine(ComposeFile.Folder, parts[0])
        where parts[0].StartsWith("./", StringComparison.Ordinal)
        from file in File.Exists(source) ? [source] : Directory.GetFiles(source).Where(f =>
            service.Command.Any(c => c.EndsWith($"={parts[1]}/{Path.GetFileName(f)}", StringComparison.Ordinal)))
        where Path.GetExtension(file) is ".yaml" or ".yml"
        select file;

    /// <summary>Hosts and ports that a document names, in whichever of the ways that these programs have.</summary>
    private static IEnumerable<(string Host, int Port)> AddressesIn(object? node) => node switch
    {
        string text when Endpoint().Match(text) is { Success: true } m =>
            [(m.Groups["host"].Value, int.Parse(m.Groups["port"].Value, CultureInfo.InvariantCulture))],
        IList<object> list => list.SelectMany(AddressesIn),
        IDictionary<object, object> map => map.Values.SelectMany(AddressesIn).Concat(
            map.TryGetValue("port", out var port) && (map.TryGetValue("host", out var hosts) || map.TryGetValue("names", out hosts))
                ? (hosts as IList<object> ?? [hosts]).Select(h => ($"{h}", int.Parse($"{port}", CultureInfo.InvariantCulture))) : []),
        _ => [],
    };

    /// <summary>The ports that a service listens on, as far as somebody says.</summary>
    private static HashSet<int> Listens(string name)
    {
        var service = Compose.Services[name];
        var said = service.Ports.Select(p => p.Split(':')[^1]).Concat(service.Expose).Select(p =>
            int.Parse(p, CultureInfo.InvariantCulture));
        var own = ReadBy(service).SelectMany(f => ListenPort().Matches(File.ReadAllText(f)))
            .Select(m => int.Parse(m.Groups["port"].Value, CultureInfo.InvariantCulture)).ToList();
        // What its own file says, and what compose says of it, are the same.
        Assert.All(own, p => Assert.Contains(p, said));
        return [.. said, .. Images.GetValueOrDefault(service.Image.Split(':')[0])?.Ports ?? []];
    }

    private static string Interpolated(string value) => Variable().Replace(value, m => m.Groups["default"].Value);

    [GeneratedRegex(@"server (?<address>[a-z0-9-]+:\d+)")]
    private static partial Regex Upstream();

    [GeneratedRegex(@"names: \[(?<name>[a-z-]+)\]\s+type: A\s+port: (?<port>\d+)")]
    private static partial Regex Target();

    [GeneratedRegex(@"^(https?://)?(?<host>[a-z][a-z0-9-]*):(?<port>\d{2,5})(/|$)")]
    private static partial Regex Endpoint();

    [GeneratedRegex(@"(?<![\w])(?:http_listen_port: |listen: 0\.0\.0\.0, port: )(?<port>\d+)")]
    private static partial Regex ListenPort();

    [GeneratedRegex(@"^ +path: (?<path>\S+)$", RegexOptions.Multiline)]
    private static partial Regex DashboardsPath();

    [GeneratedRegex(@"path_prefix: (?<path>/\w+)")]
    private static partial Regex LokiPath();

    [GeneratedRegex(@"(?<!\$)\$\{(?<name>[A-Z_]+)\}")]
    private static partial Regex Reference();

    [GeneratedRegex(@"\$\{\w+:-(?<default>[^}]*)\}")]
    private static partial Regex Variable();
}

using SoonShop.Tests.Running;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace SoonShop.Tests.Operations;

/// <summary><c>deploy/compose.yaml</c>, read strictly: a word of Compose's language that is not here is refused.</summary>
internal sealed class ComposeFile
{
    public string Name { get; set; } = "";
    public Dictionary<string, ComposeService> Services { get; set; } = [];
    public Dictionary<string, ComposeNetwork> Networks { get; set; } = [];
    public Dictionary<string, Dictionary<string, string>> Volumes { get; set; } = [];
    public Dictionary<string, ComposeSecret> Secrets { get; set; } = [];

    /// <summary>Where paths in the file begin.</summary>
    public static string Folder => Path.Combine(Repository.Root, "deploy");

    public static ComposeFile Read() => Parse(File.ReadAllText(Path.Combine(Folder, "compose.yaml")));

    public static ComposeFile Parse(string text)
    {
        var whole = new DeserializerBuilder().Build()
            .Deserialize<Dictionary<string, object>>(new MergingParser(new Parser(new StringReader(text))));
        foreach (var extension in whole.Keys.Where(k => k.StartsWith("x-", StringComparison.Ordinal)).ToList())
            whole.Remove(extension);
        return new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).WithDuplicateKeyChecking().Build()
            .Deserialize<ComposeFile>(new SerializerBuilder().DisableAliases().Build().Serialize(whole));
    }
}

internal sealed class ComposeService
{
    public string Image { get; set; } = "";
    public ComposeBuild? Build { get; set; }
    public List<string> Command { get; set; } = [];
    public string User { get; set; } = "";
    public string Restart { get; set; } = "";
    public string PullPolicy { get; set; } = "";
    public bool ReadOnly { get; set; }
    public List<string> CapDrop { get; set; } = [];
    public List<string> SecurityOpt { get; set; } = [];
    public List<string> Profiles { get; set; } = [];
    public Dictionary<string, string> Environment { get; set; } = [];
    public Dictionary<string, ComposeDependency> DependsOn { get; set; } = [];
    public ComposeHealthcheck? Healthcheck { get; set; }
    public ComposeLogging? Logging { get; set; }
    public List<string> Ports { get; set; } = [];
    public List<string> Expose { get; set; } = [];
    public List<string> Volumes { get; set; } = [];
    public List<string> Tmpfs { get; set; } = [];

    /// <summary>Names, or names with addresses.</summary>
    public object Networks { get; set; } = new List<object>();

    /// <summary>Names, or names with places.</summary>
    public List<object> Secrets { get; set; } = [];
    public string StopGracePeriod { get; set; } = "";
    public string MemLimit { get; set; } = "";
    public string ShmSize { get; set; } = "";

    [YamlIgnore]
    public IReadOnlyList<string> NetworkNames => Networks is IDictionary<object, object> map
        ? [.. map.Keys.Select(k => $"{k}")]
        : [.. ((IEnumerable<object>)Networks).Select(n => $"{n}")];

    /// <summary>The address that it has in a network, if it is always the same.</summary>
    public string? AddressIn(string network) =>
        Networks is IDictionary<object, object> map
        && map.TryGetValue(network, out var options)
        && options is IDictionary<object, object> named
        && named.TryGetValue("ipv4_address", out var address)
            ? $"{address}" : null;

    /// <summary>Other names that it goes by in a network.</summary>
    public IReadOnlyList<string> AliasesIn(string network) =>
        Networks is IDictionary<object, object> map
        && map.TryGetValue(network, out var options)
        && options is IDictionary<object, object> named
        && named.TryGetValue("aliases", out var aliases)
            ? [.. ((IEnumerable<object>)aliases).Select(a => $"{a}")] : [];

    /// <summary>Names of secrets, and where they stand in the container.</summary>
    [YamlIgnore]
    public IReadOnlyList<(string Source, string Target)> SecretFiles =>
    [
        .. Secrets.Select(
            s => s is IDictionary<object, object> map ? ($"{map["source"]}", $"{map["target"]}") : ($"{s}", $"/run/secrets/{s}")),
    ];
}

internal sealed class ComposeBuild
{
    public string Context { get; set; } = "";
    public string Dockerfile { get; set; } = "";
    public Dictionary<string, string> Args { get; set; } = [];
}

internal sealed class ComposeDependency
{
    public string Condition { get; set; } = "";
}

internal sealed class ComposeHealthcheck
{
    public List<string> Test { get; set; } = [];
    public string Interval { get; set; } = "";
    public string Timeout { get; set; } = "";
    public int Retries { get; set; }
    public string StartPeriod { get; set; } = "";
    public bool Disable { get; set; }
}

internal sealed class ComposeLogging
{
    public string Driver { get; set; } = "";
    public Dictionary<string, string> Options { get; set; } = [];
}

internal sealed class ComposeNetwork
{
    public bool Internal { get; set; }
    public ComposeIpam? Ipam { get; set; }
}

internal sealed class ComposeIpam
{
    public List<Dictionary<string, string>> Config { get; set; } = [];
}

internal sealed class ComposeSecret
{
    public string File { get; set; } = "";
}

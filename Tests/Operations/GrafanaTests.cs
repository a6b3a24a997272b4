using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>Grafana's dashboards as files; <c>WatchingTests</c> holds their queries against a running shop.</summary>
public sealed class GrafanaTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy", "grafana");
    private static readonly string[] Files =
    [
        .. Directory.GetFiles(Path.Combine(Folder, "dashboards"), "*.json").Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void every_dashboard_is_provisioned()
    {
        Assert.NotEmpty(Files);
        var named = File.ReadLines(Path.Combine(Folder, "kustomization.yaml"))
            .Where(l => l.Contains("dashboards/", StringComparison.Ordinal)).Select(l => Path.GetFileName(l.Trim()));
        Assert.Equal(Files.Select(Path.GetFileName), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void every_dashboard_is_one_that_grafana_can_load()
    {
        var dashboards = Files.Select(f => (Name: Path.GetFileNameWithoutExtension(f), Json: JsonNode.Parse(File.ReadAllText(f))!))
            .ToArray();
        Assert.All(dashboards, d => Assert.Equal($"soonshop-{d.Name}", d.Json["uid"]!.GetValue<string>()));
        foreach (var (name, json) in dashboards)
        {
            var panels = json["panels"]!.AsArray().Select(p => p!).ToArray();
            Assert.Equal(panels.Length, panels.Select(p => p["id"]!.GetValue<int>()).Distinct().Count());
            Assert.Equal(["datasource"], json["templating"]!["list"]!.AsArray().Select(v => v!["name"]!.GetValue<string>()));
            var taken = new HashSet<(int, int)>();
            foreach (var panel in panels)
            {
                var (x, y, w, h) = (At(panel, "x"), At(panel, "y"), At(panel, "w"), At(panel, "h"));
                Assert.True(x >= 0 && x + w <= 24, $"{name}: {panel["title"]} is wider than the page");
                Assert.All(from i in Enumerable.Range(x, w) from j in Enumerable.Range(y, h) select (i, j), cell =>
                    Assert.True(taken.Add(cell), $"{name}: {panel["title"]} lies over another"));
                if (panel["type"]!.GetValue<string>() == "row")
                    continue;
                var targets = panel["targets"]!.AsArray().Select(t => t!).ToArray();
                Assert.NotEmpty(targets);
                Assert.Equal(targets.Length, targets.Select(t => t["refId"]!.GetValue<string>()).Distinct().Count());
                Assert.All(targets.Append(panel), t => Assert.Equal("${datasource}", t["datasource"]!["uid"]!.GetValue<string>()));
            }
        }
    }

    private static int At(JsonNode panel, string what) => panel["gridPos"]![what]!.GetValue<int>();
}

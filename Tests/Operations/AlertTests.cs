using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>The alerts as files; <c>WatchingTests</c> holds them against a running shop.</summary>
public sealed partial class AlertTests
{
    private static readonly string Rules = File.ReadAllText(PrometheusServer.Deployed("alerts.yml"));
    private static readonly string Runbook = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "ALERTS.md"));
    private static readonly string[] Alerts = [.. Alert().Matches(Rules).Select(m => m.Groups[1].Value)];

    private static readonly string[] Cases = ["alerts.test.yml", "alerts.hours.test.yml"];

    [Fact]
    public async Task alerts_fire_in_their_cases_and_not_in_others()
    {
        var promtool = await PrometheusServer.ProgramAsync("promtool");
        await Repository.RunAsync(promtool, "check", "config", PrometheusServer.Deployed("prometheus.yml"));
        await Task.WhenAll(Cases.Select(file => Repository.RunAsync(promtool, "test", "rules", PrometheusServer.Deployed(file))));
    }

    [Fact]
    public void every_alert_has_a_case_that_fires_it_and_one_that_does_not()
    {
        var cases = Cases.SelectMany(file => Case().Matches(File.ReadAllText(PrometheusServer.Deployed(file))))
            .ToLookup(m => m.Groups[1].Value, m => m.Groups[2].Value == " []");
        Assert.NotEmpty(Alerts);
        Assert.All(Alerts, alert => Assert.Equal([false, true], cases[alert].Distinct().Order()));
    }

    [Fact]
    public void every_alert_leads_to_its_entry_in_the_runbook()
    {
        Assert.Equal(
            Alerts.Order(StringComparer.Ordinal), Heading().Matches(Runbook).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));
        var entries = Rules.Split("  - alert: ")[1..];
        // Where the runbook is read is an operator's choice.
        var address = Address().Match(Rules).Groups[1].Value;
        Assert.All(Alerts.Zip(entries), a =>
        {
            Assert.Contains($"runbook_url: {address}/ALERTS.md#{a.First.ToLowerInvariant()}\n", a.Second, StringComparison.Ordinal);
            Assert.Matches("severity: (critical|warning)\n", a.Second);
            Assert.Matches("summary: '.+'\n *description: '.+'\n", a.Second);
        });
        Assert.All(Link().Matches(Runbook).Select(m => m.Groups[1].Value), link =>
            Assert.Contains(link, Alerts.Select(a => a.ToLowerInvariant())));
    }

    [Fact]
    public async Task the_rules_for_kubernetes_are_those_of_the_plain_file() => Assert.Equal(
        await Repository.RunAsync(PrometheusServer.Deployed("render.sh")),
        await File.ReadAllTextAsync(PrometheusServer.Deployed("prometheus-rules.yaml"), TestContext.Current.CancellationToken));

    [Fact]
    public async Task who_reads_the_runbook_elsewhere_says_so_once()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.TestData, $"rules-{Guid.NewGuid():N}")).FullName;
        foreach (var file in Directory.EnumerateFiles(PrometheusServer.Deployed("")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var render = Path.Combine(folder, "render.sh");
        var (code, _, error) = await Repository.TryRunAsync(
            render, ["--write"], new() { ["SOONSHOP_RUNBOOK_URL"] = "https://wiki.example/shop/" });
        Assert.True(code == 0, error);
        var rules = await File.ReadAllTextAsync(Path.Combine(folder, "prometheus-rules.yaml"), TestContext.Current.CancellationToken);
        Assert.Equal(Alerts.Length, Address().Count(rules));
        Assert.Equal(rules, await Repository.RunAsync(render));
        foreach (var file in (string[])["alerts.yml", "alerts.test.yml", "prometheus-rules.yaml"])
        {
            var before = await File.ReadAllTextAsync(PrometheusServer.Deployed(file), TestContext.Current.CancellationToken);
            var after = await File.ReadAllTextAsync(Path.Combine(folder, file), TestContext.Current.CancellationToken);
            Assert.NotEmpty(Address().Matches(after));
            Assert.All(Address().Matches(after), m => Assert.Equal("https://wiki.example/shop", m.Groups[1].Value));
            // And nothing else is changed.
            Assert.Equal(Address().Replace(before, ""), Address().Replace(after, ""));
        }
        Directory.Delete(folder, recursive: true);
    }

    [GeneratedRegex(@"runbook_url: *'?(\S+)/ALERTS\.md")]
    private static partial Regex Address();

    [GeneratedRegex(@"^  - alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Alert();

    [GeneratedRegex("""alertname="(\w+)", alertstate="firing"}\)\n *eval_time: .+\n *exp_samples:( \[\])?""")]
    private static partial Regex Case();

    [GeneratedRegex(@"^## (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(#(\w+)\)")]
    private static partial Regex Link();
}

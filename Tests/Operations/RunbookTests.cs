using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SoonShop.Silo.Integrity;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>What the runbook tells an operator to use is there.</summary>
public sealed partial class RunbookTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "RUNBOOK.md"));

    [Fact]
    public void every_check_of_the_audit_has_its_entry_and_no_other_is_named()
    {
        var table = Text[Text.IndexOf("| Check | A row means |", StringComparison.Ordinal)..Text.IndexOf("What it cannot see", StringComparison.Ordinal)];
        var named = Code().Matches(table).Select(m => m.Groups[1].Value);
        Assert.Equal(IntegrityCheck.All.Select(c => c.Name).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void every_route_is_one_of_the_api()
    {
        var paths = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "ApiFrontend", "openapi", "v1.json")))!["paths"]!.AsObject();
        var known = paths.SelectMany(p => p.Value!.AsObject().Select(o => $"{o.Key.ToUpperInvariant()} {Parameter().Replace(p.Key.Replace("/api/v1", "", StringComparison.Ordinal), "{}")}")).ToHashSet();
        var told = Route().Matches(Text + string.Concat(IntegrityCheck.All.Select(c => c.Remedy + "\n"))).Select(m => $"{m.Groups[1].Value} {Parameter().Replace(m.Groups[2].Value, "{}")}").Distinct().ToArray();
        Assert.NotEmpty(told);
        Assert.Empty(told.Except(known));
    }

    [Fact]
    public void every_file_and_setting_is_there()
    {
        var named = Code().Matches(Fence().Replace(Text, "")).Select(m => m.Groups[1].Value).Concat(Link().Matches(Text).Select(m => m.Groups[1].Value));
        foreach (var path in named.SelectMany(c => PathName().Matches(c).Select(m => m.Groups[1].Value)).Distinct())
            Assert.True(Path.Exists(Path.Combine(Repository.Root, path)) || Path.Exists(Path.Combine(Repository.Root, "deploy", path)), $"{path} is not there.");
        var sources = string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root), "*Options.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        foreach (var setting in Setting().Matches(Text).Select(m => m.Groups[1].Value).Distinct())
            Assert.Contains($" {setting} {{ get;", sources, StringComparison.Ordinal);
        foreach (var test in Test().Matches(Text).Select(m => m.Groups[1].Value))
            Assert.True(File.Exists(Path.Combine(Repository.Root, "Tests", "Operations", $"{test}.cs")), test);
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\(([^)#]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\b(GET|POST|PUT|PATCH|DELETE) (/[a-z][a-zA-Z0-9/{}-]*)")]
    private static partial Regex Route();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"(?<![\w./…-])((?:deploy/(?!soonshop-)|k8s/|Silo/|Tests/)[\w./-]+[\w]|[A-Z]+\.md)(?![\w/…<])")]
    private static partial Regex PathName();

    [GeneratedRegex("```.*?```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"`(?:Silo|Streams|Events|Auth|Audit|Accounts|Payments):(?:\w+:)*(\w+)`")]
    private static partial Regex Setting();

    [GeneratedRegex(@"`Operations/(\w+)`")]
    private static partial Regex Test();
}

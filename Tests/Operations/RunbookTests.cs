using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SoonShop.Silo.Integrity;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>What the runbook, and the documents beside it, tell an operator to use is there.</summary>
public sealed partial class RunbookTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy");
    private static readonly string Text = Read("RUNBOOK.md");

    public static TheoryData<string> Documents => ["RUNBOOK.md", "UPGRADING.md", "ALERTS.md", "METRICS.md", "OPERATING.md", "README.md"];

    [Fact]
    public void every_check_of_the_audit_has_its_entry_and_no_other_is_named()
    {
        var table = Text[Text.IndexOf("| Check | A row means |", StringComparison.Ordinal)..Text.IndexOf(
            "What it cannot see", StringComparison.Ordinal)];
        var named = Code().Matches(table).Select(m => m.Groups[1].Value);
        Assert.Equal(IntegrityCheck.All.Select(c => c.Name).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void every_route_is_one_of_the_api(string document)
    {
        var paths =
            JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "ApiFrontend", "openapi", "v1.json")))!["paths"]!.AsObject();
        var known = paths.SelectMany(p => p.Value!.AsObject().Select(o =>
            $"{o.Key.ToUpperInvariant()} {Parameter().Replace(p.Key.Replace("/api/v1", "", StringComparison.Ordinal), "{}")}")).ToHashSet();
        var text = Read(document);
        var remedies = document == "RUNBOOK.md" ? string.Concat(IntegrityCheck.All.Select(c => c.Remedy + "\n")) : "";
        var told = Route().Matches(text + remedies)
            .Select(m => $"{m.Groups[1].Value} {Parameter().Replace(m.Groups[2].Value, "{}")}").Distinct().ToArray();
        Assert.Empty(told.Except(known));
        // What is given to curl says its method elsewhere, or not at all.
        var asked = Asked().Matches(text).Select(m => Parameter().Replace(m.Groups[1].Value, "{}")).Distinct().ToArray();
        Assert.Empty(asked.Except(known.Select(k => k.Split(' ')[1])));
        if (document != "METRICS.md")
            Assert.NotEmpty(told.Concat(asked));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void every_file_and_setting_is_there(string document)
    {
        var text = Read(document);
        foreach (var path in PathName().Matches(text).Select(m => m.Groups[1].Value).Distinct())
            Assert.True(
                Path.Exists(Path.Combine(Repository.Root, path)) || Path.Exists(Path.Combine(Folder, path)), $"{path} is not there.");
        var sources = string.Concat(
            Directory.EnumerateFiles(Path.Combine(Repository.Root), "*Options.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        foreach (var setting in Setting().Matches(text).Select(m => m.Groups[1].Value).Distinct())
            Assert.Contains($" {setting} {{ get;", sources, StringComparison.Ordinal);
        foreach (var test in Test().Matches(text).Select(m => m.Groups[1].Value))
            Assert.True(File.Exists(Path.Combine(Repository.Root, "Tests", "Operations", $"{test}.cs")), test);
    }

    [Fact]
    public void a_dump_by_hand_leaves_out_what_the_script_leaves_out()
    {
        var script = Alive().Match(Read("backup.sh")).Groups[1].Value.Split(' ');
        Assert.Equal(script, Excluded().Matches(Text).Select(m => m.Groups[1].Value));
    }

    [Fact]
    public void indexes_that_are_made_by_hand_are_those_of_the_migrations()
    {
        var ofMigrations = ((string[])["0033-order-lists.sql", "0047-refunds-by-payment.sql"])
            .SelectMany(file => File.ReadAllLines(Path.Combine(Repository.Root, "Silo", "Migrations", file)))
            .Where(line => line.StartsWith("create index", StringComparison.Ordinal)).ToArray();
        var byHand = Text.Split('\n')
            .Select(line => line.Trim()).Where(line => line.StartsWith("create index", StringComparison.Ordinal)).ToArray();
        Assert.Equal(4, ofMigrations.Length);
        Assert.Equal(
            ofMigrations.Select(s => s.Replace("create index if", "create index concurrently if", StringComparison.Ordinal)), byHand);
    }

    [Fact]
    public void every_container_that_is_named_is_one_of_compose()
    {
        var section = Text[Text.IndexOf("\n## Without Kubernetes", StringComparison.Ordinal)..];
        var known = ComposeFile.Read().Services.Keys;
        var named = ComposeCall().Matches(section).SelectMany(m =>
            m.Groups["names"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Concat(ComposeLoop().Match(section).Groups["names"].Value.Split(' ')).ToList();
        Assert.True(named.Count > 10, "the commands were not understood");
        Assert.Empty(named.Except(known));
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(Folder, file));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"(?:\$api|/api/v1)(/[a-z][a-zA-Z0-9/{}-]*)")]
    private static partial Regex Asked();

    [GeneratedRegex(@"^readonly alive=\(([^)]+)\)", RegexOptions.Multiline)]
    private static partial Regex Alive();

    [GeneratedRegex(@"--exclude-table-data=(\w+)")]
    private static partial Regex Excluded();

    [GeneratedRegex(
        @"\bcompose (?:exec|run|stop|logs)(?: -[-A-Za-z]+)*(?<names>(?: (?:(?:silo|api)-\d|proxy|postgres|migrate)\b)+|(?: [a-z0-9-]+))")]
    private static partial Regex ComposeCall();

    [GeneratedRegex("for service in (?<names>[a-z0-9 -]+);")]
    private static partial Regex ComposeLoop();

    [GeneratedRegex(@"\b(GET|POST|PUT|PATCH|DELETE) (/[a-z][a-zA-Z0-9/{}-]*)")]
    private static partial Regex Route();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"(?<![\w./…-])((?:deploy/(?!soonshop-|\.secrets)|k8s/|Silo/(?!bin/)|Tests/)[\w./-]+[\w]|[A-Z]+\.md)(?![\w/…<])")]
    private static partial Regex PathName();

    [GeneratedRegex(@"`(?:Silo|Streams|Events|Auth|Audit|Accounts|Payments|Telemetry|Notifications):(?:\w+:)*(\w+)`")]
    private static partial Regex Setting();

    [GeneratedRegex(@"`Operations/(\w+)`")]
    private static partial Regex Test();
}

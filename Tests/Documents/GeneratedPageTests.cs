using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Documents;

/// <summary>
/// Parts of the pages in <c>docs</c> are generated from the code. A part stands between a line <c>&lt;!-- generated: name --&gt;</c> and a
/// line <c>&lt;!-- end --&gt;</c>.
/// </summary>
public sealed partial class GeneratedPageTests
{
    /// <summary>Set it to 1 to have the pages written instead of compared.</summary>
    private const string Renew = "SOONSHOP_RENEW_DOCS";

    private static readonly string Folder = Path.Combine(Repository.Root, "docs");

    private static readonly Dictionary<string, Func<string>> Parts = new()
    {
        ["configuration silo"] = ConfigurationPage.OfSilo,
        ["configuration front end"] = ConfigurationPage.OfFrontend,
        ["configuration both"] = ConfigurationPage.OfBoth,
        ["problems"] = ProblemPage.Text,
        ["routes"] = RoutePage.Text,
        ["events"] = EventPage.Types,
        ["retries"] = EventPage.Retries,
    };

    [Fact]
    public async Task generated_parts_of_pages_are_what_the_code_gives()
    {
        var found = new HashSet<string>();
        var stale = new List<string>();
        foreach (var file in Directory.EnumerateFiles(Folder, "*.md").Order(StringComparer.Ordinal))
        {
            var page = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            var renewed = Part.Replace(page, match =>
            {
                var name = match.Groups["name"].Value;
                found.Add(name);
                return $"<!-- generated: {name} -->\n{Parts[name]()}\n<!-- end -->";
            });
            if (renewed == page)
                continue;
            stale.Add(Path.GetFileName(file));
            if (Environment.GetEnvironmentVariable(Renew) is { Length: > 0 })
                await File.WriteAllTextAsync(file, renewed, TestContext.Current.CancellationToken);
        }
        Assert.Equal(Parts.Keys.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        if (Environment.GetEnvironmentVariable(Renew) is not { Length: > 0 })
            Assert.True(stale.Count == 0, $"The code gives another text. Run ./docs/generate.sh and commit: {string.Join(", ", stale)}");
    }

    [GeneratedRegex(@"<!-- generated: (?<name>[a-z ]+) -->\n.*?<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Part { get; }
}

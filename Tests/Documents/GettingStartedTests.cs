using System.Globalization;
using System.Text.RegularExpressions;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Documents;

/// <summary>
/// Runs every <c>bash</c> block of <c>docs/getting-started.md</c>, <c>docs/pricing.md</c>, <c>docs/fulfilment.md</c>,
/// <c>docs/locations.md</c>, <c>docs/draft-orders.md</c>, <c>docs/csv.md</c>, <c>docs/search.md</c>, <c>docs/images.md</c> and
/// <c>README.md</c>, top to bottom in one shell, against a fresh shop.
/// A <c>text</c> block right below a block is what it must print; <c>…</c> in it stands for anything on one line. Blocks with other tags
/// (<c>console</c>, say) are not run.
/// </summary>
public sealed class GettingStartedTests
{
    private const string Separator = "-----8<-----";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>A block, and where it stands.</summary>
    /// <param name="Place">For messages.</param>
    /// <param name="Text">Its commands.</param>
    /// <param name="Prints">What it must print; null when the document does not say.</param>
    private sealed record Step(string Place, string Text, string? Prints);

    [Fact]
    public async Task every_shell_block_runs_as_it_stands_and_prints_what_the_page_says()
    {
        string[] pages =
        [
            Path.Combine("docs", "getting-started.md"), Path.Combine("docs", "pricing.md"),
            Path.Combine("docs", "fulfilment.md"), Path.Combine("docs", "locations.md"), Path.Combine("docs", "draft-orders.md"),
            Path.Combine("docs", "csv.md"),
            Path.Combine("docs", "search.md"), Path.Combine("docs", "images.md"),
            "README.md",
        ];
        Step[] steps = [.. pages.SelectMany(StepsOf)];
        Assert.True(steps.Length > 10, $"Only {steps.Length} blocks.");
        var (shop, api, mail) = await DemoShop.StartAsync();
        await using var running = shop;

        var script = Path.Combine(Repository.TestData, $"getting-started-{Guid.NewGuid():N}.sh");
        var text = Script(steps, api.Http.BaseAddress!.GetLeftPart(UriPartial.Authority), mail);
        await File.WriteAllTextAsync(script, text, TestContext.Current.CancellationToken);
        var (code, output, error) = await RunAsync(script);
        var printed = output.Split(Separator + "\n");
        if (code != 0)
        {
            var last = steps[Math.Min(printed.Length, steps.Length) - 1];
            Assert.Fail($"{last.Place} failed with {code} after it had printed:\n{printed[^1]}\n{error}\n{shop.LastLogs}");
        }
        var complaints = steps.Zip(printed).Where(s => s.First.Prints is { } expected && !Matches(expected, s.Second))
            .Select(s => $"{s.First.Place} printed:\n{s.Second}\nThe document says:\n{s.First.Prints}").ToArray();
        Assert.True(complaints.Length == 0, string.Join("\n\n", complaints));
    }

    [Fact]
    public void what_a_block_prints_is_compared_line_by_line()
    {
        Assert.True(Matches("a\nb … d", "a\r\nb c d \n\n"));
        Assert.False(Matches("a", "a\nb"));
        Assert.False(Matches("a … c", "a\nc"));
    }

    private static IEnumerable<Step> StepsOf(string name)
    {
        var document = Markdown.At(name);
        return document.Blocks.Index().Where(b => b.Item.Language == "bash").Select(b => new Step(
            $"The block at line {b.Item.Line} of {name}",
            b.Item.Text,
            document.Blocks.ElementAtOrDefault(b.Index + 1) is { Language: "text", FollowsCode: true } next ? next.Text : null));
    }

    /// <summary>
    /// The commands, with this shop's addresses and folder in place of those of <c>run.sh</c>. The first one that fails ends them.
    /// </summary>
    private static string Script(IEnumerable<Step> steps, string shop, string mail)
    {
        var port = TcpPort.Free().ToString(CultureInfo.InvariantCulture);
        // The receiver's port first: what takes another's place may have the same digits.
        var text = string.Concat(steps.Select(s => $"{s.Text}\necho '{Separator}'\n"))
            .Replace("127.0.0.1:9000", $"127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("'127.0.0.1', 9000", $"'127.0.0.1', {port}", StringComparison.Ordinal)
            .Replace("http://127.0.0.1:8080", shop, StringComparison.Ordinal)
            .Replace(".data/mail", mail, StringComparison.Ordinal)
            .Replace("@deploy/", $"@{Path.Combine(Repository.Root, "deploy")}/", StringComparison.Ordinal);
        return $"""
            set -euo pipefail
            trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
            {text}
            """;
    }

    private static bool Matches(string expected, string printed)
    {
        var lines = expected.TrimEnd().Split('\n').Select(l => Regex.Escape(l.TrimEnd()).Replace("…", ".*", StringComparison.Ordinal));
        var text = string.Join('\n', printed.TrimEnd().Split('\n').Select(line => line.TrimEnd()));
        return Regex.IsMatch(text, $"^{string.Join('\n', lines)}$", RegexOptions.None, TimeSpan.FromSeconds(5));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string script)
    {
        var folders = new List<string>();
        foreach (var program in (string[])["jq", "python3"])
        {
            var path = await Repository.RunAsync(Path.Combine(Repository.Root, "deploy", "debian-package.sh"), "program", program, program);
            folders.Add(Path.GetDirectoryName(path.Trim())!);
        }
        var environment = new Dictionary<string, string?>
        {
            ["PATH"] = string.Join(':', folders.Append(Environment.GetEnvironmentVariable("PATH")!)),
        };
        // Its program ends what the blocks have started, too.
        string[] arguments = [Limit.TotalSeconds.ToString(CultureInfo.InvariantCulture), "bash", script];
        return await Repository.TryRunAsync("timeout", arguments, environment, Limit * 2);
    }
}

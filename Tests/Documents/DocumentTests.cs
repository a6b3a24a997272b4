using System.Text.RegularExpressions;
using SoonShop.Silo.Integrity;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Documents;

/// <summary>The Markdown files of the repository: links lead somewhere, and pages stay short.</summary>
public sealed partial class DocumentTests
{
    private const int MaxReadmeLines = 120, MaxPageLines = 300;

    [Fact]
    public void every_relative_link_and_anchor_leads_somewhere()
    {
        var dead = new List<string>();
        foreach (var document in Markdown.All())
        {
            foreach (var link in document.Links().Where(l => !IsElsewhere(l.Target)))
            {
                if (Problem(document, link.Target) is { } problem)
                    dead.Add($"{document.Name}:{link.Line} links to {link.Target}: {problem}.");
            }
        }
        Assert.True(dead.Count == 0, string.Join('\n', dead));
    }

    [Fact]
    public void no_document_is_too_long()
    {
        var documents = Markdown.All().ToArray();
        Assert.Contains(documents, d => d.Name == "README.md");
        var tooLong = from document in documents
                      let limit = document.Name == "README.md" ? MaxReadmeLines : IsPage(document) ? MaxPageLines : int.MaxValue
                      let lines = WrittenLines(document)
                      where lines > limit
                      select $"{document.Name} has {lines} lines; {limit} is the limit.";
        Assert.Empty(tooLong);
    }

    [Theory]
    [InlineData("No oversell", Promises.NoOversell)]
    [InlineData("No double charge, no lost money", Promises.Money)]
    [InlineData("No lost order", Promises.NoLostOrder)]
    [InlineData("No lost event", Promises.NoLostEvent)]
    [InlineData("Every command can be sent twice", Promises.Repeatable)]
    [InlineData("Nobody sees what is not theirs", Promises.Privacy)]
    public void a_promise_names_its_integrity_checks(string heading, int promise)
    {
        var section = Markdown.At(Path.Combine("docs", "promises.md")).Prose
            .SkipWhile(line => !line.StartsWith("## ", StringComparison.Ordinal) || !line.EndsWith(heading, StringComparison.Ordinal))
            .Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal));
        var list = string.Concat(section
            .SkipWhile(line => !line.StartsWith("**Integrity checks.**", StringComparison.Ordinal)).TakeWhile(line => line.Length > 0));
        var named = list.Split('`').Where((_, index) => index % 2 == 1);
        Assert.Equal(
            IntegrityCheck.All.Where(c => c.Promise == promise).Select(c => c.Name).Order(StringComparer.Ordinal),
            named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void every_test_that_a_page_names_is_there()
    {
        var named = Markdown.All().Where(IsPage).SelectMany(d => d.Prose)
            .SelectMany(line => TestName.Matches(line).Select(m => m.Groups[1].Value)).ToHashSet();
        Assert.NotEmpty(named);
        // Folders of the projects have the same names.
        Assert.DoesNotContain(named, name =>
            !File.Exists(Path.Combine(Repository.Root, "Tests", $"{name}.cs")) && !Directory.Exists(Path.Combine(Repository.Root, name)));
    }

    /// <summary>The lines that somebody wrote. Generated tables are for looking things up.</summary>
    private static int WrittenLines(Markdown document)
    {
        var (written, isGenerated) = (0, false);
        foreach (var line in document.Lines)
        {
            isGenerated |= line.StartsWith("<!-- generated:", StringComparison.Ordinal);
            written += isGenerated ? 0 : 1;
            isGenerated &= line != "<!-- end -->";
        }
        return written;
    }

    private static bool IsPage(Markdown document) =>
        document.Name.StartsWith("docs/", StringComparison.Ordinal) || document.Name.StartsWith("deploy/", StringComparison.Ordinal);

    private static bool IsElsewhere(string target) =>
        Uri.TryCreate(target, UriKind.Absolute, out var uri) && uri.Scheme != Uri.UriSchemeFile;

    /// <summary>Why a link is dead; null for one that is not.</summary>
    private static string? Problem(Markdown document, string target)
    {
        var (path, anchor) = target.Split('#', 2) is [var before, var after] ? (before, after) : (target, null);
        var full = path.Length == 0 ? document.FullPath : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document.FullPath)!, path));
        if (!full.StartsWith(Repository.Root + Path.DirectorySeparatorChar, StringComparison.Ordinal) && full != Repository.Root)
            return "it leaves the repository";
        if (!Path.Exists(full))
            return "there is no such file";
        if (anchor is null || !full.EndsWith(".md", StringComparison.Ordinal))
            return null;
        return Markdown.At(full).Anchors().Contains(anchor) ? null : "the file has no such heading";
    }

    [GeneratedRegex("`((?:Api|Events|Faults|Grains|Notifications|Operations|Payments|Rules|Search|Storage|Streams)/[A-Z][A-Za-z]+)`")]
    private static partial Regex TestName { get; }
}

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Documents;

/// <summary>A fenced block of code.</summary>
/// <param name="Language">The tag of its fence; empty for none.</param>
/// <param name="Text">What is in it.</param>
/// <param name="Line">The line of its opening fence, from 1.</param>
/// <param name="FollowsCode">True when only blank lines stand between it and the block before it.</param>
internal sealed record CodeBlock(string Language, string Text, int Line, bool FollowsCode);

/// <summary>A link of a document.</summary>
/// <param name="Target">Where it leads, as it is written.</param>
/// <param name="Line">Its line, from 1.</param>
internal sealed record DocumentLink(string Target, int Line);

/// <summary>One Markdown file of the repository, as GitHub reads it.</summary>
internal sealed partial class Markdown
{
    private static readonly string[] OtherFolders = ["bin", "obj", ".data", ".git"];

    private readonly List<string> prose = [];
    private readonly List<CodeBlock> blocks = [];

    private Markdown(string path)
    {
        FullPath = path;
        Lines = File.ReadAllLines(path);
        Read();
    }

    /// <summary>Where it is.</summary>
    public string FullPath { get; }

    /// <summary>Its path from the root of the repository.</summary>
    public string Name => Path.GetRelativePath(Repository.Root, FullPath);

    /// <summary>Its lines.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>Its lines; those of code blocks are empty, so that line numbers stay.</summary>
    public IReadOnlyList<string> Prose => prose;

    /// <summary>Its fenced code, in order.</summary>
    public IReadOnlyList<CodeBlock> Blocks => blocks;

    /// <summary>The file at a path from the root of the repository.</summary>
    public static Markdown At(string name) => new(Path.Combine(Repository.Root, name));

    /// <summary>Every Markdown file of the repository, but for what builds and runs leave behind.</summary>
    public static IEnumerable<Markdown> All() => Files(Repository.Root).Order(StringComparer.Ordinal).Select(path => new Markdown(path));

    /// <summary>The links outside code.</summary>
    public IEnumerable<DocumentLink> Links() => prose.SelectMany((line, index) =>
        Inline.Matches(Code.Replace(line, "")).Concat(Reference.Matches(line))
            .Select(m => new DocumentLink(m.Groups["target"].Value, index + 1)));

    /// <summary>What links can name after <c>#</c>: its headings, and the ids of its HTML anchors.</summary>
    public HashSet<string> Anchors()
    {
        var anchors = new HashSet<string>(StringComparer.Ordinal);
        foreach (var heading in prose.Select(line => Heading.Match(line)).Where(m => m.Success).Select(m => Slug(m.Groups[1].Value)))
        {
            var anchor = heading;
            for (var again = 1; !anchors.Add(anchor); again++)
                anchor = string.Create(CultureInfo.InvariantCulture, $"{heading}-{again}");
        }
        foreach (Match id in prose.SelectMany(line => HtmlAnchor.Matches(line)))
            anchors.Add(id.Groups[1].Value);
        return anchors;
    }

    /// <summary>A heading as links name it.</summary>
    private static string Slug(string heading)
    {
        var slug = new StringBuilder();
        foreach (var c in LinkedText.Replace(heading.Trim(), "$1").ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(c) || c is '-' or '_')
                slug.Append(c);
            else if (c == ' ')
                slug.Append('-');
        }
        return slug.ToString();
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*.md")
        .Concat(Directory.EnumerateDirectories(folder).Where(f => !OtherFolders.Contains(Path.GetFileName(f))).SelectMany(Files));

    private void Read()
    {
        string? fence = null, language = null;
        var text = new List<string>();
        var (start, followsCode) = (0, false);
        for (var i = 0; i < Lines.Count; i++)
        {
            var line = Lines[i];
            var mark = Fence.Match(line);
            prose.Add(fence is null && !mark.Success ? line : "");
            if (fence is null && mark.Success)
            {
                (fence, language, start) = (mark.Groups[1].Value, mark.Groups[2].Value, i + 1);
                text.Clear();
            }
            else if (fence is not null && line.Trim() == fence)
            {
                blocks.Add(new CodeBlock(language!, string.Join('\n', text), start, followsCode));
                (fence, followsCode) = (null, true);
            }
            else if (fence is not null)
            {
                text.Add(line);
            }
            else if (line.Trim().Length > 0)
            {
                followsCode = false;
            }
        }
    }

    [GeneratedRegex(@"^\s*(```+)\s*([\w-]*)\s*$")]
    private static partial Regex Fence { get; }

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Code { get; }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)[^)]*\)")]
    private static partial Regex Inline { get; }

    [GeneratedRegex(@"^\[[^\]]+\]:\s*(?<target>\S+)")]
    private static partial Regex Reference { get; }

    [GeneratedRegex("^#{1,6} (.+)$")]
    private static partial Regex Heading { get; }

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]*\)")]
    private static partial Regex LinkedText { get; }

    [GeneratedRegex("<a (?:id|name)=\"([^\"]+)\"")]
    private static partial Regex HtmlAnchor { get; }
}

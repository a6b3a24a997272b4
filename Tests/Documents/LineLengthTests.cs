using SoonShop.Tests.Running;

namespace SoonShop.Tests.Documents;

/// <summary>The sources can be read side by side: their lines have at most as many columns as CONTRIBUTING.md says.</summary>
public sealed class LineLengthTests
{
    private const int MaxColumns = 140;

    /// <summary>Folders of what is built, kept or checked out.</summary>
    private static readonly string[] OtherFolders = ["bin", "obj", ".data", ".git"];

    [Fact]
    public void no_line_of_code_or_of_a_script_is_too_long()
    {
        var files = SourceFiles(new DirectoryInfo(Repository.Root)).ToArray();
        Assert.Contains(files, f => f.Name == $"{nameof(LineLengthTests)}.cs");
        Assert.Contains(files, f => f.Name == "run.sh");
        var lines = from file in files.AsParallel()
                    from line in File.ReadLines(file.FullName).Index()
                    where Columns(line.Item) > MaxColumns
                    let name = Path.GetRelativePath(Repository.Root, file.FullName)
                    orderby name, line.Index
                    select $"{name}:{line.Index + 1} has {Columns(line.Item)} columns; {MaxColumns} is the limit.";
        var tooLong = lines.ToArray();
        Assert.True(tooLong.Length == 0, string.Join('\n', tooLong));
    }

    private static IEnumerable<FileInfo> SourceFiles(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles().Where(f => f.Extension is ".cs" or ".sh" || folder.Name == ".ci"))
            yield return file;
        foreach (var inner in folder.EnumerateDirectories().Where(d => !OtherFolders.Contains(d.Name)))
        {
            foreach (var file in SourceFiles(inner))
                yield return file;
        }
    }

    /// <summary>A character counts once, however many code units it takes.</summary>
    private static int Columns(string line) =>
        line.Length > MaxColumns ? line.EnumerateRunes().Count() : line.Length;
}

using System.Xml.Linq;
using SoonShop.Tests.Documents;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Rules;

/// <summary>Which project may refer to which: the table in <c>docs/architecture.md</c>.</summary>
public sealed class ProjectReferenceTests
{
    public static TheoryData<string> Projects => [.. Allowed().Keys];

    [Theory, MemberData(nameof(Projects))]
    public void a_project_refers_only_to_those_that_it_may_refer_to(string project)
    {
        var allowed = Allowed()[project];
        var referred = XDocument.Load(Path.Combine(Repository.Root, project, $"{project}.csproj")).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));
        Assert.Empty(referred.Except(allowed));
    }

    [Fact]
    public void every_project_at_the_top_is_in_the_table()
    {
        var projects = Directory.EnumerateDirectories(Repository.Root).Select(d => Path.GetFileName(d)!)
            .Where(d => d != "Tests" && File.Exists(Path.Combine(Repository.Root, d, $"{d}.csproj")));
        Assert.Equal(projects.Order(StringComparer.Ordinal), Allowed().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void the_providers_refer_to_nothing_of_the_shop()
    {
        Assert.Empty(Allowed()["Orleans.PostgreSql"]);
        var assembly = typeof(SoonShop.Orleans.PostgreSql.PostgresSchema).Assembly;
        Assert.DoesNotContain(assembly.GetReferencedAssemblies(), a => a.Name!.StartsWith("SoonShop", StringComparison.Ordinal));
    }

    /// <summary>By project, the projects that it may refer to.</summary>
    private static Dictionary<string, string[]> Allowed() => Markdown.At(Path.Combine("docs", "architecture.md")).Lines
        .SkipWhile(line => !line.StartsWith("| Project | May refer to |", StringComparison.Ordinal)).Skip(2)
        .TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Split('|'))
        .Where(cells => Names(cells[1]) is not ["Tests"])
        .ToDictionary(cells => Names(cells[1])[0], cells => Names(cells[2]));

    private static string[] Names(string cell) => [.. cell.Split('`').Where((_, i) => i % 2 == 1)];
}

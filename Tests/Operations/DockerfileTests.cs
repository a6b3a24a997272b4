using System.Xml.Linq;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>The form of the Dockerfiles. What they do is done by <c>ImageTests</c>.</summary>
public sealed class DockerfileTests
{
    private static readonly string[] Names = ["silo.Dockerfile", "api.Dockerfile"];

    public static TheoryData<string> Files => [.. Names];

    [Theory]
    [MemberData(nameof(Files))]
    public void an_image_is_built_apart_from_what_runs_and_runs_as_nobody(string name)
    {
        var file = Dockerfile.Read(name);
        Assert.Equal(["build", "final"], file.Stages.Select(s => s.Name));
        // A version, and for what runs an image without shell and package manager.
        Assert.All(file.Stages, s => Assert.Matches(@"^[a-z./-]+/(sdk|aspnet):10\.0-", s.Image));
        Assert.EndsWith("-chiseled", file.Final.Image, StringComparison.Ordinal);
        Assert.Empty(file.Final.Of("RUN"));
        // The front end has an empty directory for images besides.
        string[] images = file.Project == "ApiFrontend" ? ["--from=build --chown=1654:1654 /images /images"] : [];
        Assert.Equal(["--from=build /publish ./", .. images], file.Final.Of("COPY"));
        Assert.Equal((1654, 1654), file.User);
        Assert.Equal(["SIGTERM"], file.Final.Of("STOPSIGNAL"));
        Assert.All(
            (string[])["title", "description", "version", "revision"],
            label => Assert.True(file.Labels.GetValueOrDefault($"org.opencontainers.image.{label}") is { Length: > 0 }, label));
        // The form without a shell: there is none, and signals arrive.
        Assert.Equal(["dotnet", $"SoonShop.{file.Project}.dll"], file.Entrypoint);
        Assert.Equal([.. file.Entrypoint, "health"], file.HealthCheck[..^1]);
        Assert.Contains(new Uri(file.HealthCheck[^1]).Port, file.Ports);
        Assert.Equal("/health/ready", new Uri(file.HealthCheck[^1]).AbsolutePath);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void packages_are_fetched_anew_only_when_a_project_file_changes(string name)
    {
        var file = Dockerfile.Read(name);
        var copied = file.Stages[0].Instructions.TakeWhile(i => i.Instruction != "RUN")
            .Where(i => i.Instruction == "COPY").Select(i => i.Operand).ToList();
        var projects = References(Path.Combine(file.Project, $"{file.Project}.csproj")).Order(StringComparer.Ordinal);
        Assert.Equal(
            projects, copied.Where(c => c.Contains(".csproj", StringComparison.Ordinal))
                .Select(c => c.Split(' ')[0]).Order(StringComparer.Ordinal));
        Assert.Contains("global.json Directory.Build.props Directory.Packages.props ./", copied);
        Assert.Contains($"dotnet restore {file.Project}", file.Stages[0].Of("RUN").First(), StringComparison.Ordinal);
    }

    [Fact]
    public void the_builds_context_is_sources_and_nothing_else()
    {
        var lines = File.ReadLines(Path.Combine(Repository.Root, ".dockerignore")).Where(l => l.Length > 0 && !l.StartsWith('#')).ToList();
        Assert.Equal("*", lines[0]);
        var taken = lines.Where(l => l.StartsWith('!')).Select(l => l[1..]).ToList();
        Assert.All(taken, path => Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), $"{path} is not there"));
        var needed = Names.Select(Dockerfile.Read)
            .SelectMany(f => References(Path.Combine(f.Project, $"{f.Project}.csproj"))).Select(p => p.Split('/')[0]).Distinct();
        Assert.Empty(
            needed.Concat(["global.json", "Directory.Build.props", "Directory.Packages.props", "deploy/publish.sh"]).Except(taken));
        Assert.All(
            (string[])["**/bin", "**/obj", "**/.data", "**/appsettings.Development.json"], pattern => Assert.Contains(pattern, lines));
    }

    /// <summary>A project file and those that it refers to, from the root of the repository.</summary>
    private static IEnumerable<string> References(string project)
    {
        var path = Path.Combine(Repository.Root, project);
        var referred = XDocument.Load(path).Descendants("ProjectReference")
            .Select(r => Path.GetRelativePath(
                Repository.Root, Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, r.Attribute("Include")!.Value))));
        return referred.SelectMany(References).Append(project).Distinct();
    }
}

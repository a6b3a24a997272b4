using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>The programs of one commit, as <c>run.sh</c> builds and starts them: for release, compiled while they run.</summary>
internal sealed class ShopBuild : IAsyncDisposable
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(15);

    /// <summary>The folder of a git worktree that this has made; null for this commit's own.</summary>
    private readonly string? worktree;

    private ShopBuild(string name, string root, string? worktree)
    {
        (Name, this.worktree) = (name, worktree);
        Silo = Program("Silo");
        FrontEnd = Program("ApiFrontend");

        string Program(string project)
        {
            // Not the published programs, which are compiled ahead of time: run.sh does not start those.
            var output = Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(Path.GetDirectoryName(Repository.Program(project)))!);
            var program = Path.Combine(root, output, $"SoonShop.{project}.dll");
            return File.Exists(program) ? program : throw new InvalidOperationException($"The build of {name} has made no {program}.");
        }
    }

    /// <summary>For tables.</summary>
    public string Name { get; }

    /// <summary>The silo's program.</summary>
    public string Silo { get; }

    /// <summary>The front end's program.</summary>
    public string FrontEnd { get; }

    /// <summary>What this benchmark was built with.</summary>
    public static ShopBuild OfThis() => new("this", Repository.Root, null);

    /// <summary>Checks out a commit into a folder of its own, and builds it.</summary>
    public static async Task<ShopBuild> OfCommitAsync(string commit)
    {
        var (code, id, _) = await Repository.TryRunAsync(
            "git", ["-C", Repository.Root, "rev-parse", "--verify", "--quiet", $"{commit}^{{commit}}"], []);
        if (code != 0)
            throw new ArgumentException($"--against: '{commit}' is no commit of this repository.");
        var worktree = Path.Combine(Repository.TestData, $"commit-{id[..12]}-{Guid.NewGuid():N}"[..40]);
        // Of folders that are gone; an earlier run may have been killed.
        await Repository.RunAsync("git", "-C", Repository.Root, "worktree", "prune");
        await Repository.RunAsync("git", "-C", Repository.Root, "worktree", "add", "--detach", worktree, id.Trim());
        try
        {
            foreach (var project in (string[])["Silo", "ApiFrontend"])
            {
                // As run.sh does; and no server of the compiler outlives it.
                var build = await Repository.TryRunAsync(
                    "dotnet",
                    [
                        "build", Path.Combine(worktree, project), "-c", "Release", "-p:RunAnalyzers=false", "-p:PublishReadyToRun=false",
                        "-v", "quiet", "--nologo", "--disable-build-servers",
                    ],
                    [], BuildLimit);
                if (build.Code != 0)
                    throw new InvalidOperationException($"{commit}: the build of {project} failed:\n{build.Output}\n{build.Error}");
            }
            return new ShopBuild(commit, worktree, worktree);
        }
        catch
        {
            await RemoveAsync(worktree);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (worktree is not null)
            await RemoveAsync(worktree);
    }

    private static Task<string> RemoveAsync(string worktree) =>
        Repository.RunAsync("git", "-C", Repository.Root, "worktree", "remove", "--force", worktree);
}

using System.Diagnostics;

namespace SoonShop.Tests.Running;

/// <summary>Where things stand in this checkout.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Where tests keep databases and logs; <c>SOONSHOP_TEST_DATA</c> moves it.</summary>
    public static string TestData { get; } = Directory.CreateDirectory(
        Environment.GetEnvironmentVariable("SOONSHOP_TEST_DATA") is { Length: > 0 } path ? path : Path.Combine(Root, ".data", "tests"))
            .FullName;

    /// <summary>The published program of a project, of the same build configuration as these tests.</summary>
    public static string Program(string project)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(Root, project, "bin", output.Parent!.Name, output.Name, "publish", $"SoonShop.{project}.dll");
    }

    /// <summary>
    /// A project's program of the next version (<c>Tests/NextVersion</c>): this one's with the next one's grains and contracts.
    /// </summary>
    public static string NextProgram(string project)
    {
        var here = Path.GetDirectoryName(Program(project))!;
        var next = Path.Combine(TestData, $"next-{project}-{Environment.ProcessId}");
        foreach (var file in Directory.EnumerateFiles(here, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(next, Path.GetRelativePath(here, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        foreach (var file in Directory.EnumerateFiles(
            Path.Combine(Root, "Tests", "NextVersion", "NextGrains", "bin", output.Parent!.Name, output.Name), "SoonShop.*.dll"))
        {
            var replaced = Path.Combine(next, Path.GetFileName(file));
            if (File.Exists(replaced))
                File.Copy(file, replaced, overwrite: true);
        }
        return Path.Combine(next, Path.GetFileName(Program(project)));
    }

    /// <summary>Runs a program to its end; answers its standard output. Throws with its standard error when it fails.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (code, output, error) = await TryRunAsync(program, arguments, []);
        return code == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {code}: {error}");
    }

    /// <summary>Runs a program to its end, which must come within two minutes unless another limit is given.</summary>
    public static async Task<(int Code, string Output, string Error)> TryRunAsync(
        string program, string[] arguments, Dictionary<string, string?> environment, TimeSpan? within = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var patience = within ?? TimeSpan.FromMinutes(2);
        using var limit = new CancellationTokenSource(patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            throw new TimeoutException($"After {patience.TotalSeconds} s still not ended: {program} {string.Join(' ', arguments)}");
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SoonShop.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside the checkout.");
        return folder.FullName;
    }
}

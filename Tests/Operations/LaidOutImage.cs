using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>
/// What a Dockerfile makes, without a container engine: the program laid out by the script that the Dockerfile calls, in a directory that
/// nobody may write to, run with the image's user, entry point and environment, and nothing of this machine's.
/// </summary>
internal sealed class LaidOutImage : IAsyncDisposable
{
    private readonly Dockerfile file;
    private readonly string secrets;

    private LaidOutImage(Dockerfile file, string folder, string secrets) => (this.file, Folder, this.secrets) = (file, folder, secrets);

    /// <summary>The image's working directory.</summary>
    public string Folder { get; }

    /// <summary>Root starts the program as the image's user; anybody else is nobody special already.</summary>
    private static bool ChangesUser => Environment.UserName == "root";

    /// <summary>Lays the image out.</summary>
    /// <param name="dockerfile">Its Dockerfile.</param>
    /// <param name="secrets">A folder to be mounted as the image's secrets.</param>
    public static async Task<LaidOutImage> CreateAsync(string dockerfile, string secrets)
    {
        var file = Dockerfile.Read(dockerfile);
        // Not below the test data, which may be closed to other users.
        var home = Directory.CreateTempSubdirectory("soonshop-image-");
        home.UnixFileMode |= UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        var folder = Path.Combine(home.FullName, "app");
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Parent!.Name;
        await Repository.RunAsync(
            Path.Combine(Repository.Root, "deploy", "publish.sh"), file.Project, folder, "--configuration", configuration, "--no-build");
        return new LaidOutImage(file, folder, secrets);
    }

    /// <summary>Starts the entry point, with other ports than the image's.</summary>
    public ShopProcess Start(string name, params (string Name, string Value)[] settings)
    {
        var start = Command([.. file.Entrypoint]);
        return ShopProcess.Start(start, name, settings.ToDictionary(s => s.Name, s => (string?)s.Value));
    }

    /// <summary>Runs the entry point with a command, to its end.</summary>
    public Task<(int Code, string Output)> RunAsync(string[] arguments, params (string Name, string Value)[] settings) =>
        CompleteAsync([.. file.Entrypoint, .. arguments], settings);

    /// <summary>The image's health check, at another port.</summary>
    public Task<(int Code, string Output)> CheckHealthAsync(int port) =>
        CompleteAsync([.. file.HealthCheck[..^1], new UriBuilder(file.HealthCheck[^1]) { Port = port }.Uri.ToString()], []);

    public async ValueTask DisposeAsync()
    {
        var home = Path.GetDirectoryName(Folder)!;
        await Repository.RunAsync("chmod", "-R", "u+w", home);
        Directory.Delete(home, recursive: true);
    }

    private async Task<(int Code, string Output)> CompleteAsync(string[] command, (string Name, string Value)[] settings)
    {
        await using var process = ShopProcess.Start(
            Command(command), $"{file.Project} {command[2]}", settings.ToDictionary(s => s.Name, s => (string?)s.Value));
        await process.WaitForExitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, process.Log);
    }

    private ProcessStartInfo Command(string[] command)
    {
        var (user, group) = file.User;
        string[] asUser = ChangesUser
            ? ["setpriv", $"--reuid={user}", $"--regid={group}", "--clear-groups", "--no-new-privs", "--bounding-set=-all", .. command]
            : command;
        var start = new ProcessStartInfo(asUser[0], asUser[1..]) { WorkingDirectory = Folder };
        // A container has its image's environment, and nothing of whoever started it; this machine's runtime must be found, though.
        var runtime = start.Environment.Where(v => v.Key is "PATH" or "DOTNET_ROOT").ToList();
        start.Environment.Clear();
        foreach (var (name, value) in runtime.Concat(file.Environment.Select(e => KeyValuePair.Create(e.Key, (string?)e.Value))))
            start.Environment[name] = value;
        start.Environment["SOONSHOP_SECRETS"] = secrets;
        return start;
    }
}

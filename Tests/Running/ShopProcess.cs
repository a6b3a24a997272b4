using System.Diagnostics;

namespace SoonShop.Tests.Running;

/// <summary>One process of the shop, the real program.</summary>
internal sealed class ShopProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromMinutes(1);
    private readonly Process process;
    private readonly LogBuffer log = new();
    private Task exited = Task.CompletedTask;
    private bool disposed;

    private ShopProcess(string name, Process process) => (Name, this.process) = (name, process);

    /// <summary>For messages.</summary>
    public string Name { get; }

    /// <summary>Its number.</summary>
    public int Id => process.Id;

    /// <summary>True once it ended, however, and <see cref="Log"/> has its last line.</summary>
    public bool HasExited => exited.IsCompleted;

    /// <summary>What it ended with.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>The last lines it wrote.</summary>
    public string Log => log.Text;

    public static ShopProcess Start(string program, string name, Dictionary<string, string?> environment) =>
        Start(new ProcessStartInfo("dotnet", [program]), name, environment);

    /// <summary>Starts a program that stands elsewhere than where it was built.</summary>
    public static ShopProcess Start(ProcessStartInfo start, string name, Dictionary<string, string?> environment)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        var process = new Process { StartInfo = start };
        var shop = new ShopProcess(name, process);
        process.OutputDataReceived += shop.Keep;
        process.ErrorDataReceived += shop.Keep;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        // Completes after the last line of both outputs, not when the process has ended and they are still being read.
        shop.exited = process.WaitForExitAsync();
        return shop;
    }

    /// <summary>Ends it as a power cut would (SIGKILL).</summary>
    public async Task KillAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await WaitForExitAsync(StopLimit);
    }

    /// <summary>Asks it to end (SIGTERM) and waits.</summary>
    public async Task StopAsync()
    {
        if (!process.HasExited)
        {
            await Repository.RunAsync("kill", "-TERM", $"{process.Id}");
            await WaitForExitAsync(StopLimit);
        }
    }

    /// <summary>Waits until it ended by itself.</summary>
    public Task WaitForExitAsync(TimeSpan limit) => exited.EndsAsync(Name, limit);

    /// <summary>Ends it, at the end of a test or of its shop, whichever is first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, true))
            return;
        await KillAsync();
        await log.SaveAsync(Name);
        process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is not null)
            log.Add(e.Data);
    }
}

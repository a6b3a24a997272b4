using System.Diagnostics;
using System.Net.Sockets;
using MimeKit;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Notifications;

/// <summary>A real SMTP server (aiosmtpd, of Debian's packages) that keeps what it accepts in a maildir.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> Program = new(async () =>
        (await Repository.RunAsync(Path.Combine(Repository.Root, "deploy", "debian-package.sh"), "program", "aiosmtpd", "python3-aiosmtpd")).Trim());

    private readonly string folder = Directory.CreateDirectory(Path.Combine(Repository.TestData, $"mail-{Guid.NewGuid():N}")).FullName;
    private Process? process;

    /// <summary>Where it listens, when it does.</summary>
    public int Port { get; } = ShopProcess.FreePort();

    /// <summary>Starts to accept mail.</summary>
    /// <param name="maxBytes">The largest mail that it accepts.</param>
    public async Task StartAsync(int maxBytes = 1_000_000)
    {
        // Debian's own Python must run it, whatever other is on the PATH; and not as root, which it would give up being.
        var start = new ProcessStartInfo(await Program.Value,
            ["-n", "-s", $"{maxBytes}", "-l", $"127.0.0.1:{Port}", "-c", "aiosmtpd.handlers.Mailbox", Path.Combine(folder, "maildir")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = "/usr/bin:/bin";
        process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Until.TrueAsync("the mail server listens", TimeSpan.FromSeconds(30), async () =>
        {
            if (process.HasExited)
                throw new InvalidOperationException($"The mail server ended with {process.ExitCode}.");
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", Port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }

    /// <summary>Ends it; connections are refused from now on.</summary>
    public async Task StopAsync()
    {
        if (process is null)
            return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>Everything that it has accepted.</summary>
    public MimeMessage[] Mails() => Directory.Exists(New) ? [.. Directory.EnumerateFiles(New).Select(f => MimeMessage.Load(f))] : [];

    /// <summary>Waits for as many mails.</summary>
    public async Task<MimeMessage[]> WaitForAsync(int count, int seconds = 60)
    {
        await Until.TrueAsync($"{count} mails arrived", TimeSpan.FromSeconds(seconds), () => Task.FromResult(
            Directory.Exists(New) && Directory.EnumerateFiles(New).Count() >= count));
        return Mails();
    }

    private string New => Path.Combine(folder, "maildir", "new");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(folder, recursive: true);
    }
}

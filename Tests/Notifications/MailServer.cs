using System.Diagnostics;
using System.Net.Sockets;
using MimeKit;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Notifications;

/// <summary>A real SMTP server (aiosmtpd, of Debian's packages) that keeps what it accepts in a maildir.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> Program = new(async () =>
        (await Repository.RunAsync(Path.Combine(Repository.Root, "deploy", "debian-package.sh"), "program", "aiosmtpd", "python3-aiosmtpd"))
            .Trim());

    /// <summary>What the server's own command line cannot do: take mail only from who has logged in.</summary>
    private const string LoginHandler = """
        import base64
        from aiosmtpd.handlers import Mailbox
        from aiosmtpd.smtp import AuthResult

        class LoginMailbox(Mailbox):
            def __init__(self, maildir, user, password):
                super().__init__(maildir)
                self.expected = b"\0" + user.encode() + b"\0" + password.encode()

            @classmethod
            def from_cli(cls, parser, *args):
                return cls(*args)

            async def auth_PLAIN(self, server, args):
                given = base64.b64decode(args[1]) if len(args) == 2 else await server.challenge_auth("")
                return AuthResult(success=given == self.expected, handled=False)

            async def handle_MAIL(self, server, session, envelope, address, options):
                if not session.authenticated:
                    return "530 5.7.0 Authentication required"
                envelope.mail_from = address
                envelope.mail_options.extend(options)
                return "250 OK"

        """;

    private readonly string folder = Directory.CreateDirectory(Path.Combine(Repository.TestData, $"mail-{Guid.NewGuid():N}")).FullName;
    private Process? process;

    /// <summary>Where it listens, when it does.</summary>
    public int Port { get; } = TcpPort.Free();

    /// <summary>Starts to accept mail.</summary>
    /// <param name="maxBytes">The largest mail that it accepts.</param>
    /// <param name="login">If given, it offers STARTTLS, and takes mail only after that and a login.</param>
    public async Task StartAsync(int maxBytes = 1_000_000, MailLogin? login = null)
    {
        var maildir = Path.Combine(folder, "maildir");
        string[] handler = ["-c", "aiosmtpd.handlers.Mailbox", maildir];
        if (login is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "login_mailbox.py"), LoginHandler);
            handler =
            [
                "--tlscert", login.Certificate.CertificatePath, "--tlskey", login.Certificate.KeyPath, "-c", "login_mailbox.LoginMailbox",
                maildir, login.User, login.Password,
            ];
        }
        // Debian's own Python must run it, whatever other is on the PATH; and not as root, which it would give up being.
        var start = new ProcessStartInfo(await Program.Value, ["-n", "-s", $"{maxBytes}", "-l", $"127.0.0.1:{Port}", .. handler])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["PYTHONPATH"] = folder;
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
        await process.WaitForExitAsync().EndsAsync("the mail server", TimeSpan.FromMinutes(1));
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

/// <summary>What a mail server asks for.</summary>
internal sealed record MailLogin(string User, string Password, ServerCertificate Certificate);

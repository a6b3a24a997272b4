using System.Collections.Concurrent;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;
using SoonShop.Events;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Sends mail to a server by SMTP, over a few reused connections. After a failed connection, mail is rejected at once for a short time, so
/// that retries do not queue for connections while the server is unreachable.
/// </summary>
internal sealed class SmtpTransport(IOptions<NotificationsOptions> options, TimeProvider time) : IMailTransport, IDisposable
{
    /// <summary>Connections idle for longer are dropped, because servers close them. Others are probed before they are used.</summary>
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(30);

    /// <summary>How long after a failed connection no new one is tried.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The most mails over one connection. Some servers limit them.</summary>
    private const int MaxMails = 100;

    private readonly SmtpOptions smtp = options.Value.Email.Smtp;
    private readonly SemaphoreSlim connections = new(options.Value.Email.Smtp.MaxConnections);
    private readonly ConcurrentStack<Connection> idle = new();
    private long unreachableUntil;

    public async Task SendAsync(MimeMessage mail, string name)
    {
        var limit = TimeSpan.FromSeconds(smtp.TimeoutSeconds);
        using var end = new CancellationTokenSource(limit, time);
        try
        {
            await connections.WaitAsync(end.Token);
            try
            {
                var connection = await ConnectAsync(end.Token);
                await SendAsync(connection, mail, end.Token);
            }
            finally
            {
                connections.Release();
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            throw new TimeoutException($"The mail server {smtp.Host}:{smtp.Port} did not accept the mail within {smtp.TimeoutSeconds} s.");
        }
    }

    private async Task SendAsync(Connection connection, MimeMessage mail, CancellationToken cancellation)
    {
        try
        {
            await connection.Client.SendAsync(mail, cancellation);
        }
        catch (Exception e) when (IsForGood(e))
        {
            connection.Dispose();
            throw new HandlingException(ErrorClass.Permanent, $"The mail server rejected the mail permanently: {e.Message}", e);
        }
        catch (Exception e)
        {
            connection.Dispose();
            throw e is OperationCanceledException ? e : Trouble(e);
        }
        connection.Mails++;
        connection.UsedAt = time.GetTimestamp();
        if (connection.Mails < MaxMails)
            idle.Push(connection);
        else
            connection.Dispose();
    }

    private async Task<Connection> ConnectAsync(CancellationToken cancellation)
    {
        while (idle.TryPop(out var used))
        {
            if (time.GetElapsedTime(used.UsedAt) < MaxIdle && await LivesAsync(used, cancellation))
                return used;
            used.Dispose();
        }
        if (time.GetUtcNow().Ticks < Interlocked.Read(ref unreachableUntil))
            throw new HandlingException(ErrorClass.Network, $"The mail server {smtp.Host}:{smtp.Port} could not be reached a moment ago.");
        var client = new SmtpClient { Timeout = (int)(smtp.TimeoutSeconds * 1000) };
        try
        {
            await client.ConnectAsync(smtp.Host, smtp.Port, smtp.Security switch
            {
                SmtpSecurity.None => SecureSocketOptions.None,
                SmtpSecurity.Tls => SecureSocketOptions.SslOnConnect,
                _ => SecureSocketOptions.StartTls,
            }, cancellation);
            if (smtp is { User: { Length: > 0 } user, Password: { } password })
                await client.AuthenticateAsync(user, password, cancellation);
            return new Connection(client) { UsedAt = time.GetTimestamp() };
        }
        catch (Exception e)
        {
            client.Dispose();
            Interlocked.Exchange(ref unreachableUntil, (time.GetUtcNow() + Pause).Ticks);
            throw e is OperationCanceledException ? e : Trouble(e);
        }
    }

    private static async Task<bool> LivesAsync(Connection connection, CancellationToken cancellation)
    {
        try
        {
            await connection.Client.NoOpAsync(cancellation);
            return true;
        }
        catch (Exception e) when (e is IOException or ServiceNotConnectedException or ProtocolException or CommandException)
        {
            return false;
        }
    }

    /// <summary>
    /// True for an error of this mail alone: its recipient (RFC 5321, section 4.2.1: 5yz is permanent), its content or size, or an address
    /// that the server cannot write.
    /// </summary>
    private static bool IsForGood(Exception e) => e is NotSupportedException
        || (e is SmtpCommandException { StatusCode: SmtpStatusCode.ExceededStorageAllocation })
        || (e is SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted } command
            && (int)command.StatusCode >= 500);

    /// <summary>Wraps an error that passes by itself or that the operators of the server or the shop can fix.</summary>
    private HandlingException Trouble(Exception e) => new(ErrorClass.Network, $"The mail server {smtp.Host}:{smtp.Port}: {e.Message}", e);

    public void Dispose()
    {
        while (idle.TryPop(out var connection))
            connection.Dispose();
        connections.Dispose();
    }

    private sealed class Connection(SmtpClient client) : IDisposable
    {
        public SmtpClient Client => client;

        public int Mails { get; set; }

        public long UsedAt { get; set; }

        public void Dispose() => client.Dispose();
    }
}

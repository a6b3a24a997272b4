using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;
using MimeKit;
using SoonShop.Notifications;
using SoonShop.Users;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Writes each mail to a file in a folder, for development. A file appears only when it is complete. The same mail gives the same file
/// again.
/// </summary>
internal sealed class MailDirectory(IOptions<NotificationsOptions> options) : IMailTransport
{
    /// <summary>The size of a typical mail, in bytes.</summary>
    private const int UsualSize = 8192;

    /// <summary>A buffer that has grown beyond this size is not reused.</summary>
    private const int LargestKept = 128 * 1024;

    /// <summary>Writes headers in UTF-8, without encoded words.</summary>
    private static readonly FormatOptions Readable = MakeReadable();

    [ThreadStatic]
    private static MemoryStream? spare;

    private readonly string folder = Path.GetFullPath(options.Value.Email.Directory!);

    public Task SendAsync(MimeMessage mail, string name)
    {
        var bytes = spare ?? new MemoryStream(UsualSize);
        spare = null;
        mail.WriteTo(HasEncoded(mail.Headers) ? Readable : FormatOptions.Default, bytes);
        Write(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), name);
        bytes.SetLength(0);
        if (bytes.Capacity <= LargestKept)
            spare = bytes;
        return Task.CompletedTask;
    }

    /// <summary>True when a header contains encoded words. The headers of the parts never do.</summary>
    private static bool HasEncoded(HeaderList headers)
    {
        foreach (var header in headers)
        {
            if (header.RawValue.AsSpan().IndexOf("=?"u8) >= 0 || header.RawValue.AsSpan().IndexOf("xn--"u8) >= 0)
                return true;
        }
        return false;
    }

    private void Write(ReadOnlySpan<byte> mail, string name)
    {
        var unfinished = $"{folder}/.{name}.{Guid.NewGuid():N}";
        var file = Create(unfinished);
        try
        {
            using (file)
                RandomAccess.Write(file, mail, 0);
            File.Move(unfinished, $"{folder}/{name}.eml", overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    /// <summary>
    /// Creates a new file. Truncating an existing file takes several times as long: when a truncated file is closed, ext4 writes it to the
    /// disk.
    /// </summary>
    private static SafeFileHandle Create(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        }
        catch (DirectoryNotFoundException)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        }
    }

    /// <summary>Removes the mails to an address.</summary>
    public async Task RemoveAsync(string email, CancellationToken cancellation)
    {
        if (!Directory.Exists(options.Value.Email.Directory))
            return;
        // The account may date from a version that normalized addresses in another way.
        var normal = EmailAddress.Normalize(email);
        foreach (var path in Directory.EnumerateFiles(options.Value.Email.Directory, "*.eml"))
        {
            var mail = await MimeMessage.LoadAsync(path, cancellation);
            if (mail.To.Mailboxes.Any(m => EmailAddress.Normalize(m.Address) == normal))
                File.Delete(path);
        }
    }

    private static FormatOptions MakeReadable()
    {
        var options = FormatOptions.Default.Clone();
        options.International = true;
        return options;
    }
}

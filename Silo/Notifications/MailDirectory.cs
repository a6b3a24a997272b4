using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;
using MimeKit;
using SoonShop.Notifications;
using SoonShop.Users;

namespace SoonShop.Silo.Notifications;

/// <summary>Writes mail into a folder, a file each, for development. A file is whole as soon as it is there; the same mail again is the same file.</summary>
internal sealed class MailDirectory(IOptions<NotificationsOptions> options) : IMailTransport
{
    /// <summary>Bytes of most mails.</summary>
    private const int UsualSize = 8192;

    private static readonly FormatOptions Readable = MakeReadable();

    public Task SendAsync(MimeMessage mail, string name)
    {
        // Readable as it is, in any editor: UTF-8 in header and text, without encodings.
        foreach (var part in mail.BodyParts.OfType<TextPart>())
            part.ContentTransferEncoding = ContentEncoding.EightBit;
        using var bytes = new MemoryStream(UsualSize);
        mail.WriteTo(Readable, bytes);
        var folder = Path.GetFullPath(options.Value.Email.Directory!);
        var unfinished = Path.Combine(folder, $".{name}.{Guid.NewGuid():N}");
        var file = Create(unfinished);
        try
        {
            using (file)
                RandomAccess.Write(file, bytes.GetBuffer().AsSpan(0, (int)bytes.Length), 0);
            File.Move(unfinished, Path.Combine(folder, $"{name}.eml"), overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
        return Task.CompletedTask;
    }

    /// <summary>
    /// Makes a new file. Creating it in a way that truncates one which is there takes several times as long: ext4 writes a file that was
    /// truncated to the disk when it is closed.
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

    /// <summary>Removes mail to an address.</summary>
    public async Task RemoveAsync(string email, CancellationToken cancellation)
    {
        if (!Directory.Exists(options.Value.Email.Directory))
            return;
        // An account may have been made when addresses had another normal form.
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

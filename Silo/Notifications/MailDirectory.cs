using Microsoft.Extensions.Options;
using MimeKit;
using SoonShop.Notifications;
using SoonShop.Users;

namespace SoonShop.Silo.Notifications;

/// <summary>Writes mail into a folder, a file each, for development. A file is whole as soon as it is there; the same mail again is the same file.</summary>
internal sealed class MailDirectory(IOptions<NotificationsOptions> options) : IMailTransport
{
    private static readonly FormatOptions Readable = MakeReadable();

    public async Task SendAsync(MimeMessage mail, string name)
    {
        var folder = Directory.CreateDirectory(options.Value.Email.Directory!).FullName;
        // Readable as it is, in any editor: UTF-8 in header and text, without encodings.
        foreach (var part in mail.BodyParts.OfType<TextPart>())
            part.ContentTransferEncoding = ContentEncoding.EightBit;
        var unfinished = Path.Combine(folder, $".{name}.{Guid.NewGuid():N}");
        try
        {
            await using (var file = File.Create(unfinished))
                await mail.WriteToAsync(Readable, file);
            File.Move(unfinished, Path.Combine(folder, $"{name}.eml"), overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
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

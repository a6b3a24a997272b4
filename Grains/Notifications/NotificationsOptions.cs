namespace SoonShop.Notifications;

/// <summary>Configuration section <c>Notifications</c>.</summary>
public sealed class NotificationsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Notifications";

    /// <summary>Where customers find the shop: what links in mail begin with.</summary>
    public string PublicUrl { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The shop's name in mail.</summary>
    public string ShopName { get; set; } = "SoonShop";

    /// <summary>Templates of one's own: a folder with a folder a language, <c>en</c> at least; null for the shop's.</summary>
    public string? TemplateFolder { get; set; }

    /// <summary>E-mail.</summary>
    public EmailOptions Email { get; set; } = new();

    /// <summary>Webhooks.</summary>
    public WebhookOptions Webhooks { get; set; } = new();

    /// <summary>What is wrong, each with what to set.</summary>
    /// <param name="attemptSeconds"><c>Events:AttemptSeconds</c>: a handler that posts must have time left to say how it went.</param>
    public IEnumerable<string> Problems(double attemptSeconds)
    {
        if (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Query.Length > 0 || url.Fragment.Length > 0)
            yield return $"Notifications:PublicUrl is '{PublicUrl}'; set Notifications__PublicUrl to where customers find the shop, such as https://shop.example.";
        if (ShopName.Length is < 1 or > 100 || !Text.IsLine(ShopName))
            yield return "Notifications:ShopName must be 1–100 characters on one line; set Notifications__ShopName.";
        foreach (var problem in Email.Problems().Concat(Webhooks.Problems(attemptSeconds)))
            yield return problem;
    }
}

/// <summary>How e-mail goes out.</summary>
public enum EmailMode
{
    /// <summary>It does not: no messages are made for it.</summary>
    Off,
    /// <summary>Into files, for development.</summary>
    Directory,
    /// <summary>To a mail server.</summary>
    Smtp,
}

/// <summary>Configuration section <c>Notifications:Email</c>.</summary>
public sealed class EmailOptions
{
    /// <summary>How it goes out.</summary>
    public EmailMode Mode { get; set; }

    /// <summary>The folder of <see cref="EmailMode.Directory"/>.</summary>
    public string? Directory { get; set; }

    /// <summary>The sender's address, which also names the domain of Message-IDs.</summary>
    public string From { get; set; } = "";

    /// <summary>Where answers go; null for the sender.</summary>
    public string? ReplyTo { get; set; }

    /// <summary>
    /// Mails about guests' orders to one address in any hour; more are held back for good. Nobody has proven that such an address is the
    /// guest's: it may be a stranger's, whose mailbox is to be filled. 6 is twice what a guest gets who orders three times in one hour, and
    /// leaves room for a declined card and an order that is called off; mail about parcels does not count. Mails that front ends let
    /// anybody ask for count, too; keep this below their <c>RateLimits:Mail:Requests</c> (8), or guests' orders could use up the mail with
    /// which a password is reset. 0 for no limit.
    /// </summary>
    public int GuestMailsPerHour { get; set; } = 6;

    /// <summary>The mail server.</summary>
    public SmtpOptions Smtp { get; set; } = new();

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (Mode == EmailMode.Off)
            yield break;
        if (GuestMailsPerHour is < 0 or > RateLimits.RateLimit.MaxRequests)
            yield return $"Notifications:Email:GuestMailsPerHour is {GuestMailsPerHour}; "
                + $"set Notifications__Email__GuestMailsPerHour to 1–{RateLimits.RateLimit.MaxRequests}, or to 0 for no limit.";
        if (!Users.EmailAddress.IsValid(From))
            yield return $"Notifications:Email:From is '{From}'; set Notifications__Email__From to the sender's address.";
        if (ReplyTo is { Length: > 0 } && !Users.EmailAddress.IsValid(ReplyTo))
            yield return $"Notifications:Email:ReplyTo is '{ReplyTo}'; set Notifications__Email__ReplyTo to an address, or leave it out.";
        if (Mode == EmailMode.Directory && string.IsNullOrWhiteSpace(Directory))
            yield return "Notifications:Email:Directory is not set; set Notifications__Email__Directory to the folder for mail.";
        foreach (var problem in Mode == EmailMode.Smtp ? Smtp.Problems() : [])
            yield return problem;
    }
}

/// <summary>How the connection to a mail server is secured.</summary>
public enum SmtpSecurity
{
    /// <summary>Not at all; for a server on the same machine.</summary>
    None,
    /// <summary>By STARTTLS, which the server must offer.</summary>
    StartTls,
    /// <summary>By TLS from the first byte.</summary>
    Tls,
}

/// <summary>Configuration section <c>Notifications:Email:Smtp</c>.</summary>
public sealed class SmtpOptions
{
    /// <summary>The server.</summary>
    public string Host { get; set; } = "";

    /// <summary>Its port.</summary>
    public int Port { get; set; } = 587;

    /// <summary>How the connection is secured.</summary>
    public SmtpSecurity Security { get; set; } = SmtpSecurity.StartTls;

    /// <summary>The account; null for none.</summary>
    public string? User { get; set; }

    /// <summary>Its password.</summary>
    public string? Password { get; set; }

    /// <summary>Connections of each silo.</summary>
    public int MaxConnections { get; set; } = 4;

    /// <summary>
    /// Seconds for which the server's answer to a whole message is awaited. An attempt ends before; the message goes on meanwhile, and the
    /// next attempt asks how it went.
    /// </summary>
    public double TimeoutSeconds { get; set; } = 30;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (Uri.CheckHostName(Host) == UriHostNameType.Unknown)
            yield return $"Notifications:Email:Smtp:Host is '{Host}'; set Notifications__Email__Smtp__Host to the mail server.";
        if (Port is < 1 or > 65535)
            yield return $"Notifications:Email:Smtp:Port is {Port}; set Notifications__Email__Smtp__Port to 1–65535.";
        if (string.IsNullOrEmpty(User) != string.IsNullOrEmpty(Password))
            yield return "Notifications:Email:Smtp:User and Password belong together; set Notifications__Email__Smtp__User and Notifications__Email__Smtp__Password, or neither.";
        if (!string.IsNullOrEmpty(Password) && Security == SmtpSecurity.None)
            yield return "Notifications:Email:Smtp:Security is None, but there is a password to send; set Notifications__Email__Smtp__Security to StartTls or Tls.";
        if (MaxConnections is < 1 or > 100)
            yield return $"Notifications:Email:Smtp:MaxConnections is {MaxConnections}; set Notifications__Email__Smtp__MaxConnections to 1–100.";
        if (TimeoutSeconds is not (>= 1 and <= 300))
            yield return $"Notifications:Email:Smtp:TimeoutSeconds is {TimeoutSeconds}; set Notifications__Email__Smtp__TimeoutSeconds to 1–300.";
    }
}

/// <summary>Configuration section <c>Notifications:Webhooks</c>.</summary>
public sealed class WebhookOptions
{
    /// <summary>Whether endpoints may be on this machine or in private networks. Only where administrators may reach those anyway.</summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>Seconds within which an endpoint must have answered.</summary>
    public double TimeoutSeconds { get; set; } = 4;

    /// <summary>Failed posts in a row after which an endpoint is switched off …</summary>
    public int DisableAfterFailures { get; set; } = 20;

    /// <summary>… when they have gone on for so many minutes.</summary>
    public double DisableAfterMinutes { get; set; } = 60;

    /// <summary>Posts of one silo that are under way to one endpoint.</summary>
    public int MaxConcurrent { get; set; } = 8;

    /// <summary>What is wrong, each with what to set.</summary>
    /// <param name="attemptSeconds"><c>Events:AttemptSeconds</c>.</param>
    public IEnumerable<string> Problems(double attemptSeconds)
    {
        if (TimeoutSeconds is not (>= 0.1 and <= 7.5))
            yield return $"Notifications:Webhooks:TimeoutSeconds is {TimeoutSeconds}; set Notifications__Webhooks__TimeoutSeconds to 0.1–7.5, less than Events:AttemptSeconds.";
        else if (TimeoutSeconds >= attemptSeconds)
            yield return $"Notifications:Webhooks:TimeoutSeconds is {TimeoutSeconds}, and an attempt ends after Events:AttemptSeconds, {attemptSeconds}; set Notifications__Webhooks__TimeoutSeconds to less, or Events__AttemptSeconds to more.";
        if (DisableAfterFailures is < 1 or > 10_000)
            yield return $"Notifications:Webhooks:DisableAfterFailures is {DisableAfterFailures}; set Notifications__Webhooks__DisableAfterFailures to 1–10000.";
        if (DisableAfterMinutes is not (>= 0 and <= 10_080))
            yield return $"Notifications:Webhooks:DisableAfterMinutes is {DisableAfterMinutes}; set Notifications__Webhooks__DisableAfterMinutes to 0–10080.";
        if (MaxConcurrent is < 1 or > 1000)
            yield return $"Notifications:Webhooks:MaxConcurrent is {MaxConcurrent}; set Notifications__Webhooks__MaxConcurrent to 1–1000.";
    }
}

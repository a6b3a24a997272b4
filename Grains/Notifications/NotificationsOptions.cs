namespace SoonShop.Notifications;

/// <summary>Configuration section <c>Notifications</c>: what mail to customers says of the shop.</summary>
public sealed class NotificationsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Notifications";

    /// <summary>The URL of the shop for customers, without query. Links in mail begin with it.</summary>
    public string PublicUrl { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The shop's name in mail, 1–100 characters.</summary>
    public string ShopName { get; set; } = "SoonShop";

    /// <summary>
    /// A folder with your own templates: one folder for each language, at least <c>en</c>. Empty for the built-in templates.
    /// </summary>
    public string? TemplateFolder { get; set; }

    /// <summary>E-mail.</summary>
    public EmailOptions Email { get; set; } = new();

    /// <summary>Webhooks.</summary>
    public WebhookOptions Webhooks { get; set; } = new();

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    /// <param name="attemptSeconds"><c>Events:AttemptSeconds</c>. A handler that posts must have time left to report the outcome.</param>
    public IEnumerable<string> Problems(double attemptSeconds)
    {
        if (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https")
            || url.Query.Length > 0
            || url.Fragment.Length > 0)
            yield return $"Notifications:PublicUrl is '{PublicUrl}'; set Notifications__PublicUrl to where customers find the shop, such "
                + "as https://shop.example.";
        if (ShopName.Length is < 1 or > 100 || !Text.IsLine(ShopName))
            yield return "Notifications:ShopName must be 1–100 characters on one line; set Notifications__ShopName.";
        foreach (var problem in Email.Problems().Concat(Webhooks.Problems(attemptSeconds)))
            yield return problem;
    }
}

/// <summary>How e-mail goes out.</summary>
public enum EmailMode
{
    /// <summary>No mail is created.</summary>
    Off,
    /// <summary>Mail is written to files, for development.</summary>
    Directory,
    /// <summary>Mail goes to a mail server.</summary>
    Smtp,
}

/// <summary>Configuration section <c>Notifications:Email</c>: whether and how e-mail is sent.</summary>
public sealed class EmailOptions
{
    /// <summary>How e-mail is sent.</summary>
    public EmailMode Mode { get; set; }

    /// <summary>The folder for mail. Required when <c>Mode</c> is <c>Directory</c>.</summary>
    public string? Directory { get; set; }

    /// <summary>The sender's address. Required unless <c>Mode</c> is <c>Off</c>. Its domain is used in <c>Message-ID</c>.</summary>
    public string From { get; set; } = "";

    /// <summary>The address for replies; empty for the sender's.</summary>
    public string? ReplyTo { get; set; }

    /// <summary>
    /// The maximum number of mails within an hour to one address that nobody has verified: a guest's, or that of an account before its
    /// verification; 0 sets no limit. Further mails are not sent. Mails about unpaid orders and about an account's password and address
    /// share one count. Order confirmations, refunds, and mails with a verification token each have a count of their own. Mail about
    /// shipping and delivery does not count. Keep it below <c>RateLimits:Mail:Requests</c> of the front end, so that orders in somebody's
    /// name cannot use up the mails for password resets.
    /// </summary>
    public int GuestMailsPerHour { get; set; } = 6;

    /// <summary>The mail server.</summary>
    public SmtpOptions Smtp { get; set; } = new();

    /// <summary>Returns what is wrong, each with the value to set.</summary>
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
    /// <summary>Not encrypted; for a server on the same machine.</summary>
    None,
    /// <summary>STARTTLS, which the server must offer.</summary>
    StartTls,
    /// <summary>TLS from the start.</summary>
    Tls,
}

/// <summary>
/// Configuration section <c>Notifications:Email:Smtp</c>: the mail server. A certificate of your own authority is trusted through the
/// environment variable <c>SSL_CERT_FILE</c>.
/// </summary>
public sealed class SmtpOptions
{
    /// <summary>The mail server. Required when <c>Mode</c> is <c>Smtp</c>.</summary>
    public string Host { get; set; } = "";

    /// <summary>The port of the mail server.</summary>
    public int Port { get; set; } = 587;

    /// <summary>How the connection is encrypted.</summary>
    public SmtpSecurity Security { get; set; } = SmtpSecurity.StartTls;

    /// <summary>The user name; empty for no authentication.</summary>
    public string? User { get; set; }

    /// <summary>The password. With a password, <c>Security</c> must not be <c>None</c>.</summary>
    public string? Password { get; set; }

    /// <summary>The maximum number of connections of one silo to the mail server.</summary>
    public int MaxConnections { get; set; } = 4;

    /// <summary>
    /// How long the mail server may take to accept a message, in seconds. The handler's own time limit (<c>Events:AttemptSeconds</c>) is
    /// shorter; the retry receives the result of the running send.
    /// </summary>
    public double TimeoutSeconds { get; set; } = 30;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (Uri.CheckHostName(Host) == UriHostNameType.Unknown)
            yield return $"Notifications:Email:Smtp:Host is '{Host}'; set Notifications__Email__Smtp__Host to the mail server.";
        if (Port is < 1 or > 65535)
            yield return $"Notifications:Email:Smtp:Port is {Port}; set Notifications__Email__Smtp__Port to 1–65535.";
        if (string.IsNullOrEmpty(User) != string.IsNullOrEmpty(Password))
            yield return "Notifications:Email:Smtp:User and Password belong together; set Notifications__Email__Smtp__User and "
                + "Notifications__Email__Smtp__Password, or neither.";
        if (!string.IsNullOrEmpty(Password) && Security == SmtpSecurity.None)
            yield return "Notifications:Email:Smtp:Security is None, but there is a password to send; "
                + "set Notifications__Email__Smtp__Security to StartTls or Tls.";
        if (MaxConnections is < 1 or > 100)
            yield return $"Notifications:Email:Smtp:MaxConnections is {MaxConnections}; set Notifications__Email__Smtp__MaxConnections to "
                + "1–100.";
        if (TimeoutSeconds is not (>= 1 and <= 300))
            yield return $"Notifications:Email:Smtp:TimeoutSeconds is {TimeoutSeconds}; set Notifications__Email__Smtp__TimeoutSeconds to "
                + "1–300.";
    }
}

/// <summary>Configuration section <c>Notifications:Webhooks</c>: how events are posted to webhook endpoints.</summary>
public sealed class WebhookOptions
{
    /// <summary>
    /// Allows endpoints on this machine and in private networks. Set it only where administrators may reach those networks anyway.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>The time limit for an endpoint's response, in seconds. It must be less than <c>Events:AttemptSeconds</c>.</summary>
    public double TimeoutSeconds { get; set; } = 4;

    /// <summary>
    /// The number of failed posts in a row after which an endpoint is disabled, once <c>DisableAfterMinutes</c> have passed, too.
    /// </summary>
    public int DisableAfterFailures { get; set; } = 20;

    /// <summary>The minutes for which posts must have failed before an endpoint is disabled.</summary>
    public double DisableAfterMinutes { get; set; } = 60;

    /// <summary>The maximum number of posts of one silo to one endpoint at the same time.</summary>
    public int MaxConcurrent { get; set; } = 8;

    /// <summary>The days for which attempts to post are logged; 0 logs none.</summary>
    public int LogRetentionDays { get; set; } = 30;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    /// <param name="attemptSeconds"><c>Events:AttemptSeconds</c>.</param>
    public IEnumerable<string> Problems(double attemptSeconds)
    {
        if (TimeoutSeconds is not (>= 0.1 and <= 7.5))
            yield return $"Notifications:Webhooks:TimeoutSeconds is {TimeoutSeconds}; "
                + "set Notifications__Webhooks__TimeoutSeconds to 0.1–7.5, less than Events:AttemptSeconds.";
        else if (TimeoutSeconds >= attemptSeconds)
            yield return $"Notifications:Webhooks:TimeoutSeconds is {TimeoutSeconds}, and an attempt ends after Events:AttemptSeconds, "
                + $"{attemptSeconds}; set Notifications__Webhooks__TimeoutSeconds to less, or Events__AttemptSeconds to more.";
        if (DisableAfterFailures is < 1 or > 10_000)
            yield return $"Notifications:Webhooks:DisableAfterFailures is {DisableAfterFailures}; set "
                + "Notifications__Webhooks__DisableAfterFailures to 1–10000.";
        if (DisableAfterMinutes is not (>= 0 and <= 10_080))
            yield return $"Notifications:Webhooks:DisableAfterMinutes is {DisableAfterMinutes}; set "
                + "Notifications__Webhooks__DisableAfterMinutes to 0–10080.";
        if (MaxConcurrent is < 1 or > 1000)
            yield return $"Notifications:Webhooks:MaxConcurrent is {MaxConcurrent}; set Notifications__Webhooks__MaxConcurrent to 1–1000.";
        if (LogRetentionDays is < 0 or > 3650)
            yield return $"Notifications:Webhooks:LogRetentionDays is {LogRetentionDays}; set Notifications__Webhooks__LogRetentionDays to "
                + "0–3650.";
    }
}

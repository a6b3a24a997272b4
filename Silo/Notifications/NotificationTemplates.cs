using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using SoonShop.Notifications;
using SoonShop.Orders;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// The Liquid templates of notifications. There is a folder per language and a file per kind, with title, text and link label separated by
/// lines of three dashes. A layout for text and one for HTML complete the mail. Loading checks that each template exists, can be parsed,
/// and renders its kind's details without naming an unknown value.
/// </summary>
internal sealed partial class NotificationTemplates : INotificationTexts
{
    /// <summary>The language for locales that have no templates.</summary>
    private const string Fallback = "en";

    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly Dictionary<string, Language> languages;
    private readonly string shopName;
    private readonly string publicUrl;

    private NotificationTemplates(Dictionary<string, Language> languages, NotificationsOptions options) =>
        (this.languages, shopName, publicUrl) = (languages, options.ShopName, options.PublicUrl.TrimEnd('/'));

    /// <summary>The folder of the shop's own templates.</summary>
    public static string DefaultFolder { get; } = Path.Combine(AppContext.BaseDirectory, "Notifications", "Templates");

    /// <summary>Reads and checks the templates, and adds every problem to <paramref name="problems"/>.</summary>
    public static NotificationTemplates Load(NotificationsOptions options, List<string> problems)
    {
        var folder = options.TemplateFolder is { Length: > 0 } own ? own : DefaultFolder;
        var languages = new Dictionary<string, Language>();
        var templates = new NotificationTemplates(languages, options);
        if (!Directory.Exists(Path.Combine(folder, Fallback)))
        {
            problems.Add(
                $"Notifications: there is no folder {Path.Combine(folder, Fallback)} with templates; "
                + "set Notifications__TemplateFolder to the folder that holds one folder a language.");
            return templates;
        }
        foreach (var path in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            var before = problems.Count;
            var language = ReadLanguage(path, problems);
            languages[Path.GetFileName(path)] = language;
            if (problems.Count == before)
                templates.Check(Path.GetFileName(path), problems);
        }
        return templates;
    }

    /// <summary>Returns the language of a locale: the part before the first dash, if there are templates for it.</summary>
    public string LanguageOf(string locale)
    {
        var primary = locale.Split('-', 2)[0].ToLowerInvariant();
        return languages.ContainsKey(primary) ? primary : Fallback;
    }

    public NotificationText Write(NotificationKind kind, string locale, NotificationDetails details)
    {
        var language = LanguageOf(locale);
        return Write(language, kind, Model(language, kind, details, name: null), Suppress);
    }

    /// <summary>Writes the mail for a notification.</summary>
    public MailText WriteMail(NotificationKind kind, Recipient to, NotificationDetails details)
    {
        var language = LanguageOf(to.Locale);
        return WriteMail(language, kind, Model(language, kind, details, to.Name), Suppress);
    }

    private NotificationText Write(string language, NotificationKind kind, LiquidModel model, Action<string, string> complain)
    {
        using var rendering = new LiquidRendering(model, complain);
        return Write(languages[language].Words[kind], rendering);
    }

    private static NotificationText Write(Words words, LiquidRendering rendering) => new(
        OneLine(rendering.Render(words.Title, "title")), rendering.Render(words.Text, "text").Trim().ToString());

    /// <summary>Turns a title into one line.</summary>
    private static string OneLine(ReadOnlySpan<char> title)
    {
        var isOne = true;
        var afterSpace = true;
        foreach (var c in title)
        {
            var isSpace = char.IsWhiteSpace(c);
            isOne &= !isSpace || (c == ' ' && !afterSpace);
            afterSpace = isSpace;
        }
        return isOne && !afterSpace
            ? title.ToString()
            : string.Join(' ', title.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private MailText WriteMail(string language, NotificationKind kind, LiquidModel model, Action<string, string> complain)
    {
        var (layout, words) = (languages[language], languages[language].Words[kind]);
        using var rendering = new LiquidRendering(model, complain);
        var (title, text) = Write(words, rendering);
        model["title"] = title;
        model.Add(
            "paragraphs", text.ReplaceLineEndings("\n")
                .Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        model["action"] = words.Action is null ? null : rendering.Render(words.Action, "label").Trim().ToString();
        return new MailText(
            language, title,
            Utf8(rendering.Render(layout.Text, "layout.text").Trim(), "\n"),
            Utf8(rendering.Render(layout.Html, "layout.html", Html), ""));
    }

    private static byte[] Utf8(ReadOnlySpan<char> text, ReadOnlySpan<char> end)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + end.Length];
        Encoding.UTF8.GetBytes(end, bytes.AsSpan(Encoding.UTF8.GetBytes(text, bytes)));
        return bytes;
    }

    /// <summary>Creates the model with the values that templates can name.</summary>
    private LiquidModel Model(string language, NotificationKind kind, NotificationDetails d, string? name)
    {
        string? Amount(Money? money) => money is { } m ? MoneyText.Of(m, language) : null;
        var model = new LiquidModel(capacity: 40)
        {
            ["shop_name"] = shopName,
            ["shop_url"] = publicUrl,
            ["language"] = language,
            ["name"] = MailedText.OrNull(name),
            ["link"] = LinkFor(kind, d),
            ["order_number"] = d.OrderNumber,
            ["total"] = Amount(d.Total),
            ["subtotal"] = Amount(d.Subtotal),
            ["shipping"] = Amount(d.Shipping),
            ["tax"] = d.Tax is { Amount: > 0 } ? Amount(d.Tax) : null,
            ["discount"] = d.Discount is { Amount: > 0 } ? Amount(d.Discount) : null,
            ["tax_deducted"] = d.TaxDeducted is { Amount: > 0 } ? Amount(d.TaxDeducted) : null,
            ["tax_exemption_reason"] = d.TaxExemptionReason,
            ["rounding"] = d.Rounding is { Amount: not 0 } ? Amount(d.Rounding) : null,
            ["refunded"] = Amount(d.Refunded),
            ["credited"] = Amount(d.Credited),
            ["exchange_order_number"] = d.ExchangeOrderNumber,
            ["carrier"] = d.Carrier,
            ["tracking_number"] = d.TrackingNumber,
            ["tracking_url"] = d.TrackingUrl,
            // The reason of a cancellation is the customer's own text. The other reasons come from the payment provider.
            ["reason"] = kind is NotificationKind.OrderCancelled or NotificationKind.OrderUnitsCancelled
                ? MailedText.OrNull(d.Reason)
                : d.Reason,
            ["deadline"] = d.Deadline is { } deadline ? MoneyText.Of(deadline, language) : null,
            ["token"] = d.Token,
            ["message"] = d.Message,
            ["sku"] = d.Sku,
            ["location"] = d.Location,
            ["amount"] = Amount(d.Amount),
            ["reference"] = d.Reference,
            ["other_email"] = d.OtherEmail is { } other ? MailedText.Address(other) : null,
        };
        model.Add("available", d.Available);
        model.Add("threshold", d.Threshold);
        model.Add("won", d.Won);
        model.Add("paid", d.Paid);
        model.Add("tax_included", d.TaxIncluded);
        model.Add("lines", d.Lines?.Select(l => Line(l, language)).ToArray());
        model.Add("shortages", d.Shortages?.Select(ShortageOf).ToArray());
        model.Add("units", d.Units?.Select(UnitsOf).ToArray());
        return model;
    }

    private static LiquidModel UnitsOf(OrderedUnits units)
    {
        var model = new LiquidModel(capacity: 3) { ["sku"] = units.Sku, ["name"] = units.Name };
        model.Add("quantity", units.Quantity);
        return model;
    }

    private static LiquidModel Line(OrderLine line, string language)
    {
        var model = new LiquidModel(capacity: 5)
        {
            ["name"] = line.Name,
            ["sku"] = line.Sku,
            ["unit_price"] = MoneyText.Of(line.UnitPrice, language),
            ["total"] = MoneyText.Of(line.LineTotal, language),
        };
        model.Add("quantity", line.Quantity);
        return model;
    }

    private static LiquidModel ShortageOf(Shortage shortage)
    {
        var model = new LiquidModel(capacity: 3) { ["sku"] = shortage.Sku };
        model.Add("requested", shortage.Requested);
        model.Add("available", shortage.Available);
        return model;
    }

    private string? LinkFor(NotificationKind kind, NotificationDetails d) => kind switch
    {
        NotificationKind.Welcome => publicUrl,
        NotificationKind.EmailVerification => $"{publicUrl}/verify-email?token={Uri.EscapeDataString(d.Token ?? "")}",
        NotificationKind.PasswordReset => $"{publicUrl}/reset-password?token={Uri.EscapeDataString(d.Token ?? "")}",
        NotificationKind.EmailChangeConfirmation => $"{publicUrl}/confirm-email-change?token={Uri.EscapeDataString(d.Token ?? "")}",
        NotificationKind.EmailChangeRequested or NotificationKind.EmailChanged =>
            $"{publicUrl}/undo-email-change?token={Uri.EscapeDataString(d.Token ?? "")}",
        NotificationKind.OrderLink or NotificationKind.OrderPaymentRequested when d.Token is { } token =>
            $"{publicUrl}/orders/{d.OrderId}?token={Uri.EscapeDataString(token)}",
        NotificationKind.LowStock or NotificationKind.OutOfStock => $"{publicUrl}/admin/inventory/{Uri.EscapeDataString(d.Sku ?? "")}",
        NotificationKind.PaymentDisputed or NotificationKind.DisputeClosed or NotificationKind.RefundFailed =>
            $"{publicUrl}/admin/orders/{d.OrderId}",
        _ => d.OrderId is { } order ? $"{publicUrl}/orders/{order}" : null,
    };

    private static void Suppress(string part, string error)
    {
        // Loading has checked the templates. At run time, names that the message does not have are left out.
    }

    private static Language ReadLanguage(string folder, List<string> problems) => new(
        NotificationKinds.All.ToDictionary(k => k, k => ReadWords(Path.Combine(folder, $"{NameOf(k)}.liquid"), problems)),
        Read(Path.Combine(folder, "layout.text.liquid"), problems),
        Read(Path.Combine(folder, "layout.html.liquid"), problems));

    private static Words ReadWords(string path, List<string> problems)
    {
        var parts = ReadFile(path, problems).ReplaceLineEndings("\n").Split("\n---\n");
        if (parts.Length is not (2 or 3))
        {
            if (File.Exists(path))
                problems.Add(
                    $"{path} has {parts.Length} part(s); it needs a title, a text and, if there is a link, its label, separated by lines "
                        + "of three dashes.");
            return new Words(LiquidTemplate.Empty, LiquidTemplate.Empty, null);
        }
        var textLine = LinesOf(parts[0]) + 2;
        var labelLine = textLine + LinesOf(parts[1]) + 1;
        return new Words(
            Parse(path, parts[0], 1, problems), Parse(path, parts[1], textLine, problems),
            parts.Length == 3 ? Parse(path, parts[2], labelLine, problems) : null);
    }

    private static LiquidTemplate Read(string path, List<string> problems) => Parse(path, ReadFile(path, problems), 1, problems);

    private static string ReadFile(string path, List<string> problems)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"The template {path} cannot be read: {e.Message}");
            return "";
        }
    }

    /// <summary>Parses a part of a file that begins at the given line.</summary>
    private static LiquidTemplate Parse(string path, string text, int line, List<string> problems)
    {
        var (template, error) = LiquidTemplate.Parse(text);
        if (template is not null)
            return template;
        var place = Position().Replace(error, p => $"in line {line - 1 + int.Parse(p.Groups[1].Value)}, column {p.Groups[2].Value}");
        problems.Add($"The template {path} cannot be parsed: {place}");
        return LiquidTemplate.Empty;
    }

    private static int LinesOf(string text) => text.Count(c => c == '\n') + 1;

    [GeneratedRegex(@"at \((\d+):(\d+)\)")]
    private static partial Regex Position();

    /// <summary>Renders each kind twice: with all details that it can have, and with only those that it always has.</summary>
    private void Check(string language, List<string> problems)
    {
        var found = new HashSet<string>();
        foreach (var kind in NotificationKinds.All)
        {
            foreach (var details in (NotificationDetails[])[NotificationSamples.Full(kind), NotificationSamples.Least(kind)])
            {
                var model = Model(language, kind, details, "Ada");
                model.RemoveMissing(name => !NotificationSamples.MayMention(kind, name));
                try
                {
                    var mail = WriteMail(
                        language, kind, model, (part, error) => found.Add($"The template {language}/{NameOf(kind)}, {part}: {error}"));
                    if (mail.Title.Length == 0)
                        found.Add($"The template {language}/{NameOf(kind)} renders an empty title.");
                }
                catch (InvalidOperationException)
                {
                    found.Add($"The template {language}/{NameOf(kind)} or a layout takes too many steps.");
                }
            }
        }
        problems.AddRange(found);
    }

    private static string NameOf(NotificationKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());

    private sealed record Words(LiquidTemplate Title, LiquidTemplate Text, LiquidTemplate? Action);

    private sealed record Language(Dictionary<NotificationKind, Words> Words, LiquidTemplate Text, LiquidTemplate Html);
}

/// <summary>The text of a mail, in plain text and HTML.</summary>
/// <param name="Language">The language.</param>
/// <param name="Title">The title, on one line.</param>
/// <param name="TextBytes">The plain text, in UTF-8.</param>
/// <param name="HtmlBytes">The HTML, in UTF-8.</param>
internal sealed record MailText(string Language, string Title, byte[] TextBytes, byte[] HtmlBytes)
{
    /// <summary>The plain text.</summary>
    public string Text => Encoding.UTF8.GetString(TextBytes);

    /// <summary>The HTML.</summary>
    public string Html => Encoding.UTF8.GetString(HtmlBytes);
}

/// <summary>Sample details that templates are checked with.</summary>
internal static class NotificationSamples
{
    /// <summary>Names that layouts may use with every kind, whether they have a value or not.</summary>
    private static readonly string[] OfLayouts =
    [
        "name", "link", "lines", "shortages", "subtotal", "discount", "shipping", "tax", "tax_included", "tax_deducted",
        "tax_exemption_reason", "rounding", "total",
    ];

    /// <summary>Names that a kind has only sometimes. Its templates test for them before they use them.</summary>
    private static string[] Optional(NotificationKind kind) => kind switch
    {
        NotificationKind.OrderCancelled => ["reason", "paid"],
        NotificationKind.PaymentFailed => ["deadline", "reason"],
        NotificationKind.PaymentActionRequired => ["deadline"],
        NotificationKind.RefundFailed => ["reason"],
        NotificationKind.OrderLink => ["deadline", "token"],
        NotificationKind.OrderPaymentRequested => ["message", "token", "credited", "amount"],
        NotificationKind.OrderConfirmed => ["credited", "amount"],
        NotificationKind.OrderRefunded => ["credited", "exchange_order_number"],
        NotificationKind.OrderUnitsCancelled or NotificationKind.ReturnApproved or NotificationKind.ReturnRefused => ["reason"],
        NotificationKind.OrderShipped => ["units", "tracking_url"],
        NotificationKind.OrderPartiallyShipped => ["tracking_url"],
        _ => [],
    };

    /// <summary>True when a kind's templates may use a name that has no value.</summary>
    public static bool MayMention(NotificationKind kind, string name) => OfLayouts.Contains(name) || Optional(kind).Contains(name);

    /// <summary>Returns samples with every detail that the kind can have.</summary>
    public static NotificationDetails Full(NotificationKind kind) => Least(kind) with
    {
        Reason = Optional(kind).Contains("reason") ? "changed my mind" : Least(kind).Reason,
        Paid = kind == NotificationKind.OrderCancelled ? true : null,
        Credited = Optional(kind).Contains("credited") ? new Money(500, "USD") : null,
        Amount = kind is NotificationKind.OrderPaymentRequested or NotificationKind.OrderConfirmed
            ? new Money(1499, "USD")
            : Least(kind).Amount,
        ExchangeOrderNumber = kind == NotificationKind.OrderRefunded ? "SO-2" : null,
        Token = kind is NotificationKind.OrderLink or NotificationKind.OrderPaymentRequested ? "token" : Least(kind).Token,
        Message = kind == NotificationKind.OrderPaymentRequested ? "As we agreed on the telephone." : null,
        TaxDeducted = kind == NotificationKind.OrderConfirmed ? new Money(100, "USD") : null,
        TaxExemptionReason = kind == NotificationKind.OrderConfirmed ? "EU VAT DE123456789" : null,
        Rounding = kind == NotificationKind.OrderConfirmed ? new Money(-1, "USD") : null,
        TrackingUrl = Optional(kind).Contains("tracking_url") ? "https://carrier.example/1" : null,
        Units = kind == NotificationKind.OrderShipped ? [new OrderedUnits("SKU", "Thing", 1)] : Least(kind).Units,
        Deadline = kind is NotificationKind.PaymentFailed or NotificationKind.PaymentActionRequired or NotificationKind.OrderLink
            ? DateTimeOffset.UnixEpoch
            : Least(kind).Deadline,
    };

    /// <summary>Returns samples with only the details that the kind always has.</summary>
    public static NotificationDetails Least(NotificationKind kind)
    {
        var usd = new Money(1999, "USD");
        var order = new NotificationDetails { OrderId = Guid.Empty, OrderNumber = "SO-1", Total = usd };
        var payment = new NotificationDetails { OrderId = Guid.Empty, OrderNumber = "SO-1", Amount = usd, Reference = "re_1" };
        return kind switch
        {
            NotificationKind.PaymentDisputed => payment with { Reason = "fraudulent" },
            NotificationKind.DisputeClosed => payment with { Won = true },
            NotificationKind.RefundFailed => payment,
            NotificationKind.Welcome or NotificationKind.PasswordChanged => new(),
            NotificationKind.EmailVerification or NotificationKind.PasswordReset or NotificationKind.EmailChangeConfirmation =>
                new() { Token = "token", Deadline = DateTimeOffset.UnixEpoch },
            NotificationKind.EmailChangeRequested or NotificationKind.EmailChanged =>
                new() { Token = "token", Deadline = DateTimeOffset.UnixEpoch, OtherEmail = "new@example.com" },
            NotificationKind.EmailChangeUndone => new() { OtherEmail = "new@example.com" },
            NotificationKind.LowStock => new() { Sku = "SKU", Location = "berlin", Available = 2, Threshold = 5 },
            NotificationKind.OutOfStock => new() { Sku = "SKU", Available = 0 },
            NotificationKind.OrderConfirmed => order with
            { Lines = [new OrderLine("SKU", "Thing", 1, usd, usd, usd)], Subtotal = usd, Discount = usd, Shipping = usd, Tax = usd },
            NotificationKind.OrderRejected => order with { Shortages = [new Shortage("SKU", 2, 1)] },
            NotificationKind.OrderShipped => order with { Carrier = "Carrier", TrackingNumber = "1" },
            NotificationKind.OrderPartiallyShipped => order with
            { Carrier = "Carrier", TrackingNumber = "1", Units = [new OrderedUnits("SKU", "Thing", 1)] },
            NotificationKind.OrderUnitsCancelled => order with { Units = [new OrderedUnits("SKU", "Thing", 1)] },
            NotificationKind.OrderRefunded => order with { Refunded = usd },
            NotificationKind.OrderPaymentRequested => order with { Deadline = DateTimeOffset.UnixEpoch },
            _ => order,
        };
    }
}

using System.Text;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Silo.Notifications;

namespace SoonShop.Tests.Rules;

public sealed class NotificationTemplatesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("soonshop-templates").FullName;
    private static readonly NotificationTemplates Templates = Load(new NotificationsOptions { PublicUrl = "https://shop.example/" });

    private static readonly NotificationDetails Receipt = new()
    {
        OrderId = Given.OrderId,
        OrderNumber = "SO-42",
        Total = Given.Usd(123456),
        Subtotal = Given.Usd(120000),
        Shipping = Given.Usd(499),
        Tax = Given.Usd(2957),
        Lines = [new OrderLine("MUG", "Mug <b>\"blue\" & big</b>", 2, Given.Usd(60000), Given.Usd(120000), Given.Usd(2957))],
    };

    public static TheoryData<string, NotificationKind> KindsAndLanguages =>
        [.. from language in (string[])["en", "zh"] from kind in NotificationKinds.All select (language, kind)];

    [Theory]
    [MemberData(nameof(KindsAndLanguages))]
    public void every_kind_reads_well_in_every_language(string language, NotificationKind kind)
    {
        var mail = Templates.WriteMail(kind, new Recipient("ada@example.com", "Ada", language), NotificationSamples.Full(kind));

        Assert.Equal(language, mail.Language);
        foreach (var text in (string[])[mail.Title, mail.Text, mail.Html])
        {
            Assert.DoesNotContain("{{", text, StringComparison.Ordinal);
            Assert.DoesNotContain("Liquid", text, StringComparison.Ordinal);
        }
        Assert.Contains("Ada", mail.Text, StringComparison.Ordinal);
        Assert.Contains("Ada", mail.Html, StringComparison.Ordinal);
        Assert.Equal(language == "zh", mail.Text.Any(c => c is >= '\u4e00' and <= '\u9fff'));
        Assert.DoesNotContain("\n\n\n", mail.Text, StringComparison.Ordinal);
    }

    /// <summary>What the templates have always made, space for space: mails.txt beside this file.</summary>
    [Fact]
    public void every_mail_reads_as_approved()
    {
        using var approved = new StreamReader(typeof(NotificationTemplatesTests).Assembly.GetManifestResourceStream("mails.txt")!);
        var mails = new StringBuilder();
        foreach (var language in (string[])["en", "zh"])
        {
            foreach (var kind in NotificationKinds.All)
            {
                Append($"{kind} full", kind == NotificationKind.OrderRejected, Mail("Ada", kind, NotificationSamples.Full(kind)));
                if (kind is NotificationKind.OrderCancelled or NotificationKind.PaymentFailed or NotificationKind.PaymentActionRequired
                    or NotificationKind.RefundFailed or NotificationKind.PasswordChanged or NotificationKind.OrderLink
                    or NotificationKind.OrderPaymentRequested)
                    Append($"{kind} least", kind == NotificationKind.PasswordChanged, Mail(null, kind, NotificationSamples.Least(kind)));
            }
            Append("receipt", true, Mail("Ada <ada>", NotificationKind.OrderConfirmed, Receipt));

            MailText Mail(string? name, NotificationKind kind, NotificationDetails details) =>
                Templates.WriteMail(kind, new Recipient("ada@example.com", name, language), details);

            void Append(string name, bool withHtml, MailText mail) =>
                mails.Append($"=== {language} {name}\n{mail.Title}\n---\n{mail.Text}{(withHtml ? mail.Html.TrimEnd() + "\n" : "")}");
        }

        Assert.Equal(approved.ReadToEnd(), mails.ToString());
    }

    /// <summary>In dinars, whose smallest coin is 5 fils, and for a buyer who pays no tax inside the prices.</summary>
    [Theory]
    [InlineData("en", "Subtotal: KWD 12.345|Discount: -KWD 1.000|Shipping: KWD 2.000|Tax not charged: -KWD 1.739|Rounding: KWD 0.004|"
        + "Tax exemption: EU VAT DE123456789|Total: KWD 11.610")]
    [InlineData("zh", "商品小计：KWD 12.345|优惠：-KWD 1.000|运费：KWD 2.000|免征税额：-KWD 1.739|舍入：KWD 0.004|免税原因：EU VAT DE123456789|合计：KWD 11.610")]
    public void the_sums_of_a_receipt_add_up_to_its_total(string language, string lines)
    {
        static Money Dinars(long fils) => new(fils, "KWD");
        var details = Receipt with
        {
            Subtotal = Dinars(12_345),
            Discount = Dinars(1_000),
            Shipping = Dinars(2_000),
            Tax = Dinars(0),
            TaxIncluded = true,
            TaxDeducted = Dinars(1_739),
            TaxExemptionReason = "EU VAT DE123456789",
            Rounding = Dinars(4),
            Total = Dinars(12_345 - 1_000 + 2_000 - 1_739 + 4),
        };

        var mail = Templates.WriteMail(NotificationKind.OrderConfirmed, new Recipient("a@example.com", null, language), details);

        foreach (var line in lines.Split('|'))
        {
            Assert.Contains($"\n{line}\n", mail.Text.Replace('\u00A0', ' '), StringComparison.Ordinal);
            Assert.Contains($">{line.Split([": ", "："], StringSplitOptions.None)[0].Trim()}<", mail.Html, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(language == "en" ? "\nTax: " : "税费", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void a_receipt_lists_what_was_bought()
    {
        var mail = Templates.WriteMail(NotificationKind.OrderConfirmed, new Recipient("a@example.com", null, "en"), Receipt);

        Assert.Equal("Order SO-42 is confirmed", mail.Title);
        foreach (var words in (string[])[
            "Hello,", "2 x Mug <b>\"blue\" & big</b> (MUG): $1,200.00", "Shipping: $4.99", "Tax: $29.57", "Total: $1,234.56",
            $"https://shop.example/orders/{Given.OrderId}"])
            Assert.Contains(words, mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void what_comes_from_outside_is_escaped_in_html()
    {
        var html = Templates.WriteMail(
            NotificationKind.OrderConfirmed, new Recipient("a@example.com", "<script>alert(1)</script>", "en"), Receipt).Html;

        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.Contains("Mug &lt;b&gt;&quot;blue&quot; &amp; big&lt;/b&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void what_comes_from_outside_is_no_template()
    {
        var text = Templates.WriteMail(NotificationKind.OrderCancelled, new Recipient("a@example.com", "Ada", "en"),
            Receipt with { Reason = "{{ shop_name }} {% if" }).Text;

        Assert.Contains("{{ shop_name }} {% if", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("You won! http://evil.example")]
    [InlineData("evil.nl")]
    [InlineData("Ada\r\n\r\nYou won")]
    public void what_an_earlier_version_took_and_carries_a_message_is_left_out(string text)
    {
        var mail = Templates.WriteMail(
            NotificationKind.OrderCancelled, new Recipient("a@example.com", text, "en"), Receipt with { Lines = null, Reason = text });

        Assert.StartsWith("Hello,\n\nYour order SO-42 was cancelled.\n", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", mail.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("You won", mail.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void an_address_that_an_account_is_to_have_carries_no_link()
    {
        var text = Templates.WriteMail(
            NotificationKind.EmailChangeRequested, new Recipient("a@example.com", null, "en"),
            new NotificationDetails
            {
                Token = "token",
                Deadline = DateTimeOffset.UnixEpoch,
                OtherEmail = "evil.nl/prize@example.com",
            }).Text;

        Assert.Contains(" to …@example.com.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en", "given back")]
    [InlineData("zh", "退还")]
    public void only_of_an_order_that_was_paid_a_mail_says_that_the_payment_is_given_back(string language, string words)
    {
        string Text(bool? paid) => Templates.WriteMail(
            NotificationKind.OrderCancelled, new Recipient("a@example.com", null, language),
            Receipt with { Lines = null, Paid = paid }).Text;

        Assert.Contains(words, Text(true), StringComparison.Ordinal);
        Assert.DoesNotContain(words, Text(false), StringComparison.Ordinal);
        Assert.DoesNotContain(words, Text(null), StringComparison.Ordinal);
    }

    [Fact]
    public void a_title_is_one_line() => Assert.Equal(
        "SKU Bcc: x@example.com is out of stock", Templates.Write(
            NotificationKind.OutOfStock, "en", new NotificationDetails { Sku = "SKU\r\nBcc: x@example.com", Available = 0 }).Title);

    [Theory]
    [InlineData("zh", "zh")]
    [InlineData("zh-CN", "zh")]
    [InlineData("ZH-hant-TW", "zh")]
    [InlineData("en-GB", "en")]
    [InlineData("de", "en")]
    [InlineData("", "en")]
    [InlineData("../en", "en")]
    public void the_locale_chooses_the_language(string locale, string language) => Assert.Equal(language, Templates.LanguageOf(locale));

    [Theory]
    [InlineData(199900, "USD", "en", "$1,999.00")]
    [InlineData(199900, "USD", "zh", "US$1,999.00")]
    [InlineData(5, "EUR", "en", "€0.05")]
    [InlineData(500, "JPY", "en", "¥500")]
    [InlineData(500, "JPY", "zh", "JP¥500")]
    [InlineData(1234, "CNY", "zh", "¥12.34")]
    [InlineData(1234567, "KWD", "en", "KWD\u00A01,234.567")]
    [InlineData(-250, "USD", "en", "-$2.50")]
    [InlineData(1_000_000_000_000_000, "USD", "en", "$10,000,000,000,000.00")]
    public void money_reads_as_its_currency_and_language_write_it(long amount, string currency, string language, string text) =>
        Assert.Equal(text, MoneyText.Of(new Money(amount, currency), language));

    [Fact]
    public void times_read_as_the_language_writes_them() => Assert.Equal(
        ("1 March 2026, 09:30 UTC", "2026年3月1日 09:30 UTC"), (MoneyText.Of(Given.Now, "en"), MoneyText.Of(Given.Now, "zh")));

    [Fact]
    public void a_language_more_is_a_folder_more()
    {
        CopyShops("en", "de");
        CopyShops("en", "en");
        File.WriteAllText(Path.Combine(folder, "de", "welcome.liquid"), "Willkommen\n---\nSchön, dass Sie da sind.\n");

        var templates = Load(new NotificationsOptions { TemplateFolder = folder });

        Assert.Equal("Willkommen", templates.Write(NotificationKind.Welcome, "de-AT", new()).Title);
    }

    [Fact]
    public void all_that_is_wrong_with_templates_is_named_at_once()
    {
        CopyShops("en", "en");
        File.Delete(Path.Combine(folder, "en", "welcome.liquid"));
        File.WriteAllText(Path.Combine(folder, "en", "low-stock.liquid"), "{{ sku \n---\ntext");
        File.WriteAllText(Path.Combine(folder, "en", "order-shipped.liquid"), "only a title");
        var broken = Problems();
        Assert.Equal(3, broken.Count);
        foreach (var name in (string[])["welcome", "low-stock", "order-shipped"])
            Assert.Contains(broken, p => p.Contains($"{name}.liquid", StringComparison.Ordinal));

        CopyShops("en", "en");
        File.WriteAllText(Path.Combine(folder, "en", "order-shipped.liquid"), "{{ order_nummer }}\n---\n{{ carrier }} {{ token }}");
        var strange = Problems();
        Assert.Contains(
            strange, p => p.Contains("order-shipped", StringComparison.Ordinal) && p.Contains("order_nummer", StringComparison.Ordinal));
        Assert.Contains(strange, p => p.Contains("token", StringComparison.Ordinal));
        Assert.Equal(3, strange.Count); // it makes no title either
    }

    [Theory]
    [InlineData("{{ 'b,a' | split: ',' | sort | join: '-' | upcase }} {{ 7 | divided_by: 2 }} {{ nothing | default: 'd' }}", "A-B 3 d")]
    [InlineData(
        "{{ '<' | h }} {{ '<' | escape }} {{ 'a b c' | truncate_words: 2, '' }} {{ 'a b c' | truncatewords: 2, '' }} {{ 'x' | unknown }}",
        "&lt; &lt; a b a b x")]
    [InlineData("{{ '2026-03-01' | date: 'd MMM yyyy' }} {{ '2026-03-01' | date: '%Y-%m-%d' }}", "1 Mar 2026 2026-03-01")]
    [InlineData(
        "{% assign a = sku %}{% capture b %}[{{ a }}]{% endcapture %}{{ b }}{% case a %}{% when 'SKU' %}1{% else %}2{% endcase %}",
        "[SKU]1")]
    [InlineData("{% for i in (1..3) reversed %}{{ i }}{% unless forloop.last %},{% endunless %}{% endfor %}", "3,2,1")]
    [InlineData("a\n\n  {%- if sku -%}\n\n  b  {%- endif -%} c", "a\n\n\n  bc")]
    [InlineData("{% if nothing and sku %}1{% elsif nothing or sku %}2{% endif %}{% unless nothing %}3{% endunless %}", "23")]
    public void plain_liquid_reads_as_templates_expect_it(string template, string text)
    {
        var (parsed, error) = LiquidTemplate.Parse(template);

        Assert.Equal("", error);
        Assert.Equal(text, parsed!.Render(new LiquidModel(1) { ["sku"] = "SKU" }, _ => { }));
    }

    [Fact]
    public void what_fails_in_a_template_is_left_out_and_told()
    {
        var told = new List<string>();
        var template = LiquidTemplate.Parse(
            "a{% for i in (1..2) %}{{ i }}{{ i | divided_by: 0 }}{% endfor %}b{{ order_nummer }}c{% include 'x' %}{% if asked %}{% endif "
                + "%}{% if known == 1 %}{% endif %}d").Template!;

        Assert.Equal("a12bcd", template.Render(new LiquidModel(1) { ["known"] = null }, told.Add));
        Assert.Equal(4, told.Count);
        Assert.Equal(2, told.Count(t => t.Contains("zero", StringComparison.Ordinal)));
        Assert.Single(told, "Variable 'order_nummer' could not be found");
        Assert.Single(told, "'x' cannot be included");
    }

    [Fact]
    public void a_template_without_end_is_refused()
    {
        CopyShops("en", "en");
        File.WriteAllText(
            Path.Combine(folder, "en", "low-stock.liquid"),
            "title\n---\n{% for i in (1..2000) %}{% for k in (1..2000) %}{{ k }}{% endfor %}{% endfor %}");

        var problem = Assert.Single(Problems());

        Assert.Contains("low-stock", problem, StringComparison.Ordinal);
        Assert.Contains("too many steps", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ sku \n---\ntext", "line 1,")]
    [InlineData("title\n---\none\n{% if sku %}", "line 4,")]
    [InlineData("title\n---\none\ntwo\n---\n{{ sku | }", "line 6,")]
    public void what_cannot_be_parsed_is_named_with_its_line(string template, string place)
    {
        CopyShops("en", "en");
        File.WriteAllText(Path.Combine(folder, "en", "low-stock.liquid"), template);

        Assert.Contains(
            Problems(), p => p.Contains("low-stock.liquid", StringComparison.Ordinal) && p.Contains(place, StringComparison.Ordinal));
    }

    [Fact]
    public void a_folder_without_english_is_no_folder_of_templates() =>
        Assert.Contains("Notifications__TemplateFolder", Assert.Single(Problems()), StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private List<string> Problems()
    {
        var problems = new List<string>();
        NotificationTemplates.Load(new NotificationsOptions { TemplateFolder = folder }, problems);
        return problems;
    }

    private static NotificationTemplates Load(NotificationsOptions options)
    {
        var problems = new List<string>();
        var templates = NotificationTemplates.Load(options, problems);
        Assert.Empty(problems);
        return templates;
    }

    private void CopyShops(string from, string to)
    {
        var target = Directory.CreateDirectory(Path.Combine(folder, to)).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(NotificationTemplates.DefaultFolder, from)))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
    }
}

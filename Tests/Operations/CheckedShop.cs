using Npgsql;
using SoonShop.Pricing;
using SoonShop.Silo.Integrity;
using SoonShop.Tests.Api;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Notifications;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>A shop in which everything has happened once that the integrity check looks at.</summary>
public sealed class CheckedShop : IAsyncLifetime
{
    private WebhookReceiver receiver = null!;
    private readonly string mail = Path.Combine(Repository.TestData, $"mail-{Guid.NewGuid():N}");

    internal Shop Shop { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    internal IntegrityChecker Audit { get; } = IntegrityChecker.Of(InvariantChecker.Configuration());

    /// <summary>What tests may break, by name; ids without dashes.</summary>
    internal Dictionary<string, string> Ids { get; } = [];

    public async ValueTask InitializeAsync()
    {
        (Shop, Api) = await Shop.StartAsync(Settings);
        var admin = await Api.AsAdminAsync();
        receiver = await WebhookReceiver.StartAsync();
        Expect.Status(
            201, await admin.PostAsync("/admin/webhooks", new { url = receiver.Url, eventTypes = new[] { "order.*", "user.*" } }));
        Ids["sku"] = await admin.CreateProductAsync(stock: 1000);
        var customer = await Api.AsNewCustomerAsync();
        Ids["account"] = Guid.Parse((await customer.GetAsync("/me")).Text("id")).ToString("N");
        Ids["confirmed"] = await OrderAsync(customer, "pm_card_visa", 201);
        Ids["cancelled"] = await OrderAsync(customer, "pm_card_visa", 201);
        Assert.Equal(
            200,
            (int)(await customer.PostAsync($"/orders/{Guid.Parse(Ids["cancelled"])}/cancel", new { reason = "changed my mind" })).Status);
        Ids["refunded"] = await OrderAsync(customer, "pm_card_visa", 201);
        Assert.Equal(
            200, (int)(await admin.PostAsync(
                $"/admin/orders/{Guid.Parse(Ids["refunded"])}/refunds", new { amount = 100, reason = "late" }, "refund")).Status);
        // The last of this cart: another checkout would end it.
        Ids["awaiting"] = await OrderAsync(customer, "pm_card_visa_chargeDeclined", 402);
        Ids["guest"] = await OrderAsync(await Api.AsGuestAsync(), "pm_card_visa", 201);
        await UsePromotionAsync(admin);
        Ids["draft"] = await SendDraftAsync(admin);
        await LiveAsync(admin);
        // Then nothing excuses what is planted.
        await Until.TrueAsync("nothing is under way", TimeSpan.FromSeconds(60), async () => (await AuditWithAsync(null)).UnderWay
            .Where(p => p.What is "orders being brought on" or "events on their way to handlers").All(p => p.Count == 0));
    }

    /// <summary>Its settings, for a copy of it.</summary>
    internal (string Name, string Value)[] Settings =>
    [
        ("Checkout__CheckoutDueSeconds", "1"), ("Integrity__ConfirmSeconds", "1"), ("Payments__Reconciliation__Enabled", "false"),
        ("Notifications__Email__Mode", "Directory"), ("Notifications__Email__Directory", mail),
        ("Notifications__Email__From", "shop@soonshop.test"),
    ];

    /// <summary>What <c>Silo check</c> answers.</summary>
    internal Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => Repository.TryRunAsync(
        "dotnet", [Repository.Program("Silo"), "check", .. arguments], new()
        {
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__soonshop"] = Shop.ConnectionString,
        });

    /// <summary>Audits a database in which something was changed that is not kept.</summary>
    /// <param name="change">The change; null for none.</param>
    /// <param name="audit">Another check than this shop's, such as one with other limits.</param>
    /// <param name="checks">Which checks; null for all.</param>
    internal async Task<IntegrityReport> AuditWithAsync(
        string? change, IntegrityChecker? audit = null, IEnumerable<IntegrityCheck>? checks = null)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(Shop.ConnectionString) { Pooling = false, CommandTimeout = 300 }.ConnectionString);
        await connection.OpenAsync();
        // One moment, as for the check itself.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        if (change is not null)
        {
            await using var command = new NpgsqlCommand(Named(change), connection) { CommandTimeout = 300 };
            await command.ExecuteNonQueryAsync();
        }
        return await (audit ?? Audit).RunAsync(connection, null, atRest: false, checks ?? IntegrityCheck.All, CancellationToken.None);
    }

    /// <summary>With what stands in braces replaced by the id of that name.</summary>
    internal string Named(string text) => Ids.Aggregate(text, (t, id) => t
        .Replace($"{{{id.Key}}}", id.Value, StringComparison.Ordinal)
        .Replace(
            $"{{{id.Key}:id}}", Guid.TryParseExact(id.Value, "N", out var guid) ? guid.ToString() : id.Value, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await receiver.DisposeAsync();
        await Shop.DisposeAsync();
        if (Directory.Exists(mail))
            Directory.Delete(mail, recursive: true);
    }

    /// <summary>Reserves, commits and gives back uses of a promotion by orders.</summary>
    private async Task UsePromotionAsync(ApiClient admin)
    {
        const string Code = "SUMMER";
        Expect.Status(201, await admin.PostAsync("/admin/promotions", new
        {
            id = "summer",
            name = "Summer sale",
            trigger = "code",
            code = Code,
            action = new { kind = "orderDiscount", percentPpm = 100_000 },
            maxUses = 9,
            maxUsesPerCustomer = 9,
            budget = new[] { new { amount = 100_000, currency = "USD" } },
        }));
        Ids["promotion"] = Promotion.GrainKey("summer");
        var buyer = await Api.AsNewCustomerAsync();
        foreach (var (name, method, status) in ((string, string, int)[])
            [("promoted", "pm_card_visa", 201), ("demoted", "pm_card_visa", 201), ("promised", "pm_card_visa_chargeDeclined", 402)])
        {
            await buyer.FillCartAsync(Ids["sku"]);
            await Until.TrueAsync("the code is known", TimeSpan.FromSeconds(60), async () =>
                (int)(await buyer.PutAsync($"/cart/codes/{Code}", null)).Status == 200);
            Ids[name] = await OrderAsync(buyer, method, status);
        }
        Expect.Status(200, await buyer.PostAsync($"/orders/{Guid.Parse(Ids["demoted"])}/cancel"));
    }

    /// <summary>Sends a draft order to an account, and leaves another one open.</summary>
    private async Task<string> SendDraftAsync(ApiClient admin)
    {
        var body = new
        {
            customerId = Guid.Parse(Ids["account"]),
            currency = "USD",
            lines = new[] { new { sku = Ids["sku"], quantity = 2, unitPrice = new { amount = 700, currency = "USD" } } },
            shippingAddress = ApiClient.Address(),
        };
        Expect.Status(201, await admin.PostAsync("/admin/draft-orders", body));
        var draft = Expect.Status(201, await admin.PostAsync("/admin/draft-orders", body)).Text("id");
        Expect.Status(200, await admin.PostAsync($"/admin/draft-orders/{draft}/send"));
        return Guid.Parse(draft).ToString("N");
    }

    /// <summary>What else happens in a shop, and breaks no promise.</summary>
    private async Task LiveAsync(ApiClient admin)
    {
        Expect.Status(201, await admin.PostAsync("/admin/api-keys", new { name = "till", scopes = new[] { "orders:read" } }));
        var customer = await Customer.RegisterAsync(Api);
        Expect.Status(200, await admin.PutAsync($"/admin/users/{customer.Id}/roles", new { roles = new[] { "customer", "admin" } }));
        var sent = Guid.Parse(await OrderAsync(customer.Api, "pm_card_visa", 201));
        Expect.Status(200, await admin.PostAsync($"/admin/orders/{sent}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        Expect.Status(200, await admin.PostAsync($"/admin/orders/{sent}/deliver"));
        var erased = await Customer.RegisterAsync(Api);
        var order = Guid.Parse(await OrderAsync(erased.Api, "pm_card_visa", 201));
        Expect.Status(200, await erased.Api.PostAsync($"/orders/{order}/cancel"));
        var erasing = Expect.Status(202, await erased.Api.SendAsync(HttpMethod.Delete, "/me", new { currentPassword = erased.Password }));
        await Until.TrueAsync("an account is erased", TimeSpan.FromSeconds(60), async () =>
            Expect.Status(200, await Api.GetAsync(erasing.Headers["Location"]["/api/v1".Length..])).Text("status") == "completed");
        await Until.TrueAsync("the webhook endpoint was told", TimeSpan.FromSeconds(60), () => Task.FromResult(!receiver.Posts.IsEmpty));
    }

    private async Task<string> OrderAsync(ApiClient buyer, string paymentMethod, int status)
    {
        await buyer.FillCartAsync(Ids["sku"]);
        var reply = await buyer.OrderAsync(paymentMethod: paymentMethod);
        Assert.Equal(status, (int)reply.Status);
        return Guid.Parse(reply.Text(status == 201 ? "id" : "orderId")).ToString("N");
    }
}

/// <summary>The tests of this collection share the shop.</summary>
[CollectionDefinition(nameof(CheckedShop))]
public sealed class CheckedShopCollection : ICollectionFixture<CheckedShop>;

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MimeKit;
using SoonShop.Tests.Media;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>
/// Sends the example of every operation of the OpenAPI document to a fresh shop with the demo catalogue, as it stands, as whom it is for.
/// Ids in paths come from earlier answers, and so do the few members that only an answer or a mail can tell.
/// </summary>
public sealed class ExampleTests : IAsyncDisposable
{
    /// <summary>What no example can show on such a shop, with the reason.</summary>
    private static readonly Dictionary<string, string> Impossible = new()
    {
        ["acceptStripeEvent"] = "Stripe signs what it posts",
        ["removePaymentMethod"] = "the simulated provider keeps no payment methods",
        ["uploadMedia"] = "an image is no text",
        ["captureOrder"] = "the money is taken at the checkout; the next test holds it",
    };

    private readonly HashSet<string> sent = [];
    private readonly HashSet<string> sentAs = [];
    private readonly List<string> complaints = [];
    private readonly Dictionary<string, string> ids = [];
    private Shop? shop;
    private ApiClient nobody = null!;
    private JsonNode document = null!;
    private string mail = "";

    [Fact]
    public async Task every_example_of_the_document_is_granted_as_it_stands()
    {
        (shop, nobody, mail) = await DemoShop.StartAsync();
        document = Expect.Status(200, await nobody.GetAsync("//openapi/v1.json")).Json!;

        var ada = As(nobody, await SendAsync("register", nobody));
        await SendAsync("verifyEmail", nobody, ("token", await TokenAsync("verify-email")));
        await SendAsync("forgotPassword", nobody);
        await SendAsync("resetPassword", nobody, ("token", await TokenAsync("reset-password")));
        var buyerSession = await SendAsync("login", nobody);
        var buyer = As(nobody, buyerSession);
        await SendAsync("requestEmailVerification", buyer);
        var admin = As(
            nobody, Expect.Status(
                200, await nobody.PostAsync("/auth/login", new { email = DemoShop.AdminEmail, password = DemoShop.AdminPassword })));
        // The new password ended what was open.
        ada = As(nobody, Expect.Status(200, await nobody.PostAsync("/auth/login", ExampleOf("register", "email", "password"))));

        foreach (var operation in (string[])
            ["searchProducts", "suggestProducts", "listRelatedProducts", "getProduct", "getKeys", "getLiveness", "getReadiness"])
            await SendAsync(operation, nobody);

        var guest = nobody with { CartId = (await SendAsync("openCart", nobody)).Text("id") };
        await SendAsync("setCartItem", guest);
        await SendAsync("getCart", guest);
        ids["orders"] = (await SendAsync("placeOrder", guest)).Text("id");
        await SendAsync("lookUpOrder", nobody);
        foreach (var operation in (string[])["listOrders", "getOrder", "watchOrder", "getPayment"])
            await SendAsync(operation, guest);
        foreach (var operation in (string[])["listAllOrders", "updateOrder", "shipOrder", "deliverOrder", "refundOrder"])
            await SendAsync(operation, admin);
        await ReturnAsync(guest, admin);
        ids["draft-orders"] = (await SendAsync("createDraftOrder", admin)).Text("id");
        foreach (var operation in (string[])["getDraftOrder", "listDraftOrders", "replaceDraftOrder", "sendDraftOrder"])
            await SendAsync(operation, admin);
        // A repetition with the key of the example would have the first answer.
        ids["draft-orders"] = Expect.Status(201, await admin.PostAsync("/admin/draft-orders", ExampleOf("createDraftOrder"))).Text("id");
        await SendAsync("cancelDraftOrder", admin);
        await StoreAsync(admin);
        ids["orders"] = await OrderAsync("pm_card_visa");
        await SendAsync("moveOrderUnits", admin);
        ids["orders"] = await OrderAsync("pm_card_visa");
        var shipped = await SendAsync("createShipment", admin);
        ids["shipments"] = shipped.Text("shipments.0.id");
        foreach (var operation in (string[])["correctShipment", "getPackingSlip", "deliverShipment"])
            await SendAsync(operation, admin);
        await SendAsync("setCartItem", guest);
        await SendAsync("removeCartItem", guest);
        await SendAsync("clearCart", guest);

        ids["orders"] = await OrderAsync("pm_card_visa_chargeDeclined");
        await SendAsync("payOrder", Holder!);
        await SendAsync("cancelOrder", Holder!);
        ids["orders"] = await OrderAsync("pm_card_authenticationRequired");
        await SendAsync("authenticatePayment", Holder!);

        foreach (var operation in (string[])[
            "getProfile", "updateProfile", "listPaymentMethods", "listSessions", "getNotificationPreferences", "setNotificationPreferences",
            "exportAccount"])
            await SendAsync(operation, ada);
        ids["addresses"] = (await SendAsync("addAddress", ada)).Text("id");
        foreach (var operation in (string[])["listAddresses", "replaceAddress", "removeAddress"])
            await SendAsync(operation, ada);
        await Until.TrueAsync("the welcome is in the inbox", TimeSpan.FromSeconds(120), async () =>
            (await ada.GetAsync("/notifications"))["items"]!.AsArray().Count > 0);
        ids["notifications"] = (await SendAsync("listNotifications", ada)).Text("items.0.id");
        await SendAsync("readNotification", ada);
        await SendAsync("readAllNotifications", ada);
        await SendAsync("mergeCart", ada, ("cartId", (await nobody.AsGuestAsync()).CartId!));
        await nobody.PostAsync("/auth/login", ExampleOf("register", "email", "password"));
        ids["sessions"] = (await ada.GetAsync("/me/sessions"))["items"]!.AsArray()
            .First(s => !s!["current"]!.GetValue<bool>())!["id"]!.GetValue<string>();
        await SendAsync("endSession", ada);
        await SendAsync("endOtherSessions", ada);

        await SendAsync("createProduct", admin);
        foreach (var operation in (string[])["replaceProduct", "getStock", "setStockThreshold", "adjustStock", "listStockMovements"])
            await SendAsync(operation, admin);
        ids["product-groups"] = "coffee-gedeo-250";
        foreach (var operation in (string[])[
            "createProductGroup", "replaceProductGroup", "getProductGroupContent", "getProductGroup", "listProductGroups",
            "removeProductGroup"])
            await SendAsync(operation, operation == "getProductGroup" ? nobody : admin);
        ids["synonyms"] = (await SendAsync("createSynonyms", admin)).Text("id");
        foreach (var operation in (string[])["replaceSynonyms", "getSynonyms", "listSynonyms", "removeSynonyms", "listSearchMisses"])
            await SendAsync(operation, admin);
        await SendRuleAsync("CustomerGroup", admin);
        ids["users"] = (await ada.GetAsync("/me")).Text("id");
        await SendAsync("getUserRoles", admin);
        await SendAsync("setUserRoles", admin);
        await SendAsync("getUserPricing", admin);
        await SendAsync("setUserPricing", admin);
        await SendAsync("listCustomerGroupCustomers", admin);
        // A rate and a method need their zones, which can be archived only after them.
        foreach (var kind in (string[])["PriceList", "TaxZone", "TaxRate", "ShippingZone", "ShippingMethod", "Promotion"])
            await SendRuleAsync(kind, admin);
        await SendAsync("previewPricing", admin);
        // A price of the list, which must not be archived yet.
        await SendAsync("setProductPrices", admin);
        ids["promotions"] = "codes-of-examples";
        await PromotionCodesTests.PromoteAsync(admin, ids["promotions"]);
        await SendAsync("generatePromotionCodes", admin);
        await SendAsync("listPromotionCodes", admin);
        await SendAsync("getPromotionUses", admin);
        foreach (var kind in (string[])[
            "TaxRate", "ShippingMethod", "TaxZone", "ShippingZone", "Promotion", "PriceList", "CustomerGroup", "Location"])
            await SendRuleAsync(kind, admin, "archive");
        ids["webhooks"] = (await SendAsync("createWebhook", admin)).Text("id");
        foreach (var operation in (string[])["listWebhooks", "getWebhook", "enableWebhook", "testWebhook", "listWebhookDeliveries"])
            await SendAsync(operation, admin);
        await SendAsync(
            "resendWebhookEvent", admin,
            ("eventId", await shop.QueryAsync<string>("select id from event where type = 'order.confirmed' limit 1")));
        await SendAsync("deleteWebhook", admin);
        ids["api-keys"] = (await SendAsync("createApiKey", admin)).Text("id");
        foreach (var operation in (string[])["listApiKeys", "getApiKey", "revokeApiKey"])
            await SendAsync(operation, admin);
        ids["event-errors"] = (await Failing.ErrorAsync(shop)).ToString();
        ids["dead-letters"] = (await Failing.DeadLetterAsync(shop)).Id.ToString();
        foreach (var operation in (string[])[
            "listEventErrors", "resolveEventError", "listDeadLetters", "getDeadLetter", "discardDeadLetter", "getEventStats",
            "listAuditLog"])
            await SendAsync(operation, admin);
        ids["dead-letters"] = (await Failing.DeadLetterAsync(shop)).Id.ToString();
        foreach (var operation in (string[])[
            "replayDeadLetter", "replayDeadLetters", "listPaymentDiscrepancies", "reconcilePayments", "getReconciliation", "setLogLevels",
            "getLogLevels"])
            await SendAsync(operation, admin);

        ids["media"] = Expect.Status(201, await admin.PostAsync("/admin/media", Picture.Content(Picture.Png(500, 40)))).Text("id");
        foreach (var operation in (string[])["listMedia", "getMedia", "getMediaFile", "removeMedia"])
            await SendAsync(operation, admin);
        ids["import-jobs"] = (await SendAsync("createImportJob", admin)).Text("id");
        async Task<bool> IsCheckedAsync() => (await admin.GetAsync($"/admin/import-jobs/{ids["import-jobs"]}")).Text("status") == "checked";
        await Until.TrueAsync("the file is checked", TimeSpan.FromSeconds(120), IsCheckedAsync);
        foreach (var operation in (string[])["listImportJobs", "getImportJob", "getImportResults", "applyImportJob"])
            await SendAsync(operation, admin);
        ids["import-jobs"] = Expect.Status(201, await admin.PostAsync("/admin/import-jobs?kind=stock", ImportApiTests.Csv("SKU,On hand\n")))
            .Text("id");
        foreach (var operation in (string[])[
            "cancelImportJob", "exportProducts", "exportStock", "exportPrices", "exportOrders", "exportCustomers", "exportCodes"])
            await SendAsync(operation, admin);

        await SendOthersAsync(admin, ada, guest);
        await SendAsync("archiveProduct", admin);
        var refreshed = await SendAsync("refreshSession", nobody, ("refreshToken", buyerSession.Text("refreshToken")));
        await SendAsync("logout", nobody, ("refreshToken", refreshed.Text("refreshToken")));
        ids["erasures"] = (await SendAsync("eraseAccount", ada)).Text("id");
        await SendAsync("getErasure", nobody);
        // The address is free again once the account is gone.
        await Until.TrueAsync("the account is erased", TimeSpan.FromSeconds(180), async () =>
            (await nobody.GetAsync($"/erasures/{ids["erasures"]}")).Text("status") == "completed");
        var last = As(nobody, Expect.Status(201, await nobody.PostAsync("/auth/register", ExampleOf("register", "email", "password"))));
        await SendAsync("changeEmail", last);
        await SendAsync(
            "confirmEmailChange", nobody,
            ("token", await TokenAsync("confirm-email-change", ExampleOf("changeEmail")["newEmail"]!.GetValue<string>())));
        await SendAsync("changePassword", last);
        await SendAsync("undoEmailChange", nobody, ("token", await TokenAsync("undo-email-change")));

        complaints.AddRange(Operations().Where(o => !sent.Contains(o.Id) && !Impossible.ContainsKey(o.Id)).Select(o =>
            $"{o.Id}: nothing sends its example"));
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
        // A merge patch has a media type of its own.
        Assert.Contains("application/merge-patch+json", sentAs);
    }

    [Fact]
    public async Task the_example_of_a_capture_is_granted_where_the_money_is_held()
    {
        (shop, nobody, mail) = await DemoShop.StartAsync(("Payments__Capture", "Manual"));
        document = Expect.Status(200, await nobody.GetAsync("//openapi/v1.json")).Json!;
        var admin = As(
            nobody, Expect.Status(
                200, await nobody.PostAsync("/auth/login", new { email = DemoShop.AdminEmail, password = DemoShop.AdminPassword })));
        var guest = nobody with { CartId = (await SendAsync("openCart", nobody)).Text("id") };
        await SendAsync("setCartItem", guest);
        ids["orders"] = (await SendAsync("placeOrder", guest)).Text("id");
        await SendAsync("captureOrder", admin);
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    /// <summary>The guest of the last order that <see cref="OrderAsync"/> placed.</summary>
    private ApiClient? Holder { get; set; }

    private async Task<string> OrderAsync(string paymentMethod)
    {
        Holder = await nobody.AsGuestAsync();
        Expect.Status(200, await Holder.FillCartAsync("COFFEE-HOUSE-1KG"));
        var body = ExampleOf("placeOrder");
        body["paymentMethod"] = paymentMethod;
        var reply = await Holder.PostAsync("/orders", body, Guid.NewGuid().ToString());
        return reply.Json?["orderId"]?.GetValue<string>() ?? reply.Text("id");
    }

    /// <summary>Returns of the units of a shipped order: one is cancelled, one refused, one refunded and one exchanged.</summary>
    private async Task ReturnAsync(ApiClient guest, ApiClient admin)
    {
        string[][] returns =
        [
            ["cancelReturn"], ["refuseReturn"], ["approveReturn", "receiveReturn", "refundReturn"],
            ["approveReturn", "receiveReturn", "quoteExchange", "exchangeReturn"],
        ];
        foreach (var (index, steps) in returns.Index())
        {
            // A repetition with the key of the example would have the first answer.
            var requested = index == 0
                ? await SendAsync("requestReturn", guest)
                : Expect.Status(201, await guest.PostAsync($"/orders/{ids["orders"]}/returns", ExampleOf("requestReturn")));
            ids["returns"] = requested.Text($"returns.{index}.id");
            foreach (var step in steps)
                await SendAsync(step, step == "cancelReturn" ? guest : admin);
        }
    }

    /// <summary>Another location, to which stock is sent: one transfer arrives, and one is cancelled.</summary>
    private async Task StoreAsync(ApiClient admin)
    {
        await SendRuleAsync("Location", admin);
        ids["stock-transfers"] = (await SendAsync("createStockTransfer", admin)).Text("id");
        foreach (var operation in (string[])["getStockTransfer", "listStockTransfers", "receiveStockTransfer"])
            await SendAsync(operation, admin);
        ids["stock-transfers"] = Expect.Status(
            201, await admin.PostAsync("/admin/stock-transfers", ExampleOf("createStockTransfer"))).Text("id");
        await SendAsync("cancelStockTransfer", admin);
        await SendAsync("countStock", admin);
    }

    /// <summary>Operations that the story above does not tell: as whom the document says that they are for, at what is known.</summary>
    private async Task SendOthersAsync(ApiClient admin, ApiClient customer, ApiClient guest)
    {
        string[] last =
        [
            "changeEmail", "confirmEmailChange", "undoEmailChange", "archiveProduct", "refreshSession", "logout", "eraseAccount",
            "getErasure", "changePassword",
        ];
        foreach (var (id, method, path, operation) in Operations().Where(o =>
            !sent.Contains(o.Id) && !Impossible.ContainsKey(o.Id) && !last.Contains(o.Id)))
        {
            var isForAdmins = path.Contains("/admin/", StringComparison.Ordinal)
                || path.Contains("/inventory/", StringComparison.Ordinal)
                || path.EndsWith("/prices", StringComparison.Ordinal)
                || (path.Contains("/products", StringComparison.Ordinal) && method != HttpMethod.Get);
            var security = operation["security"]?.ToJsonString() ?? "";
            await SendAsync(
                id, isForAdmins ? admin
                    : security.Contains("Cart", StringComparison.Ordinal) ? guest
                    : security.Contains("Bearer", StringComparison.Ordinal) ? customer
                    : nobody);
        }
    }

    /// <summary>The examples of one kind of pricing rules, in an order in which they are granted; or one of them.</summary>
    private async Task SendRuleAsync(string kind, ApiClient admin, string? only = null)
    {
        string[] all = [$"create{kind}", $"replace{kind}", $"list{kind}s", $"get{kind}", $"list{kind}History"];
        foreach (var operation in only is null ? all : [$"{only}{kind}"])
        {
            var path = Operations().Single(o => o.Id == operation).Path;
            ids[path.Split('/')[^(path.EndsWith("/history", StringComparison.Ordinal) ? 3 : path.EndsWith('}') ? 2 : 1)]] =
                ExampleOf($"create{kind}")["id"]!.GetValue<string>();
            await SendAsync(operation, admin);
        }
    }

    private static ApiClient As(ApiClient nobody, Reply session) => nobody with { AccessToken = session.Text("accessToken") };

    /// <summary>The token of a mail to who registered: what stands behind its link to this page.</summary>
    private async Task<string> TokenAsync(string page, string? to = null)
    {
        var address = to ?? ExampleOf("register")["email"]!.GetValue<string>();
        string[] tokens = [];
        await Until.TrueAsync($"a link to {page} was mailed to {address}", TimeSpan.FromSeconds(60), () =>
        {
            tokens = [.. from message in Mails()
                         where message.To.Mailboxes.Any(m => m.Address == address)
                         from Match link in Regex.Matches(message.TextBody ?? "", $@"/{page}\?token=(\S+)")
                         select link.Groups[1].Value];
            return Task.FromResult(tokens.Length > 0);
        });
        return Uri.UnescapeDataString(tokens[0]);
    }

    private IEnumerable<MimeMessage> Mails() =>
        Directory.Exists(mail) ? Directory.EnumerateFiles(mail, "*.eml").Select(file => MimeMessage.Load(file)) : [];

    private IEnumerable<(string Id, HttpMethod Method, string Path, JsonNode Operation)> Operations() =>
        from path in document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        select (
            operation.Value!["operationId"]!.GetValue<string>(), HttpMethod.Parse(operation.Key.ToUpperInvariant()), path.Key,
            operation.Value);

    private JsonObject ExampleOf(string operationId, params string[] members)
    {
        var example = ExampleOf(Operations().Single(o => o.Id == operationId).Operation, "application/json");
        return members.Length == 0 ? example : new JsonObject(members.Select(m => KeyValuePair.Create(m, example[m]?.DeepClone())));
    }

    private static JsonObject ExampleOf(JsonNode operation, string mediaType) =>
        (JsonObject)operation["requestBody"]!["content"]![mediaType]!["example"]!.DeepClone();

    /// <summary>
    /// Sends an operation's example, once as each media type that it takes; it must be granted. What stands in <paramref name="told"/> only
    /// an answer or a mail could tell.
    /// </summary>
    private async Task<Reply> SendAsync(string operationId, ApiClient who, params (string Name, string Value)[] told)
    {
        sent.Add(operationId);
        Reply? reply = null;
        if (Operations().FirstOrDefault(o => o.Id == operationId) is not { Id: not null } found)
            throw new InvalidOperationException($"There is no operation {operationId}.");
        var parameters = (found.Operation["parameters"]?.AsArray() ?? []).Select(p => p!.AsObject()).ToArray();
        var path = Regex.Replace(found.Path, @"\{(\w+)\}", place =>
            IdOf(found.Path, place.Index) ?? Example(parameters.Single(p => p["name"]!.GetValue<string>() == place.Groups[1].Value)));
        var query = string.Join('&', from parameter in parameters
                                     where parameter["in"]!.GetValue<string>() == "query" && parameter["example"] is not null
                                     select $"{parameter["name"]}={Uri.EscapeDataString(Example(parameter))}");
        string?[] mediaTypes = found.Operation["requestBody"]?["content"] is JsonObject content ? [.. content.Select(c => c.Key)] : [null];
        foreach (var mediaType in mediaTypes)
        {
            sentAs.Add(mediaType ?? "");
            reply = await SendAsync(found, query.Length == 0 ? path : $"{path}?{query}", mediaType, parameters, who, told);
        }
        return reply!;
    }

    private async Task<Reply> SendAsync(
        (string Id, HttpMethod Method, string Path, JsonNode Operation) operation, string target, string? mediaType,
        JsonObject[] parameters, ApiClient who, (string Name, string Value)[] told)
    {
        using var request = new HttpRequestMessage(operation.Method, target);
        if (mediaType is not null && operation.Operation["requestBody"]!["content"]![mediaType]!["example"] is JsonValue text)
            request.Content = new StringContent(text.GetValue<string>(), Encoding.UTF8, mediaType);
        else if (mediaType is not null)
        {
            var body = ExampleOf(operation.Operation, mediaType);
            foreach (var (name, value) in told)
                body[name] = value;
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, mediaType);
        }
        foreach (var header in parameters.Where(p => p["in"]!.GetValue<string>() == "header"))
            request.Headers.TryAddWithoutValidation(header["name"]!.GetValue<string>(), Example(header));
        if (who.AccessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", who.AccessToken);
        if (who.CartId is not null)
            request.Headers.TryAddWithoutValidation("X-Cart-Id", who.CartId);
        using var response = await who.Http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        var reply = new Reply(
            response.StatusCode, isStream ? "" : await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), []);
        if ((int)reply.Status is < 200 or >= 300)
            complaints.Add($"{operation.Id} as {mediaType}, {operation.Method} {request.RequestUri}: {(int)reply.Status} {reply.Body}");
        return reply;
    }

    private string? IdOf(string path, int place) => path[..place].Trim('/').Split('/')[^1] switch
    {
        "payments" or "simulated-payments" => ids.GetValueOrDefault("orders"),
        var kind => ids.GetValueOrDefault(kind),
    };

    private static string Example(JsonObject parameter) =>
        parameter["example"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : parameter["example"]!.ToJsonString();

    public async ValueTask DisposeAsync()
    {
        if (shop is not null)
            await shop.DisposeAsync();
    }
}

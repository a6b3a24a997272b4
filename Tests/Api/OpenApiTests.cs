using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(SecondRunningShop))]
public sealed class OpenApiTests(RunningShop shop)
{
    /// <summary>What the contract promises.</summary>
    private static readonly string[] Promised =
    [
        "POST /auth/register", "POST /auth/login", "POST /auth/refresh", "POST /auth/logout",
        "POST /auth/password/forgot", "POST /auth/password/reset", "POST /auth/email/verify", "POST /auth/email/verification",
        "POST /auth/email/change/confirm", "POST /auth/email/change/undo", "POST /me/email",
        "GET /me", "PATCH /me", "POST /me/password", "GET /me/export", "DELETE /me", "GET /erasures/{id}",
        "GET /me/addresses", "POST /me/addresses", "PUT /me/addresses/{id}", "DELETE /me/addresses/{id}",
        "GET /me/payment-methods", "DELETE /me/payment-methods/{id}",
        "GET /me/sessions", "DELETE /me/sessions", "DELETE /me/sessions/{id}",
        "GET /admin/api-keys", "POST /admin/api-keys", "GET /admin/api-keys/{id}", "DELETE /admin/api-keys/{id}",
        "GET /products", "GET /products/{sku}", "POST /products", "PUT /products/{sku}", "PATCH /products/{sku}", "DELETE /products/{sku}",
        "GET /inventory/{sku}", "PUT /inventory/{sku}", "POST /inventory/{sku}/adjustments", "GET /inventory/{sku}/ledger",
        "POST /admin/locations", "GET /admin/stock-transfers", "POST /admin/stock-transfers", "GET /admin/stock-transfers/{id}",
        "POST /admin/stock-transfers/{id}/receive", "POST /admin/stock-transfers/{id}/cancel", "POST /admin/stock-takes",
        "POST /admin/orders/{id}/move-units",
        "POST /carts", "GET /cart", "DELETE /cart", "PUT /cart/items/{sku}", "DELETE /cart/items/{sku}", "POST /cart/merge",
        "POST /orders", "GET /orders", "POST /orders/lookup", "GET /orders/{id}", "POST /orders/{id}/payments",
        "POST /orders/{id}/cancel",
        "POST /orders/{id}/returns", "POST /orders/{id}/returns/{returnId}/cancel", "POST /admin/orders/{id}/shipments",
        "PATCH /admin/orders/{id}/shipments/{shipmentId}", "POST /admin/orders/{id}/shipments/{shipmentId}/deliver",
        "GET /admin/orders/{id}/shipments/{shipmentId}/packing-slip", "POST /admin/orders/{id}/returns/{returnId}/approve",
        "POST /admin/orders/{id}/returns/{returnId}/refuse", "POST /admin/orders/{id}/returns/{returnId}/receive",
        "POST /admin/orders/{id}/returns/{returnId}/refund", "POST /admin/orders/{id}/returns/{returnId}/exchange",
        "POST /admin/orders/{id}/returns/{returnId}/exchange/quote", "POST /admin/orders/{id}/edits",
        "POST /admin/orders/{id}/edits/quote",
        "GET /admin/draft-orders", "POST /admin/draft-orders", "GET /admin/draft-orders/{id}", "PUT /admin/draft-orders/{id}",
        "DELETE /admin/draft-orders/{id}", "POST /admin/draft-orders/{id}/send",
        "GET /orders/{id}/events", "POST /admin/orders/{id}/ship", "POST /admin/orders/{id}/deliver", "POST /admin/orders/{id}/capture",
        "POST /admin/orders/{id}/refunds", "GET /admin/orders", "PATCH /admin/orders/{id}", "POST /webhooks/stripe",
        "GET /admin/payments/discrepancies", "GET /admin/payments/reconciliation", "POST /admin/payments/reconcile",
        "GET /payments/{id}", "POST /simulated-payments/{paymentId}/authenticate",
        "GET /admin/users/{id}/roles", "PUT /admin/users/{id}/roles", "GET /admin/users/{id}/pricing", "PUT /admin/users/{id}/pricing",
        "GET /admin/promotions", "POST /admin/promotions", "GET /admin/promotions/{id}", "PUT /admin/promotions/{id}",
        "DELETE /admin/promotions/{id}", "GET /admin/promotions/{id}/history", "POST /admin/tax/zones", "POST /admin/tax/rates",
        "GET /admin/tax/settings", "PUT /admin/tax/settings", "POST /admin/shipping/zones", "POST /admin/shipping/methods",
        "POST /admin/price-lists", "GET /admin/customer-groups", "POST /admin/customer-groups", "GET /admin/customer-groups/{id}",
        "PUT /admin/customer-groups/{id}", "DELETE /admin/customer-groups/{id}", "GET /admin/customer-groups/{id}/customers",
        "POST /admin/pricing/preview",
        "GET /notifications", "POST /notifications/{id}/read", "POST /notifications/read-all",
        "GET /me/notification-preferences", "PUT /me/notification-preferences",
        "GET /admin/webhooks", "POST /admin/webhooks", "GET /admin/webhooks/{id}", "DELETE /admin/webhooks/{id}",
        "POST /admin/webhooks/{id}/enable", "POST /admin/webhooks/{id}/test", "POST /admin/webhooks/{id}/resend",
        "GET /admin/webhooks/{id}/deliveries", "GET /admin/events/stats", "GET /admin/event-errors",
        "POST /admin/event-errors/{id}/resolve", "GET /admin/audit-log", "GET /admin/dead-letters", "GET /admin/dead-letters/{id}",
        "POST /admin/dead-letters/{id}/replay", "POST /admin/dead-letters/replay", "DELETE /admin/dead-letters/{id}",
    ];

    [Fact]
    public async Task the_document_holds_every_promised_route() =>
        Assert.Empty(Promised.Except((await Route.AllAsync(shop.Api)).Select(r => r.Name)));

    [Fact]
    public async Task every_route_of_the_document_is_there()
    {
        foreach (var route in await Route.AllAsync(shop.Api))
        {
            var reply = await shop.Api.SendAsync(
                route.Method, route.Path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal));
            Assert.NotEqual(405, (int)reply.Status);
        }
    }

    [Fact]
    public async Task every_operation_is_described()
    {
        var document = Expect.Status(200, await shop.Api.GetAsync("//openapi/v1.json"));
        Assert.Equal(("SoonShop", "v1"), (document.Text("info.title"), document.Text("info.version")));
        foreach (var route in await Route.AllAsync(shop.Api))
        {
            Assert.NotEmpty(route.Operation["summary"]!.GetValue<string>());
            var statuses = route.Operation["responses"]!.AsObject().Select(r => r.Key).ToArray();
            Assert.Contains(statuses, s => s.StartsWith('2'));
            Assert.Contains("503", statuses);
            if (route.IsPost)
                Assert.Contains("Idempotency-Key", route.Parameters("header"));
        }
        Assert.Equal(
            ["POST /admin/orders/{id}/refunds", "POST /orders"],
            (await Route.AllAsync(shop.Api)).Where(r => r.RequiresKey).Select(r => r.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task every_tag_operation_parameter_schema_and_property_has_a_description()
    {
        var document = Expect.Status(200, await shop.Api.GetAsync("//openapi/v1.json")).Json!;
        var missing = document["tags"]!.AsArray().Where(t => !IsDescribed(t)).Select(t => $"tag {t!["name"]}").ToList();
        foreach (var route in await Route.AllAsync(shop.Api))
        {
            var id = route.Operation["operationId"]!.GetValue<string>();
            if (!IsDescribed(route.Operation))
                missing.Add($"operation {id}");
            missing.AddRange(
                (route.Operation["parameters"]?.AsArray() ?? []).Where(p => !IsDescribed(p)).Select(p => $"parameter {id}.{p!["name"]}"));
        }
        foreach (var (name, schema) in document["components"]!["schemas"]!.AsObject())
        {
            if (!IsDescribed(schema))
                missing.Add($"schema {name}");
            foreach (var properties in (schema!["allOf"]?.AsArray() ?? []).Append(schema)
                .Select(s => s!["properties"]).OfType<JsonObject>())
                missing.AddRange(properties.Where(p => !IsDescribed(p.Value)).Select(p => $"property {name}.{p.Key}"));
        }
        Assert.True(
            missing.Count == 0,
            $"Add these to OperationTexts or FieldTexts, or give the type an XML comment:\n{string.Join('\n', missing)}");
    }

    [Fact]
    public async Task no_description_refers_to_the_code()
    {
        var document = Expect.Status(200, await shop.Api.GetAsync("//openapi/v1.json")).Json!;
        Assert.DoesNotContain(DescriptionsOf(document), text => ReferenceToCode.IsMatch(text));
    }

    /// <summary>What becomes of a <c>cref</c> in an XML comment: "int Cart.MaxLines" for a member, "See ApiScopes." for a type.</summary>
    private static readonly Regex ReferenceToCode = new(@"\b[A-Za-z<>?]+ [A-Z]\w+\.[A-Z]|\b[Ss]ee [A-Z]", RegexOptions.CultureInvariant);

    private static IEnumerable<string> DescriptionsOf(JsonNode? node) => node switch
    {
        JsonObject members =>
            members.SelectMany(m => m is { Key: "description", Value: JsonValue text } && text.TryGetValue<string>(out var own)
                ? [own]
                : DescriptionsOf(m.Value)),
        JsonArray items => items.SelectMany(DescriptionsOf),
        _ => [],
    };

    private static bool IsDescribed(JsonNode? part) => part?["description"]?.GetValue<string>() is { Length: > 0 };

    [Fact]
    public async Task the_document_beside_the_code_is_the_one_that_is_served()
    {
        var served = Expect.Status(200, await shop.Api.GetAsync("//openapi/v1.json")).Body;
        var kept = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "ApiFrontend", "openapi", "v1.json"), TestContext.Current.CancellationToken);
        var difference = served.Split('\n').Zip(kept.Split('\n')).FirstOrDefault(l => l.First != l.Second);
        Assert.True(served == kept,
            $"The API is not the one in ApiFrontend/openapi/v1.json any more: {difference.First?.Trim()} instead of "
                + $"{difference.Second?.Trim()}. "
            + "If that is meant, renew it: dotnet run --project ApiFrontend -- openapi v1 ApiFrontend/openapi/v1.json");
    }

    [Fact]
    public async Task the_document_needs_no_cluster_and_what_is_no_command_is_refused()
    {
        Assert.Equal((64, 64, 64), (
            (await RunAsync("openapi", "v9")).Code, (await RunAsync("nonsense")).Code, (await RunAsync("openapi", "v1", "a", "b")).Code));
        Assert.Contains("openapi VERSION", (await RunAsync("nonsense")).Error, StringComparison.Ordinal);
        var (code, output, _) = await RunAsync("openapi", "v1");
        Assert.Equal(0, code);
        Assert.Equal(Expect.Status(200, await shop.Api.GetAsync("//openapi/v1.json")).Body, output);
    }

    [Fact]
    public async Task operations_have_ids_examples_and_the_problems_of_their_kind()
    {
        var routes = await Route.AllAsync(shop.Api);
        Assert.Empty(routes.GroupBy(r => r.Operation["operationId"]!.GetValue<string>()).Where(g => g.Count() > 1).Select(g => g.Key));
        foreach (var route in routes)
        {
            var answers = route.Operation["responses"]!.AsObject();
            void Has(string status, bool wanted, string why) =>
                Assert.True(!wanted || answers.ContainsKey(status), $"{route.Name} answers no {status}: {why}");
            Has("429", true, "every route is limited");
            Has("503", true, "the cluster may be out of reach");
            Has("401", route.Operation["security"] is not null, "it takes credentials");
            Has("403", route.Path.StartsWith("/admin/", StringComparison.Ordinal), "it is for administrators");
            Has("404", route.Path.Contains('{', StringComparison.Ordinal), "its path names something");
            Has("400", route.Body is not null || route.Parameters("query").Length > 0, "it takes input");
            Has("413", route.Body is not null, "it takes a body");
            Has("415", route.Body is not null, "it takes a body");
            Has("409", route.IsPost, "the same key may be under way");
            Has("422", route.IsPost, "a key may come with another request");
            Has("412", route.Parameters("header").Contains("If-Match"), "it takes If-Match");
            if (route.Body is not null)
                Assert.NotNull(route.Operation["requestBody"]!["content"]!["application/json"]!["example"]);
            Assert.Equal(answers.ContainsKey("201"), answers["201"]?["headers"]?["Location"] is not null);
        }
    }

    [Fact]
    public async Task every_problem_says_which_types_it_can_be()
    {
        var document = Expect.Status(200, await shop.Api.GetAsync("//openapi/v1.json")).Json!;
        var responses = document["components"]!["responses"]!.AsObject();
        Assert.NotEmpty(responses);
        foreach (var (name, _) in responses)
        {
            var types = document["components"]!["schemas"]![name + "Problem"]!["allOf"]![1]!["properties"]!["type"]!["enum"]!.AsArray();
            Assert.All(types, t => Assert.StartsWith("https://soonshop.dev/problems/", t!.GetValue<string>(), StringComparison.Ordinal));
        }
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        Repository.TryRunAsync("dotnet", [Repository.Program("ApiFrontend"), .. arguments], []);

    [Fact]
    public async Task a_page_shows_the_document()
    {
        var page = Expect.Status(200, await shop.Api.GetAsync("//scalar"));
        Assert.StartsWith("text/html", page.Headers["Content-Type"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("live")]
    [InlineData("ready")]
    public async Task the_process_says_how_it_is(string question) =>
        Assert.Equal(question, Expect.Status(200, await shop.Api.GetAsync($"//health/{question}")).Text("status"));

    [Fact]
    public async Task what_is_not_there_is_a_problem_too()
    {
        Expect.Problem(404, "not-found", await shop.Api.GetAsync("/no-such-thing"));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync("//no-such-thing"));
        Expect.Problem(405, "method-not-allowed", await shop.Api.DeleteAsync("/products"));
    }
}

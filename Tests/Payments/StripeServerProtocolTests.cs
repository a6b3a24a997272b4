using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using SoonShop.StripeTesting;
using SoonShop.Tests.Running;
using Stripe;

namespace SoonShop.Tests.Payments;

/// <summary>How the Stripe test server takes requests: forms, keys, parameters, lists, search, and idempotency keys.</summary>
public sealed class StripeServerProtocolTests : StripeServerTest
{
    private const string Create = "/v1/payment_intents";
    private const string Card = "&allowed_payment_method_types[]=card";
    [Theory]
    [InlineData("amount=2000", "parameter_missing", "currency")]
    [InlineData("currency=usd", "parameter_missing", "amount")]
    [InlineData("amount=2000&currency=usd&colour=red", "parameter_unknown", "colour")]
    [InlineData("amount=2000&currency=usd&metadata[a][b]=c", null, "metadata[a][b]")]
    [InlineData("amount=many&currency=usd", "parameter_invalid_integer", "amount")]
    [InlineData("amount=&currency=usd", "parameter_invalid_empty", "amount")]
    [InlineData("amount=0&currency=usd", "parameter_invalid_integer", "amount")]
    [InlineData("amount=49&currency=usd", "amount_too_small", "amount")]
    [InlineData("amount=100000000&currency=usd", "amount_too_large", "amount")]
    [InlineData("amount=49&currency=jpy", "amount_too_small", "amount")]
    [InlineData("amount=1001&currency=kwd", null, "amount")]
    [InlineData("amount=2000&currency=xxx", null, "currency")]
    [InlineData("amount=2000&currency=usd&capture_method=never", null, "capture_method")]
    [InlineData("amount=2000&currency=usd&confirm=perhaps", null, "confirm")]
    [InlineData("amount=2000&currency=usd&customer=cus_nobody", "resource_missing", "customer")]
    [InlineData("amount=2000&currency=usd&payment_method=pm_nothing", "resource_missing", "payment_method")]
    [InlineData("amount=2000&currency=usd&payment_method_types[]=card", "payment_method_types_no_longer_supported", "payment_method_types")]
    [InlineData("amount=2000&currency=usd&off_session=true", null, "off_session")]
    [InlineData("amount=2000&currency=usd&expand[]=colour", null, "expand[]")]
    [InlineData("amount=2000&currency=usd&confirm=true&payment_method=pm_card_visa", null, "return_url")]
    public async Task a_request_that_is_wrong_is_refused_and_does_nothing(string form, string? code, string param)
    {
        var reply = await stripe.PostAsync(Create, form);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal("invalid_request_error", reply.Text("error.type"));
        Assert.Equal(code, reply["error.code"]?.ToString());
        Assert.Equal(param, reply.Text("error.param"));
        Assert.NotEmpty(reply.Text("error.message"));
        Assert.Contains(reply.Headers["Request-Id"], reply.Text("error.request_log_url"), StringComparison.Ordinal);
        if (code is not null)
            Assert.Equal($"https://stripe.com/docs/error-codes/{code.Replace('_', '-')}", reply.Text("error.doc_url"));
        Assert.Empty(stripe.Server.Books.Payments);
    }

    [Theory]
    [InlineData("metadata[0123456789012345678901234567890123456789x]=1")]
    [InlineData("metadata[a]=LONG")]
    [InlineData("MANY")]
    public async Task metadata_has_limits(string metadata)
    {
        metadata = metadata.Replace("LONG", new string('x', 501), StringComparison.Ordinal)
            .Replace("MANY", string.Join('&', Enumerable.Range(0, 51).Select(i => $"metadata[k{i}]={i}")), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await stripe.PostAsync(Create, $"amount=2000&currency=usd&{metadata}")).Status);
    }

    [Fact]
    public async Task metadata_is_merged_and_an_empty_value_removes_a_key()
    {
        var id = (await stripe.PostAsync(Create, "amount=2000&currency=usd&metadata[a]=1&metadata[b]=2&metadata[7]=seven")).Text("id");
        var updated = await stripe.PostAsync($"{Create}/{id}", "metadata[a]=&metadata[c]=3&description=Order%20%26%20more");
        Assert.Equal("""{"7":"seven","b":"2","c":"3"}""", updated["metadata"]!.ToJsonString());
        Assert.Equal("Order & more", updated.Text("description"));
        Assert.Equal("{}", (await stripe.PostAsync($"{Create}/{id}", "metadata="))["metadata"]!.ToJsonString());
    }

    [Fact]
    public async Task older_versions_of_the_api_still_take_payment_method_types()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Create)
        {
            Content = new StringContent(
                "amount=2000&currency=usd&payment_method_types[]=card", new MediaTypeHeaderValue("application/x-www-form-urlencoded")),
        };
        request.Headers.Add("Stripe-Version", "2025-09-30.clover");
        using var response = await stripe.Http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("2025-09-30.clover", response.Headers.GetValues("Stripe-Version").Single());
    }

    [Fact]
    public async Task callers_must_know_the_key()
    {
        foreach (var (authorization, status) in new (AuthenticationHeaderValue?, HttpStatusCode)[]
        {
            (null, HttpStatusCode.Unauthorized),
            (new("Bearer", "sk_test_somebody_elses"), HttpStatusCode.Unauthorized),
            (new("Bearer", stripe.Server.Options.PublishableKey), HttpStatusCode.Forbidden),
            (new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(stripe.Server.Options.ApiKey + ":"))), HttpStatusCode.OK),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Create) { Headers = { Authorization = authorization } };
            using var http = new HttpClient { BaseAddress = stripe.Http.BaseAddress };
            using var response = await http.SendAsync(request, Cancellation);
            Assert.Equal(status, response.StatusCode);
            Assert.DoesNotContain("somebody", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("GET", "/v1/payment_intents/pi_none", "intent")]
    [InlineData("POST", "/v1/payment_intents/pi_none/confirm", "intent")]
    [InlineData("GET", "/v1/charges/ch_none", "id")]
    [InlineData("GET", "/v1/refunds/re_none", "refund")]
    [InlineData("GET", "/v1/disputes/du_none", "dispute")]
    [InlineData("GET", "/v1/customers/cus_none", "id")]
    [InlineData("GET", "/v1/payment_methods/pm_none", "payment_method")]
    [InlineData("GET", "/v1/events/evt_none", "id")]
    [InlineData("GET", "/v1/unicorns", null)]
    [InlineData("DELETE", "/v1/payment_intents", null)]
    public async Task what_is_not_there_is_404(string method, string path, string? param)
    {
        var reply = await stripe.SendAsync(new HttpMethod(method), path, cancellation: Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, reply.Status);
        Assert.Equal(param is null ? null : "resource_missing", reply["error.code"]?.ToString());
        Assert.Equal(param, reply["error.param"]?.ToString());
    }

    [Fact]
    public async Task a_json_body_is_refused()
    {
        using var response = await stripe.Http.PostAsync(
            new Uri(Create, UriKind.Relative), new StringContent("{}", Encoding.UTF8, "application/json"), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task the_same_key_and_parameters_have_the_same_answer()
    {
        var first = await stripe.PostAsync(Create, "amount=2000&currency=usd&metadata[a]=1", "key-1");
        // In another order, and with a list numbered: the same parameters.
        var second = await stripe.PostAsync(Create, "metadata[a]=1&currency=usd&amount=2000", "key-1");

        Assert.Equal((first.Status, first.Body), (second.Status, second.Body));
        Assert.False(first.Replayed);
        Assert.True(second.Replayed);
        Assert.Equal(first.Headers["Request-Id"], second.Headers["Original-Request"]);
        Assert.Single(stripe.Server.Books.Payments);
    }

    [Fact]
    public async Task a_decline_and_a_refusal_are_kept_under_their_key()
    {
        var form = $"amount=2000&currency=usd&confirm=true&payment_method=pm_card_visa_chargeDeclined{Card}";
        var declined = await stripe.PostAsync(Create, form, "key-1");
        var again = await stripe.PostAsync(Create, form, "key-1");
        Assert.Equal((HttpStatusCode.PaymentRequired, true), (again.Status, again.Replayed));
        Assert.Equal(declined.Body, again.Body);
        Assert.Single(stripe.Server.Books.Payments);

        var id = declined.Text("error.payment_intent.id");
        Assert.False((await stripe.PostAsync($"{Create}/{id}/capture", "", "key-2")).Replayed);
        Assert.True((await stripe.PostAsync($"{Create}/{id}/capture", "", "key-2")).Replayed);
    }

    [Fact]
    public async Task a_key_is_for_one_request_alone()
    {
        var id = (await stripe.PostAsync(Create, "amount=2000&currency=usd", "key-1")).Text("id");
        var otherParameters = await stripe.PostAsync(Create, "amount=2001&currency=usd", "key-1");
        var otherEndpoint = await stripe.PostAsync($"{Create}/{id}/cancel", "", "key-1");

        foreach (var (reply, text) in new[] { (otherParameters, "the same parameters"), (otherEndpoint, "the same endpoint") })
        {
            Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
            Assert.Equal("idempotency_error", reply.Text("error.type"));
            Assert.Contains(text, reply.Text("error.message"), StringComparison.Ordinal);
        }
        var mapped = await Assert.ThrowsAsync<StripeException>(() => stripe.PayAsync(key: "key-1"));
        Assert.Equal("idempotency_error", mapped.StripeError.Type);
    }

    [Fact]
    public async Task a_key_whose_request_is_under_way_is_409()
    {
        // Which of two requests comes first, and whether the other comes in time, is chance: they try until they meet.
        Reply[] both = [];
        var key = "";
        for (var round = 0; round < 20 && !both.Any(r => r.Status == HttpStatusCode.Conflict); round++)
        {
            key = $"key-{round}";
            stripe.Server.Faults.Clear();
            stripe.Server.Faults.Plan(Fault.Slow);
            both = await Task.WhenAll(
                stripe.PostAsync(Create, "amount=2000&currency=usd", key), stripe.PostAsync(Create, "amount=2000&currency=usd", key));
        }
        var conflict = Assert.Single(both, r => r.Status == HttpStatusCode.Conflict);
        Assert.Equal("idempotency_key_in_use", conflict.Text("error.code"));
        var done = Assert.Single(both, r => r.Status == HttpStatusCode.OK);
        Assert.Equal(done.Body, (await stripe.PostAsync(Create, "amount=2000&currency=usd", key)).Body);
    }

    [Fact]
    public async Task nothing_is_kept_of_a_request_that_did_not_begin()
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await stripe.PostAsync(Create, "amount=2000", "key-1")).Status);
        stripe.Server.Faults.Plan(Fault.RateLimit);
        var limited = await stripe.PostAsync(Create, "amount=2000&currency=usd", "key-1");
        Assert.Equal(
            (HttpStatusCode.TooManyRequests, "true", "1"),
            (limited.Status, limited.Headers["Stripe-Should-Retry"], limited.Headers["Retry-After"]));
        Assert.Equal("rate_limit", limited.Text("error.code"));
        stripe.Server.Faults.Plan(Fault.ErrorBefore);
        Assert.Equal(HttpStatusCode.InternalServerError, (await stripe.PostAsync(Create, "amount=2000&currency=usd", "key-1")).Status);

        var created = await stripe.PostAsync(Create, "amount=2000&currency=usd", "key-1");

        Assert.Equal((HttpStatusCode.OK, false), (created.Status, created.Replayed));
    }

    [Fact]
    public async Task keys_are_forgotten_on_demand_and_have_a_limit()
    {
        await stripe.PostAsync(Create, "amount=2000&currency=usd", "key-1");
        Assert.Equal(1, stripe.Server.ForgetIdempotencyKeys());
        Assert.False((await stripe.PostAsync(Create, "amount=2000&currency=usd", "key-1")).Replayed);
        Assert.Equal(2, stripe.Server.Books.Payments.Length);
        Assert.Equal(HttpStatusCode.OK, (await stripe.PostAsync(Create, "amount=2000&currency=usd", new string('k', 255))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await stripe.PostAsync(Create, "amount=2000&currency=usd", new string('k', 256))).Status);
    }

    [Fact]
    public async Task lists_are_paged_the_newest_first()
    {
        var customer = (await stripe.PostAsync("/v1/customers", "email=ada@example.com")).Text("id");
        var made = new List<string>();
        for (var i = 0; i < 7; i++)
            made.Add(
                (await stripe.PostAsync(Create, $"amount={1000 + i}&currency=usd{(i == 3 ? $"&customer={customer}" : "")}")).Text("id"));

        var all = new List<string>();
        await foreach (var intent in stripe.Client.V1.PaymentIntents.ListAutoPagingAsync(
            new() { Limit = 3 }, cancellationToken: Cancellation))
            all.Add(intent.Id);
        Assert.Equal(made.AsEnumerable().Reverse(), all);
        var before = await stripe.GetAsync(Create, $"limit=2&ending_before={made[2]}");
        Assert.Equal([made[4], made[3]], Ids(before));
        Assert.True(before["has_more"]!.GetValue<bool>());
        Assert.Equal([made[3]], Ids(await stripe.GetAsync(Create, $"customer={customer}")));
        Assert.Equal(
            7, Ids(await stripe.GetAsync(Create, $"created[gte]={DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeSeconds()}")).Count);
        Assert.Empty(Ids(await stripe.GetAsync(Create, $"created[lt]={DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeSeconds()}")));
        foreach (var wrong in new[] { "limit=0", "limit=101", "starting_after=pi_none", "created[around]=1" })
            Assert.Equal(HttpStatusCode.BadRequest, (await stripe.GetAsync(Create, wrong)).Status);
    }

    [Theory]
    [InlineData("metadata['order']:'o-2'", 1)]
    [InlineData("metadata[\"order\"]:\"o-2\"", 1)]
    [InlineData("metadata['order']:'o-2' OR metadata['order']:'o-3'", 2)]
    [InlineData("metadata['order']~'o-'", 5)]
    [InlineData("-metadata['order']:null AND amount>=1002", 3)]
    [InlineData("metadata['nothing']:null", 5)]
    [InlineData("status:'succeeded'", 0)]
    [InlineData("status:'requires_payment_method' amount<1002", 2)]
    [InlineData("currency:\"usd\" AND -amount:1003", 4)]
    public async Task intents_are_found_by_what_they_hold(string query, int found)
    {
        for (var i = 0; i < 5; i++)
            await stripe.PostAsync(Create, $"amount={1000 + i}&currency=usd&metadata[order]=o-{i}");
        var ids = new List<string>();
        await foreach (var intent in stripe.Client.V1.PaymentIntents.SearchAutoPagingAsync(
            new() { Query = query, Limit = 2 }, cancellationToken: Cancellation))
            ids.Add(intent.Id);
        Assert.Equal(found, ids.Distinct().Count());
        Assert.Equal(found, ids.Count);
    }

    [Theory]
    [InlineData("order")]
    [InlineData("colour:'red'")]
    [InlineData("amount>'many'")]
    [InlineData("amount:1 AND amount:2 OR amount:3")]
    [InlineData("")]
    public async Task a_query_that_makes_no_sense_is_refused(string query) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await stripe.GetAsync($"{Create}/search", $"query={Uri.EscapeDataString(query)}")).Status);

    [Fact]
    public async Task search_is_behind_where_that_is_asked_for_and_lists_never_are()
    {
        await using var late = await StripeServerFixture.StartAsync(o => o.SearchDelaySeconds = 3600);
        await late.PostAsync(Create, "amount=2000&currency=usd&metadata[order]=o-1");
        Assert.Empty((await late.GetAsync($"{Create}/search", "query=metadata['order']:'o-1'"))["data"]!.AsArray());
        Assert.Single((await late.GetAsync(Create))["data"]!.AsArray());
    }

    [Fact]
    public async Task every_answer_has_every_field_that_is_published()
    {
        var customer = await stripe.PostAsync("/v1/customers", "email=ada@example.com");
        var intent = await stripe.PostAsync(
            Create,
            $"amount=2000&currency=usd&confirm=true&payment_method=pm_card_visa&customer={customer.Text("id")}"
                + $"&setup_future_usage=on_session{Card}");
        var dispute = stripe.Server.OpenDispute((await stripe.PayAsync()).Id);
        var charge = await stripe.GetAsync($"/v1/charges/{intent.Text("latest_charge")}");
        var events = await stripe.GetAsync("/v1/events", "type=payment_intent.*");
        var deleted = (await stripe.PostAsync("/v1/customers")).Text("id");
        var answers = new Dictionary<string, JsonNode>
        {
            ["payment_intent"] = intent.Json!,
            ["charge"] = charge.Json!,
            ["balance_transaction"] = (await stripe.GetAsync($"/v1/balance_transactions/{charge.Text("balance_transaction")}")).Json!,
            ["refund"] = (await stripe.PostAsync("/v1/refunds", $"payment_intent={intent.Text("id")}&amount=1")).Json!,
            ["customer"] = customer.Json!,
            ["deleted_customer"] =
                (await stripe.SendAsync(HttpMethod.Delete, $"/v1/customers/{deleted}", cancellation: Cancellation)).Json!,
            ["payment_method"] = (await stripe.GetAsync($"/v1/payment_methods/{intent.Text("payment_method")}")).Json!,
            ["dispute"] = (await stripe.GetAsync($"/v1/disputes/{dispute}")).Json!,
            ["event"] = events["data.0"]!,
        };

        using var published = JsonDocumentOf("examples.json");
        Assert.Equal(published.RootElement.EnumerateObject().Select(p => p.Name).Order(), answers.Keys.Order());
        foreach (var (kind, answer) in answers)
        {
            var missing = published.RootElement.GetProperty(kind)
                .EnumerateObject().Select(p => p.Name).Except(answer.AsObject().Select(p => p.Key));
            Assert.True(!missing.Any(), $"{kind} lacks {string.Join(", ", missing)}");
        }
        foreach (var list in new[] { "charges", "refunds", "disputes", "customers", "payment_methods", "payment_intents", "events" })
        {
            var page = await stripe.GetAsync($"/v1/{list}");
            Assert.Equal(["data", "has_more", "object", "url"], page.Json!.AsObject().Select(p => p.Key).Order());
            Assert.NotEmpty(page["data"]!.AsArray());
        }
    }

    [Fact]
    public async Task there_is_an_end_to_what_is_kept()
    {
        await using var small = await StripeServerFixture.StartAsync(o => (o.MaxObjects, o.MaxIdempotencyKeys, o.MaxEvents) = (2, 3, 3));
        for (var i = 0; i < 2; i++)
            Assert.Equal(HttpStatusCode.OK, (await small.PostAsync(Create, "amount=2000&currency=usd", $"{i}")).Status);
        var full = await small.PostAsync(Create, "amount=2000&currency=usd", "2");
        Assert.Equal(HttpStatusCode.InternalServerError, full.Status);
        Assert.Contains("MaxObjects", full.Text("error.message"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await small.PostAsync("/v1/customers", "", "3")).Status);
        Assert.Contains(
            "MaxIdempotencyKeys", (await small.PostAsync("/v1/customers", "", "4")).Text("error.message"), StringComparison.Ordinal);
    }

    private static List<string> Ids(Reply page) => [.. page["data"]!.AsArray().Select(o => o!["id"]!.GetValue<string>())];

    private static System.Text.Json.JsonDocument JsonDocumentOf(string resource)
    {
        using var stream = typeof(StripeServer).Assembly.GetManifestResourceStream(resource)!;
        return System.Text.Json.JsonDocument.Parse(stream);
    }
}

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>
/// Sends what is wrong to every route of the OpenAPI document. Whatever it is, the answer is a problem that names the
/// wrong field, and never the shop's fault.
/// </summary>
[Collection(nameof(RunningShop))]
public sealed class BadInputTests(RunningShop shop)
{
    /// <summary>Secrets are compared, not kept: any text is a possible one.</summary>
    private static readonly string[] Secrets = ["password", "currentPassword", "newPassword", "token", "refreshToken"];

    private readonly List<string> complaints = [];

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("{")]
    [InlineData("{ \"a\": }")]
    [InlineData("nonsense")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    [InlineData("\"text\"")]
    [InlineData("1")]
    [InlineData("{} {}")]
    [InlineData("{ 'a': 1 }")]
    [InlineData("\u0000")]
    [InlineData("{ \"\\ud800\": 1, ")]
    public Task a_body_that_is_no_object_is_refused(string body) => ForEachAsync(r => r.RequiresBody, async (route, call) =>
        Complain(route, body, await call(Make.Json(body)), null, 400));

    [Fact]
    public Task a_body_that_is_nested_too_deeply_is_refused() => ForEachAsync(r => r.RequiresBody, async (route, call) =>
    {
        foreach (var (open, close) in ((string, string)[])[("[", "]"), ("{\"x\":", "}")])
        {
            var deep = string.Concat(Enumerable.Repeat(open, 20_000)) + "1" + string.Concat(Enumerable.Repeat(close, 20_000));
            Complain(route, "depth", await call(Make.Json(deep)), null, 400);
            Complain(route, "depth in an unknown field", await call(Make.Json($$"""{ "unknown": {{deep}} }""")), null, 400);
        }
    });

    [Fact]
    public Task text_that_is_no_utf8_is_refused() => ForEachAsync(r => r.RequiresBody, async (route, call) =>
    {
        var content = new ByteArrayContent([(byte)'{', (byte)'"', 0xFF, 0xC0, (byte)'"', (byte)':', (byte)'1']);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        Complain(route, "bytes", await call(content), null, 400);
    });

    [Fact]
    public async Task a_body_of_two_megabytes_is_too_large()
    {
        // Asks before it sends: who has begun to send may find the connection closed instead (RFC 9110, section 15.5.14).
        using var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        http.DefaultRequestHeaders.ExpectContinue = true;
        await ForEachAsync(r => r.Body is not null, async (route, call) =>
            Complain(route, "2 MB", await call(Make.Json($$"""{ "unknown": "{{new string('x', 2 * 1024 * 1024)}}" }""")), null, 413), http);
    }

    [Fact]
    public Task other_media_types_are_refused() => ForEachAsync(r => r.Body is not null, async (route, call) =>
    {
        Complain(route, "text", await call(new StringContent(route.Sample().ToJsonString(), Encoding.UTF8, "text/plain")), null, 415);
        Complain(route, "xml", await call(new StringContent("<a/>", Encoding.UTF8, "application/xml")), null, 415);
        Complain(route, "form", await call(new FormUrlEncodedContent([KeyValuePair.Create("a", "b")])), null, 415);
    });

    [Theory]
    [InlineData("application/json; charset=bogus")]
    [InlineData("application/json; charset=\"bogus\"")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=")]
    [InlineData("application/json; charset")]
    [InlineData("application/json; charset=utf-8; charset=bogus")]
    [InlineData("application/json; =;")]
    [InlineData("application/json, text/plain")]
    [InlineData("nonsense")]
    [InlineData("/")]
    public Task other_charsets_and_unreadable_types_are_refused(string type) => ForEachAsync(r => r.Body is not null, async (route, call) =>
        Complain(route, type, await call(Typed(route.Sample().ToJsonString(), type)), null, 415));

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=UTF-8")]
    [InlineData("application/json; charset=\"utf-8\"")]
    [InlineData("application/problem+json; charset=utf-8; version=1")]
    public async Task utf8_is_understood_however_it_is_written(string type) =>
        Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", Typed("""{ "email": "ada@example.com" }""", type)));

    [Fact]
    public Task a_value_of_another_type_is_refused_by_name() => ForEachFieldAsync(async (route, call, name, schema) =>
    {
        foreach (var value in (string[])[
            "true", "-1.5", "{}", "[]", "\"text\"", "[[]]", "{ \"a\": [] }", "1e999", "99999999999999999999999999"])
        {
            // An object without members changes nothing where a patch is merged, and says nothing where no member is required.
            var changesNothing = value == "{}" && schema["properties"] is not null
                && (route.Method == HttpMethod.Patch || schema["required"] is not JsonArray { Count: > 0 });
            if (!changesNothing && !IsOfType(JsonNode.Parse(value), value, schema))
                Complain(route, $"{name} = {value}", await call(With(route.Sample(), name, value)), name, 400);
        }
    });

    [Fact]
    public Task a_number_out_of_range_is_refused_by_name() => ForEachFieldAsync(async (route, call, name, schema) =>
    {
        if (!Route.Allows(schema, "integer"))
            return;
        foreach (var value in (string[])[
            "9223372036854775807",
            "-9223372036854775808",
            .. schema["format"]?.GetValue<string>() == "int32" ? new[] { "2147483648", "-2147483649" } : [],
            .. name is "delta" or "priority" or "position" ? [] : new[] { "-1" }])
            Complain(route, $"{name} = {value}", await call(With(route.Sample(), name, value)), name, 400);
    });

    [Fact]
    public Task half_a_character_is_refused_by_name() => ForEachTextAsync(async (route, call, name) =>
    {
        foreach (var value in (string[])["\"a\\ud800\"", "\"\\udc00b\"", "\"\\ud800\\ud800\""])
            Complain(route, $"{name} = {value}", await call(With(route.Sample(), name, value)), name, 400);
    });

    [Fact]
    public Task a_control_character_is_refused_by_name() => ForEachTextAsync(async (route, call, name) =>
    {
        foreach (var value in (string[])[
            "\"some\\u0000text\"", "\"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\"", "\"some\\u001btext\""])
        {
            var reply = await call(With(route.Sample(), name, value));
            if (!Secrets.Contains(name))
                Complain(route, $"{name} = {value}", reply, name, 400);
            else if ((int)reply.Status >= 300)
                Complain(route, $"{name} = {value}", reply, null, 400, 401, 429);
        }
    });

    [Fact]
    public Task text_that_is_too_long_is_refused_by_name() => ForEachTextAsync(async (route, call, name) =>
    {
        var limit = route.Fields().First(f => f.Name == name).Schema["maxLength"]?.GetValue<int>() ?? 0;
        Complain(
            route, $"long {name}", await call(With(route.Sample(), name, $"\"{new string('x', Math.Max(10_000, limit + 1))}\"")), name,
            400);
    });

    [Fact]
    public async Task every_place_for_a_member_is_tried()
    {
        // Of objects within objects, and of items of lists.
        var places = (await Route.AllAsync(shop.Api)).Where(r => r.Body is not null)
            .SelectMany(r => r.Objects().Select(o => $"{r.Name} {o}")).ToArray();
        foreach (var place in (string[])[
            "POST /orders shippingAddress", "POST /orders expectedTotal", "POST /products price", "PATCH /products/{sku} price",
            "POST /admin/orders/{id}/refunds lines[0]"])
            Assert.Contains(place, places);
    }

    [Fact]
    public Task an_unknown_member_is_refused_by_name_wherever_it_stands() => ForEachAsync(r => r.Body is not null, async (route, call) =>
    {
        foreach (var place in (string[])["", .. route.Objects()])
        {
            var (body, owner) = route.SampleWith(place);
            owner["unknownMember"] = new JsonObject { ["$type"] = "System.Object", ["a"] = new JsonArray(1, "two", null) };
            owner["$type"] = null;
            var reply = await call(Make.Json(body.ToJsonString()));
            foreach (var name in (string[])["unknownMember", "$type"])
                Complain(route, $"an unknown member of '{place}'", reply, place.Length == 0 ? name : $"{place}.{name}", 400);
        }
    });

    [Fact]
    public Task a_member_in_another_case_is_unknown_and_one_that_stands_there_twice_is_wrong() =>
        ForEachFieldAsync(async (route, call, name, _) =>
        {
            var (place, last) = (name.LastIndexOf('.') is > 0 and var dot ? name[..(dot + 1)] : "", name.Split('.')[^1]);
            var other = char.ToUpperInvariant(last[0]) + last[1..];
            var body = route.Sample().ToJsonString();
            if (!body.Contains($"\"{last}\":", StringComparison.Ordinal))
                return;
            Complain(route, other, await call(With(route.Sample(), place + other, "1")), place + other, 400);
            Complain(route, $"{name} twice", await call(With(route.Sample(), name, $"null,\"{last}\":null")), name, 400);
        });

    [Fact]
    public async Task a_name_that_is_nearly_right_is_told_from_one_that_is_not()
    {
        var reply = Expect.Invalid("amonut", await shop.Admin.PostAsync(
            $"/admin/orders/{Guid.NewGuid()}/refunds", new { amonut = 300, entirelyElse = 1, reason = "x" }, Guid.NewGuid().ToString()));
        Assert.Equal("is not a known field; did you mean amount?", reply.Text("errors.amonut.0"));
        Assert.Equal("is not a known field", reply.Text("errors.entirelyElse.0"));
        reply = Expect.Invalid("lines[0].qunatity", await shop.Admin.PostAsync(
            $"/admin/orders/{Guid.NewGuid()}/refunds", new { lines = new[] { new { sku = "MUG", qunatity = 1 } }, reason = "x" },
            Guid.NewGuid().ToString()));
        Assert.Equal("is not a known field; did you mean quantity?", reply["errors"]!["lines[0].qunatity"]![0]!.GetValue<string>());
        reply = Expect.Invalid("price.amonut", await shop.Admin.PostAsync(
            "/products", new { sku = Make.Sku(), name = "Mug", category = "things", price = new { amonut = 1, currency = "USD" } }));
        Assert.Equal("is not a known field; did you mean amount?", reply["errors"]!["price.amonut"]![0]!.GetValue<string>());
        Assert.Equal(
            "is not a known parameter; did you mean limit?",
            Expect.Invalid("limti", await shop.Api.GetAsync("/products?limti=5")).Text("errors.limti.0"));
        using var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        http.DefaultRequestHeaders.Add("Accept-Language", "zh-CN");
        Assert.Equal("不是已知参数；是否指 limit？", (await (shop.Api with { Http = http }).GetAsync("/products?limti=5")).Text("errors.limti.0"));
    }

    [Theory]
    [InlineData("unknown=1", "unknown")]
    [InlineData("unknown", "unknown")]
    [InlineData("a%00b=1", "a\0b")]
    [InlineData("%F0%9F%98%80=1&%ff=2", "😀")]
    [InlineData("=1", "query")]
    public async Task an_unknown_parameter_is_refused_by_name(string query, string name)
    {
        await ForEachAsync(_ => true, async (route, call) =>
            Complain(
                route, query, await call(route.Body is null ? null : Make.Json(route.Sample().ToJsonString()), $"?{query}"), name, 400));
        foreach (var path in (string[])["//health/live", "//health/ready", "//.well-known/jwks.json", "//openapi/v1.json", "//"])
            Expect.Invalid(name, await shop.Api.GetAsync($"{path}?{query}"));
    }

    [Fact]
    public Task a_parameter_in_another_case_or_given_twice_is_refused_by_name() =>
        ForEachAsync(r => r.Parameters("query").Length > 0, async (route, call) =>
        {
            foreach (var name in route.Parameters("query"))
            {
                var other = char.ToUpperInvariant(name[0]) + name[1..];
                Complain(route, other, await call(null, $"?{other}="), other, 400);
                Complain(route, $"{name} twice", await call(null, $"?{name}=&{name}="), name, 400);
            }
        });

    [Fact]
    public Task a_body_where_none_is_taken_is_refused_by_what_it_holds() => ForEachAsync(
        r => r.Body is null
            && !r.TakesFile
            && r.Method != HttpMethod.Get
            && r.Name is not ("POST /webhooks/stripe" or "DELETE /me/sessions"),
        async (route, call) =>
        {
            Complain(route, "a body", await call(Make.Json("""{ "reason": 1, "other": 2 }""")), "other", 400);
            Complain(route, "a list", await call(Make.Json("[1]")), "body", 400);
            Complain(route, "text", await call(new StringContent("text")), "body", 400);
            foreach (var nothing in (string[])["", " ", "{}"])
            {
                if ((int)(await call(Make.Json(nothing))).Status is 400)
                    complaints.Add($"{route.Name} refuses '{nothing}'");
            }
        });

    [Fact]
    public Task everything_that_is_wrong_is_named_at_once() => ForEachAsync(r => r.RequiresBody, async (route, call) =>
    {
        var (name, schema) = route.Fields().First();
        var body = With(route.Sample(), name, Route.Allows(schema, "boolean") ? "7" : "true");
        var reply = await call(Make.Json((await body.ReadAsStringAsync()).Insert(1, "\"unknownMember\":1,")), "?unknownParameter=1", "");
        foreach (var wrong in (string[])[
            name, "unknownMember", "unknownParameter", .. route.IsPost ? ["Idempotency-Key"] : Array.Empty<string>()])
            Complain(route, "all at once", reply, wrong, 400);
    });

    [Fact]
    public async Task a_checkout_without_a_key_hears_of_all_that_is_wrong()
    {
        var guest = await shop.Api.AsGuestAsync();
        var reply = await guest.PostAsync(
            "/orders", new { paymentMethod = 1, shippingAddress = new { name = "Ada", country = "Utopia" }, savePaymentMethod = true });
        foreach (var field in (string[])[
            "Idempotency-Key", "paymentMethod", "email", "savePaymentMethod", "shippingAddress.line1", "shippingAddress.city",
            "shippingAddress.country"])
            Expect.Invalid(field, reply);
    }

    [Fact]
    public async Task money_has_an_amount_and_a_currency()
    {
        var reply = await shop.Admin.PostAsync(
            "/products", new { sku = Make.Sku(), name = "Mug", category = "things", price = new { currency = "USD" } });
        Expect.Invalid("price.amount", reply);
        Expect.Invalid(
            "price.currency", await shop.Admin.PostAsync(
                "/products", new { sku = Make.Sku(), name = "Mug", category = "things", price = new { amount = 1 } }));
    }

    [Theory]
    [InlineData("\\u0000")]
    [InlineData("a\\u0000b")]
    [InlineData("\\ud800")]
    [InlineData("\\udc00x")]
    public Task text_that_cannot_be_stored_is_refused_within_lists_and_as_names(string text) =>
        ForEachFieldAsync(async (route, call, name, schema) =>
        {
            if (Route.Allows(schema, "array"))
                Complain(route, $"{name} with {text}", await call(With(route.Sample(), name, $"[\"{text}\"]")), null, 400);
            if (Route.Allows(schema, "object") && schema["properties"] is null)
                Complain(route, $"{name} with {text}", await call(With(route.Sample(), name, $"{{\"{text}\":\"a\"}}")), null, 400);
        });

    [Theory]
    [InlineData("text/html")]
    [InlineData("text/plain, image/*;q=0.5")]
    [InlineData("application/json;q=0")]
    public async Task a_problem_is_a_problem_whatever_is_accepted(string accept)
    {
        using var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        http.DefaultRequestHeaders.Add("Accept", accept);
        var nobody = shop.Api with { Http = http };
        Expect.Invalid("email", await nobody.PostAsync("/auth/register", new { password = "correct horse" }));
        Expect.Invalid("limit", await nobody.GetAsync("/products?limit=0"));
        Expect.Problem(401, "unauthenticated", await nobody.GetAsync("/me"));
        Expect.Problem(403, "forbidden", await (await nobody.AsNewCustomerAsync()).GetAsync("/admin/orders"));
        Expect.Problem(404, "not-found", await nobody.GetAsync("/nonsense"));
        Expect.Problem(404, "not-found", await nobody.GetAsync("/products/NONE"));
        Expect.Problem(405, "method-not-allowed", await nobody.PutAsync("/auth/login", new { }));
        await ForEachAsync(r => r.RequiresBody, async (route, call) =>
        {
            Complain(route, accept, await call(Make.Json("{")), null, 400);
            Complain(route, accept, await call(new StringContent("text")), null, 415);
        }, http);
    }

    [Theory]
    [InlineData("limit", "0")]
    [InlineData("limit", "101")]
    [InlineData("limit", "-1")]
    [InlineData("limit", "abc")]
    [InlineData("limit", "1.5")]
    [InlineData("limit", "99999999999999999999")]
    [InlineData("limit", "%00")]
    [InlineData("cursor", "nonsense")]
    [InlineData("cursor", "AAAA")]
    [InlineData("cursor", "W10")]                     // []
    [InlineData("cursor", "WyJhIiwiYiIsImMiXQ")]      // ["a","b","c"]
    [InlineData("cursor", "WzEsMiwzXQ")]              // [1,2,3]
    [InlineData("cursor", "%00")]
    [InlineData("cursor", "%ff")]
    [InlineData("cursor", "-1")]
    [InlineData("cursor", "99999999999999999999")]
    [InlineData("status", "%00")]
    [InlineData("sort", "%00")]
    [InlineData("q", "%00")]
    [InlineData("q", "a%01b")]
    [InlineData("category", "%00")]
    [InlineData("family", "%00")]
    [InlineData("customerId", "nonsense")]
    [InlineData("from", "yesterday")]
    [InlineData("to", "2026-13-01")]
    [InlineData("inStock", "2")]
    [InlineData("minPrice", "-1")]
    [InlineData("maxPrice", "1e3")]
    public async Task a_bad_parameter_is_refused_by_name(string name, string value)
    {
        var tried = 0;
        await ForEachAsync(r => r.Parameters("query").Contains(name), async (route, call) =>
        {
            tried++;
            Complain(route, $"{name}={value}", await call(null, $"?{name}={value}"), name, 400);
        });
        Assert.NotEqual(0, tried);
    }

    [Fact]
    public Task a_long_or_broken_parameter_never_breaks_anything() =>
        ForEachAsync(r => r.Method == HttpMethod.Get && !r.Path.EndsWith("/events", StringComparison.Ordinal), async (route, call) =>
        {
            foreach (var name in route.Parameters("query"))
            {
                foreach (var value in (string[])[
                    new string('x', 4000), "%ff%fe", "%c0%80", "%ed%a0%80", "%F0%9F%98%80", "%", "%zz", "0001-01-01T00:00:00%2B14:00",
                    "0001-01-01", "9999-12-31T23:59:59.9999999-14:00", "-9223372036854775808", "a&" + name + "=b"])
                {
                    var reply = await call(null, $"?{name}={value}");
                    if ((int)reply.Status != 200)
                        Complain(route, $"{name}={value[..Math.Min(20, value.Length)]}", reply, null, 400);
                }
            }
        });

    [Fact]
    public async Task a_path_that_names_nothing_is_not_found()
    {
        var admin = await Customer.RegisterAdminAsync(shop);
        foreach (var route in (await Route.AllAsync(shop.Api)).Where(r => r.Path.Contains('{', StringComparison.Ordinal)))
        {
            foreach (var segment in (string[])[
                "nonsense", new string('x', 3000), "%ff", "%c3%28", "%2f", "%5c", "%20", "%F0%9F%98%80",
                "00000000-0000-0000-0000-000000000000", "'", "%25", "%0d%0a"])
            {
                var path = Fill(route.Path, segment);
                // A code that is not in the cart can be removed, as when the request is repeated.
                var reply = await SendAsync(admin.Api, route, path, route.Body is null ? null : Make.Json(route.Sample().ToJsonString()));
                if (!(route.Name == "DELETE /cart/codes/{code}" && (int)reply.Status == 200))
                    Complain(route, segment[..Math.Min(20, segment.Length)], reply, null, 404, 405);
            }
            var broken = await SendAsync(admin.Api, route, Fill(route.Path, "a%00b"), null);
            if ((int)broken.Status is not (400 or 404))
                complaints.Add($"{route.Name} with %00: {(int)broken.Status} {broken.Body}");
        }
        NoComplaints();
    }

    [Fact]
    public async Task a_token_that_is_no_good_is_refused_everywhere()
    {
        var customer = await Customer.RegisterAdminAsync(shop);
        var parts = customer.Api.AccessToken!.Split('.');
        var claims = TestKey.ClaimsOf(customer.Api.AccessToken);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.Equal(200, (int)(await (shop.Api with { AccessToken = Token(claims) }).GetAsync("/me")).Status);
        var tokens = new Dictionary<string, string>
        {
            ["garbage"] = "garbage",
            ["empty parts"] = "..",
            ["long"] = new string('x', 6000),
            ["altered signature"] = $"{parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}",
            ["no signature"] = $"{parts[0]}.{parts[1]}.",
            ["altered claims"] = Token(TestKey.Changed(claims, "sub", Guid.NewGuid().ToString())).Split('.') is var other
                ? $"{parts[0]}.{other[1]}.{parts[2]}"
                : "",
            ["alg none"] = TestKey.OfShops.UnsignedToken(claims),
            ["alg none with a signature"] = TestKey.OfShops.UnsignedToken(claims, parts[2]),
            ["signed by HMAC with the public key as PEM"] = TestKey.OfShops.HmacToken(
                claims, Encoding.ASCII.GetBytes(TestKey.OfShops.PublicPem)),
            ["signed by HMAC with the public key's id"] = TestKey.OfShops.HmacToken(claims, Encoding.ASCII.GetBytes(TestKey.OfShops.Id)),
            ["expired"] = Token(TestKey.Changed(claims, "nbf", now - 7200, "exp", now - 60)),
            ["not yet valid"] = Token(TestKey.Changed(claims, "nbf", now + 3600, "exp", now + 7200)),
            ["without end"] = Token(TestKey.Changed(claims, "exp", null)),
            ["of another issuer"] = Token(TestKey.Changed(claims, "iss", "https://example.com")),
            ["for another audience"] = Token(TestKey.Changed(claims, "aud", "https://example.com")),
            ["of another algorithm"] = TestKey.OfShops.Token(claims, algorithm: "ES384"),
            ["under another key"] = new TestKey().Token(claims, TestKey.OfShops.Id),
            ["of an unknown key"] = new TestKey().Token(claims),
            ["naming no key"] = TestKey.OfShops.Token(claims, kid: null),
            ["nobody's"] = Token(TestKey.Changed(claims, "sub", null)),
            ["not a user's"] = Token(TestKey.Changed(claims, "sub", "administrator")),
            ["of no session"] = Token(TestKey.Changed(claims, "sid", null)),
        };
        foreach (var route in (await Route.AllAsync(shop.Api)).Where(r => r.IsGuarded))
        {
            foreach (var (name, token) in tokens)
            {
                var reply = await SendAsync(
                    shop.Api with { AccessToken = token }, route, Fill(route.Path, Guid.NewGuid().ToString()),
                    route.Body is null ? null : Make.Json("{}"));
                Complain(route, name, reply, null, 401);
                if (!reply.Headers.ContainsKey("WWW-Authenticate"))
                    complaints.Add($"{route.Name}, {name}: no WWW-Authenticate");
            }
        }
        NoComplaints();
    }

    [Fact]
    public async Task routes_for_administrators_are_closed_to_customers()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        foreach (var route in (await Route.AllAsync(shop.Api)).Where(
            r => r.IsForAdmins || (r.Path.StartsWith("/products", StringComparison.Ordinal) && r.Method != HttpMethod.Get)))
            Complain(
                route,
                "a customer",
                await SendAsync(customer, route, Fill(route.Path, Guid.NewGuid().ToString()), route.Body is null ? null : Make.Json("{}")),
                null,
                403);
        NoComplaints();
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("\"nonsense\"")]
    [InlineData("W/\"1\"")]
    [InlineData("\"-1\"")]
    [InlineData("\"99999999999999999999\"")]
    [InlineData("\"\"")]
    [InlineData("\"")]
    [InlineData("1")]
    public async Task an_etag_that_is_none_matches_nothing(string etag)
    {
        var sku = await shop.Admin.CreateProductAsync();
        var customer = await Customer.RegisterAsync(shop.Api);
        var product = new { name = "Another name", category = "things", price = new { amount = 1000, currency = "USD" } };
        Expect.Problem(412, "precondition-failed", await shop.Admin.PutAsync($"/products/{sku}", product, etag));
        Expect.Problem(412, "precondition-failed", await shop.Admin.DeleteAsync($"/products/{sku}", etag));
        Expect.Problem(412, "precondition-failed", await shop.Admin.PutAsync($"/inventory/{sku}", new { lowStockThreshold = 1 }, etag));
        Expect.Problem(
            412, "precondition-failed", await shop.Admin.SendAsync(
                HttpMethod.Post, $"/inventory/{sku}/adjustments", new { delta = 1, reason = "count" }, ifMatch: etag));
        Expect.Problem(
            412, "precondition-failed", await shop.Admin.PutAsync(
                $"/admin/users/{customer.Id}/roles", new { roles = new[] { "admin" } }, etag));
    }

    private delegate Task<Reply> Call(HttpContent? body, string query = "", string? key = null);

    private Task ForEachTextAsync(Func<Route, Func<HttpContent?, Task<Reply>>, string, Task> test) =>
        ForEachFieldAsync((route, call, name, schema) =>
            Route.Allows(schema, "string") && !Route.Allows(schema, "integer") && schema["format"]?.GetValue<string>() is null or "email"
                ? test(route, call, name)
                : Task.CompletedTask);

    private Task ForEachFieldAsync(Func<Route, Func<HttpContent?, Task<Reply>>, string, JsonObject, Task> test) =>
        ForEachAsync(r => r.Body is not null, async (route, call) =>
        {
            foreach (var (name, schema) in route.Fields().ToArray())
                await test(route, body => call(body), name, schema);
        });

    /// <summary>Calls every route of a kind as somebody who may do everything, at things that exist.</summary>
    private async Task ForEachAsync(Func<Route, bool> which, Func<Route, Call, Task> test, HttpClient? http = null)
    {
        var admin = await Customer.RegisterAdminAsync(shop);
        var sku = await shop.Admin.CreateProductAsync();
        var address = (await admin.Api.PostAsync("/me/addresses", ApiClient.Address())).Text("id");
        await admin.Api.FillCartAsync(sku);
        var order = Expect.Status(402, await admin.Api.OrderAsync(paymentMethod: "pm_card_visa_chargeDeclined")).Text("orderId");
        await ExistingRules.AddAsync(shop.Admin);
        var webhook = await ExistingRules.WebhookAsync(shop.Admin);
        foreach (var route in (await Route.AllAsync(shop.Api)).Where(which))
        {
            var id = route.Path.EndsWith("/deliveries", StringComparison.Ordinal) ? webhook
                : route.Path.Contains("/addresses/", StringComparison.Ordinal) ? address
                : route.Path.Contains("/users/", StringComparison.Ordinal) ? admin.Id
                : order;
            await test(route, (body, query, key) =>
                SendAsync(
                    admin.Api with { Http = http ?? admin.Api.Http }, route,
                    Fill(ExistingRules.Fill(route.Path.Replace("{sku}", sku, StringComparison.Ordinal)), id) + query, body, key));
        }
        NoComplaints();
    }

    private static Task<Reply> SendAsync(ApiClient client, Route route, string path, HttpContent? body, string? key = null) =>
        client.SendAsync(route.Method, path, body, key ?? (route.RequiresKey ? Guid.NewGuid().ToString() : null));

    private void Complain(Route route, string what, Reply reply, string? field, params int[] wanted)
    {
        var flaw = !wanted.Contains((int)reply.Status) ? $"{(int)reply.Status} instead of {string.Join(" or ", wanted)}"
            : Expect.Flaw(reply) is { } wrong ? wrong
            : field is not null && !Expect.Fields(reply).Any(f => IsWithin(f, field)) ? $"errors does not name {field}"
            : null;
        if (flaw is not null)
            complaints.Add($"{route.Name}, {what.ReplaceLineEndings(" ")}: {flaw}: {reply.Body[..Math.Min(300, reply.Body.Length)]}");
    }

    /// <summary>True for the field itself, and for what is wrong within its value.</summary>
    private static bool IsWithin(string named, string field) =>
        named == field
        || named.StartsWith($"{field}.", StringComparison.Ordinal)
        || named.StartsWith($"{field}[", StringComparison.Ordinal);

    private void NoComplaints() => Assert.True(complaints.Count == 0, $"{complaints.Count} complaints:\n{string.Join('\n', complaints)}");

    private static string Fill(string path, string segment) =>
        System.Text.RegularExpressions.Regex.Replace(path, @"\{\w+\}", segment.Replace("$", "$$", StringComparison.Ordinal));

    /// <summary>The sample with one value replaced, which may stand in an object within it.</summary>
    private static StringContent With(JsonObject sample, string name, string json)
    {
        var parts = name.Split('.');
        var parent = parts[..^1].Aggregate((JsonNode)sample, (node, part) => node[part]!);
        // By text: broken surrogates do not pass through a JsonNode.
        parent[parts[^1]] = "@value@";
        return Make.Json(sample.ToJsonString().Replace("\"@value@\"", json, StringComparison.Ordinal));
    }

    private static ByteArrayContent Typed(string json, string type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return content;
    }

    private static bool IsOfType(JsonNode? node, string json, JsonObject schema) => node switch
    {
        JsonObject when json == "{}" => Route.Allows(schema, "object") && schema["properties"] is null,
        JsonObject => false,
        JsonArray when json == "[]" => Route.Allows(schema, "array"),
        JsonArray => false,
        _ when json is "true" => Route.Allows(schema, "boolean"),
        _ when json[0] == '"' => Route.Allows(schema, "string") && schema["format"] is null && !Route.Allows(schema, "integer"),
        _ => false,
    };

    private static string Token(JsonObject claims) => TestKey.OfShops.Token(claims);
}

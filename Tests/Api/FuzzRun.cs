using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>
/// Sends generated requests, valid and broken, for every operation of the OpenAPI document, and judges each answer by it: no 5xx, no hang,
/// no status, type, header, body or problem that the document does not have. Ids from the answers go into later requests.
/// </summary>
internal sealed class FuzzRun
{
    private const int Workers = 8;
    private const int MaxKnown = 200;
    private const int MaxComplaints = 30;

    /// <summary>Sessions end, and callers close their accounts: after so many requests others go on.</summary>
    private const int RequestsPerCaller = 400;

    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(120);

    private readonly Shop shop;
    private readonly ApiClient api;
    private readonly FuzzContract contract;
    private readonly HttpClient http;
    private readonly int seed;
    private readonly ConcurrentDictionary<string, string[]> known = new();
    private readonly ConcurrentDictionary<string, int> answers = new();
    private readonly ConcurrentDictionary<string, string> complaints = new();
    private readonly ConcurrentDictionary<string, byte> foreign = new();
    private volatile Dictionary<string, (string Header, string Value)[]> callers = [];
    private volatile Dictionary<string, ApiClient> buyers = [];
    private volatile string steady = "";
    private int sent;

    private FuzzRun(Shop shop, ApiClient api, FuzzContract contract, int seed)
    {
        (this.shop, this.api, this.contract, this.seed) = (shop, api, contract, seed);
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 })
        {
            BaseAddress = api.Http.BaseAddress,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Sends so many requests to a shop of its own; fails with the requests whose answers were wrong.</summary>
    public static async Task RunAsync(int requests, int? wantedSeed = null)
    {
        var output = TestContext.Current.TestOutputHelper!;
        var seed = wantedSeed
            ?? (int.TryParse(Environment.GetEnvironmentVariable("SOONSHOP_FUZZ_SEED"), CultureInfo.InvariantCulture, out var given)
                ? given
                : Random.Shared.Next());
        output.WriteLine($"Seed {seed}; SOONSHOP_FUZZ_SEED={seed} sends the same requests again.");
        await using (var shop = await Shop.CreateAsync(null, [("RateLimits__Enabled", "false"), .. PatientSilo.FrontEnd]))
        {
            await shop.StartSiloAsync();
            var (api, _) = await shop.StartApiProcessAsync();
            var run = new FuzzRun(shop, api, await FuzzContract.ReadAsync(api), seed);
            using (run.http)
            {
                await run.PrepareAsync();
                await run.SendUnknownAsync();
                var watch = Stopwatch.StartNew();
                await Parallel.ForAsync(
                    0,
                    requests,
                    new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = TestContext.Current.CancellationToken },
                    async (i, _) => await run.SendAsync(i));
                run.Report(output, requests, watch.Elapsed);
            }
        }
    }

    private async Task PrepareAsync()
    {
        var admin = await api.AsAdminAsync();
        for (var i = 0; i < 5; i++)
        {
            Learn("sku", await admin.CreateProductAsync(stock: 1_000_000));
            Learn("dead-letters", (await Failing.DeadLetterAsync(shop)).Id.ToString());
            Learn("event-errors", (await Failing.ErrorAsync(shop)).ToString());
        }
        await RenewCallersAsync();
    }

    /// <summary>
    /// Somebody of every kind: a customer and a guest with something in the cart, an administrator, and a token that is nobody's.
    /// </summary>
    private async Task RenewCallersAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await MakeCallersAsync();
                return;
            }
            catch (Exception) when (attempt < 10)
            {
                // One of the requests under way took what they wanted to buy out of sale, or ended a session.
            }
        }
    }

    private async Task MakeCallersAsync()
    {
        var (admin, customer, guest) = (await api.AsAdminAsync(), await Customer.RegisterAsync(api), await api.AsGuestAsync());
        // Those that are known get other prices, and are taken out of sale.
        steady = await admin.CreateProductAsync(stock: 1_000_000);
        buyers = new() { ["customer"] = customer.Api, ["guest"] = guest };
        foreach (var buyer in buyers.Values)
        {
            await buyer.FillCartAsync(steady, 3);
            Learn("orders", Expect.Status(201, await buyer.OrderAsync()).Text("id"));
            await buyer.FillCartAsync(steady, 3);
        }
        Learn("addresses", (await customer.Api.PostAsync("/me/addresses", ApiClient.Address())).Text("id"));
        callers = new()
        {
            ["nobody"] = [],
            ["guest"] = [("X-Cart-Id", guest.CartId!)],
            ["customer"] = [("Authorization", $"Bearer {customer.Api.AccessToken}")],
            ["admin"] = [("Authorization", $"Bearer {admin.AccessToken}")],
        };
        // Only now: what is known is used, and a session is soon ended.
        Learn("carts", guest.CartId!);
        Learn("users", customer.Id);
        Learn("email", customer.Email);
        Learn("refreshToken", customer.RefreshToken);
    }

    /// <summary>
    /// One unknown parameter to every operation, and beside it one unknown member: of the body as each media type, of each object within
    /// it, and of an item of each list of objects. Each is refused, and named beside the other.
    /// </summary>
    private async Task SendUnknownAsync()
    {
        foreach (var operation in contract.Operations)
        {
            if (operation.Body is null)
            {
                await SendUnknownAsync(operation, null, null, null);
                continue;
            }
            var route = new Route(operation.Path, HttpMethod.Parse(operation.Method), operation.Json, contract.Json);
            foreach (var (mediaType, _) in operation.Json["requestBody"]!["content"]!.AsObject())
            {
                foreach (var place in (string[])["", .. route.Objects()])
                {
                    var (body, owner) = route.SampleWith(place);
                    owner.Add("unknownMember", 1);
                    await SendUnknownAsync(operation, body, mediaType, place.Length == 0 ? "unknownMember" : $"{place}.unknownMember");
                }
            }
        }
    }

    private async Task SendUnknownAsync(FuzzOperation operation, JsonObject? body, string? mediaType, string? unknown)
    {
        var path = Regex.Replace(
            operation.Path, @"\{(\w+)\}", place => place.Groups[1].Value == "sku" ? steady : Guid.NewGuid().ToString());
        var request = new FuzzRequest
        {
            Operation = operation,
            Method = operation.Method,
            Target = path + "?unknownParameter=1",
            Body = body is null ? null : Encoding.UTF8.GetBytes(body.ToJsonString()),
            ContentType = mediaType,
            Caller = "admin",
        };
        request.Headers.AddRange(callers["admin"]);
        using var limit = new CancellationTokenSource(RequestLimit);
        var reply = await request.SendAsync(http, limit.Token);
        var named = Expect.Fields(reply);
        if ((int)reply.Status != 400 || !named.Contains("unknownParameter") || (unknown is not null && !named.Contains(unknown)))
            Complain(request, $"an unknown name is not refused: {unknown}", reply.Body);
        if (contract.Flaw(request, reply) is { } flaw)
            Complain(request, flaw, reply.Body);
    }

    private async Task SendAsync(int number)
    {
        if (Interlocked.Increment(ref sent) % RequestsPerCaller == 0)
            await RenewCallersAsync();
        var request = Make(new FuzzValues(contract, known, new Random(HashCode.Combine(seed) ^ (number * 7919))));
        if (request.Operation?.Name == "POST /api/v1/orders" && buyers.TryGetValue(request.Caller, out var buying))
            await buying.FillCartAsync(steady);
        Reply reply;
        try
        {
            using var limit = new CancellationTokenSource(RequestLimit);
            reply = await request.SendAsync(http, limit.Token);
        }
        catch (OperationCanceledException)
        {
            Complain(request, $"no answer within {RequestLimit.TotalSeconds} s", "");
            return;
        }
        catch (Exception e) when (e is HttpRequestException or FormatException or IOException)
        {
            // What the client itself cannot send says nothing of the shop; a connection that is cut does.
            if (e is not FormatException && !request.IsMalformed && request.Body is not { Length: > 500_000 })
                Complain(request, $"no answer: {e.Message}", "");
            return;
        }
        answers.AddOrUpdate($"{(int)reply.Status}", 1, (_, count) => count + 1);
        if (contract.Flaw(request, reply) is { } flaw)
            Complain(request, flaw, reply.Body);
        if (request.IsChinese && reply.Json?["errors"] is JsonObject errors)
        {
            foreach (var text in errors.SelectMany(e => e.Value!.AsArray()).Select(t => t!.GetValue<string>()).Where(t =>
                !Regex.IsMatch(t, @"\p{IsCJKUnifiedIdeographs}")))
                foreign.TryAdd(text, 0);
        }
        if ((int)reply.Status < 300 && request.Operation is { } operation && reply.Json is { } json)
            Harvest(json, Kind(operation.Path));
    }

    /// <summary>Makes up a request: often one that should be granted, as often one with something wrong.</summary>
    private FuzzRequest Make(FuzzValues values)
    {
        var operation = values.Pick(contract.Operations);
        var isBroken = values.Chance(0.55);
        bool Breaks(double probability) => isBroken && values.Chance(probability);

        var isElsewhere = false;
        var isMalformed = false;
        var path = Regex.Replace(operation.Path, @"\{(\w+)\}", place =>
        {
            var name = place.Groups[1].Value;
            if (Breaks(0.15))
            {
                (isElsewhere, isMalformed) = (true, true);
                return values.AnyBadText();
            }
            return name == "sku"
                ? values.AnyId("sku")
                : values.AnyId(Kind(operation.Path[..operation.Path.IndexOf(place.Value, StringComparison.Ordinal)]));
        });
        var target = path + Query(operation, values, Breaks, ref isMalformed);
        var method = operation.Method;
        if (Breaks(0.04))
            (method, isElsewhere) = (values.Pick(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]), true);
        var caller = values.Pick(["nobody", "guest", "customer", "customer", "admin", "admin"]);
        if (operation.Path.Contains("/admin/", StringComparison.Ordinal) && values.Chance(0.7))
            caller = "admin";
        var (body, type) = method is "POST" or "PUT" or "PATCH" ? Content(operation, values, Breaks) : (null, null);
        var request = new FuzzRequest
        {
            Operation = method == operation.Method
                ? operation
                : contract.Operations.FirstOrDefault(o => o.Path == operation.Path && o.Method == method),
            Method = method,
            Target = target,
            Body = body,
            ContentType = type,
            Caller = caller,
            IsElsewhere = isElsewhere,
            IsMalformed = isMalformed,
        };
        AddHeaders(request, operation, values, Breaks);
        return request;
    }

    private static string Query(FuzzOperation operation, FuzzValues values, Func<double, bool> breaks, ref bool isMalformed)
    {
        var query = new List<string>();
        foreach (var parameter in operation.Parameters("query"))
        {
            var name = parameter["name"]!.GetValue<string>();
            if (breaks(0.3))
            {
                query.Add($"{name}={values.AnyBadText()}");
                isMalformed = true;
            }
            else if (values.Chance(name == "cursor" ? 0.1 : 0.4) && values.Allowed(parameter["schema"]!.AsObject(), name) is { } value)
                query.Add($"{name}=" + Uri.EscapeDataString(
                    value is JsonValue plain && plain.TryGetValue<string>(out var text) ? text : value.ToJsonString()));
        }
        if (breaks(0.1))
            query.Add(values.Pick(["unknown=1", "=", "&&", "a=b&a=c", "%00=1", "limit=1&limit=2", "q[]=1"]));
        return query.Count == 0 ? "" : "?" + string.Join('&', query);
    }

    private (byte[]? Body, string? Type) Content(FuzzOperation operation, FuzzValues values, Func<double, bool> breaks)
    {
        var type = breaks(0.1)
            ? values.Pick([
                null, "text/plain", "application/xml", "application/json; charset=utf-16", "application/json; charset=bogus", "nonsense",
                "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
            : values.Pick(["application/json", "application/json; charset=utf-8"]);
        if (operation.Body is not { } schema)
            return breaks(0.3) ? (Encoding.UTF8.GetBytes(values.AnyBadJson()), type) : (null, null);
        if (breaks(0.05))
            return (null, null);
        var json = values.Allowed(schema, "")?.ToJsonString() ?? "null";
        while (breaks(0.4))
            json = Break(json, values);
        var bytes = Encoding.UTF8.GetBytes(json);
        if (breaks(0.03))
            bytes = [.. bytes, 0xFF, 0xC0];
        if (breaks(0.01))
            bytes = [.. bytes, .. Enumerable.Repeat((byte)' ', values.Pick([1024 * 1024, 2 * 1024 * 1024]))];
        return (bytes, type);
    }

    /// <summary>Puts one thing wrong into a body.</summary>
    private static string Break(string json, FuzzValues values)
    {
        try
        {
            return Break(json, JsonNode.Parse(json) as JsonObject, values);
        }
        // It is broken enough: no JSON, half a character, or a field twice.
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return json;
        }
    }

    private static string Break(string json, JsonObject? body, FuzzValues values)
    {
        if (body is null || values.Chance(0.15))
            return values.Pick<Func<string>>(
            [
                () => values.AnyBadJson(),
                () => json[..values.Random.Next(json.Length + 1)],
                () => "",
                () => json + json,
                () => json.Replace('"', '\''),
                () => string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100),
                () => string.Concat(Enumerable.Repeat("[", 5000)) + new string(']', 5000),
                () => json.Replace("{", "{\"a\\ud800\":1,", StringComparison.Ordinal),
            ])();
        var owner = body;
        while (owner.Select(f => f.Value).OfType<JsonObject>().Where(o => o.Count > 0).ToArray() is { Length: > 0 } inner
            && values.Chance(0.4))
            owner = values.Pick(inner);
        var name = owner.Count > 0 ? values.Pick(owner.Select(f => f.Key).ToArray()) : "name";
        switch (values.Random.Next(6))
        {
            case 0:
                owner.Remove(name);
                return body.ToJsonString();
            case 1:
                owner["unknown" + name] = 1;
                return body.ToJsonString();
            case 2:
                // The same field twice.
                owner[name] = "@twice@";
                return body.ToJsonString().Replace(
                    "\"@twice@\"", $"{values.AnyBadJson()},{JsonSerializer.Serialize(name)}:{values.AnyBadJson()}",
                    StringComparison.Ordinal);
            default:
                owner[name] = "@value@";
                return body.ToJsonString().Replace("\"@value@\"", values.AnyBadJson(), StringComparison.Ordinal);
        }
    }

    private void AddHeaders(FuzzRequest request, FuzzOperation operation, FuzzValues values, Func<double, bool> breaks)
    {
        if (breaks(0.08))
            request.Headers.Add(("Authorization", values.Pick([
                "Bearer", "Bearer ", "Bearer x.y.z", "Basic YTpi", "Bearer " + new string('x', 5000), "nonsense",
                "Bearer eyJhbGciOiJub25lIn0.e30."])));
        else if (breaks(0.08))
            request.Headers.Add(("X-Cart-Id", values.Pick(
                ["", "nonsense", "00000000-0000-0000-0000-000000000000", new string('1', 500), Guid.Empty.ToString("N")])));
        else
            request.Headers.AddRange(callers[request.Caller]);
        foreach (var header in operation.Parameters("header"))
        {
            var name = header["name"]!.GetValue<string>();
            var isRequired = header["required"]?.GetValue<bool>() == true;
            if (breaks(0.15))
                request.Headers.Add((name, values.Pick(
                    ["", " ", "x", new string('k', 256), "\"1\"", "W/\"1\"", "*", "-1", "99999999999999999999", "\u00e9", "a,b", "0"])));
            else if (isRequired || values.Chance(0.3))
                request.Headers.Add((name, name switch
                {
                    "Idempotency-Key" => values.Chance(0.1)
                        ? "the-same-key-again-and-again"
                        : $"{values.Random.NextInt64():x16}{values.Random.NextInt64():x16}",
                    "If-Match" => values.Pick(["*", "\"1\"", "\"2\""]),
                    _ => values.Random.Next(5).ToString(CultureInfo.InvariantCulture),
                }));
        }
        if (values.Chance(0.3))
            request.Headers.Add(("Accept-Language", values.Pick(["zh-CN", "zh-CN", "en", "de, *;q=0.1", ";;q", "zh;q=0.5,en;q=0.4"])));
        if (values.Chance(0.1))
            request.Headers.Add(("Accept", values.Pick(["application/json", "text/html", "*/*", "application/json;q=0", ";"])));
        if (breaks(0.05))
            request.Headers.Add(("traceparent", values.Pick([
                "nonsense", "00-0-0-0", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "ff-00000000000000000000000000000000-0000000000000000-00"])));
    }

    private void Harvest(JsonNode json, string kind)
    {
        switch (json)
        {
            case JsonObject fields:
                foreach (var (name, value) in fields)
                {
                    if (value is JsonValue text && text.TryGetValue<string>(out var id))
                    {
                        if (name == "id" && Guid.TryParse(id, out _))
                            Learn(kind, id);
                        else if (name is "sku" or "refreshToken")
                            Learn(name, id);
                    }
                    else if (value is JsonArray { Count: > 0 } && name == "items")
                        Harvest(value, kind);
                }
                break;
            case JsonArray items:
                foreach (var item in items.Take(3).OfType<JsonObject>())
                    Harvest(item, kind);
                break;
        }
    }

    private void Learn(string kind, string id) => known.AddOrUpdate(
        kind, [id], (_, ids) => ids.Contains(id) ? ids : ids.Length < MaxKnown ? [.. ids, id] : [.. ids.Skip(1), id]);

    /// <summary>What the ids of a path are of: the last word before them. A payment has its order's id.</summary>
    private static string Kind(string path) => path.Split('/', '{').Where(p => p.Length > 0 && !p.EndsWith('}')).LastOrDefault() switch
    {
        "payments" or "simulated-payments" => "orders",
        "cart" => "carts",
        { } word => word,
        null => "",
    };

    private void Complain(FuzzRequest request, string flaw, string body)
    {
        // One of a kind is enough.
        if (complaints.Count < MaxComplaints)
            complaints.TryAdd(
                $"{request.Operation?.Name ?? request.Method}: {Regex.Replace(flaw, "[0-9a-f-]{8,}", "…")}",
                $"as {request.Caller}: {request.ToCurl(http)}\n    {body[..Math.Min(600, body.Length)]}");
    }

    private void Report(ITestOutputHelper output, int requests, TimeSpan took)
    {
        output.WriteLine($"{requests} requests in {took.TotalSeconds:F0} s ({requests / took.TotalSeconds:F0}/s), answers: "
            + $"{string.Join(", ", answers.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key} × {a.Value}"))}");
        output.WriteLine(
            $"{known["orders"].Length} orders, {known["sku"].Length} products, {known["users"].Length} users were known in the end.");
        Assert.True(
            complaints.IsEmpty,
            $"Seed {seed}: {complaints.Count} kinds of wrong answers:\n"
                + $"{string.Join('\n', complaints.Select(c => $"- {c.Key}\n    {c.Value}"))}\n"
                + $"{(complaints.Keys.Any(c => c.Contains(": 5", StringComparison.Ordinal))
                    ? shop.Logs[^Math.Min(4000, shop.Logs.Length)..]
                    : "")}");
        Assert.True(
            foreign.IsEmpty,
            $"Not said in Chinese; give them a key and add them to ApiFrontend/Localization:\n{string.Join('\n', foreign.Keys.Take(50))}");
        // Much of it must have been granted, or nothing was tried.
        Assert.True(answers.Where(a => a.Key[0] == '2').Sum(a => a.Value) > requests / 10, "Hardly anything was granted.");
    }
}

/// <summary>Some thousand requests with each run of the suite.</summary>
public sealed class FuzzTests
{
    [Theory]
    [InlineData(200, """{ "status": "live" }""", null)]
    [InlineData(200, """{ "status": 1 }""", "against the schema")]
    [InlineData(200, """{ }""", "against the schema")]
    [InlineData(200, """{ "status": "live", "more": 1 }""", "not in the document")]
    [InlineData(
        404,
        """{ "type": "https://soonshop.dev/problems/not-found", "title": "t", "status": """
            + """404, "detail": "d", "instance": "/", "traceId": "t" }""",
        "not in the document")]
    [InlineData(503, "", "the shop's fault")]
    public async Task what_the_document_does_not_allow_is_seen(int status, string body, string? flaw)
    {
        var contract = await FuzzContract.ParseAsync(await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "ApiFrontend", "openapi", "v1.json"), TestContext.Current.CancellationToken));
        var request = new FuzzRequest
        {
            Operation = contract.Operations.Single(o => o.Path == "/health/live"),
            Method = "GET",
            Target = "/health/live",
            Caller = "nobody",
        };
        var seen = contract.Flaw(
            request, new Reply((System.Net.HttpStatusCode)status, body, new() { ["Content-Type"] = "application/json" }));
        if (flaw is null)
            Assert.Null(seen);
        else
            Assert.Contains(flaw, seen, StringComparison.Ordinal);
    }

    [Fact]
    public Task whatever_is_sent_the_answer_is_one_that_the_document_allows() => FuzzRun.RunAsync(3_000);
}

/// <summary>As <see cref="FuzzTests"/>, for longer: <c>./test.sh soak FuzzSoak</c>.</summary>
public sealed class FuzzSoak
{
    [Fact(Explicit = true)]
    public Task whatever_is_sent_the_answer_is_one_that_the_document_allows() => FuzzRun.RunAsync(25_000);
}

using SoonShop.ApiKeys;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Walks every route of the OpenAPI document as everybody who might call, and compares with <see cref="AccessTable"/>.</summary>
[Collection(nameof(RunningShop))]
public sealed class AccessTests(RunningShop shop)
{
    private readonly List<string> complaints = [];

    [Fact]
    public async Task every_route_has_its_expectation_and_every_expectation_its_route()
    {
        var routes = (await RoutesAsync()).Select(r => r.Name).ToArray();
        var expected = AccessTable.Routes.Select(e => e.Route).ToArray();
        Assert.Equal([], routes.Except(expected).Select(r => $"{r} has no line in AccessTable"));
        Assert.Equal([], expected.Except(routes).Select(r => $"{r} is in AccessTable, but in no document"));
        Assert.Equal(expected.Length, expected.Distinct().Count());
    }

    [Fact]
    public async Task every_route_lets_in_whom_it_is_for_and_nobody_else()
    {
        var keys = await MakeKeysAsync();
        var readers = await Cast.MakeAsync(shop);
        var expectations = AccessTable.Routes.ToDictionary(e => e.Route);
        foreach (var route in await RoutesAsync())
        {
            if (!expectations.TryGetValue(route.Name, out var expected))
                continue;
            // What changes something may change who somebody is, or what they have.
            var cast = route.Method == HttpMethod.Get ? readers : await Cast.MakeAsync(shop);
            await WalkAsync(route, expected, cast, keys);
        }
        foreach (var key in keys.Values)
            Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/api-keys/{key.Id}"));
        Assert.True(complaints.Count == 0, $"{complaints.Count} complaints:\n{string.Join('\n', complaints)}");
    }

    private async Task WalkAsync(Route route, Expectation expected, Cast cast, Dictionary<string, Key> keys)
    {
        var who = expected.Who;
        var isOpen = who == Who.Anyone;
        // First those who are refused: what they try must not have happened.
        await TryAsync("nobody", shop.Api, isOpen || who == Who.CustomerGuestOrNobody ? In : Refused(401));
        foreach (var (name, token) in cast.BadTokens)
            await TryAsync(name, shop.Api with { AccessToken = token }, isOpen ? In : Refused(401));
        await TryAsync(
            "an ended session beside a cart", cast.Guest with { AccessToken = cast.BadTokens["an ended session"] },
            isOpen ? In : Refused(401));
        await TryAsync("a mistyped key", shop.Api with { AccessToken = Mistype(keys[NoScope].Text) }, isOpen ? In : Refused(401));
        await TryAsync(
            "a key without the scope", shop.Api with { AccessToken = keys[expected.Scope is { } missing ? $"-{missing}" : NoScope].Text },
            isOpen ? In : Refused(403));
        await TryAsync("a guest", cast.Guest, who switch
        {
            Who.Customer or Who.Admin => Refused(401),
            Who.CustomerOrGuest when expected.Owned => Refused(404),
            _ => In,
        });
        await TryAsync("another customer", cast.Other, who == Who.Admin ? Refused(403) : expected.Owned ? Refused(404) : In);
        if (who == Who.Admin)
            await TryAsync("the customer", cast.Owner, Refused(403));

        if (expected.Scope is { } scope)
            await TryAsync("a key with the scope", shop.Api with { AccessToken = keys[scope].Text }, expected.Owned ? Found : In);
        await TryAsync(
            "an administrator", cast.Admin, expected is { Owned: true, AdminSees: false } ? Refused(404) : expected.Owned ? Found : In);
        if (who != Who.Admin)
            await TryAsync("the customer", cast.Owner, expected.Owned ? Found : In);

        async Task TryAsync(string name, ApiClient client, Func<int, bool> isRight)
        {
            var path = cast.Fill(route.Path);
            // Where anybody is let in, an empty body is enough to see it, and does nothing.
            var body = route.Body is null ? null : isOpen ? Make.Json("{}") : Make.Json(route.Sample().ToJsonString());
            var reply = route.Path.EndsWith("/events", StringComparison.Ordinal)
                ? await BeginAsync(client, path)
                : await client.SendAsync(route.Method, path, body, route.RequiresKey ? Guid.NewGuid().ToString() : null);
            var status = (int)reply.Status;
            if (status >= 500 || !isRight(status))
                complaints.Add($"{route.Name}: {name} got {status} {reply.Body[..Math.Min(200, reply.Body.Length)]}");
            else if (status is 401 or 403 && Expect.Flaw(reply) is { } flaw)
                complaints.Add($"{route.Name}: {name}: {flaw}");
            else if (status == 401 && !isOpen && !reply.Headers.ContainsKey("WWW-Authenticate"))
                complaints.Add($"{route.Name}: {name}: no WWW-Authenticate");
        }
    }

    /// <summary>The beginning of an answer that does not end; a refusal whole.</summary>
    private static async Task<Reply> BeginAsync(ApiClient client, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1" + path);
        if (client.AccessToken is not null)
            request.Headers.Authorization = new("Bearer", client.AccessToken);
        if (client.CartId is not null)
            request.Headers.Add("X-Cart-Id", client.CartId);
        using var response = await client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value));
        return new Reply(response.StatusCode, response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync(), headers);
    }

    /// <summary>Let in, whatever came of it then.</summary>
    private static bool In(int status) => status is not (401 or 403);

    /// <summary>Let in, and found what the path names.</summary>
    private static bool Found(int status) => status is not (401 or 403 or 404);

    private static Func<int, bool> Refused(int wanted) => status => status == wanted;

    private const string NoScope = "";

    private sealed record Key(string Id, string Text);

    /// <summary>For each scope a key that has it alone, and one, under a minus, that has all others; and one that has all.</summary>
    private async Task<Dictionary<string, Key>> MakeKeysAsync()
    {
        var keys = new Dictionary<string, Key>();
        foreach (var scope in ApiScopes.All)
        {
            keys[scope] = await MakeAsync([scope]);
            keys[$"-{scope}"] = await MakeAsync([.. ApiScopes.All.Remove(scope)]);
        }
        keys[NoScope] = await MakeAsync([.. ApiScopes.All]);
        return keys;

        async Task<Key> MakeAsync(string[] scopes)
        {
            var reply = Expect.Status(201, await shop.Admin.PostAsync("/admin/api-keys", new { name = "access test", scopes }));
            return new Key(reply.Text("id"), reply.Text("key"));
        }
    }

    private static string Mistype(string key) => key[..^12] + (key[^12] == '0' ? '1' : '0') + key[^11..];

    /// <summary>Every operation of the document, also those outside the API.</summary>
    private async Task<Route[]> RoutesAsync()
    {
        var document = Expect.Status(200, await shop.Api.GetAsync("//openapi/v1.json")).Json!;
        return
        [
            .. await Route.AllAsync(shop.Api),
            .. from path in document["paths"]!.AsObject()
               where !path.Key.StartsWith("/api/v1/", StringComparison.Ordinal)
               from operation in path.Value!.AsObject()
               select new Route("/" + path.Key, HttpMethod.Parse(operation.Key.ToUpperInvariant()), operation.Value!.AsObject(), document),
        ];
    }

    /// <summary>The people, and what belongs to the first of them.</summary>
    private sealed record Cast(
        ApiClient Owner, ApiClient Other, ApiClient Guest, ApiClient Admin, Dictionary<string, string> BadTokens, string UserId,
        string Sku, string Order, string Address, string Session, string Notification)
    {
        public static async Task<Cast> MakeAsync(RunningShop shop)
        {
            var owner = await Customer.RegisterAsync(shop.Api);
            var second = await owner.LoginAsync();
            var third = await owner.LoginAsync();
            Expect.Status(204, await third.Api.PostAsync("/auth/logout", new { refreshToken = third.RefreshToken }));
            var sku = await shop.Admin.CreateProductAsync();
            var address = Expect.Status(201, await owner.Api.PostAsync("/me/addresses", ApiClient.Address())).Text("id");
            await owner.Api.FillCartAsync(sku);
            var order = Expect.Status(201, await owner.Api.OrderAsync()).Text("id");
            await owner.Api.FillCartAsync(sku);
            var guest = await shop.Api.AsGuestAsync();
            await guest.FillCartAsync(sku);
            var notification = "";
            await Until.TrueAsync("the customer is notified", TimeSpan.FromSeconds(60), async () =>
                (notification = (await owner.Api.GetAsync(
                    "/notifications?limit=1")).Json?["items"]?.AsArray().FirstOrDefault()?["id"]?.GetValue<string>() ?? "").Length > 0);
            var claims = TestKey.ClaimsOf(owner.Api.AccessToken!);
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            var bad = new Dictionary<string, string>
            {
                ["garbage"] = "garbage",
                ["an expired token"] = TestKey.OfShops.Token(
                    TestKey.Changed(claims, "iat", now - 7200, "nbf", now - 7200, "exp", now - 60)),
                ["an ended session"] = third.Api.AccessToken!,
                // Nobody may promote oneself, whoever made the token.
                ["another's session"] = TestKey.OfShops.Token(
                    TestKey.Changed(claims, "iat", now - 60, "sid", Guid.NewGuid().ToString(), "role", "admin")),
            };
            return new Cast(
                owner.Api, await shop.Api.AsNewCustomerAsync(), guest, (await Customer.RegisterAdminAsync(shop)).Api, bad, owner.Id, sku,
                order, address, TestKey.ClaimsOf(second.Api.AccessToken!)["sid"]!.GetValue<string>(), notification);
        }

        /// <summary>The path with what exists in its places.</summary>
        public string Fill(string path)
        {
            var id = path.Contains("/addresses/", StringComparison.Ordinal) ? Address
                : path.Contains("/sessions/", StringComparison.Ordinal) ? Session
                : path.Contains("/notifications/", StringComparison.Ordinal) ? Notification
                : path.Contains("/users/", StringComparison.Ordinal) ? UserId
                : path.Contains("orders/", StringComparison.Ordinal) || path.Contains("payments/", StringComparison.Ordinal) ? Order
                : Guid.NewGuid().ToString();
            var nothing = Guid.NewGuid().ToString();
            return path.Replace("{sku}", Sku, StringComparison.Ordinal)
                .Replace("{id}", id, StringComparison.Ordinal).Replace("{paymentId}", id, StringComparison.Ordinal)
                .Replace("{shipmentId}", nothing, StringComparison.Ordinal).Replace("{returnId}", nothing, StringComparison.Ordinal);
        }
    }
}

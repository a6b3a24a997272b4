using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(EdgeShop))]
public sealed class RateLimitTests(EdgeShop shop)
{
    private const string Password = "correct horse";

    [Fact]
    public async Task every_answer_tells_the_limit_and_what_is_left()
    {
        var api = shop.From();
        for (var left = EdgeShop.Limit - 1; left >= 0; left--)
        {
            var reply = await LoginAsync(api);
            Expect.Problem(401, "unauthenticated", reply);
            Assert.Equal("\"login\";q=3;w=3600", reply.Headers["RateLimit-Policy"]);
            Assert.Matches($"^\"login\";r={left};t=[0-9]+$", reply.Headers["RateLimit"]);
        }
        var refused = Expect.Problem(429, "rate-limited", await LoginAsync(api));
        Assert.InRange(int.Parse(refused.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture), 1, 3600);
        Assert.Equal($"\"login\";r=0;t={refused.Headers["Retry-After"]}", refused.Headers["RateLimit"]);
    }

    [Fact]
    public async Task addresses_and_classes_are_counted_apart()
    {
        var api = shop.From();
        for (var i = 0; i < EdgeShop.Limit; i++)
            Expect.Status(201, await RegisterAsync(api));
        Expect.Problem(429, "rate-limited", await RegisterAsync(api));

        Expect.Status(201, await RegisterAsync(shop.From()));
        Expect.Status(401, await LoginAsync(api));
        Expect.Status(200, await api.GetAsync("/products"));
    }

    [Fact]
    public async Task who_has_the_whole_of_an_ipv6_network_is_one_client()
    {
        var network = $"2001:db8:{Random.Shared.Next(1, 0xffff):x}:{Random.Shared.Next(1, 0xffff):x}";
        for (var i = 0; i < EdgeShop.Limit; i++)
            Expect.Status(401, await LoginAsync(shop.From($"{network}:{i + 1}::1")));
        Expect.Status(429, await LoginAsync(shop.From($"{network}:ffff::1")));
    }

    [Fact]
    public async Task bad_input_bad_tokens_and_repeats_count()
    {
        var api = shop.From();
        Expect.Status(400, await api.PostAsync("/auth/login", new { email = "nobody" }));
        Expect.Status(400, await api.PostAsync("/auth/login", Make.Json("{")));
        var reply = await LoginAsync(api);
        Assert.Matches("^\"login\";r=0;", reply.Headers["RateLimit"]);
        Expect.Status(429, await LoginAsync(api));

        var keyed = shop.From();
        var key = Guid.NewGuid().ToString();
        var email = Make.Email();
        for (var i = 0; i < EdgeShop.Limit; i++)
            Assert.Equal(
                i > 0, Expect.Status(201, await keyed.PostAsync("/auth/register", new { email, password = Password }, key)).Replayed);
        Expect.Status(429, await keyed.PostAsync("/auth/register", new { email, password = Password }, key));

        var guessing = shop.From() with { AccessToken = "nonsense" };
        for (var i = 0; i < EdgeShop.Limit; i++)
            Assert.StartsWith(
                "\"tokens\"", Expect.Status(401, await guessing.GetAsync("/me")).Headers["RateLimit"], StringComparison.Ordinal);
        Expect.Problem(429, "rate-limited", await guessing.GetAsync("/orders"));
    }

    [Fact]
    public async Task a_signed_in_user_is_counted_wherever_from_and_apart_from_others_there()
    {
        var address = EdgeShop.NewAddress();
        var ada = await shop.From(address).AsNewCustomerAsync();
        var bob = await shop.From(address).AsNewCustomerAsync();
        for (var i = 0; i < EdgeShop.Limit; i++)
            Assert.Equal(
                "\"reads\";q=3;w=3600",
                Expect.Status(200, await (shop.From() with { AccessToken = ada.AccessToken }).GetAsync("/me")).Headers["RateLimit-Policy"]);
        Expect.Problem(429, "rate-limited", await (shop.From() with { AccessToken = ada.AccessToken }).GetAsync("/me"));
        Expect.Status(200, await bob.GetAsync("/me"));
        // Whoever has accounts tries passwords no more often than who has none.
        for (var i = 0; i < EdgeShop.Limit; i++)
            Expect.Status(401, await LoginAsync(i % 2 == 0 ? bob : ada));
        Expect.Status(429, await LoginAsync(bob));
    }

    [Fact]
    public async Task an_address_gets_so_many_mails_however_many_ask_for_them()
    {
        var email = Make.Email();
        for (var i = 0; i < 2; i++)
        {
            var reply = Expect.Status(202, await shop.From().PostAsync("/auth/password/forgot", new { email }));
            Assert.Equal("\"recovery\";q=3;w=3600, \"mail\";q=2;w=3600", reply.Headers["RateLimit-Policy"]);
        }
        Expect.Problem(429, "rate-limited", await shop.From().PostAsync("/auth/password/forgot", new { email = email.ToUpperInvariant() }));
        Expect.Status(202, await shop.From().PostAsync("/auth/password/forgot", new { email = Make.Email() }));
    }

    [Fact]
    public async Task webhooks_have_a_limit_of_their_own_and_probes_have_none()
    {
        var api = shop.From();
        for (var i = 0; i < EdgeShop.Limit + 1; i++)
            await api.GetAsync("/products");
        Expect.Status(429, await api.GetAsync("/products"));
        for (var i = 0; i < EdgeShop.Limit; i++)
            Assert.Equal("\"webhooks\";q=3;w=3600", (await api.PostAsync("/webhooks/stripe", Make.Json("{}"))).Headers["RateLimit-Policy"]);
        Expect.Problem(429, "rate-limited", await api.PostAsync("/webhooks/stripe", Make.Json("{}")));
        for (var i = 0; i < EdgeShop.Limit + 1; i++)
            Assert.DoesNotContain("RateLimit", Expect.Status(200, await api.GetAsync("//health/live")).Headers.Keys);
    }

    [Fact]
    public async Task who_is_no_trusted_proxy_is_not_believed_and_strict_limits_are_one_for_all_front_ends()
    {
        var (open, _) = await shop.Shop.StartApiProcessAsync(null, ("Http__TrustedProxies__0", null), ("Http__TrustedProxies__1", null));
        for (var i = 0; i < EdgeShop.Limit; i++)
            Expect.Status(401, await LoginAsync(Claiming(open, EdgeShop.NewAddress())));
        Expect.Problem(429, "rate-limited", await LoginAsync(Claiming(open, EdgeShop.NewAddress())));

        Expect.Problem(429, "rate-limited", await LoginAsync(shop.From("127.0.0.1")));
    }

    [Fact]
    public async Task a_proxy_is_believed_as_far_as_the_next_that_is_trusted()
    {
        var client = EdgeShop.NewAddress();
        for (var i = 0; i < EdgeShop.Limit; i++)
            Expect.Status(401, await LoginAsync(shop.From($"{EdgeShop.NewAddress()}, {client}, 10.1.2.3")));
        Expect.Status(429, await LoginAsync(shop.From($"{EdgeShop.NewAddress()}, {client}, 10.1.2.3")));
        // What comes before an address that is not trusted is that client's own word.
        Expect.Status(429, await LoginAsync(shop.From($"{EdgeShop.NewAddress()}, {client}")));
    }

    [Fact]
    public async Task limits_can_be_switched_off()
    {
        var (open, _) = await shop.Shop.StartApiProcessAsync(null, ("RateLimits__Enabled", "false"));
        for (var i = 0; i < 2 * EdgeShop.Limit; i++)
        {
            Assert.DoesNotContain("RateLimit", Expect.Status(401, await LoginAsync(open)).Headers.Keys);
            Expect.Status(202, await open.PostAsync("/auth/password/forgot", new { email = "ada@example.com" }));
        }
    }

    private static ApiClient Claiming(ApiClient api, string address)
    {
        var http = new HttpClient { BaseAddress = api.Http.BaseAddress };
        http.DefaultRequestHeaders.Add("X-Forwarded-For", address);
        return api with { Http = http };
    }

    private static Task<Reply> LoginAsync(ApiClient api) => api.PostAsync("/auth/login", new { email = Make.Email(), password = Password });

    private static Task<Reply> RegisterAsync(ApiClient api) =>
        api.PostAsync("/auth/register", new { email = Make.Email(), password = Password });
}

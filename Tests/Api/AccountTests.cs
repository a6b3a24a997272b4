using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class AccountTests(RunningShop shop)
{
    private const string Reset = "user.password-reset-requested";

    [Fact]
    public async Task a_registration_signs_in()
    {
        var email = Make.Email();
        var reply = Expect.Status(
            201, await shop.Api.PostAsync("/auth/register", new { email, password = "correct horse", displayName = "Ada" }));
        Assert.Equal("/api/v1/me", reply.Headers["Location"]);
        Assert.Equal(("Bearer", 900), (reply.Text("tokenType"), reply.Number("expiresIn")));
        var me = Expect.Status(200, await (shop.Api with { AccessToken = reply.Text("accessToken") }).GetAsync("/me"));
        Assert.Equal((email, "Ada", "en", "customer"), (me.Text("email"), me.Text("displayName"), me.Text("locale"), me.Text("roles.0")));
        Assert.False(me["emailVerified"]!.GetValue<bool>());
        Assert.Equal(reply["user"]!.ToJsonString(), me.Json!.ToJsonString());
    }

    [Fact]
    public async Task an_address_registers_once_whatever_its_case()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Problem(409, "email-taken", await shop.Api.PostAsync(
            "/auth/register", new { email = $"  {customer.Email.ToUpperInvariant()} ", password = "another password" }));
    }

    [Theory]
    [InlineData("o'neil+shop.{0}@mail.example.co.uk")]
    [InlineData("z\u00f6e-{0}@ex\u00e4mple.com")]
    [InlineData("\U0001F600{0}@example.com")]
    [InlineData("{0}@xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx."
        + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx."
        + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.example.com")]
    public async Task an_unusual_address_is_one_too(string form)
    {
        var email = string.Format(null, form, Make.Word());
        Assert.Equal(email, Expect.Status(
            201, await shop.Api.PostAsync("/auth/register", new { email, password = "correct horse", displayName = "Zo\u00eb \U0001F600" }))
                .Text("user.email"));
        Assert.Equal(
            "Zo\u00eb \U0001F600", Expect.Status(
                200, await shop.Api.PostAsync("/auth/login", new { email = email.ToUpperInvariant(), password = "correct horse" }))
                .Text("user.displayName"));
    }

    [Fact]
    public async Task of_registrations_of_one_address_at_once_one_wins()
    {
        var email = Make.Email();
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            shop.Api.PostAsync(
                "/auth/register", new { email = i % 2 == 0 ? email : email.ToUpperInvariant(), password = $"password {i}" })));
        var winner = Assert.Single(Enumerable.Range(0, 8), i => (int)replies[i].Status == 201);
        foreach (var loser in replies.Where((_, i) => i != winner))
            Expect.Problem(409, "email-taken", loser);
        Expect.Status(200, await shop.Api.PostAsync("/auth/login", new { email, password = $"password {winner}" }));
        Expect.Status(401, await shop.Api.PostAsync("/auth/login", new { email, password = $"password {(winner + 1) % 8}" }));
    }

    [Theory]
    [InlineData("email", """{ "password": "correct horse" }""")]
    [InlineData("email", """{ "email": "no-at.example.com", "password": "correct horse" }""")]
    [InlineData("email", """{ "email": "two@at@example.com", "password": "correct horse" }""")]
    [InlineData("email", """{ "email": "no@domain", "password": "correct horse" }""")]
    [InlineData("email", """{ "email": "a space@example.com", "password": "correct horse" }""")]
    [InlineData("password", """{ "email": "someone@example.com" }""")]
    [InlineData("password", """{ "email": "someone@example.com", "password": "short" }""")]
    [InlineData("displayName", """{ "email": "someone@example.com", "password": "correct horse", "displayName": "a\u0000b" }""")]
    public async Task a_registration_names_the_wrong_field(string field, string body) =>
        Expect.Invalid(field, await shop.Api.PostAsync("/auth/register", Make.Json(body)));

    [Fact]
    public async Task a_registration_names_all_wrong_fields_at_once() => Assert.Equal(
        ["displayName", "email", "password"],
        Expect.Fields(await shop.Api.PostAsync("/auth/register", new { email = "x", password = "x", displayName = new string('x', 101) }))
            .Order());

    [Fact]
    public async Task a_login_does_not_mind_the_case_of_the_address()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var reply = await shop.Api.PostAsync(
            "/auth/login", new { email = customer.Email.ToUpperInvariant(), password = customer.Password });
        Assert.Equal(customer.Id, Expect.Status(200, reply).Text("user.id"));
    }

    [Fact]
    public async Task a_login_does_not_tell_whether_an_address_is_known()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var known = Expect.Problem(
            401, "unauthenticated", await shop.Api.PostAsync("/auth/login", new { email = customer.Email, password = "wrong password" }));
        var unknown = Expect.Problem(
            401, "unauthenticated", await shop.Api.PostAsync("/auth/login", new { email = Make.Email(), password = "wrong password" }));
        Assert.Equal(WithoutTrace(known), WithoutTrace(unknown));
        Assert.Equal(known.Headers.Keys.Order(), unknown.Headers.Keys.Order());

        static string WithoutTrace(Reply reply) => reply.Body.Replace(reply.Text("traceId"), "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task five_failed_logins_lock_an_address_known_or_not(bool known)
    {
        var (email, password) = known && await Customer.RegisterAsync(shop.Api) is { } customer
            ? (customer.Email, customer.Password)
            : (Make.Email(), "any password");
        for (var i = 0; i < 5; i++)
            Expect.Status(401, await shop.Api.PostAsync("/auth/login", new { email, password = "wrong password" }));
        var locked = Expect.Problem(429, "rate-limited", await shop.Api.PostAsync("/auth/login", new { email, password }));
        Assert.InRange(int.Parse(locked.Headers["Retry-After"], null), 1, 15 * 60);
    }

    [Fact]
    public async Task a_burst_of_guesses_gets_no_further_than_the_limit()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            shop.Api.PostAsync("/auth/login", new { email = customer.Email, password = $"guess number {i}" })));
        Assert.Equal(5, replies.Count(r => (int)r.Status == 401));
        Assert.Equal(15, replies.Count(r => (int)r.Status == 429));
    }

    [Fact]
    public async Task a_login_that_works_forgets_the_failures_before()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 4; i++)
                Expect.Status(401, await shop.Api.PostAsync("/auth/login", new { email = customer.Email, password = "wrong password" }));
            await customer.LoginAsync();
        }
    }

    [Fact]
    public async Task a_refresh_token_is_traded_for_a_new_pair()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var first = Expect.Status(200, await RefreshAsync(customer.RefreshToken));
        Assert.NotEqual(customer.RefreshToken, first.Text("refreshToken"));
        Expect.Status(200, await (shop.Api with { AccessToken = first.Text("accessToken") }).GetAsync("/me"));
        Expect.Status(200, await RefreshAsync(first.Text("refreshToken")));
    }

    [Fact]
    public async Task a_refresh_token_used_twice_ends_its_session_and_no_other()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var other = await customer.LoginAsync();
        var newer = Expect.Status(200, await RefreshAsync(customer.RefreshToken)).Text("refreshToken");
        Expect.Problem(401, "unauthenticated", await RefreshAsync(customer.RefreshToken));
        Expect.Problem(401, "unauthenticated", await RefreshAsync(newer));
        Expect.Status(200, await RefreshAsync(other.RefreshToken));
    }

    [Fact]
    public async Task a_refresh_brings_the_roles_of_now()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Status(200, await shop.Admin.PutAsync($"/admin/users/{customer.Id}/roles", new { roles = new[] { "admin" } }));
        var granted = Expect.Status(200, await RefreshAsync(customer.RefreshToken));
        Expect.Status(200, await (shop.Api with { AccessToken = granted.Text("accessToken") }).GetAsync("/admin/orders?limit=1"));
        Expect.Status(200, await shop.Admin.PutAsync($"/admin/users/{customer.Id}/roles", new { roles = new[] { "customer" } }));
        var taken = Expect.Status(200, await RefreshAsync(granted.Text("refreshToken")));
        Expect.Problem(
            403, "forbidden", await (shop.Api with { AccessToken = taken.Text("accessToken") }).GetAsync("/admin/orders?limit=1"));
    }

    [Fact]
    public async Task of_two_refreshes_at_once_at_most_one_gets_a_pair()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var replies = await Task.WhenAll(RefreshAsync(customer.RefreshToken), RefreshAsync(customer.RefreshToken));
        Assert.Equal([200, 401], replies.Select(r => (int)r.Status).Order());
        var winner = replies.Single(r => (int)r.Status == 200);
        Expect.Status(401, await RefreshAsync(winner.Text("refreshToken")));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("00000000000000000000000000000000.00000000000000000000000000000000.secret")]
    public async Task a_made_up_refresh_token_is_refused(string token) => Expect.Problem(401, "unauthenticated", await RefreshAsync(token));

    [Fact]
    public async Task a_logout_ends_the_session_and_can_be_repeated()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        for (var i = 0; i < 2; i++)
            Expect.Status(204, await shop.Api.PostAsync("/auth/logout", new { refreshToken = customer.RefreshToken }));
        Expect.Problem(401, "unauthenticated", await RefreshAsync(customer.RefreshToken));
    }

    [Fact]
    public async Task a_logout_needs_the_secret_of_the_session()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var forged = customer.RefreshToken[..(customer.RefreshToken.LastIndexOf('.') + 1)] + "guess";
        Expect.Status(204, await shop.Api.PostAsync("/auth/logout", new { refreshToken = forged }));
        Expect.Status(401, await RefreshAsync(forged));
        Expect.Status(200, await RefreshAsync(customer.RefreshToken));
    }

    [Fact]
    public async Task a_profile_changes_where_it_is_told_to()
    {
        var customer = (await Customer.RegisterAsync(shop.Api)).Api;
        var changed = Expect.Status(200, await customer.PatchAsync("/me", new { displayName = " Grace ", locale = "zh-CN" }));
        Assert.Equal(("Grace", "zh-CN"), (changed.Text("displayName"), changed.Text("locale")));
        Expect.Status(200, await customer.PatchAsync("/me", new { locale = "de" }));
        Expect.Status(200, await customer.PatchAsync("/me", new { }));
        var me = await customer.GetAsync("/me");
        Assert.Equal(("Grace", "de"), (me.Text("displayName"), me.Text("locale")));
        Expect.Invalid("locale", await customer.PatchAsync("/me", new { locale = "not a language" }));
        Expect.Invalid("displayName", await customer.PatchAsync("/me", new { displayName = "" }));
        Expect.Invalid("displayName", await customer.PatchAsync("/me", new { displayName = "   " }));
    }

    [Fact]
    public async Task a_profile_cannot_change_what_is_not_its_own_to_change()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var refused = await customer.Api.PatchAsync(
            "/me",
            new { displayName = "X", email = "x@example.com", emailVerified = true, roles = new[] { "admin" }, id = Guid.NewGuid() });
        foreach (var field in (string[])["email", "emailVerified", "roles", "id"])
            Expect.Invalid(field, refused);
        var me = await customer.Api.GetAsync("/me");
        Assert.Equal(
            (customer.Id, customer.Email, "customer"),
            (me.Text("id"), me.Text("email"), Assert.Single(me["roles"]!.AsArray())!.GetValue<string>()));
        Assert.False(me["emailVerified"]!.GetValue<bool>());
    }

    [Fact]
    public async Task a_password_change_ends_the_other_sessions()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var here = await customer.LoginAsync();
        Expect.Invalid(
            "currentPassword", await here.Api.PostAsync(
                "/me/password", new { currentPassword = "wrong password", newPassword = "a new password" }));
        Expect.Invalid(
            "newPassword", await here.Api.PostAsync("/me/password", new { currentPassword = here.Password, newPassword = "short" }));
        Expect.Status(
            204, await here.Api.PostAsync("/me/password", new { currentPassword = here.Password, newPassword = "a new password" }));
        Expect.Status(401, await RefreshAsync(customer.RefreshToken));
        Expect.Status(200, await RefreshAsync(here.RefreshToken));
        Expect.Status(401, await shop.Api.PostAsync("/auth/login", new { email = customer.Email, password = customer.Password }));
        await customer.LoginAsync("a new password");
    }

    [Fact]
    public async Task a_forgotten_password_is_set_anew_by_a_mailed_token_once()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", new { email = customer.Email.ToUpperInvariant() }));
        var token = await customer.MailedTokenAsync(shop, Reset);
        Expect.Invalid("password", await shop.Api.PostAsync("/auth/password/reset", new { token, password = "short" }));
        Expect.Status(204, await shop.Api.PostAsync("/auth/password/reset", new { token, password = "a new password" }));
        Expect.Invalid("token", await shop.Api.PostAsync("/auth/password/reset", new { token, password = "one more password" }));
        Expect.Status(401, await RefreshAsync(customer.RefreshToken));
        var again = await customer.LoginAsync("a new password");
        Assert.True((await again.Api.GetAsync("/me"))["emailVerified"]!.GetValue<bool>());
    }

    [Fact]
    public async Task a_newer_reset_token_makes_the_older_one_void()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", new { email = customer.Email }));
        var older = await customer.MailedTokenAsync(shop, Reset);
        Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", new { email = customer.Email }));
        await Until.TrueAsync(
            "a second token", TimeSpan.FromSeconds(60), async () => await customer.MailedTokenAsync(shop, Reset) != older);
        Expect.Invalid("token", await shop.Api.PostAsync("/auth/password/reset", new { token = older, password = "a new password" }));
        await customer.LoginAsync();
    }

    [Fact]
    public async Task a_reset_ends_a_lock_out()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        for (var i = 0; i < 5; i++)
            Expect.Status(401, await shop.Api.PostAsync("/auth/login", new { email = customer.Email, password = "wrong password" }));
        await shop.Api.PostAsync("/auth/password/forgot", new { email = customer.Email });
        var token = await customer.MailedTokenAsync(shop, Reset);
        Expect.Status(204, await shop.Api.PostAsync("/auth/password/reset", new { token, password = "a new password" }));
        await customer.LoginAsync("a new password");
    }

    [Fact]
    public async Task forgetting_the_password_of_an_unknown_address_is_answered_the_same()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var known = Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", new { email = customer.Email }));
        var unknown = Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", new { email = Make.Email() }));
        Assert.Equal(
            (known.Body, string.Join(",", known.Headers.Keys.Order())), (unknown.Body, string.Join(",", unknown.Headers.Keys.Order())));
    }

    [Fact]
    public async Task an_address_is_verified_by_its_mailed_token()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var token = await customer.MailedTokenAsync(shop, "user.email-verification-requested");
        Expect.Invalid("token", await shop.Api.PostAsync("/auth/email/verify", new { token = token + "x" }));
        Expect.Invalid("token", await shop.Api.PostAsync("/auth/email/verify", new { token = "x" }));
        Expect.Invalid("token", await shop.Api.PostAsync("/auth/password/reset", new { token, password = "a new password" }));
        for (var i = 0; i < 2; i++)
            Expect.Status(204, await shop.Api.PostAsync("/auth/email/verify", new { token }));
        Assert.True((await customer.Api.GetAsync("/me"))["emailVerified"]!.GetValue<bool>());
    }

    [Fact]
    public async Task addresses_are_added_replaced_and_removed()
    {
        var customer = (await Customer.RegisterAsync(shop.Api)).Api;
        var added = Expect.Status(201, await customer.PostAsync("/me/addresses", ApiClient.Address()));
        var place = $"/me/addresses/{added.Text("id")}";
        Assert.Equal($"/api/v1{place}", added.Headers["Location"]);
        Assert.Equal("GB", Expect.Status(200, await customer.PutAsync(place, ApiClient.Address("GB"))).Text("country"));
        var only = Assert.Single((await customer.GetAsync("/me/addresses"))["items"]!.AsArray());
        Assert.Equal(("GB", "Ada Lovelace"), (only!["country"]!.GetValue<string>(), only["name"]!.GetValue<string>()));
        Expect.Status(204, await customer.DeleteAsync(place));
        Expect.Problem(404, "not-found", await customer.DeleteAsync(place));
        Expect.Problem(404, "not-found", await customer.PutAsync(place, ApiClient.Address()));
        Assert.Empty((await customer.GetAsync("/me/addresses"))["items"]!.AsArray());
    }

    [Fact]
    public async Task an_account_holds_fifty_addresses()
    {
        var customer = (await Customer.RegisterAsync(shop.Api)).Api;
        var added = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => customer.PostAsync("/me/addresses", ApiClient.Address())));
        Assert.All(added, r => Expect.Status(201, r));
        Expect.Problem(409, "conflict", await customer.PostAsync("/me/addresses", ApiClient.Address()));
        Assert.Equal(50, (await customer.GetAsync("/me/addresses"))["items"]!.AsArray().Count);
        Expect.Status(204, await customer.DeleteAsync($"/me/addresses/{added[7].Text("id")}"));
        Expect.Status(201, await customer.PostAsync("/me/addresses", ApiClient.Address()));
    }

    [Fact]
    public async Task somebody_elses_address_does_not_exist()
    {
        var (owner, stranger) = ((await Customer.RegisterAsync(shop.Api)).Api, (await Customer.RegisterAsync(shop.Api)).Api);
        var place = $"/me/addresses/{(await owner.PostAsync("/me/addresses", ApiClient.Address())).Text("id")}";
        Expect.Problem(404, "not-found", await stranger.PutAsync(place, ApiClient.Address("DE")));
        Expect.Problem(404, "not-found", await stranger.DeleteAsync(place));
        Assert.Empty((await stranger.GetAsync("/me/addresses"))["items"]!.AsArray());
        Assert.Equal("US", (await owner.GetAsync("/me/addresses")).Text("items.0.country"));
    }

    [Theory]
    [InlineData("name", "")]
    [InlineData("line1", null)]
    [InlineData("city", "a\u0000b")]
    [InlineData("postalCode", "123456789012345678901")]
    [InlineData("postalCode", "x")]
    [InlineData("postalCode", null)]
    [InlineData("region", null)]
    [InlineData("region", "Bavaria")]
    [InlineData("country", "us")]
    [InlineData("country", "USA")]
    [InlineData("country", "UK")]
    [InlineData("country", "ZZ")]
    [InlineData("country", null)]
    public async Task an_address_names_the_wrong_field(string field, string? value)
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        var address = new Dictionary<string, string?>
        {
            ["name"] = "Ada",
            ["line1"] = "1 Main St",
            ["city"] = "Springfield",
            ["region"] = "IL",
            ["postalCode"] = "62701",
            ["country"] = "US",
            [field] = value,
        };
        Expect.Invalid(field, await customer.PostAsync("/me/addresses", address));
    }

    [Fact]
    public async Task an_administrator_grants_and_takes_a_role()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var place = $"/admin/users/{customer.Id}/roles";
        Expect.Problem(403, "forbidden", await customer.Api.GetAsync(place));
        Expect.Problem(403, "forbidden", await customer.Api.PutAsync(place, new { roles = new[] { "admin" } }));
        Expect.Problem(401, "unauthenticated", await shop.Api.GetAsync(place));

        var before = Expect.Status(200, await shop.Admin.GetAsync(place));
        var granted = Expect.Status(200, await shop.Admin.PutAsync(place, new { roles = new[] { "admin" } }, before.Headers["ETag"]));
        Assert.Equal("""["customer","admin"]""", granted["roles"]!.ToJsonString());
        Expect.Problem(
            412, "precondition-failed", await shop.Admin.PutAsync(place, new { roles = Array.Empty<string>() }, before.Headers["ETag"]));
        Assert.Equal(granted.Headers["ETag"], (await shop.Admin.GetAsync(place)).Headers["ETag"]);

        var promoted = await customer.LoginAsync();
        Expect.Status(200, await promoted.Api.GetAsync(place));
        Expect.Problem(409, "conflict", await promoted.Api.PutAsync(place, new { roles = new[] { "customer" } }));
        Expect.Status(200, await shop.Admin.PutAsync(place, new { roles = new[] { "customer" } }));
        Expect.Problem(403, "forbidden", await (await customer.LoginAsync()).Api.GetAsync(place));
    }

    [Fact]
    public async Task a_role_must_exist_and_so_must_the_user()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Invalid("roles", await shop.Admin.PutAsync($"/admin/users/{customer.Id}/roles", new { roles = new[] { "emperor" } }));
        Expect.Invalid("roles", await shop.Admin.PutAsync($"/admin/users/{customer.Id}/roles", new { }));
        Expect.Problem(
            404, "not-found", await shop.Admin.PutAsync($"/admin/users/{Guid.NewGuid()}/roles", new { roles = new[] { "admin" } }));
        Expect.Problem(404, "not-found", await shop.Admin.GetAsync($"/admin/users/{Guid.NewGuid()}/roles"));
    }

    private Task<Reply> RefreshAsync(string refreshToken) => shop.Api.PostAsync("/auth/refresh", new { refreshToken });
}

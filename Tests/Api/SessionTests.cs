using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(SecondRunningShop))]
public sealed class SessionTests(RunningShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task a_customer_sees_where_they_are_signed_in()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        using var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("Telephone/1.0");
        var telephone = await (customer with { Api = shop.Api with { Http = http } }).LoginAsync();
        var list = Expect.Status(200, await telephone.Api.GetAsync("/me/sessions"));
        var sessions = list["items"]!.AsArray();
        Assert.Equal(2, sessions.Count);
        var current = Assert.Single(sessions, s => s!["current"]!.GetValue<bool>())!;
        Assert.Equal(("Telephone/1.0", "127.0.0.1"), (current["userAgent"]!.GetValue<string>(), current["address"]!.GetValue<string>()));
        Assert.Equal(SessionOf(telephone), current["id"]!.GetValue<string>());
        Assert.DoesNotContain("igest", list.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_ended_session_is_of_no_use_any_more()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var stolen = await customer.LoginAsync();
        Expect.Status(200, await stolen.Api.GetAsync("/me"));
        Expect.Status(204, await customer.Api.DeleteAsync($"/me/sessions/{SessionOf(stolen)}"));
        Expect.Problem(401, "unauthenticated", await stolen.Api.GetAsync("/me"));
        Expect.Problem(401, "unauthenticated", await (stolen.Api with { CartId = Guid.NewGuid().ToString() }).GetAsync("/cart"));
        Expect.Problem(401, "unauthenticated", await shop.Api.PostAsync("/auth/refresh", new { refreshToken = stolen.RefreshToken }));
        Expect.Problem(404, "not-found", await customer.Api.DeleteAsync($"/me/sessions/{SessionOf(stolen)}"));
        Expect.Status(200, await customer.Api.GetAsync("/me"));
    }

    [Fact]
    public async Task all_other_sessions_are_ended_at_once()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var others = new[] { await customer.LoginAsync(), await customer.LoginAsync() };
        Expect.Status(204, await customer.Api.DeleteAsync("/me/sessions"));
        Expect.Status(204, await customer.Api.DeleteAsync("/me/sessions"));
        foreach (var other in others)
        {
            Expect.Status(401, await other.Api.GetAsync("/me"));
            Expect.Status(401, await shop.Api.PostAsync("/auth/refresh", new { refreshToken = other.RefreshToken }));
        }
        Assert.Single(Expect.Status(200, await customer.Api.GetAsync("/me/sessions"))["items"]!.AsArray());
        Expect.Status(200, await shop.Api.PostAsync("/auth/refresh", new { refreshToken = customer.RefreshToken }));
    }

    [Fact]
    public async Task signing_out_ends_the_access_token_too()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Status(200, await customer.Api.GetAsync("/me"));
        Expect.Status(204, await shop.Api.PostAsync("/auth/logout", new { refreshToken = customer.RefreshToken }));
        Expect.Status(401, await customer.Api.GetAsync("/me"));
    }

    [Fact]
    public async Task another_front_end_hears_of_an_ended_session_and_of_lost_roles_within_seconds()
    {
        var other = await shop.Shop.StartApiAsync(own: ("Auth__RecheckSeconds", "1"));
        var admin = await Customer.RegisterAdminAsync(shop);
        var ended = await admin.LoginAsync();
        var (here, there) = (other with { AccessToken = admin.Api.AccessToken }, other with { AccessToken = ended.Api.AccessToken });
        Expect.Status(200, await here.GetAsync("/admin/orders?limit=1"));
        Expect.Status(200, await there.GetAsync("/me"));

        Expect.Status(204, await admin.Api.DeleteAsync($"/me/sessions/{SessionOf(ended)}"));
        await Until.TrueAsync("the session's token is refused", Limit, async () => (int)(await there.GetAsync("/me")).Status == 401);

        Expect.Status(200, await shop.Admin.PutAsync($"/admin/users/{admin.Id}/roles", new { roles = Array.Empty<string>() }));
        await Until.TrueAsync(
            "the lost role opens nothing", Limit, async () => (int)(await here.GetAsync("/admin/orders?limit=1")).Status == 403);
        Expect.Status(200, await here.GetAsync("/me"));
        Expect.Status(200, await shop.Admin.PutAsync($"/admin/users/{admin.Id}/roles", new { roles = new[] { "admin" } }));
        await Until.TrueAsync(
            "the role is back, without a new token", Limit, async () => (int)(await here.GetAsync("/admin/orders?limit=1")).Status == 200);
    }

    [Fact]
    public async Task a_new_password_ends_the_other_sessions_tokens()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var other = await customer.LoginAsync();
        Expect.Status(
            204, await customer.Api.PostAsync("/me/password", new { currentPassword = customer.Password, newPassword = "a new password" }));
        await Until.TrueAsync(
            "the other session's token is refused", Limit, async () => (int)(await other.Api.GetAsync("/me")).Status == 401);
        Expect.Status(200, await customer.Api.GetAsync("/me"));
    }

    private static string SessionOf(Customer customer) => TestKey.ClaimsOf(customer.Api.AccessToken!)["sid"]!.GetValue<string>();
}

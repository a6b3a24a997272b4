using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class AccountSafetyTests(RunningShop shop)
{
    private const string Password = "a window in Lisbon";

    [Fact]
    public async Task whatever_strangers_guess_a_known_device_is_heard()
    {
        var email = Make.Email();
        var device = Expect.Status(201, await RegisterAsync(email)).Text("deviceToken");
        for (var i = 0; i < 6; i++)
            await LoginAsync(email, $"wrong password {i}");
        Expect.Problem(429, "rate-limited", await LoginAsync(email, Password));
        Expect.Problem(429, "rate-limited", await LoginAsync(email, Password, "none that was given"));

        var again = Expect.Status(200, await LoginAsync(email, Password, device));
        Assert.Equal(device, again.Text("deviceToken"));
        // A device's own guesses are counted, too.
        for (var i = 0; i < 5; i++)
            Expect.Problem(401, "unauthenticated", await LoginAsync(email, $"wrong password {i}", device));
        Expect.Problem(429, "rate-limited", await LoginAsync(email, Password, device));
    }

    [Fact]
    public async Task a_domain_is_one_however_it_is_written()
    {
        var name = Guid.NewGuid().ToString("N");
        Expect.Status(201, await RegisterAsync($"{name}@bücher.example"));
        foreach (var written in (string[])[
            "xn--bcher-kva.example", "BÜCHER.example", "bu\u0308cher.example", "bücher。example", "ｂücher.example"])
        {
            Expect.Problem(409, "email-taken", await RegisterAsync($"{name}@{written}"));
            Expect.Status(200, await LoginAsync($"{name}@{written}", Password));
        }
    }

    [Fact]
    public async Task a_password_is_the_same_however_it_is_typed()
    {
        var email = Make.Email();
        Expect.Status(201, await RegisterAsync(email, "Zo\u00EB hat gro\u00DFe H\u00FCte"));
        Expect.Status(200, await LoginAsync(email, "Zoe\u0308 hat gro\u00DFe Hu\u0308te"));
        Expect.Status(200, await LoginAsync(email, "Zo\u00EB\u00A0hat\u3000gro\u00DFe H\u00FCte"));
        Expect.Problem(401, "unauthenticated", await LoginAsync(email, "Zoe hat grosse Hute"));
    }

    [Fact]
    public async Task the_commonest_passwords_and_ones_own_name_are_refused_wherever_one_is_set()
    {
        var email = Make.Email();
        Assert.Equal(["password"], Expect.Fields(await RegisterAsync(email, "PassWord")));
        Assert.Equal(["password"], Expect.Fields(await RegisterAsync(email, email)));
        Assert.Equal(["password"], Expect.Fields(await RegisterAsync(email, "SoonShop1")));

        var customer = await Customer.RegisterAsync(shop.Api);
        var signedIn = shop.Api with { AccessToken = (await customer.LoginAsync()).Api.AccessToken };
        foreach (var bad in (string[])["12345678", customer.Email, "eight\u0007chars"])
            Expect.Invalid(
                "newPassword", await signedIn.PostAsync("/me/password", new { currentPassword = customer.Password, newPassword = bad }));

        Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", new { email = customer.Email }));
        var token = await customer.MailedTokenAsync(shop, "user.password-reset-requested");
        foreach (var bad in (string[])["12345678", "PassWord", customer.Email, "SoonShop1"])
            Expect.Invalid("password", await shop.Api.PostAsync("/auth/password/reset", new { token, password = bad }));
        // The token is still good.
        Expect.Status(204, await shop.Api.PostAsync("/auth/password/reset", new { token, password = "a window in Porto" }));
    }

    [Theory]
    [InlineData("🧀", 70)]
    [InlineData("e\u0301", 100)]
    [InlineData("中", 128)]
    public async Task a_password_that_can_be_set_is_heard_wherever_one_is_asked_for(string character, int count)
    {
        var (email, password) = (Make.Email(), string.Concat(Enumerable.Repeat(character, count)));
        Expect.Status(201, await RegisterAsync(email, password));
        var customer = shop.Api with { AccessToken = Expect.Status(200, await LoginAsync(email, password)).Text("accessToken") };
        Expect.Status(
            204, await customer.PostAsync(
                "/me/password", new { currentPassword = password, newPassword = $"{password[character.Length..]}!" }));
        password = $"{password[character.Length..]}!";
        Expect.Status(202, await customer.PostAsync("/me/email", new { newEmail = Make.Email(), currentPassword = password }));
        Expect.Status(202, await customer.SendAsync(HttpMethod.Delete, "/me", new { currentPassword = password }));
    }

    [Theory]
    [InlineData("Ada\r\nBcc: eve@evil.example")]
    [InlineData("You won! http://evil.example")]
    [InlineData("You won: evil.nl")]
    [InlineData("\u202Eadmin")]
    public async Task a_name_is_one_line_without_links(string name)
    {
        Assert.Equal(
            ["displayName"], Expect.Fields(
                await shop.Api.PostAsync("/auth/register", new { email = Make.Email(), password = Password, displayName = name })));
        var customer = await shop.Api.AsNewCustomerAsync();
        Expect.Invalid("displayName", await customer.PatchAsync("/me", new { displayName = name }));
    }

    [Fact]
    public async Task an_address_that_no_mail_reaches_is_refused_at_every_door()
    {
        foreach (var email in (string[])[
            "ada..lovelace@example.com", ".ada@example.com", "ada@exam-.com", $"ada@{new string('b', 64)}.com"])
        {
            Assert.Equal(["email"], Expect.Fields(await RegisterAsync(email)));
            var guest = await shop.Api.AsGuestAsync();
            Assert.Contains(
                "email", Expect.Fields(await guest.PostAsync(
                    "/orders", new { email, paymentMethod = "pm_card_visa", shippingAddress = ApiClient.Address() },
                    Guid.NewGuid().ToString())));
            // Who has had such an address for long is not kept out.
            Expect.Problem(401, "unauthenticated", await LoginAsync(email, Password));
        }
    }

    [Fact]
    public async Task another_mail_proves_the_address_and_voids_the_first_until_it_is_proven()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var first = await customer.MailedTokenAsync(shop, "user.email-verification-requested");
        Expect.Problem(401, "unauthenticated", await shop.Api.PostAsync("/auth/email/verification"));
        Expect.Status(202, await customer.Api.PostAsync("/auth/email/verification"));
        var second = await customer.MailedTokenAsync(shop, "user.email-verification-requested");
        Assert.NotEqual(first, second);
        Expect.Invalid("token", await shop.Api.PostAsync("/auth/email/verify", new { token = first }));
        Expect.Status(204, await shop.Api.PostAsync("/auth/email/verify", new { token = second }));
        Expect.Problem(409, "conflict", await customer.Api.PostAsync("/auth/email/verification"));
    }

    private Task<Reply> RegisterAsync(string email, string password = Password) =>
        shop.Api.PostAsync("/auth/register", new { email, password });

    private Task<Reply> LoginAsync(string email, string password, string? deviceToken = null) =>
        shop.Api.PostAsync("/auth/login", new { email, password, deviceToken });
}

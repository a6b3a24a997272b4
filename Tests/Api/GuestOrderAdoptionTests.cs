using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>An account that proves an address gets the orders that guests placed with it.</summary>
[Collection(nameof(OrderLinkShop))]
public sealed class GuestOrderAdoptionTests(OrderLinkShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task an_account_that_verifies_its_address_adopts_the_orders_and_no_later_one()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        // More than a page.
        var guest = await shop.Api.AsGuestAsync();
        var ids = new HashSet<string>();
        for (var i = 0; i < 22; i++)
        {
            var email = i % 2 == 0 ? customer.Email : customer.Email.ToUpperInvariant();
            ids.Add(Expect.Status(201, (await shop.BuyAsync(email, buyer: guest)).Order).Text("id"));
        }
        var (_, strangers) = await shop.BuyAsync(Make.Email());
        Assert.Empty(await OrdersOfAsync(customer.Api));

        var token = await shop.TokenAsync(customer.Email, "verify-email");
        for (var i = 0; i < 2; i++)
            Expect.Status(204, await shop.Api.PostAsync("/auth/email/verify", new { token }));
        await Until.TrueAsync("they are the account's", Limit, async () => ids.SetEquals(await OrdersOfAsync(customer.Api)));
        // The guest's cart still shows them, and so does a mailed link.
        var id = ids.First();
        Expect.Status(200, await guest.GetAsync($"/orders/{id}"));
        var link = await shop.SignedTokenAsync(id, customer.Email, DateTimeOffset.UtcNow.AddHours(1));
        Expect.Status(200, await shop.Api.SendAsync(HttpMethod.Get, $"/orders/{id}", more: ("X-Order-Token", link)));
        Expect.Problem(404, "not-found", await customer.Api.GetAsync($"/orders/{strangers.Text("id")}"));

        // Anybody can enter the address at a checkout.
        var (_, later) = await shop.BuyAsync(customer.Email);
        Expect.Status(
            204, await customer.Api.PostAsync("/me/password", new { currentPassword = customer.Password, newPassword = "a new password" }));
        await Until.TrueAsync("the account's events are handled", Limit, () => Task.FromResult(
            shop.MailsTo(customer.Email).Any(m => m.Subject == "Your password was changed")));
        Expect.Problem(404, "not-found", await customer.Api.GetAsync($"/orders/{later.Text("id")}"));
    }

    [Fact]
    public async Task a_new_password_by_mail_proves_the_address_too()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var (_, order) = await shop.BuyAsync(customer.Email);
        Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", new { email = customer.Email }));
        var token = await shop.TokenAsync(customer.Email, "reset-password");
        Expect.Status(204, await shop.Api.PostAsync("/auth/password/reset", new { token, password = "a new password" }));
        var again = await customer.LoginAsync("a new password");
        await Until.TrueAsync(
            "it is the account's", Limit, async () => (await OrdersOfAsync(again.Api)).Contains(order.Text("id")));
    }

    [Fact]
    public async Task a_change_of_address_adopts_the_orders_of_the_new_one_and_the_first_account_keeps_them()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var email = Make.Email();
        var (_, order) = await shop.BuyAsync(email);
        Expect.Status(
            202, await customer.Api.PostAsync("/me/email", new { newEmail = email, currentPassword = customer.Password }));
        var token = await shop.TokenAsync(email, "confirm-email-change");
        Assert.Empty(await OrdersOfAsync(customer.Api));
        Expect.Status(204, await shop.Api.PostAsync("/auth/email/change/confirm", new { token }));
        await Until.TrueAsync(
            "it is the account's", Limit, async () => (await OrdersOfAsync(customer.Api)).Contains(order.Text("id")));

        // The address goes to another account, the order does not.
        var undo = await shop.TokenAsync(customer.Email, "undo-email-change");
        Expect.Status(204, await shop.Api.PostAsync("/auth/email/change/undo", new { token = undo }));
        var second = Expect.Status(201, await shop.Api.PostAsync("/auth/register", new { email, password = "correct horse" }));
        var other = shop.Api with { AccessToken = second.Text("accessToken") };
        var (_, own) = await shop.BuyAsync(email);
        Expect.Status(204, await shop.Api.PostAsync("/auth/email/verify", new { token = await shop.TokenAsync(email, "verify-email") }));
        await Until.TrueAsync(
            "its own is adopted", Limit, async () => (await OrdersOfAsync(other)).SequenceEqual([own.Text("id")]));
    }

    private static async Task<string[]> OrdersOfAsync(ApiClient customer) =>
        [.. Expect.Status(200, await customer.GetAsync("/orders?limit=100"))["items"]!.AsArray().Select(o => o!["id"]!.GetValue<string>())];
}

using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>An account's e-mail address is changed, stopped and undone over HTTP.</summary>
[Collection(nameof(SecondRunningShop))]
public sealed class EmailChangeTests(RunningShop shop)
{
    private const string Asked =
        "user.email-change-requested", ToConfirm = "user.email-change-confirmation-requested", Offered = "user.email-change-undo-offered";
    private const string Reset = "user.password-reset-requested";

    [Fact]
    public async Task the_address_changes_when_the_new_one_is_confirmed()
    {
        var there = await Customer.RegisterAsync(shop.Api);
        var customer = await there.LoginAsync();
        var changed = await AskAsync(customer);
        Assert.Equal(customer.Email, (await customer.Api.GetAsync("/me")).Text("email"));
        Expect.Status(401, await LoginAsync(changed));
        Assert.Equal(changed.Email, (await customer.Api.GetAsync("/me/export")).Text("emailChange.newEmail"));

        var token = await changed.MailedTokenAsync(shop, ToConfirm);
        Expect.Invalid("token", await ConfirmAsync(token + "x"));
        Expect.Invalid("token", await ConfirmAsync("x"));
        // The second time has the first one's effect and answer.
        for (var i = 0; i < 2; i++)
            Expect.Status(204, await ConfirmAsync(token));
        Assert.Equal(
            1, await shop.Shop.QueryAsync<long>(
                "select count(*) from event where type = 'user.email-changed' and data ->> 'email' = $1", changed.Email));

        var me = await customer.Api.GetAsync("/me");
        Assert.Equal((changed.Email, "true"), (me.Text("email"), me.Text("emailVerified")));
        Expect.Status(401, await RefreshAsync(there));
        Assert.Equal(changed.Email, Expect.Status(200, await RefreshAsync(customer)).Text("user.email"));
        Assert.Equal(changed.Email, Expect.Status(200, await LoginAsync(changed)).Text("user.email"));
        Expect.Problem(401, "unauthenticated", await LoginAsync(customer));
        // It is reserved for the account, and asks for nothing.
        Expect.Problem(
            409, "email-taken", await shop.Api.PostAsync("/auth/register", new { email = customer.Email, password = "another password" }));
        Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", new { email = customer.Email }));
        Expect.Problem(409, "conflict", await AskAsync(customer, Make.Email()));
        Assert.Equal(customer.Email, (await customer.Api.GetAsync("/me/export")).Text("formerEmail.email"));
        Assert.Equal(
            0, await shop.Shop.QueryAsync<long>(
                "select count(*) from event where type = $1 and data ->> 'userId' = $2", Reset, customer.Id));
        await AssertClaimsAsync();
    }

    [Fact]
    public async Task the_former_address_undoes_the_change_and_whoever_knew_the_password_is_out()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var changed = await ChangeAsync(customer);
        var token = await customer.MailedTokenAsync(shop, Offered);
        for (var i = 0; i < 2; i++)
            Expect.Status(204, await UndoAsync(token));

        Expect.Status(401, await RefreshAsync(customer));
        Expect.Problem(401, "unauthenticated", await LoginAsync(changed));
        Expect.Problem(401, "unauthenticated", await LoginAsync(customer));
        var reset = await customer.MailedTokenAsync(shop, Reset);
        Assert.Equal(
            1, await shop.Shop.QueryAsync<long>(
                "select count(*) from event where type = $1 and data ->> 'userId' = $2", Reset, customer.Id));
        foreach (var common in (string[])["12345678", customer.Email])
            Expect.Invalid("password", await shop.Api.PostAsync("/auth/password/reset", new { token = reset, password = common }));
        Expect.Status(204, await shop.Api.PostAsync("/auth/password/reset", new { token = reset, password = "the owner's own" }));
        var again = await customer.LoginAsync("the owner's own");
        Assert.Equal(customer.Id, (await again.Api.GetAsync("/me")).Text("id"));
        Expect.Invalid("token", await ConfirmAsync(await changed.MailedTokenAsync(shop, ToConfirm)));
        // The other address is anybody's.
        Expect.Status(201, await shop.Api.PostAsync("/auth/register", new { email = changed.Email, password = "another password" }));
        await AssertClaimsAsync();
    }

    [Fact]
    public async Task a_change_that_waits_is_stopped_by_the_present_address()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var changed = await AskAsync(customer);
        var confirm = await changed.MailedTokenAsync(shop, ToConfirm);
        Expect.Invalid("token", await UndoAsync(confirm));
        Expect.Status(204, await UndoAsync(await customer.MailedTokenAsync(shop, Asked)));
        Expect.Invalid("token", await ConfirmAsync(confirm));
        Expect.Status(401, await LoginAsync(customer));
        await customer.MailedTokenAsync(shop, Reset);
    }

    [Fact]
    public async Task a_new_request_replaces_an_open_one_and_so_does_a_new_password()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var first = await (await AskAsync(customer)).MailedTokenAsync(shop, ToConfirm);
        var second = await (await AskAsync(customer)).MailedTokenAsync(shop, ToConfirm);
        Expect.Invalid("token", await ConfirmAsync(first));
        Expect.Status(
            204, await customer.Api.PostAsync("/me/password", new { currentPassword = customer.Password, newPassword = "a new password" }));
        Expect.Invalid("token", await ConfirmAsync(second));
        Assert.Equal(customer.Email, (await customer.Api.GetAsync("/me")).Text("email"));
    }

    [Fact]
    public async Task what_cannot_be_asked_for_is_refused()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var other = await Customer.RegisterAsync(shop.Api);
        Expect.Invalid("currentPassword", await AskAsync(customer with { Password = "wrong password" }, Make.Email()));
        Expect.Invalid("newEmail", await AskAsync(customer, "nobody"));
        Expect.Invalid("newEmail", await AskAsync(customer, "two@at@example.com"));
        Expect.Invalid("newEmail", await AskAsync(customer, $" {customer.Email.ToUpperInvariant()} "));
        Expect.Problem(409, "email-taken", await AskAsync(customer, other.Email.ToUpperInvariant()));
        // Who does not know the password is not told who has an address.
        Expect.Invalid("currentPassword", await AskAsync(customer with { Password = "wrong password" }, other.Email));
        Expect.Problem(
            401, "unauthenticated", await shop.Api.PostAsync(
                "/me/email", new { newEmail = Make.Email(), currentPassword = "correct horse" }));
        Assert.Equal(
            0, await shop.Shop.QueryAsync<long>(
                "select count(*) from event where type = $1 and data ->> 'userId' = $2", Asked, customer.Id));
    }

    [Fact]
    public async Task five_wrong_passwords_make_it_wait()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        for (var i = 0; i < 5; i++)
            Expect.Invalid("currentPassword", await AskAsync(customer with { Password = "wrong password" }, Make.Email()));
        Expect.Problem(429, "rate-limited", await AskAsync(customer, Make.Email()));
    }

    [Fact]
    public async Task an_address_that_was_taken_meanwhile_is_refused_and_two_accounts_never_have_it()
    {
        var (first, second) = (await Customer.RegisterAsync(shop.Api), await Customer.RegisterAsync(shop.Api));
        var email = Make.Email();
        Expect.Status(202, await AskAsync(first, email));
        var tokens = new List<string> { await (first with { Email = email }).MailedTokenAsync(shop, ToConfirm) };
        Expect.Status(202, await AskAsync(second, email));
        await Until.TrueAsync("both have a token", TimeSpan.FromSeconds(60), async () =>
        {
            var token = await (second with { Email = email }).MailedTokenAsync(shop, ToConfirm);
            if (!tokens.Contains(token))
                tokens.Add(token);
            return tokens.Count == 2;
        });
        var replies = await Task.WhenAll(
            [.. tokens.Select(ConfirmAsync), shop.Api.PostAsync("/auth/register", new { email, password = "correct horse" })]);
        Assert.Single(replies, r => (int)r.Status is 201 or 204);
        Assert.All(replies.Where(r => (int)r.Status is not (201 or 204)), r => Expect.Problem(409, "email-taken", r));
        await AssertClaimsAsync();
    }

    [Fact]
    public async Task the_former_address_is_anybodys_when_the_time_to_undo_is_over()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var changed = await ChangeAsync(customer);
        var undo = await customer.MailedTokenAsync(shop, Offered);
        Assert.Equal(7, Math.Round((await shop.Shop.QueryAsync<DateTime>(
            "select max(not_before) from event where type = 'user.email-claims-due' and data ->> 'userId' = $1",
            customer.Id) - DateTime.UtcNow).TotalDays));
        await shop.Shop.QueryAsync<long>("""
            with due as (update event set due_at = clock_timestamp() where type = 'user.email-claims-due' and due_at is not null
                and data ->> 'userId' = $1 returning 1)
            select count(*) from due
            """, customer.Id);
        await Until.TrueAsync("the former address is free", TimeSpan.FromSeconds(180), async () => await shop.Shop.QueryAsync<long>(
            "select count(*) from grain_state_email where grain_key = $1", $"email/{customer.Email}") == 0);
        Expect.Invalid("token", await UndoAsync(undo));
        Expect.Status(201, await shop.Api.PostAsync("/auth/register", new { email = customer.Email, password = "another password" }));
        Expect.Status(200, await LoginAsync(changed));
        await AssertClaimsAsync();
    }

    [Fact]
    public async Task an_erasure_releases_the_former_address_too()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var changed = await ChangeAsync(customer);
        var erasing = Expect.Status(
            202, await customer.Api.SendAsync(HttpMethod.Delete, "/me", new { currentPassword = customer.Password }));
        await Until.TrueAsync("the account is erased", TimeSpan.FromSeconds(180), async () =>
            Expect.Status(200, await shop.Api.GetAsync(erasing.Headers["Location"]["/api/v1".Length..])).Text("status") == "completed");
        foreach (var email in (string[])[customer.Email, changed.Email])
        {
            Assert.Empty(await shop.Shop.PlacesOfAsync(email));
            Expect.Status(201, await shop.Api.PostAsync("/auth/register", new { email, password = "another password" }));
        }
    }

    [Fact]
    public async Task each_act_stands_in_the_audit_log_without_an_address()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        await ChangeAsync(customer);
        Expect.Status(204, await UndoAsync(await customer.MailedTokenAsync(shop, Offered)));
        var entries = Expect.Status(200, await shop.Admin.GetAsync($"/admin/audit-log?subject={customer.Id}&action=users.*"));
        string[] actions = [.. entries["items"]!.AsArray().Select(e => e!["action"]!.GetValue<string>())];
        Assert.Empty(new[] { "users.request-email-change", "users.change-email", "users.undo-email-change" }.Except(actions));
        Assert.DoesNotContain("@example.com", entries.Body, StringComparison.Ordinal);
    }

    private Task<Reply> ConfirmAsync(string token) => shop.Api.PostAsync("/auth/email/change/confirm", new { token });

    private Task<Reply> UndoAsync(string token) => shop.Api.PostAsync("/auth/email/change/undo", new { token });

    private Task<Reply> LoginAsync(Customer customer) =>
        shop.Api.PostAsync("/auth/login", new { email = customer.Email, password = customer.Password });

    private Task<Reply> RefreshAsync(Customer customer) =>
        shop.Api.PostAsync("/auth/refresh", new { refreshToken = customer.RefreshToken });

    private static Task<Reply> AskAsync(Customer customer, string newEmail) =>
        customer.Api.PostAsync("/me/email", new { newEmail, currentPassword = customer.Password });

    /// <summary>Asks for another address; answers the customer as it will be.</summary>
    private static async Task<Customer> AskAsync(Customer customer)
    {
        var newEmail = Make.Email();
        Assert.Equal("", Expect.Status(202, await AskAsync(customer, newEmail)).Body);
        return customer with { Email = newEmail };
    }

    private async Task<Customer> ChangeAsync(Customer customer)
    {
        var changed = await AskAsync(customer);
        Expect.Status(204, await ConfirmAsync(await changed.MailedTokenAsync(shop, ToConfirm)));
        return changed;
    }

    private Task AssertClaimsAsync() => InvariantChecker.AssertAddressesAsync(shop.Shop);
}

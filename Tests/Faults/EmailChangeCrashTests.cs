using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// An e-mail address that is changed, undone and let go of while the silo dies at every step: no address has two accounts, and none has
/// nobody.
/// </summary>
public sealed class EmailChangeCrashTests(PatientCrashingShop shop) : IClassFixture<PatientCrashingShop>
{
    private const string Password = "correct horse";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly string email = $"{Guid.NewGuid():N}@example.com", newEmail = $"{Guid.NewGuid():N}@example.com";

    [Theory]
    [InlineData("email-change.reserved", false)]
    [InlineData("email-change.confirmed", true)]
    [InlineData("email-change.claimed", true)]
    [InlineData("email-change.settled", true)]
    public async Task a_confirmation_that_crashes_is_whole_or_has_not_been(string point, bool isDone)
    {
        var token = await AskAsync();
        await shop.ArmAsync(point);
        await shop.CrashAsync(Buyer.TryAsync(() => ConfirmAsync(token)), success: 204);

        await AssertSignsInAsync(isDone ? newEmail : email, isDone ? email : newEmail);
        if (isDone)
            // Without help: nobody sends the token again.
            await Until.TrueAsync("the claim is confirmed", Limit, async () => await ClaimsAsync(newEmail, confirmedOnly: true) == 1);
        Assert.Equal(204, (int)(await Buyer.AskAsync(() => ConfirmAsync(token))).Status);
        await AssertSignsInAsync(newEmail, email);
        Assert.Equal(
            1, await shop.Shop.QueryAsync<long>(
                "select count(*) from event where type = 'user.email-changed' and data ->> 'email' = $1", newEmail));
        await InvariantChecker.AssertAddressesAsync(shop.Shop);
        Assert.Equal(409, (int)(await AskToRegisterAsync(email)).Status);
    }

    [Theory]
    [InlineData("email-change.undone")]
    [InlineData("email-change.claimed")]
    [InlineData("email-change.released")]
    [InlineData("email-change.settled")]
    public async Task an_undo_that_crashes_goes_on_by_itself(string point)
    {
        var token = await AskAsync();
        Assert.Equal(204, (int)(await Buyer.AskAsync(() => ConfirmAsync(token))).Status);
        var undo = await TokenAsync("user.email-change-undo-offered", email);
        await shop.ArmAsync(point);
        await shop.CrashAsync(Buyer.TryAsync(() => UndoAsync(undo)), success: 204);

        await Until.TrueAsync("the other address is released", Limit, async () => await ClaimsAsync(newEmail) == 0);
        Assert.Equal(204, (int)(await Buyer.AskAsync(() => UndoAsync(undo))).Status);
        var reset = await TokenAsync("user.password-reset-requested", email);
        Assert.Equal(
            204, (int)(await Buyer.AskAsync(
                () => shop.Api.PostAsync("/auth/password/reset", new { token = reset, password = "the owner's own" }))).Status);
        await AssertSignsInAsync(email, newEmail, "the owner's own");
        await InvariantChecker.AssertAddressesAsync(shop.Shop);
        Assert.Equal(201, (int)(await AskToRegisterAsync(newEmail)).Status);
    }

    [Theory]
    [InlineData("email-change.claimed")]
    [InlineData("email-change.released")]
    [InlineData("email-change.settled")]
    public async Task a_former_address_is_released_though_the_silo_dies_at_it(string point)
    {
        var token = await AskAsync();
        Assert.Equal(204, (int)(await Buyer.AskAsync(() => ConfirmAsync(token))).Status);
        await shop.ArmAsync(point);
        await shop.CrashAsync(ExpireAsync(), success: 204);

        await Until.TrueAsync("the former address is released", Limit, async () => await ClaimsAsync(email) == 0);
        await InvariantChecker.AssertAddressesAsync(shop.Shop);
        await AssertSignsInAsync(newEmail, email);
        Assert.Equal(201, (int)(await AskToRegisterAsync(email)).Status);
    }

    /// <summary>
    /// A reservation whose confirmation never comes is nobody's: its address can be registered, and the change is refused.
    /// </summary>
    [Fact]
    public async Task an_address_whose_confirmation_died_is_anybodys_a_minute_later()
    {
        var token = await AskAsync();
        await shop.ArmAsync("email-change.reserved");
        await shop.CrashAsync(Buyer.TryAsync(() => ConfirmAsync(token)), success: 204);

        await Until.TrueAsync(
            "the address can be registered", TimeSpan.FromMinutes(2), async () => (int)(await RegisterAsync(newEmail)).Status == 201);
        Assert.Equal(409, (int)(await Buyer.AskAsync(() => ConfirmAsync(token))).Status);
        await InvariantChecker.AssertAddressesAsync(shop.Shop);
    }

    private async Task<string> AskAsync()
    {
        var registered = await Buyer.AskAsync(
            () => shop.Api.PostAsync("/auth/register", new { email, password = Password }, $"register {email}"));
        Assert.Equal(201, (int)registered.Status);
        var customer = shop.Api with { AccessToken = registered.Text("accessToken") };
        Assert.Equal(
            202, (int)(await Buyer.AskAsync(
                () => customer.PostAsync("/me/email", new { newEmail, currentPassword = Password }, $"change {email}"))).Status);
        return await TokenAsync("user.email-change-confirmation-requested", newEmail);
    }

    private Task<Reply> ConfirmAsync(string token) => shop.Api.PostAsync("/auth/email/change/confirm", new { token });

    private Task<Reply> UndoAsync(string token) => shop.Api.PostAsync("/auth/email/change/undo", new { token });

    private Task<Reply> RegisterAsync(string address, string? key = null) =>
        shop.Api.PostAsync("/auth/register", new { email = address, password = Password }, key);

    /// <summary>With a key of its own: asked again, a registration is no second one.</summary>
    private Task<Reply> AskToRegisterAsync(string address)
    {
        var key = $"register {Guid.NewGuid()}";
        return Buyer.AskAsync(() => RegisterAsync(address, key));
    }

    /// <summary>The time to undo is over.</summary>
    private async Task<Reply?> ExpireAsync()
    {
        await shop.Shop.QueryAsync<long>("""
            with due as (update event set due_at = clock_timestamp() where type = 'user.email-claims-due' and due_at is not null
                returning 1) select count(*) from due
            """);
        return null;
    }

    private Task<string> TokenAsync(string type, string address) => shop.Shop.QueryAsync<string>(
        "select data ->> 'token' from event where type = $1 and data ->> 'email' = $2 order by position desc limit 1", type, address);

    private Task<long> ClaimsAsync(string address, bool confirmedOnly = false) => shop.Shop.QueryAsync<long>("""
        select count(*) from grain_state_email where grain_key = 'email/' || $1 and state is not null
          and (not $2 or (convert_from(state, 'UTF8')::jsonb #>> '{state,confirmed}')::boolean)
        """, address, confirmedOnly);

    private async Task AssertSignsInAsync(string current, string other, string password = Password)
    {
        Assert.Equal(200, (int)(await Buyer.AskAsync(() => shop.Api.PostAsync("/auth/login", new { email = current, password }))).Status);
        Assert.Equal(401, (int)(await Buyer.AskAsync(() => shop.Api.PostAsync("/auth/login", new { email = other, password }))).Status);
    }
}

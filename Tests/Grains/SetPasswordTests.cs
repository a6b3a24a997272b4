using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Grains;

/// <summary>
/// A common password is refused by the account itself, by whatever way it is set. An e-mail change that is undone ends with a reset.
/// </summary>
[Collection(nameof(InProcessSilo))]
public sealed class SetPasswordTests(InProcessSilo silo)
{
    private const string Password = "correct horse", Common = "is one of the most common passwords; choose another";

    [Theory]
    [InlineData("PassWord")]
    [InlineData("12345678")]
    [InlineData("iloveyou")]
    public async Task a_common_password_is_refused_wherever_one_is_set(string password)
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        Assert.Equal(
            [Common], (await silo.Grains.GetGrain<IUserGrain>(Guid.NewGuid()).RegisterAsync(new RegisterUser(email, password, null)))
                .Error!.Errors!["password"]);

        var id = Guid.NewGuid();
        var user = silo.Grains.GetGrain<IUserGrain>(id);
        Assert.False((await user.RegisterAsync(new RegisterUser(email, Password, null))).IsError);
        Assert.Equal([Common], (await user.ChangePasswordAsync(null, Password, password)).Error!.Errors!["newPassword"]);
        Assert.Equal([Common], (await user.ReplacePasswordAsync([Password], password)).Error!.Errors!["newPassword"]);

        await silo.Grains.GetGrain<IEmailGrain>(UserKeys.Email(email)).ForgotPasswordAsync();
        string[] tokens = [];
        await Until.TrueAsync("a token is mailed", TimeSpan.FromSeconds(60), async () => (tokens = await silo.QueryAsync<string[]>(
            "select coalesce(array_agg(data ->> 'token'), '{}') from event where type = 'user.password-reset-requested' and data ->> "
                + "'userId' = $1",
            id.ToString())).Length > 0);
        var secret = MailedToken.Parse(tokens[0])!.Secret;
        Assert.Equal([Common], (await user.ResetPasswordAsync(secret, password)).Error!.Errors!["password"]);
        // The token is still good.
        Assert.False((await user.ResetPasswordAsync(secret, "a window in Porto")).IsError);
    }
}

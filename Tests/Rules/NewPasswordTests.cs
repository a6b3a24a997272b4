using System.ComponentModel.DataAnnotations;
using System.Reflection;
using CsCheck;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using SoonShop.ApiFrontend.Http;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class NewPasswordTests : IDisposable
{
    private const string Composed = "Zo\u00EB's gr\u00F6\u00DFter Hut", Decomposed = "Zoe\u0308's gro\u0308\u00DFter Hut";

    private readonly IOptions<PasswordHasherOptions> cheap = Options.Create(new PasswordHasherOptions { IterationCount = 1 });
    private readonly PasswordHashing passwords;

    public NewPasswordTests() => passwords = new PasswordHashing(
        cheap, Options.Create(new AccountsOptions { PasswordWorkers = 1, PasswordQueue = 4 }), TimeProvider.System);

    public void Dispose() => passwords.Dispose();

    [Theory]
    [InlineData("password")]
    [InlineData("PassWord")]
    [InlineData("12345678")]
    [InlineData("qwertyuiop")]
    [InlineData("iloveyou")]
    public void what_is_tried_first_is_no_password(string password) =>
        Assert.Equal("is one of the most common passwords; choose another", NewPassword.Problem(password)?.English);

    [Theory]
    [InlineData("Ada.Lovelace@example.com")]
    [InlineData("ada.lovelace")]
    [InlineData("AdaLovelace1815")]
    [InlineData("ada lovelace!")]
    [InlineData("1example.com")]
    [InlineData("--The Shop--")]
    [InlineData("theshop2026")]
    public void nor_is_what_everybody_knows_of_its_owner_and_the_shop(string password) =>
        Assert.Equal("must not be your address, your name or the shop's name; choose another",
            NewPassword.Problem(password, "ada.lovelace@example.com", "Ada Lovelace", "The Shop")?.English);

    [Theory]
    [InlineData("correct horse")]
    [InlineData("ada lovelace wrote the first program")]
    [InlineData("密码密码密码密码")]
    [InlineData("a window in Lisbon")]
    public void others_are(string password) => Assert.Null(NewPassword.Problem(password, "ada@example.com", "Ada Lovelace", "SoonShop"));

    [Theory]
    [InlineData(7, "must be at least 8 characters")]
    [InlineData(8, null)]
    [InlineData(128, null)]
    [InlineData(129, "must be at most 128 characters")]
    public void lengths_count_what_people_count(int length, string? problem)
    {
        Assert.Equal(problem, PasswordPolicy.Problem(string.Concat(Enumerable.Repeat("\U0001F9C0", length)))?.English);
        Assert.Equal(problem, PasswordPolicy.Problem(string.Concat(Enumerable.Repeat("e\u0301", length)))?.English);
    }

    [Theory]
    [InlineData("eight\ncharacters")]
    [InlineData("eight\0characters")]
    public void control_characters_are_refused(string password) => Assert.NotNull(PasswordPolicy.Problem(password));

    // Not by InlineData, which does not keep it.
    [Fact]
    public void half_a_character_is_refused() => Assert.NotNull(PasswordPolicy.Problem("eight" + '\ud83e' + "characters"));

    [Theory]
    [InlineData(Decomposed, Composed)]
    [InlineData("a\u00A0window\u3000in\u2009Lisbon", "a window in Lisbon")]
    [InlineData("as it is ", "as it is ")]
    public void a_password_has_one_form(string typed, string hashed) => Assert.Equal(hashed, PasswordPolicy.Prepare(typed));

    [Fact]
    public void the_form_is_its_own() => Gen.String.Where(Text.IsClean).Sample(text =>
        Assert.Equal(PasswordPolicy.Prepare(text), PasswordPolicy.Prepare(PasswordPolicy.Prepare(text))));

    /// <summary>One rule for passwords that are set, and one for those that are checked.</summary>
    [Fact]
    public void every_password_of_a_body_has_one_of_two_rules()
    {
        var passwords = typeof(ApiFrontend.Users.EraseRequest).Assembly.GetTypes()
            .Where(t => t.Name.EndsWith("Request", StringComparison.Ordinal))
            .SelectMany(t => t.GetProperties()).Where(p =>
                p.PropertyType == typeof(string) && p.Name.EndsWith("Password", StringComparison.Ordinal))
            .ToDictionary(p => $"{p.DeclaringType!.Name}.{p.Name}", p =>
                p.GetCustomAttributes<ValidationAttribute>().Select(a => a.GetType()).ToArray());

        Assert.Equal(7, passwords.Count);
        Assert.All(passwords, p => Assert.True(
            p.Value.Intersect([typeof(KnownPasswordAttribute), typeof(NewPasswordAttribute)]).Count() == 1
                && !p.Value.Contains(typeof(TextLengthAttribute)),
            p.Key));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("password")]
    [InlineData("admin@example.com")]
    public void nor_is_it_one_for_the_configured_administrator(string password) =>
        Assert.Single(new AccountsOptions { AdminEmail = "admin@example.com", AdminPassword = password }.Problems());

    [Fact]
    public async Task a_password_that_is_typed_in_another_form_is_the_same()
    {
        var hash = await passwords.HashAsync(Composed);
        Assert.Equal(new PasswordCheck(true, null), await passwords.VerifyAsync(hash, Decomposed));
        Assert.Equal(PasswordCheck.Wrong, await passwords.VerifyAsync(hash, Composed + "!"));
        Assert.Equal(PasswordCheck.Wrong, await passwords.VerifyAsync(null, Composed));
    }

    [Fact]
    public async Task a_password_that_was_hashed_as_it_was_typed_still_opens_and_is_hashed_anew()
    {
        var old = new PasswordHasher<object>(cheap).HashPassword(new object(), Decomposed);
        var check = await passwords.VerifyAsync(old, Decomposed);
        Assert.True(check!.IsRight);
        Assert.Equal(new PasswordCheck(true, null), await passwords.VerifyAsync(check.NewHash, Composed));
    }

    [Fact]
    public async Task who_comes_when_the_queue_is_full_is_told_so_at_once()
    {
        using var slow = new PasswordHashing(
            Options.Create(new PasswordHasherOptions { IterationCount = 5_000_000 }),
            // On a busy machine, the second waits longer for the first than passwords usually wait.
            Options.Create(new AccountsOptions { PasswordWorkers = 1, PasswordQueue = 1, PasswordWaitSeconds = 600 }), TimeProvider.System);
        var first = slow.HashAsync("the first");
        await Until.TrueAsync("the first is being hashed", TimeSpan.FromSeconds(10), () => Task.FromResult(slow.Waiting == 0));
        var second = slow.HashAsync("the second");
        var third = slow.HashAsync("the third");
        Assert.True(third.IsCompleted);
        Assert.Null(await third);
        Assert.NotNull(await first);
        Assert.False(second.IsCompletedSuccessfully && await second is null);
    }
}

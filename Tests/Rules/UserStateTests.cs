using SoonShop.Auditing;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class UserStateTests
{
    private static readonly Guid Session = Given.Id(10);
    private static readonly UserState SignedIn = Given.User().OpenSession(Session, "first", Given.Now);

    [Fact]
    public void registering_mails_a_token_for_the_address()
    {
        var decision = Given.Registration();
        var user = decision.Next();

        Assert.Equal(("Ada@Example.com", "ada@example.com", false), (user.Email, user.NormalizedEmail, user.EmailVerified));
        Assert.Equal([Role.Customer], user.Roles);
        Assert.Equal(["user.registered", "user.email-verification-requested"], decision.EventTypes());
        Assert.Equal(
            new MailedToken(user.Id, "verification"), MailedToken.Parse(
                Assert.IsType<EmailVerificationRequested>(decision.Events[1]).Token));
        Assert.DoesNotContain("verification", user.Verification!.Digest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "ada")]
    [InlineData("  ", "ada")]
    [InlineData(" Countess ", "Countess")]
    public void who_gives_no_name_is_called_by_the_address(string? given, string name) => Assert.Equal(
        name, UserState.Register(Given.Customer, new RegisterUser("ada@example.com", "x", given), "hash", "s", Given.Now)
            .Next().DisplayName);

    [Fact]
    public void devices_that_signed_in_are_known_until_twenty_others_did_or_there_is_a_new_password()
    {
        var user = SignedIn.UseDevice("mine", Given.Now);
        for (var i = 0; i < UserState.MaxDevices - 1; i++)
            user = user.UseDevice($"other {i}", Given.Now);
        Assert.True(user.KnowsDevice("mine"));
        Assert.False(user.KnowsDevice("nobody's"));
        Assert.DoesNotContain(user.Devices, d => d.TokenDigest.Contains("mine", StringComparison.Ordinal));
        Assert.False(user.UseDevice("one more", Given.Now).KnowsDevice("mine"));
        Assert.True(user.UseDevice("mine", Given.Now).UseDevice("one more", Given.Now).KnowsDevice("mine"));
        Assert.False(user.RequestReset("reset", Given.Now).Next().ResetPassword("new hash").Next().KnowsDevice("mine"));
        Assert.False(user.ChangePassword("new hash", keepSession: null).Next().KnowsDevice("mine"));
    }

    [Fact]
    public void another_token_proves_the_address_until_it_is_proven()
    {
        var asked = SignedIn.RequestVerification("second", Given.Now);
        Assert.Equal(["user.email-verification-requested"], asked.EventTypes());
        Assert.Equal(ErrorCode.ValidationFailed, asked.Next().VerifyEmail("verification", Given.Now).Error?.Code);
        var proven = asked.Next().VerifyEmail("second", Given.Now).Next();
        Assert.Equal(ErrorCode.Conflict, proven.RequestVerification("third", Given.Now).Error?.Code);
    }

    [Fact]
    public void a_refresh_token_is_traded_for_the_next()
    {
        var renewed = Refresh(SignedIn, "first", "second", Given.Now.AddDays(1));

        Assert.Equal(Given.Now.AddDays(1) + UserState.SessionLifetime, renewed.Sessions.Single().ExpiresAt);
        Assert.True(Refresh(renewed, "second", "third", Given.Now.AddDays(2)).HasSession(Session));
    }

    [Fact]
    public void a_brief_session_ends_by_itself()
    {
        var user = Given.User().OpenSession(Session, "first", Given.Now, lifetime: TimeSpan.FromMinutes(30));

        Assert.True(user.IsOpen(Session, Given.Now.AddMinutes(29)));
        Assert.False(user.IsOpen(Session, Given.Now.AddMinutes(30)));
    }

    [Fact]
    public void a_spent_refresh_token_ends_its_session()
    {
        var other = Given.Id(11);
        var user = Refresh(Refresh(SignedIn.OpenSession(other, "other", Given.Now), "first", "second"), "second", "third");

        var decision = user.Refresh(Token("first"), "thief", Given.Now);

        Assert.False(decision.Next().HasSession(Session));
        Assert.True(decision.State.HasSession(other));
        Assert.Equal(["user.session-reuse-detected"], decision.EventTypes());
        decision.State.Refresh(Token("third"), "fourth", Given.Now).IsRefused(ErrorCode.Unauthenticated);
    }

    [Fact]
    public void a_guessed_refresh_token_is_refused_and_ends_nothing() =>
        SignedIn.Refresh(Token("guess"), "next", Given.Now).IsRefused(ErrorCode.Unauthenticated);

    [Fact]
    public void a_refresh_token_of_another_session_is_refused() =>
        SignedIn.Refresh(new RefreshToken(Given.Customer, Given.Id(11), "first"), "next", Given.Now).IsRefused(ErrorCode.Unauthenticated);

    [Fact]
    public void a_session_that_is_not_renewed_ends()
    {
        var end = Given.Now + UserState.SessionLifetime;

        Assert.True(Refresh(SignedIn, "first", "second", end.AddTicks(-1)).HasSession(Session));
        SignedIn.Refresh(Token("first"), "second", end).IsRefused(ErrorCode.Unauthenticated);
    }

    [Fact]
    public void the_spent_tokens_of_a_session_are_bounded_and_the_newest_are_known()
    {
        var user = Enumerable.Range(0, 15).Aggregate(SignedIn, (u, i) => Refresh(u, i == 0 ? "first" : $"{i}", $"{i + 1}"));

        Assert.Equal(UserState.MaxSpentTokens, user.Sessions.Single().SpentDigests.Length);
        Assert.False(user.Refresh(Token("14"), "x", Given.Now).Next().HasSession(Session));
        Assert.False(user.Refresh(Token("5"), "x", Given.Now).Next().HasSession(Session));
        user.Refresh(Token("4"), "x", Given.Now).IsRefused(ErrorCode.Unauthenticated);
    }

    [Fact]
    public void only_digests_of_tokens_are_kept()
    {
        var json = Given.Json(Refresh(Given.User().OpenSession(Session, "first-secret", Given.Now), "first-secret", "second-secret")
            .RequestReset("reset-secret", Given.Now).Next());

        Assert.DoesNotContain("-secret", json, StringComparison.Ordinal);
    }

    [Fact]
    public void the_longest_unused_session_makes_room()
    {
        var user = Enumerable.Range(0, UserState.MaxSessions).Aggregate(Given.User(), (u, i) =>
            u.OpenSession(Given.Id(100 + i), "s", Given.Now.AddMinutes(i)));
        user = user.Refresh(new RefreshToken(Given.Customer, Given.Id(100), "s"), "t", Given.Now.AddHours(1)).Next();

        user = user.OpenSession(Session, "first", Given.Now.AddHours(2));

        Assert.Equal(UserState.MaxSessions, user.Sessions.Length);
        Assert.False(user.HasSession(Given.Id(101)));
        Assert.True(user.HasSession(Given.Id(100)) && user.HasSession(Session));
    }

    [Fact]
    public void a_session_that_ran_signedOutgoes_when_another_opens() =>
        Assert.False(SignedIn.OpenSession(Given.Id(11), "s", Given.Now + UserState.SessionLifetime).HasSession(Session));

    [Theory]
    [InlineData("first")]
    [InlineData("second")]
    public void any_token_of_a_session_signs_it_out(string secret)
    {
        var user = Refresh(SignedIn, "first", "second");

        var signedOut = user.Logout(Token(secret)).Next();

        Assert.False(signedOut.HasSession(Session));
        signedOut.Logout(Token(secret)).StaysAs(signedOut);
    }

    [Fact]
    public void a_guessed_token_signs_nobody_out() => SignedIn.Logout(Token("guess")).StaysAs(SignedIn);

    [Fact]
    public void a_session_remembers_from_where_it_was_last_renewed()
    {
        var user = Given.User().OpenSession(Session, "first", Given.Now, From("192.0.2.1", "Telephone/1.0"));
        Assert.Equal(("192.0.2.1", "Telephone/1.0"), (user.Sessions[0].Address, user.Sessions[0].UserAgent));

        var renewed = user.Refresh(Token("first"), "second", Given.Now.AddHours(1), From("192.0.2.2", null)).Next().Sessions[0];
        Assert.Equal(("192.0.2.2", "Telephone/1.0"), (renewed.Address, renewed.UserAgent));
        Assert.Equal(Given.Now.AddHours(1), renewed.ToView(Given.Now).LastUsedAt);
        Assert.Equal(Given.Now.AddHours(2), renewed.ToView(Given.Now.AddHours(2)).LastUsedAt);

        static Origin From(string address, string? agent) => new(Actors.Anonymous, address, agent, null);
    }

    [Fact]
    public void sessions_are_ended_one_by_one_or_all_but_one()
    {
        var user = SignedIn.OpenSession(Given.Id(11), "other", Given.Now).OpenSession(Given.Id(12), "third", Given.Now);

        Assert.False(user.End(Given.Id(11)).Next().IsOpen(Given.Id(11), Given.Now));
        user.End(Given.Id(99)).IsRefused(ErrorCode.NotFound);
        Assert.Equal([Session], user.EndAllBut(Session).Next().Sessions.Select(s => s.Id));
        Assert.Empty(user.EndAllBut(null).Next().Sessions);
        SignedIn.EndAllBut(Session).StaysAs(SignedIn);
    }

    [Fact]
    public void a_session_that_has_run_out_is_not_open()
    {
        Assert.True(SignedIn.IsOpen(Session, Given.Now + UserState.SessionLifetime - TimeSpan.FromTicks(1)));
        Assert.False(SignedIn.IsOpen(Session, Given.Now + UserState.SessionLifetime));
    }

    [Fact]
    public void a_new_password_ends_every_session_but_the_own()
    {
        var user = SignedIn.OpenSession(Given.Id(11), "other", Given.Now).RequestReset("reset", Given.Now).Next();

        var decision = user.ChangePassword("new hash", keepSession: Session);

        Assert.Equal([Session], decision.Next().Sessions.Select(s => s.Id));
        Assert.Equal(("new hash", null), (decision.State.PasswordHash, decision.State.Reset));
        Assert.Equal(["user.password-changed"], decision.EventTypes());
        Assert.Empty(user.ChangePassword("new hash", keepSession: null).Next().Sessions);
    }

    [Fact]
    public void a_reset_token_is_good_for_an_hour_and_once()
    {
        var decision = SignedIn.RequestReset("reset", Given.Now);
        var user = decision.Next();
        Assert.Equal(new MailedToken(user.Id, "reset").ToString(), Assert.IsType<PasswordResetRequested>(decision.Events.Single()).Token);

        Assert.True(user.IsResetSecret("reset", Given.Now.AddHours(1).AddTicks(-1)));
        Assert.False(user.IsResetSecret("reset", Given.Now.AddHours(1)));
        Assert.False(user.IsResetSecret("guess", Given.Now));

        var reset = user.ResetPassword("new hash").Next();
        Assert.False(reset.IsResetSecret("reset", Given.Now));
        Assert.Empty(reset.Sessions);
        Assert.True(reset.EmailVerified);
    }

    [Fact]
    public void a_second_reset_token_voids_the_first()
    {
        var user = SignedIn.RequestReset("one", Given.Now).Next().RequestReset("two", Given.Now).Next();

        Assert.Equal((false, true), (user.IsResetSecret("one", Given.Now), user.IsResetSecret("two", Given.Now)));
    }

    [Fact]
    public void an_address_is_proven_within_three_days_and_told_once()
    {
        var user = Given.User();
        user.VerifyEmail("guess", Given.Now).IsRefused(ErrorCode.ValidationFailed);
        user.VerifyEmail("verification", Given.Now.AddDays(3)).IsRefused(ErrorCode.ValidationFailed);

        var decision = user.VerifyEmail("verification", Given.Now.AddDays(3).AddTicks(-1));

        Assert.True(decision.Next().EmailVerified);
        Assert.Equal(["user.email-verified"], decision.EventTypes());
        decision.State.VerifyEmail("verification", Given.Now).StaysAs(decision.State);
        decision.State.VerifyEmail("guess", Given.Now).IsRefused(ErrorCode.ValidationFailed);
    }

    [Fact]
    public void a_profile_changes_by_what_is_given()
    {
        var user = Given.User();

        var decision = user.UpdateProfile(" Countess ", null);

        Assert.Equal(("Countess", "en"), (decision.Next().DisplayName, decision.State.Locale));
        Assert.Equal(["user.profile-updated"], decision.EventTypes());
        decision.State.UpdateProfile("Countess", "en").StaysAs(decision.State);
    }

    [Fact]
    public void an_address_is_added_replaced_and_removed()
    {
        var home = new SavedAddress(Given.Id(1), Given.Address);
        var moved = home with { Address = Given.Address with { City = "Ockham" } };
        var user = Given.User().PutAddress(home, mustExist: false).Next();

        user.PutAddress(home, mustExist: true).StaysAs(user);
        Assert.Equal([moved], user.PutAddress(moved, mustExist: true).Next().Addresses);
        Assert.Empty(user.RemoveAddress(home.Id).Next().Addresses);
        user.PutAddress(home with { Id = Given.Id(2) }, mustExist: true).IsRefused(ErrorCode.NotFound);
        user.RemoveAddress(Given.Id(2)).IsRefused(ErrorCode.NotFound);
    }

    [Fact]
    public void addresses_are_bounded()
    {
        var user = Enumerable.Range(0, UserState.MaxAddresses).Aggregate(Given.User(), (u, i) => u.PutAddress(Saved(i), false).Next());

        user.PutAddress(Saved(UserState.MaxAddresses), mustExist: false).IsRefused(ErrorCode.Conflict);
        user.PutAddress(Saved(0), mustExist: false).StaysAs(user);

        static SavedAddress Saved(int i) => new(Given.Id(i), Given.Address);
    }

    [Fact]
    public void roles_are_known_ones_and_a_customer_everybody_is()
    {
        var decision = Given.User().SetRoles([Role.Admin, Role.Admin], changedBy: Given.Id(9));

        Assert.Equal([Role.Customer, Role.Admin], decision.Next().Roles);
        Assert.Equal(["user.roles-changed"], decision.EventTypes());
        decision.State.SetRoles([Role.Admin], Given.Id(9)).StaysAs(decision.State);
        Given.User().SetRoles(["root"], Given.Id(9)).IsRefused(ErrorCode.ValidationFailed);
    }

    [Fact]
    public void administrators_lose_their_role_only_to_others()
    {
        var admin = Given.User().SetRoles([Role.Admin], null).Next();

        admin.SetRoles([], changedBy: admin.Id).IsRefused(ErrorCode.Conflict);
        Assert.Equal([Role.Customer], admin.SetRoles([], changedBy: Given.Id(9)).Next().Roles);
    }

    [Fact]
    public void tokens_are_read_as_they_were_written_and_others_are_none()
    {
        var token = Token(UserState.NewSecret());

        Assert.Equal(token, RefreshToken.Parse(token.ToString()));
        Assert.All(["", ".", "..", $"{token}.x", $"x{token}", "a.b.c", $"{token}{new string('x', 300)}", null], t =>
            Assert.Null(RefreshToken.Parse(t)));
        Assert.All(["", ".", "a.b", token.ToString(), null], t => Assert.Null(MailedToken.Parse(t)));
    }

    [Fact]
    public void secrets_are_long_and_differ()
    {
        var secrets = Enumerable.Range(0, 1000).Select(_ => UserState.NewSecret()).ToHashSet();

        Assert.Equal(1000, secrets.Count);
        Assert.All(secrets, s => Assert.Matches("^[A-Za-z0-9_-]{43}$", s));
    }

    private static RefreshToken Token(string secret) => new(Given.Customer, Session, secret);

    private static UserState Refresh(UserState user, string secret, string next, DateTimeOffset? at = null) =>
        user.Refresh(Token(secret), next, at ?? Given.Now).Next();
}

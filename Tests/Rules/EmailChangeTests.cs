using SoonShop.Aggregates;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class EmailChangeTests
{
    private const string New = "Ada@Example.org";
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly Guid Here = Given.Id(10), There = Given.Id(11);
    private static readonly UserState Ada = Given.User()
        .OpenSession(Here, "here", Given.Now).OpenSession(There, "there", Given.Now).UseDevice("device", Given.Now);
    private static readonly UserState Asked = Ask(Ada).Next();
    private static readonly UserState Changed = Confirm(Asked).Next();

    [Fact]
    public void both_addresses_are_told_and_nothing_changes_before_the_new_one_is_confirmed()
    {
        var decision = Ask(Ada);

        Assert.Equal(
            ["user.email-change-requested", "user.email-change-confirmation-requested", "user.email-claims-due"], decision.EventTypes());
        var told = Assert.IsType<EmailChangeRequested>(decision.Events[0]);
        Assert.Equal(("Ada@Example.com", New, new MailedToken(Ada.Id, "stop")), (told.Email, told.NewEmail, MailedToken.Parse(told.Token)));
        var asked = Assert.IsType<EmailChangeConfirmationRequested>(decision.Events[1]);
        Assert.Equal((New, new MailedToken(Ada.Id, "confirm")), (asked.Email, MailedToken.Parse(asked.Token)));
        Assert.Equal(Given.Now + UserState.EmailChangeLifetime, decision.Events[2].NotBefore);
        var next = decision.Next();
        Assert.Equal((Ada.Email, Ada.NormalizedEmail, 2), (next.Email, next.NormalizedEmail, next.Sessions.Length));
        Assert.DoesNotContain("confirm", next.EmailChange!.Confirmation.Digest, StringComparison.Ordinal);
        Assert.DoesNotContain("stop", next.EmailChange.Stop.Digest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("a b@example.com")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData(" ADA@example.COM ")]
    public void an_address_that_registration_refuses_and_the_present_one_are_refused(string? email)
    {
        var error = Ada.CheckCanChangeEmail(email, Given.Now);
        Assert.Equal(ErrorCode.ValidationFailed, error?.Code);
        Assert.Equal(["newEmail"], error!.Errors!.Keys);
    }

    [Fact]
    public void the_present_address_is_the_same_however_its_domain_is_written()
    {
        var old = Ada with { Email = "ada@b\u00fccher.example", NormalizedEmail = "ada@b\u00fccher.example" };
        Assert.NotNull(old.CheckCanChangeEmail("ada@xn--bcher-kva.example", Given.Now));
    }

    [Fact]
    public void a_new_request_replaces_an_open_one()
    {
        var again = Asked.RequestEmailChange("other@example.org", Here, "second", "second stop", Given.Now);
        Assert.False(again.Next().IsEmailChangeSecret("confirm", Given.Now));
        Assert.True(again.Next().IsEmailChangeSecret("second", Given.Now));
        again.Next().UndoEmailChange("stop", "reset", Given.Now).IsRefused(ErrorCode.ValidationFailed);
        // A confirmation that broke off may have reserved the first one.
        Assert.Equal(["ada@example.org"], again.Next().GetEmailsToRelease());
        Assert.Equal([null, Given.Now + UserState.EmailChangeLifetime], again.Events.OfType<EmailClaimsDue>().Select(e => e.DueAt).Order());
        // Asked for once more, it is not released: it may be confirmed meanwhile.
        Assert.Equal(["other@example.org"], Ask(again.Next()).Next().GetEmailsToRelease());
        Assert.Equal(["other@example.org"], Confirm(Ask(again.Next()).Next()).Next().GetEmailsToRelease());
    }

    [Fact]
    public void a_confirmation_changes_the_address_ends_other_sessions_and_lets_the_former_one_undo_it()
    {
        var decision = Confirm(Asked.RequestReset("reset", Given.Now).Next());

        Assert.Equal(
            ["user.email-changed", "user.email-change-undo-offered", "user.email-claims-due", "user.email-claims-due"],
            decision.EventTypes());
        var offered = Assert.IsType<EmailChangeUndoOffered>(decision.Events[1]);
        Assert.Equal(
            ("Ada@Example.com", new MailedToken(Ada.Id, "undo"), Given.Now + Week),
            (offered.Email, MailedToken.Parse(offered.Token), offered.ExpiresAt));
        Assert.Equal([null, Given.Now + Week], decision.Events.OfType<EmailClaimsDue>().Select(e => e.DueAt));
        var next = decision.Next();
        Assert.Equal(
            (New, "ada@example.org", true, "ada@example.com"),
            (next.Email, next.NormalizedEmail, next.EmailVerified, next.FormerEmail!.NormalizedEmail));
        Assert.Equal([Here], next.Sessions.Select(s => s.Id));
        Assert.Empty(next.Devices);
        Assert.Null(next.EmailChange);
        // What was mailed to the former address opens nothing any more.
        Assert.False(next.IsResetSecret("reset", Given.Now));
        next.VerifyEmail("verification", Given.Now).IsRefused(ErrorCode.ValidationFailed);
        Assert.Empty(next.GetEmailsToRelease());
        Assert.False(next.IsEmailChangeSecret("confirm", Given.Now));
        Assert.True(next.IsEmailChangedBy("confirm", Given.Now));
        Assert.False(next.IsEmailChangedBy("undo", Given.Now));
    }

    [Fact]
    public void a_confirmation_comes_in_time()
    {
        var end = Given.Now + UserState.EmailChangeLifetime;
        Assert.True(Asked.IsEmailChangeSecret("confirm", end.AddTicks(-1)));
        Assert.False(Asked.IsEmailChangeSecret("confirm", end));
        Assert.False(Asked.IsEmailChangeSecret("stop", Given.Now));
        Ada.ConfirmEmailChange("undo", Given.Now, Week).IsRefused(ErrorCode.ValidationFailed);
    }

    [Fact]
    public void while_a_change_can_be_undone_there_is_no_other()
    {
        Assert.Equal(ErrorCode.Conflict, Changed.CheckCanChangeEmail("third@example.org", Given.Now + Week - TimeSpan.FromTicks(1))?.Code);
        Assert.Null(Changed.CheckCanChangeEmail("third@example.org", Given.Now + Week));
    }

    [Theory]
    [InlineData("undo")]
    [InlineData("stop")]
    public void an_undo_takes_the_former_address_back_and_locks_out_who_knew_the_password(string token)
    {
        var decision = Changed.UndoEmailChange(token, "reset", Given.Now.AddDays(6));

        Assert.Equal(["user.email-change-undone", "user.password-reset-requested", "user.email-claims-due"], decision.EventTypes());
        Assert.Equal("Ada@Example.com", Assert.IsType<PasswordResetRequested>(decision.Events[1]).Email);
        AssertSecured(decision.Next());
        Assert.Equal(["ada@example.org"], decision.Next().GetEmailsToRelease());
        Assert.Null(decision.Next().FormerEmail);
        // Sent twice, it is done once; another token of the change is used up.
        decision.Next().UndoEmailChange(token, "other", Given.Now.AddDays(6)).StaysAs(decision.Next());
        decision.Next()
            .UndoEmailChange(token == "undo" ? "stop" : "undo", "other", Given.Now.AddDays(6)).IsRefused(ErrorCode.ValidationFailed);
        Assert.False(decision.Next().IsEmailChangedBy("confirm", Given.Now));
    }

    [Fact]
    public void a_change_that_waits_is_stopped_by_the_present_address()
    {
        var decision = Asked.UndoEmailChange("stop", "reset", Given.Now);

        AssertSecured(decision.Next());
        Assert.Null(decision.Next().EmailChange);
        Assert.Equal(["ada@example.org"], decision.Next().GetEmailsToRelease());
        decision.Next().UndoEmailChange("stop", "other", Given.Now).StaysAs(decision.Next());
        Asked.UndoEmailChange("confirm", "reset", Given.Now).IsRefused(ErrorCode.ValidationFailed);
        Asked.UndoEmailChange("stop", "reset", Given.Now + UserState.EmailChangeLifetime).IsRefused(ErrorCode.ValidationFailed);
    }

    [Fact]
    public void an_undo_comes_in_time()
    {
        Assert.Null(Changed.UndoEmailChange("undo", "reset", Given.Now + Week - TimeSpan.FromTicks(1)).Error);
        Changed.UndoEmailChange("undo", "reset", Given.Now + Week).IsRefused(ErrorCode.ValidationFailed);
        Changed.UndoEmailChange("confirm", "reset", Given.Now).IsRefused(ErrorCode.ValidationFailed);
    }

    [Fact]
    public void a_new_password_drops_a_change_that_waits_and_keeps_the_undo_of_one_that_was_made()
    {
        foreach (var decision in (Decision<UserState>[])[Asked.ChangePassword("hash 2", Here), Asked.ResetPassword("hash 2")])
        {
            Assert.Equal(["user.password-changed", "user.email-claims-due"], decision.EventTypes().Except(["user.email-verified"]));
            Assert.False(decision.Next().IsEmailChangeSecret("confirm", Given.Now));
            Assert.Equal(["ada@example.org"], decision.Next().GetEmailsToRelease());
        }
        Assert.Null(Changed.ChangePassword("the thief's", Here).Next().UndoEmailChange("undo", "reset", Given.Now).Error);
    }

    [Fact]
    public void what_has_run_out_is_let_go_of_and_released_once()
    {
        Asked.ExpireEmails(Given.Now + UserState.EmailChangeLifetime - TimeSpan.FromTicks(1)).StaysAs(Asked);
        var dropped = Asked.ExpireEmails(Given.Now + UserState.EmailChangeLifetime).Next();
        Assert.Equal((null, "ada@example.org"), (dropped.EmailChange, dropped.GetEmailsToRelease().Single()));

        Changed.ExpireEmails(Given.Now + Week - TimeSpan.FromTicks(1)).StaysAs(Changed);
        var expired = Changed.ExpireEmails(Given.Now + Week).Next();
        Assert.Equal((null, "ada@example.com"), (expired.FormerEmail, expired.GetEmailsToRelease().Single()));
        Assert.Empty(expired.EndRelease().Next().GetEmailsToRelease());
        var ended = expired.EndRelease().Next();
        ended.EndRelease().StaysAs(ended);
    }

    [Fact]
    public void what_is_held_says_which_addresses_and_an_erasure_releases_them_all()
    {
        Assert.Equal(
            (New, Given.Now + UserState.EmailChangeLifetime),
            (Asked.ToAccountData(1).EmailChange!.NewEmail, Asked.ToAccountData(1).EmailChange!.ExpiresAt));
        Assert.Equal(
            ("Ada@Example.com", Given.Now + Week),
            (Changed.ToAccountData(1).FormerEmail!.Email, Changed.ToAccountData(1).FormerEmail!.UndoUntil));

        Assert.Null(Ada.Erase(Given.Now).Next().Erasure!.OtherEmails);
        Assert.Equal(["ada@example.org"], Asked.Erase(Given.Now).Next().Erasure!.OtherEmails!.Value);
        var erasing = (Changed with { ReleasedEmails = ["third@example.org"] }).Erase(Given.Now).Next();
        Assert.Equal(["ada@example.com", "third@example.org"], erasing.Erasure!.OtherEmails!.Value);
        var erased = Given.Json(erasing.EndErasure(Given.Now).Next());
        Assert.DoesNotContain("example", erased, StringComparison.Ordinal);
        Assert.DoesNotContain("formerEmail", erased, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(90, true)]
    [InlineData(91, false)]
    public void the_time_of_an_undo_is_checked_at_the_start(int days, bool allowed) =>
        Assert.Equal(
            allowed, !new AccountsOptions { EmailChangeUndoDays = days }.Problems().Any(p =>
                p.Contains("Accounts__EmailChangeUndoDays", StringComparison.Ordinal)));

    private static Decision<UserState> Ask(UserState user) => user.RequestEmailChange($" {New} ", Here, "confirm", "stop", Given.Now);

    private static Decision<UserState> Confirm(UserState user) => user.ConfirmEmailChange("undo", Given.Now, Week);

    private static void AssertSecured(UserState user)
    {
        Assert.Equal(("Ada@Example.com", "ada@example.com", true), (user.Email, user.NormalizedEmail, user.EmailVerified));
        Assert.Empty(user.Sessions);
        Assert.Empty(user.Devices);
        Assert.Null(user.UsablePasswordHash);
        Assert.True(user.IsResetSecret("reset", Given.Now.AddDays(6)) || user.IsResetSecret("reset", Given.Now));
    }
}

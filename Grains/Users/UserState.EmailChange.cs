using SoonShop.Aggregates;

namespace SoonShop.Users;

/// <summary>
/// The rules of a change of e-mail address. The account claims the new address only when its reader confirms it. The former address stays
/// claimed until it can no longer undo the change. A claim is released only after this state no longer has the address, and confirmed only
/// after it has it.
/// </summary>
public sealed partial record UserState
{
    /// <summary>How long a change can be confirmed.</summary>
    public static readonly TimeSpan EmailChangeLifetime = TimeSpan.FromDays(1);

    /// <summary>A requested change, until it is confirmed, stopped or expired; null for none.</summary>
    public EmailChange? EmailChange { get; init; }

    /// <summary>The address before the last change, while the change can be undone; null for none.</summary>
    public FormerEmail? FormerEmail { get; init; }

    /// <summary>Normalized addresses that the account has given up and whose claims are not released yet; null for none.</summary>
    public ImmutableArray<string>? ReleasedEmails { get; init; }

    /// <summary>
    /// The token that last stopped or undid a change, so that a repeated request gets the same response; null for none.
    /// </summary>
    public MailedDigest? UndoneBy { get; init; }

    /// <summary>The hash to verify passwords with; null while no password opens the account.</summary>
    public string? UsablePasswordHash => PasswordHash.Length > 0 ? PasswordHash : null;

    /// <summary>Returns why the account cannot request this address, whoever has it; null when it can.</summary>
    public Error? CheckCanChangeEmail(string? newEmail, DateTimeOffset now) =>
        !EmailAddress.IsValid(newEmail?.Trim()) ? Error.Invalid("newEmail", "field.email", "is not a valid e-mail address")
        // The account may date from a version with another normal form.
        : EmailAddress.Normalize(newEmail!) == EmailAddress.Normalize(NormalizedEmail)
            ? Error.Invalid("newEmail", "field.email-same", "is already your e-mail address")
        : FormerEmail is { } former && former.UndoUntil > now ? Error.Of(
            ErrorCode.Conflict, "error.email-changed",
            "Your e-mail address was changed a short time ago. "
            + "Wait until the former address can no longer undo that, or undo it with the link in the mail to it.")
        : null;

    /// <summary>Requests another address. Both addresses get a mail. An open request becomes void.</summary>
    /// <param name="newEmail">The address as the customer wrote it.</param>
    /// <param name="session">The requesting session.</param>
    /// <param name="confirmSecret">The secret of the token mailed to the new address.</param>
    /// <param name="stopSecret">The secret of the token mailed to the current address.</param>
    /// <param name="now">The current time.</param>
    public Decision<UserState> RequestEmailChange(
        string newEmail, Guid? session, string confirmSecret, string stopSecret, DateTimeOffset now)
    {
        if (CheckCanChangeEmail(newEmail, now) is { } error)
            return error;
        var email = newEmail.Trim();
        var expires = now + EmailChangeLifetime;
        var change = new EmailChange(
            email, EmailAddress.Normalize(email),
            new MailedDigest(Digest(confirmSecret), expires), new MailedDigest(Digest(stopSecret), expires), session);
        return Decision<UserState>.To(
            WithoutEmailChange() with { EmailChange = change, UndoneBy = null },
            [
                new EmailChangeRequested(Id, Email, email, new MailedToken(Id, stopSecret).ToString(), expires),
                new EmailChangeConfirmationRequested(Id, email, new MailedToken(Id, confirmSecret).ToString(), expires),
                new EmailClaimsDue(Id, expires),
                .. DueWithoutEmailChange,
            ]);
    }

    /// <summary>True when this token confirms the pending change.</summary>
    public bool IsEmailChangeSecret(string secret, DateTimeOffset now) => EmailChange?.Confirmation.Matches(secret, now) == true;

    /// <summary>True when this token has confirmed the last change, which is still in effect.</summary>
    public bool IsEmailChangedBy(string secret, DateTimeOffset now) => FormerEmail?.Confirmation.Matches(secret, now) == true;

    /// <summary>
    /// Changes to the new address, which the token has proven and whose claim is reserved. Ends every session except the requesting one and
    /// forgets all devices. Tokens mailed to the former address become void, except those that undo the change.
    /// </summary>
    /// <param name="undoSecret">The secret of the token mailed to the former address.</param>
    /// <param name="now">The current time.</param>
    /// <param name="undoTime">How long the change can be undone.</param>
    public Decision<UserState> ConfirmEmailChange(string undoSecret, DateTimeOffset now, TimeSpan undoTime)
    {
        if (EmailChange is not { } change)
            return WrongEmailToken;
        var until = now + undoTime;
        var former = new FormerEmail(
            Email, NormalizedEmail, until,
            new MailedDigest(Digest(undoSecret), until), change.Stop with { ExpiresAt = until }, change.Confirmation);
        var next = this with
        {
            Email = change.Email,
            NormalizedEmail = change.NormalizedEmail,
            EmailVerified = true,
            Verification = null,
            Reset = null,
            EmailChange = null,
            FormerEmail = former,
            Sessions = [.. Sessions.Where(s => s.Id == change.SessionId)],
            Devices = [],
        };
        return Decision<UserState>.To(next,
            new EmailChanged(Id, next.Email, Email),
            new EmailChangeUndoOffered(Id, Email, next.Email, new MailedToken(Id, undoSecret).ToString(), until),
            new EmailClaimsDue(Id, null),
            new EmailClaimsDue(Id, until));
    }

    /// <summary>
    /// Stops the pending change, or returns to the former address. Whoever requested the change knew the password, so the password becomes
    /// invalid, every session ends, and the address gets a token to set a new password.
    /// </summary>
    public Decision<UserState> UndoEmailChange(string secret, string resetSecret, DateTimeOffset now)
    {
        if (UndoneBy?.Matches(secret, now) == true)
            return Decision<UserState>.NoChange(this);
        if (EmailChange?.Stop is { } stop && stop.Matches(secret, now))
            return Secure(WithoutEmailChange(), EmailChange.Email, stop, resetSecret, now);
        if (FormerEmail is not { } former || former.Find(secret, now) is not { } token)
            return WrongEmailToken;
        var back = WithoutEmailChange() with { Email = former.Email, NormalizedEmail = former.NormalizedEmail, FormerEmail = null };
        return Secure(back.Release(NormalizedEmail), Email, token, resetSecret, now);
    }

    /// <summary>Removes an expired change and an expired former address.</summary>
    public Decision<UserState> ExpireEmails(DateTimeOffset now)
    {
        var next = EmailChange is { } change && change.Confirmation.ExpiresAt <= now ? WithoutEmailChange() : this;
        if (FormerEmail is { } former && former.UndoUntil <= now)
            next = next.Release(former.NormalizedEmail) with { FormerEmail = null };
        return ReferenceEquals(next, this) ? Decision<UserState>.NoChange(this) : Decision<UserState>.To(next);
    }

    /// <summary>Returns the normalized addresses whose claims must be released: given up, and not taken again since.</summary>
    public IEnumerable<string> GetEmailsToRelease() => (ReleasedEmails ?? []).Where(e =>
        e != NormalizedEmail && e != FormerEmail?.NormalizedEmail && e != EmailChange?.NormalizedEmail);

    /// <summary>Records that the claims of <see cref="GetEmailsToRelease"/> are released.</summary>
    public Decision<UserState> EndRelease() =>
        ReleasedEmails is null ? Decision<UserState>.NoChange(this) : Decision<UserState>.To(this with { ReleasedEmails = null });

    internal static Error WrongEmailToken { get; } = Error.Invalid(
        "token", "field.token-used", "The token is wrong, used or too old. Ask for a new one.");

    /// <summary>Normalized addresses, besides the current one, that the account may claim; null for none.</summary>
    private ImmutableArray<string>? OtherEmails =>
        ((string?[])[FormerEmail?.NormalizedEmail, EmailChange?.NormalizedEmail, .. ReleasedEmails ?? []])
            .OfType<string>().Distinct().ToImmutableArray() is { Length: > 0 } others ? others : null;

    /// <summary>
    /// Returns the state without a pending change. The address of that change may be reserved, if its confirmation was interrupted.
    /// </summary>
    private UserState WithoutEmailChange() =>
        EmailChange is { } change ? Release(change.NormalizedEmail) with { EmailChange = null } : this;

    /// <summary>The event to schedule when the pending change is dropped.</summary>
    private IEnumerable<EmailClaimsDue> DueWithoutEmailChange => EmailChange is null ? [] : [new EmailClaimsDue(Id, null)];

    private UserState Release(string normalizedEmail) =>
        this with { ReleasedEmails = [.. (ReleasedEmails ?? []).Append(normalizedEmail).Distinct()] };

    private static Decision<UserState> Secure(
        UserState next, string rejectedEmail, MailedDigest token, string resetSecret, DateTimeOffset now)
    {
        // The token was mailed to this address, so it proves the address.
        var secured = next with
        {
            EmailVerified = true,
            Verification = null,
            PasswordHash = "",
            Sessions = [],
            Devices = [],
            UndoneBy = token,
        };
        var reset = secured.RequestReset(resetSecret, now);
        return Decision<UserState>.To(
            reset.State,
            [
                new EmailChangeUndone(next.Id, next.Email, rejectedEmail), .. next.Verified, .. reset.Events,
                new EmailClaimsDue(next.Id, null),
            ]);
    }
}

/// <summary>A pending change of e-mail address.</summary>
/// <param name="Email">The new address, as the customer wrote it.</param>
/// <param name="NormalizedEmail">The normalized address, for comparisons.</param>
/// <param name="Confirmation">The token mailed to the new address.</param>
/// <param name="Stop">The token mailed to the current address.</param>
/// <param name="SessionId">The requesting session; null when unknown.</param>
public sealed record EmailChange(string Email, string NormalizedEmail, MailedDigest Confirmation, MailedDigest Stop, Guid? SessionId);

/// <summary>The e-mail address before a change that can be undone.</summary>
/// <param name="Email">The address as the customer wrote it.</param>
/// <param name="NormalizedEmail">The normalized address, for comparisons.</param>
/// <param name="UndoUntil">When it is forgotten and its claim released.</param>
/// <param name="Undo">The token mailed to it when the change was confirmed.</param>
/// <param name="Stop">The token mailed to it when the change was requested; it undoes the change, too.</param>
/// <param name="Confirmation">The token that confirmed the change.</param>
public sealed record FormerEmail(
    string Email, string NormalizedEmail, DateTimeOffset UndoUntil, MailedDigest Undo, MailedDigest Stop, MailedDigest Confirmation)
{
    /// <summary>Returns the token with this secret; null for none, and after the deadline.</summary>
    public MailedDigest? Find(string secret, DateTimeOffset now) =>
        Undo.Matches(secret, now) ? Undo : Stop.Matches(secret, now) ? Stop : null;
}

namespace SoonShop.Users;

/// <summary>
/// Locks one e-mail address after too many failed logins. One attempt at a time is looked at, so that a burst of guesses
/// cannot slip past the count; the queue is bounded. Kept in memory alone and for unknown addresses too: a lock says
/// nothing about whether an account exists, and guessing writes nothing to the database.
/// </summary>
internal sealed class LoginThrottle(AccountsOptions options, TimeProvider time)
{
    private readonly int maxFailures = options.MaxFailedLogins;
    private readonly TimeSpan lockout = TimeSpan.FromMinutes(options.LockoutMinutes);
    private const int MaxQueue = 50;
    private readonly SemaphoreSlim turn = new(1);
    private int queued;
    private int failures;
    private DateTimeOffset lockedUntil;
    private DateTimeOffset lastFailure;

    /// <summary>How long the grain must live after a failure, so that a lock does not end with it.</summary>
    public TimeSpan Memory => lockout + TimeSpan.FromMinutes(1);

    /// <summary>What a locked caller is told.</summary>
    public static Refusal Locked(TimeSpan wait) =>
        new(RefusalCode.RateLimited, "Too many failed attempts. Try later, or set a new password.") { RetryAfter = wait };

    /// <summary>Waits for the turn; dispose to end it.</summary>
    public async Task<Turn> EnterAsync()
    {
        if (queued >= MaxQueue)
            return new Turn(null, TimeSpan.FromSeconds(5));
        queued++;
        try
        {
            await turn.WaitAsync();
        }
        finally
        {
            queued--;
        }
        var now = time.GetUtcNow();
        return new Turn(turn, lockedUntil > now ? lockedUntil - now : null);
    }

    /// <summary>Counts a failure; an old series is forgotten.</summary>
    public void Failed()
    {
        var now = time.GetUtcNow();
        failures = now - lastFailure > lockout ? 1 : failures + 1;
        lastFailure = now;
        if (failures >= maxFailures)
            (lockedUntil, failures) = (now + lockout, 0);
    }

    /// <summary>Forgets failures and lock.</summary>
    public void Reset() => (failures, lockedUntil) = (0, default);

    /// <summary>A turn at the login; <see cref="LockedFor"/> says how long not to try.</summary>
    public readonly struct Turn(SemaphoreSlim? turn, TimeSpan? lockedFor) : IDisposable
    {
        /// <summary>The time until the lock ends; null when not locked.</summary>
        public TimeSpan? LockedFor => lockedFor;

        /// <inheritdoc/>
        public void Dispose() => turn?.Release();
    }
}

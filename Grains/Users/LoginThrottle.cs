using System.Net;

namespace SoonShop.Users;

/// <summary>
/// Slows down guesses at the password of one account.
/// Each source (a network, or a known device) that fails too often in a row must wait, so that nobody can lock the owner out from
/// elsewhere. All sources together may fail <see cref="AccountsOptions.MaxFailedLoginsInAll"/> times in a row, from however many networks
/// (NIST SP 800-63B section 3.2.2).
/// Attempts are checked one at a time, so that a burst of guesses cannot bypass the count; the queue is bounded. The counts are kept only
/// in memory, for unknown addresses too: a wait does not reveal whether an account exists, and guessing writes nothing to the database.
/// </summary>
internal sealed class LoginThrottle(AccountsOptions options, TimeProvider time)
{
    private const int MaxQueue = 50;

    /// <summary>The most sources that are remembered. It exceeds the number that can fail before all must wait.</summary>
    private const int MaxSources = 1000;

    /// <summary>From this many failures on, the total count is kept for <see cref="LongMemory"/>.</summary>
    private const int Many = 20;

    private static readonly TimeSpan LongMemory = TimeSpan.FromHours(24);

    private readonly int maxFailures = options.MaxFailedLogins;
    private readonly int maxFailuresInAll = options.MaxFailedLoginsInAll;
    private readonly TimeSpan lockout = TimeSpan.FromMinutes(options.LockoutMinutes);
    private readonly SemaphoreSlim turn = new(1);
    private readonly Dictionary<string, FailureCount> sources = [];
    private int queued;
    private int failuresInAll;
    private DateTimeOffset lastFailure;

    /// <summary>True when no failure is remembered, so that a new throttle would decide the same.</summary>
    public bool IsEmpty => failuresInAll == 0 && sources.Count == 0;

    /// <summary>
    /// Returns how long the grain must live after a failure, so that neither a wait nor the total count ends early. For an address without
    /// an account, of which there are any number, a few failures are forgotten sooner.
    /// </summary>
    public TimeSpan MemoryOf(bool isAccount) => (isAccount || failuresInAll >= Many ? LongMemory : lockout) + TimeSpan.FromMinutes(1);

    /// <summary>Returns the error for a caller who must wait.</summary>
    public static Error Locked(TimeSpan wait) =>
        Error.Of(
            ErrorCode.RateLimited, "error.attempts",
            "Too many failed attempts. Try later, or set a new password.").WithRetryAfter(wait);

    /// <summary>Returns the network of an IP address as text. Text that is not an address is returned unchanged.</summary>
    public static string NetworkOf(string? address) =>
        IPAddress.TryParse(address, out var parsed) ? ClientNetwork.KeyOf(parsed) : address ?? "";

    /// <summary>Waits for the caller's turn; dispose the lease to end it.</summary>
    public async Task<Lease> EnterAsync(string source = "")
    {
        if (queued >= MaxQueue)
            return new Lease(null, TimeSpan.FromSeconds(5));
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
        if (now - lastFailure > LongMemory)
            failuresInAll = 0;
        var until = failuresInAll >= maxFailuresInAll ? lastFailure + LongMemory : DateTimeOffset.MinValue;
        if (sources.TryGetValue(source, out var series) && series.LockedUntil > until)
            until = series.LockedUntil;
        return new Lease(turn, until > now ? until - now : null);
    }

    /// <summary>Counts a failure. A series that ended long ago is forgotten.</summary>
    public void Failed(string source = "")
    {
        var now = time.GetUtcNow();
        failuresInAll++;
        lastFailure = now;
        if (!sources.TryGetValue(source, out var series) || now - series.LastFailure > lockout)
            series = new FailureCount(0, now, default);
        var failures = series.Failures + 1;
        sources[source] = failures >= maxFailures
            ? new FailureCount(0, now, now + lockout)
            : series with { Failures = failures, LastFailure = now };
        if (sources.Count > MaxSources)
            sources.Remove(sources.MinBy(s => s.Value.LastFailure).Key);
    }

    /// <summary>Ends the series of failures after a correct password from this source. Other sources keep waiting.</summary>
    public void Succeeded(string source = "")
    {
        failuresInAll = 0;
        sources.Remove(source);
    }

    /// <summary>Forgets all failures, because the owner has proven the address.</summary>
    public void Reset()
    {
        failuresInAll = 0;
        sources.Clear();
    }

    /// <summary>The consecutive failures of one source.</summary>
    private sealed record FailureCount(int Failures, DateTimeOffset LastFailure, DateTimeOffset LockedUntil);

    /// <summary>A turn to log in. <see cref="LockedFor"/> tells how long the source must wait.</summary>
    public readonly struct Lease(SemaphoreSlim? turn, TimeSpan? lockedFor) : IDisposable
    {
        /// <summary>The time until the next attempt is allowed; null when this one is.</summary>
        public TimeSpan? LockedFor => lockedFor;

        /// <inheritdoc/>
        public void Dispose() => turn?.Release();
    }
}

using System.Net;

namespace SoonShop.Users;

/// <summary>
/// Slows guesses at one account's password down. Each source (a network, or a device that its owner signed in with) that fails too often in a row
/// waits for a while, so that nobody locks the owner out from elsewhere; and all together may fail <see cref="AccountsOptions.MaxFailedLoginsInAll"/>
/// times in a row, however many networks they come from (NIST SP 800-63B section 3.2.2). One attempt at a time is looked at, so that a burst of
/// guesses cannot slip past the count; the queue is bounded. Kept in memory alone and for unknown addresses too: a wait says nothing about whether
/// an account exists, and guessing writes nothing to the database.
/// </summary>
internal sealed class LoginThrottle(AccountsOptions options, TimeProvider time)
{
    private const int MaxQueue = 50;

    /// <summary>Sources that are remembered: more than may fail before all must wait.</summary>
    private const int MaxSources = 1000;

    /// <summary>From so many failures on, the count of all is kept for <see cref="LongMemory"/>.</summary>
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

    /// <summary>True when no failure is remembered: another throttle would decide the same.</summary>
    public bool IsEmpty => failuresInAll == 0 && sources.Count == 0;

    /// <summary>
    /// How long the grain must live after a failure, so that neither a wait nor the count of all ends with it. For an address without an account,
    /// of which there are any number, few failures are forgotten sooner.
    /// </summary>
    public TimeSpan MemoryOf(bool isAccount) => (isAccount || failuresInAll >= Many ? LongMemory : lockout) + TimeSpan.FromMinutes(1);

    /// <summary>What a caller is told who must wait.</summary>
    public static Error Locked(TimeSpan wait) =>
        new(ErrorCode.RateLimited, "Too many failed attempts. Try later, or set a new password.") { RetryAfter = wait };

    /// <summary>The network of an IP address as text; what is no address stands for itself.</summary>
    public static string NetworkOf(string? address) => IPAddress.TryParse(address, out var parsed) ? ClientNetwork.KeyOf(parsed) : address ?? "";

    /// <summary>Waits for the turn; dispose to end it.</summary>
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

    /// <summary>Counts a failure; an old series is forgotten.</summary>
    public void Failed(string source = "")
    {
        var now = time.GetUtcNow();
        failuresInAll++;
        lastFailure = now;
        if (!sources.TryGetValue(source, out var series) || now - series.LastFailure > lockout)
            series = new FailureCount(0, now, default);
        var failures = series.Failures + 1;
        sources[source] = failures >= maxFailures ? new FailureCount(0, now, now + lockout) : series with { Failures = failures, LastFailure = now };
        if (sources.Count > MaxSources)
            sources.Remove(sources.MinBy(s => s.Value.LastFailure).Key);
    }

    /// <summary>The right password came from a source: the row of failures ends. Others that wait go on waiting.</summary>
    public void Succeeded(string source = "")
    {
        failuresInAll = 0;
        sources.Remove(source);
    }

    /// <summary>Forgets everything: the owner has proven the address.</summary>
    public void Reset()
    {
        failuresInAll = 0;
        sources.Clear();
    }

    /// <summary>Failures of one source in a row.</summary>
    private sealed record FailureCount(int Failures, DateTimeOffset LastFailure, DateTimeOffset LockedUntil);

    /// <summary>A turn at the login; <see cref="LockedFor"/> says how long not to try.</summary>
    public readonly struct Lease(SemaphoreSlim? turn, TimeSpan? lockedFor) : IDisposable
    {
        /// <summary>The time until another attempt is looked at; null when this one is.</summary>
        public TimeSpan? LockedFor => lockedFor;

        /// <inheritdoc/>
        public void Dispose() => turn?.Release();
    }
}

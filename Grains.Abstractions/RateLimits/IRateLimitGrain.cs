using System.Security.Cryptography;
using System.Text;
using SoonShop.Users;

namespace SoonShop.RateLimits;

/// <summary>
/// Counts the requests of one subject in one class of routes, for all front ends together. Keyed <c>rate/&lt;class&gt;/&lt;subject&gt;</c>.
/// The count is kept only in memory, because guessing must write nothing to the database. The counts of a silo are lost when it dies.
/// </summary>
[Alias("soonshop.rate-limit")]
public interface IRateLimitGrain : IGrainWithStringKey
{
    /// <summary>
    /// Requests permission for one request. Refused requests do not count, so that a caller who waits is admitted again. Not idempotent:
    /// each call is a request.
    /// </summary>
    /// <param name="limit">The limit that this front end is configured with. During a rollout, calls with two different limits may
    /// alternate.</param>
    [Alias("take")]
    Task<RateLimitResult> TakeAsync(RateLimit limit);

    /// <summary>
    /// Requests one permission with an operation id. One that was granted within the window is granted again without being counted again.
    /// Only for keys of <see cref="RateLimitKeys.MailTo"/>. Called by earlier versions; this version calls the grain that counts the mails.
    /// </summary>
    /// <param name="limit">The limit.</param>
    /// <param name="operationId">The operation id.</param>
    [Alias("take-once"), Repeatable]
    Task<bool> TakeOnceAsync(RateLimit limit, Guid operationId);
}

/// <summary>Keys of rate limit grains that several processes use.</summary>
public static class RateLimitKeys
{
    /// <summary>Returns the key of a class of routes and a subject.</summary>
    public static string Of(string rateClass, string subject) => $"rate/{rateClass}/{subject}";

    /// <summary>Returns the key for mails to one address that anybody may have requested.</summary>
    public static string MailTo(string email) => Of("mail", SubjectOf(email));

    /// <summary>Returns the digest of the address in a key of <see cref="MailTo"/>; null for any other key.</summary>
    public static Guid? MailedAddressIn(string key) =>
        key.StartsWith(MailPrefix, StringComparison.Ordinal) && Guid.TryParseExact(key.AsSpan(MailPrefix.Length), "N", out var address)
            ? address
            : null;

    /// <summary>Returns an e-mail address as a subject. It is a digest, because grain keys appear in logs.</summary>
    public static string SubjectOf(string email) => $"email/{DigestOf(email):N}";

    /// <summary>Returns the digest of an e-mail address, independent of its spelling.</summary>
    public static Guid DigestOf(string email) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(EmailAddress.Normalize(email))).AsSpan(0, 16), bigEndian: true);

    /// <summary>Returns the digest of an e-mail address for a limit with a count of its own.</summary>
    public static Guid LimitDigestOf(string email, string limit) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{EmailAddress.Normalize(email)}\n{limit}")).AsSpan(0, 16), bigEndian: true);

    private static readonly string MailPrefix = Of("mail", "email/");
}

/// <summary>The limit for one subject.</summary>
/// <param name="Requests">The most requests in any period of the window's length; 1–<see cref="MaxRequests"/>.</param>
/// <param name="Window">The length of the window.</param>
[GenerateSerializer, Immutable, Alias("soonshop.rate-limit-policy")]
public sealed record RateLimit(int Requests, TimeSpan Window)
{
    /// <summary>The largest limit that the cluster counts: each granted request is remembered for the window, with eight bytes.</summary>
    public const int MaxRequests = 10_000;

    /// <summary>The longest window. The count of a single request lives this long.</summary>
    public static readonly TimeSpan MaxWindow = TimeSpan.FromHours(1);

    /// <summary>Throws when the cluster cannot count this limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Requests, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Requests, MaxRequests);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Window, MaxWindow);
    }
}

/// <summary>The result of a request for permission.</summary>
/// <param name="Granted">False when the limit is reached.</param>
/// <param name="Remaining">The number of requests that would be granted now.</param>
/// <param name="More">The time until more requests will be granted; after a refusal, until the next one.</param>
[GenerateSerializer, Immutable, Alias("soonshop.rate-verdict")]
public sealed record RateLimitResult(bool Granted, int Remaining, TimeSpan More);

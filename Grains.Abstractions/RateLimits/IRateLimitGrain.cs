using System.Security.Cryptography;
using System.Text;
using SoonShop.Users;

namespace SoonShop.RateLimits;

/// <summary>
/// Counts what one subject asks for in one class of routes, for all front ends together. Keyed <c>rate/&lt;class&gt;/&lt;subject&gt;</c>.
/// The count is kept in memory alone: guessing must write nothing to the database. So when a silo dies, the counts it held begin anew.
/// </summary>
[Alias("soonshop.rate-limit")]
public interface IRateLimitGrain : IGrainWithStringKey
{
    /// <summary>Asks for one request. What is refused does not count, so that who waits is let in again. Not idempotent: each call is a request.</summary>
    /// <param name="limit">The limit as this front end is configured; while a new one is rolled out, two may be asked by in turn.</param>
    [Alias("take")]
    Task<RateLimitResult> TakeAsync(RateLimit limit);

    /// <summary>
    /// Asks for one request by name. One that was granted within the window is granted again without being counted again. Only for keys of
    /// <see cref="RateLimitKeys.MailTo"/>. Earlier versions ask so; this one asks where those are counted.
    /// </summary>
    /// <param name="limit">The limit.</param>
    /// <param name="operationId">Its name.</param>
    [Alias("take-once"), Repeatable]
    Task<bool> TakeOnceAsync(RateLimit limit, Guid operationId);
}

/// <summary>Keys of rate limit grains that more than one process counts in.</summary>
public static class RateLimitKeys
{
    /// <summary>Of a class of routes and a subject.</summary>
    public static string Of(string rateClass, string subject) => $"rate/{rateClass}/{subject}";

    /// <summary>Of mails to one address that somebody else may have asked for.</summary>
    public static string MailTo(string email) => Of("mail", SubjectOf(email));

    /// <summary>The digest of an address that <see cref="MailTo"/> made a key of; null for another key.</summary>
    public static Guid? MailedAddressIn(string key) =>
        key.StartsWith(MailPrefix, StringComparison.Ordinal) && Guid.TryParseExact(key.AsSpan(MailPrefix.Length), "N", out var address) ? address : null;

    /// <summary>An e-mail address as a subject: a digest, since keys of grains stand in logs.</summary>
    public static string SubjectOf(string email) => $"email/{DigestOf(email):N}";

    /// <summary>The digest of an e-mail address, however it is written.</summary>
    public static Guid DigestOf(string email) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(EmailAddress.Normalize(email))).AsSpan(0, 16), bigEndian: true);

    /// <summary>The digest of an e-mail address for a limit that is counted apart.</summary>
    public static Guid LimitDigestOf(string email, string limit) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{EmailAddress.Normalize(email)}\n{limit}")).AsSpan(0, 16), bigEndian: true);

    private static readonly string MailPrefix = Of("mail", "email/");
}

/// <summary>How much one subject may ask for.</summary>
/// <param name="Requests">Requests in any time of this length; 1–<see cref="MaxRequests"/>.</param>
/// <param name="Window">That length.</param>
[GenerateSerializer, Immutable, Alias("soonshop.rate-limit-policy")]
public sealed record RateLimit(int Requests, TimeSpan Window)
{
    /// <summary>The most that is counted in the cluster: each granted request is remembered for the window, in eight bytes.</summary>
    public const int MaxRequests = 10_000;

    /// <summary>The longest window: so long lives the count of somebody who came once.</summary>
    public static readonly TimeSpan MaxWindow = TimeSpan.FromHours(1);

    /// <summary>Throws when it is none that is counted in the cluster.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of its bounds.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Requests, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Requests, MaxRequests);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Window, MaxWindow);
    }
}

/// <summary>Whether a request is granted, and what is left.</summary>
/// <param name="Granted">False for too many.</param>
/// <param name="Remaining">Requests that would still be granted at once.</param>
/// <param name="More">The time until more than that will be; after a refusal, until the next is granted.</param>
[GenerateSerializer, Immutable, Alias("soonshop.rate-verdict")]
public sealed record RateLimitResult(bool Granted, int Remaining, TimeSpan More);

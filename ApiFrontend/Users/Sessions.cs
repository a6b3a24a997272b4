using System.Security.Claims;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Users;

/// <summary>
/// Tells whether an access token's session is open, and with which roles. It calls the account at most every
/// <see cref="AuthOptions.RecheckSeconds"/> per session in use, so that a revoked session or role loses effect within that time; at once if
/// this process revoked it. A younger token is trusted without a call.
/// </summary>
internal sealed class Sessions(AuthOptions options, IClusterClient cluster, TimeProvider time) : IDisposable
{
    /// <summary>The most sessions that are cached, at about 300 bytes each.</summary>
    private const int MaxSessions = 50_000;

    /// <summary>The time limit of a call to the account.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long a cached result is used while the account is unreachable, such as until a dead silo is detected.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    private readonly TimeSpan fresh = TimeSpan.FromSeconds(options.RecheckSeconds);
    private readonly MemoryCache known = new(new MemoryCacheOptions { SizeLimit = MaxSessions, CompactionPercentage = 0.1 });

    /// <summary>Returns the user with the current roles; null when the session has ended.</summary>
    /// <exception cref="UnavailableException">The account is unreachable, and there is no recent result.</exception>
    public async ValueTask<ClaimsPrincipal?> CheckAsync(ClaimsPrincipal user, SecurityToken? token)
    {
        if (user.UserId() is not { } userId || user.SessionId() is not { } sessionId)
            return null;
        var now = time.GetUtcNow();
        if (known.TryGetValue(sessionId, out CachedStatus? heard) && now - heard!.At < fresh)
            return heard.Apply(user);
        // A recent token contains the state from when it was created.
        if (heard is null && token is JsonWebToken jwt && now - jwt.IssuedAt < fresh)
            return user;
        try
        {
            heard = new CachedStatus(now,
                await cluster.GetGrain<IUserGrain>(userId).GetSessionStatusAsync(sessionId).WaitAsync(CallTimeout, time));
            Remember(sessionId, heard);
        }
        catch (Exception e) when (e is UnavailableException or CallLostException or TimeoutException or OrleansException)
        {
            if (heard is null && token is JsonWebToken made && now - made.IssuedAt < Grace)
                return user;
            if (heard is null || now - heard.At > Grace)
                throw new UnavailableException(ErrorText.Of("error.session-unchecked", "Your session cannot be checked now."), e);
        }
        return heard.Apply(user);
    }

    /// <summary>Records that sessions have ended: this process rejects their tokens from now on.</summary>
    public void End(params IEnumerable<Guid> sessionIds)
    {
        foreach (var id in sessionIds)
            Remember(id, new CachedStatus(time.GetUtcNow(), new SessionStatus(false, [])));
    }

    /// <summary>Makes the next request of this session call its account, because the session may have changed.</summary>
    public void Recheck(Guid sessionId) => Remember(sessionId, new CachedStatus(DateTimeOffset.MinValue, new SessionStatus(false, [])));

    public void Dispose() => known.Dispose();

    private void Remember(Guid sessionId, CachedStatus heard) =>
        known.Set(sessionId, heard, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Grace });

    private sealed record CachedStatus(DateTimeOffset At, SessionStatus Status)
    {
        /// <summary>Returns the user with the current roles instead of the token's.</summary>
        public ClaimsPrincipal? Apply(ClaimsPrincipal user)
        {
            if (!Status.IsOpen)
                return null;
            if (user.FindAll(Callers.RoleClaim).Select(c => c.Value).SequenceEqual(Status.Roles))
                return user;
            return new ClaimsPrincipal(new ClaimsIdentity(
                [.. user.Claims.Where(c => c.Type != Callers.RoleClaim), .. Status.Roles.Select(r => new Claim(Callers.RoleClaim, r))],
                user.Identity!.AuthenticationType, "sub", Callers.RoleClaim));
        }
    }
}

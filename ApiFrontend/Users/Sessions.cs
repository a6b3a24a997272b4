using System.Security.Claims;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Users;

/// <summary>
/// Whether the session of an access token is still open, and with which roles: asked of the account at most every
/// <see cref="AuthOptions.RecheckSeconds"/> for each session in use, so that a revocation, or the loss of a role, takes effect here as
/// soon; at once where this process carried it out. A token that is younger is believed.
/// </summary>
internal sealed class Sessions(AuthOptions options, IClusterClient cluster, TimeProvider time) : IDisposable
{
    /// <summary>Sessions remembered, of some 300 bytes each.</summary>
    private const int MaxSessions = 50_000;

    /// <summary>How long an account may take to answer.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long what was heard is believed while the account cannot be asked: while a silo's death is noticed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    private readonly TimeSpan fresh = TimeSpan.FromSeconds(options.RecheckSeconds);
    private readonly MemoryCache known = new(new MemoryCacheOptions { SizeLimit = MaxSessions, CompactionPercentage = 0.1 });

    /// <summary>The user with the roles that they have now; null when the session has ended.</summary>
    /// <exception cref="UnavailableException">The account cannot be asked, and was not lately.</exception>
    public async ValueTask<ClaimsPrincipal?> CheckAsync(ClaimsPrincipal user, SecurityToken? token)
    {
        if (user.UserId() is not { } userId || user.SessionId() is not { } sessionId)
            return null;
        var now = time.GetUtcNow();
        if (known.TryGetValue(sessionId, out CachedStatus? heard) && now - heard!.At < fresh)
            return heard.Apply(user);
        // The token says how things stood when it was made.
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
                throw new UnavailableException("Your session cannot be checked now.", e);
        }
        return heard.Apply(user);
    }

    /// <summary>These sessions have been ended: their tokens are no good any more, in this process from now on.</summary>
    public void End(params IEnumerable<Guid> sessionIds)
    {
        foreach (var id in sessionIds)
            Remember(id, new CachedStatus(time.GetUtcNow(), new SessionStatus(false, [])));
    }

    /// <summary>Something may have become of this session: its account is asked at its next request.</summary>
    public void Recheck(Guid sessionId) => Remember(sessionId, new CachedStatus(DateTimeOffset.MinValue, new SessionStatus(false, [])));

    public void Dispose() => known.Dispose();

    private void Remember(Guid sessionId, CachedStatus heard) =>
        known.Set(sessionId, heard, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Grace });

    private sealed record CachedStatus(DateTimeOffset At, SessionStatus Status)
    {
        /// <summary>The user with these roles in place of the token's.</summary>
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

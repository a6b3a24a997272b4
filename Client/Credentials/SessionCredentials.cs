namespace SoonShop.Client;

/// <summary>Trades a refresh token for a new pair.</summary>
internal delegate Task<SessionTokens> TokenRefresh(string refreshToken);

/// <summary>
/// Somebody who is signed in. The client refreshes the tokens when the access token ends. Keep one instance for a session and share it
/// among clients: a refresh token is used once, and using it twice ends the session.
/// </summary>
/// <param name="tokens">The tokens of the session.</param>
/// <param name="onRefreshed">
/// Stores a new pair, after each refresh and before the calls that needed it go on. When it fails, these calls end with an
/// <see cref="InvalidOperationException"/>; the pair stays in <see cref="Tokens"/>.
/// </param>
/// <param name="time">The clock; the system's by default.</param>
public sealed class SessionCredentials(
    SessionTokens tokens, Func<SessionTokens, Task>? onRefreshed = null, TimeProvider? time = null) : SoonShopCredentials
{
    /// <summary>So long before its end a token is refreshed, because a request takes time.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private SessionTokens current = tokens;
    private Task<SessionTokens>? refreshing;

    /// <summary>The current tokens.</summary>
    public SessionTokens Tokens
    {
        get
        {
            lock (gate)
                return current;
        }
    }

    internal override async ValueTask ApplyAsync(HttpRequestMessage request, TokenRefresh refresh, CancellationToken cancellationToken)
    {
        var tokens = Tokens;
        if (tokens.ExpiresAt is { } end && end - Margin <= time.GetUtcNow())
            tokens = await RefreshAsync(tokens.AccessToken, refresh, cancellationToken).ConfigureAwait(false);
        SetBearer(request, tokens.AccessToken);
    }

    internal override async ValueTask<bool> RenewAsync(
        HttpRequestMessage refused, TokenRefresh refresh, CancellationToken cancellationToken)
    {
        if (refused.Headers.Authorization?.Parameter is not { } accessToken)
            return false;
        SetBearer(refused, (await RefreshAsync(accessToken, refresh, cancellationToken).ConfigureAwait(false)).AccessToken);
        return true;
    }

    /// <summary>
    /// Returns tokens newer than the access token. All calls wait for the same refresh, which goes on when one of them is cancelled.
    /// </summary>
    private Task<SessionTokens> RefreshAsync(string staleAccessToken, TokenRefresh refresh, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (refreshing is null && current.AccessToken != staleAccessToken)
                return Task.FromResult(current);
            var refreshToken = current.RefreshToken;
            refreshing ??= Task.Run(() => RefreshOnceAsync(refreshToken, refresh), CancellationToken.None);
            return refreshing.WaitAsync(cancellationToken);
        }
    }

    private async Task<SessionTokens> RefreshOnceAsync(string refreshToken, TokenRefresh refresh)
    {
        try
        {
            var fresh = await refresh(refreshToken).ConfigureAwait(false);
            lock (gate)
                current = fresh;
            await StoreAsync(fresh).ConfigureAwait(false);
            return fresh;
        }
        finally
        {
            lock (gate)
                refreshing = null;
        }
    }

    private async Task StoreAsync(SessionTokens fresh)
    {
        if (onRefreshed is null)
            return;
        try
        {
            await onRefreshed(fresh).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Not as it is: an error of the application's network would look like one of the shop's.
            throw new InvalidOperationException("The refreshed tokens could not be stored.", e);
        }
    }
}

using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SoonShop.Client.Answers;
using SoonShop.Client.Sending;

namespace SoonShop.Client;

/// <summary>Adds the caller's credentials. When the shop refuses an access token, the call is sent once more with a new one.</summary>
internal sealed class CredentialsHandler(SoonShopClientOptions options) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(CallOptions.Credentials, out var credentials))
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        await credentials.ApplyAsync(request, RefreshAsync, cancellationToken).ConfigureAwait(false);
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!IsRefusedToken(response) || !request.CanBeSentAgain()
            || !await credentials.RenewAsync(request, RefreshAsync, cancellationToken).ConfigureAwait(false))
            return response;
        response.Dispose();
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>True for a refused access token (RFC 6750), unlike a wrong password.</summary>
    private static bool IsRefusedToken(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.Unauthorized
        && response.Headers.WwwAuthenticate.Any(w => w.Parameter?.Contains("invalid_token", StringComparison.Ordinal) == true);

    /// <summary>
    /// Trades a refresh token for a new pair. The idempotency key follows from the token: whoever sends it again after a lost answer, even
    /// after a restart, gets the same pair, and the session goes on.
    /// </summary>
    private async Task<SessionTokens> RefreshAsync(string refreshToken)
    {
        // Nobody's cancellation ends a refresh that others may wait for.
        using var limit = new CancellationTokenSource(options.TotalTimeout, options.TimeProvider);
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"refresh {refreshToken}")));
        using var request = new ApiCall("POST", "api/v1/auth/refresh")
            .Header(IdempotencyKeyHandler.Header, key)
            .Body(new RefreshRequest { RefreshToken = refreshToken }, "application/json")
            .ToRequest();
        request.RequestUri = new Uri(options.Root, request.RequestUri!);
        using var response = await base.SendAsync(request, limit.Token).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw await SoonShopException.ReadAsync(response, limit.Token).ConfigureAwait(false);
        var body = await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
        try
        {
            var session = JsonSerializer.Deserialize<SessionResponse>(body, Json.Options) ?? throw new JsonException("The answer is null.");
            return SessionTokens.Of(session, options.TimeProvider);
        }
        catch (JsonException e)
        {
            throw SoonShopException.Unreadable(response, e);
        }
    }
}

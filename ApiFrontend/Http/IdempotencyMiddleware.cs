using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http.Metadata;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Users;
using SoonShop.Idempotency;

namespace SoonShop.ApiFrontend.Http;

/// <summary>How a route handles <c>Idempotency-Key</c>.</summary>
/// <param name="Required">True when a request without a key is refused.</param>
/// <param name="ByGrain">True when the grain behind the route stores the response itself.</param>
internal sealed record IdempotencyRule(bool Required, bool ByGrain);

/// <summary>
/// Gives a repeated POST with the same <c>Idempotency-Key</c> the same response, as Stripe does (docs.stripe.com/api/idempotent_requests).
/// It does not store responses that report that nothing happened and that may differ next time (invalid input, credentials, limits,
/// unavailability).
/// <para>
/// A short key is ignored if nothing else distinguishes the caller: without credentials, on a route without a body. Otherwise callers
/// behind one address with the key "1" would share a response, which may contain a secret such as a new cart's id. Executing such a request
/// twice, like opening a cart, does no harm.
/// </para>
/// </summary>
internal sealed partial class IdempotencyMiddleware(
    RequestDelegate next, SigningKeys keys, IClusterClient cluster, ILogger<IdempotencyMiddleware> log)
{
    public const string Header = "Idempotency-Key";
    private const string ReplayedHeader = "Idempotent-Replayed";
    private const int MaxKeyLength = 255;

    /// <summary>Keys of this length or more are assumed to be random, like UUIDs.</summary>
    private const int MinUnguessableLength = 20;

    /// <summary>The largest response that is stored, in bytes.</summary>
    private const int MaxStoredBytes = 256 * 1024;

    private static readonly string[] StoredHeaders = ["Content-Type", "Content-Language", "Location", "ETag"];

    public Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        // gRPC services read the key themselves: what they respond is no body to store.
        if (endpoint is null
            || !HttpMethods.IsPost(context.Request.Method)
            || endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null)
            return next(context);
        var rule = endpoint.Metadata.GetMetadata<IdempotencyRule>();
        var header = context.Request.Headers[Header];
        if (header.Count == 0 && rule is not { Required: true })
            return next(context);
        if (Fault(context, endpoint) is not null)
            return RefuseAsync(context);
        var key = header.ToString();
        if (key.Length < MinUnguessableLength
            && context.Caller() is { UserId: null, CartId: null, OrderToken: null }
            && context.User.ApiKeyId() is null
            && endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is null)
            return next(context);
        var secrecy = endpoint.Metadata.GetMetadata<SecrecyRule>();
        var reading = IdempotentRequest.ReadAsync(context, key, secrecy, secrecy is null ? [] : keys.Current.Secrets);
        if (rule is not { ByGrain: true } || !reading.IsCompletedSuccessfully)
            return InvokeIdempotentAsync(context, reading, rule);
        context.Features.Set(reading.Result);
        return next(context);
    }

    private static async Task RefuseAsync(HttpContext context) =>
        await new Problem(Error.Invalid(await BadRequestReader.FindAsync(context))).ExecuteAsync(context);

    private async Task InvokeIdempotentAsync(HttpContext context, ValueTask<IdempotentRequest> reading, IdempotencyRule? rule)
    {
        var request = await reading;
        context.Features.Set(request);
        if (rule is { ByGrain: true })
            await next(context);
        else
            await RunOnceAsync(context, request, cluster.GetGrain<IIdempotencyGrain>($"idempotency/{request.Id}"));
    }

    /// <summary>Returns what is wrong with a request's key; null when it is valid, or when it is neither required nor sent.</summary>
    public static ErrorText? Fault(HttpContext context, Endpoint endpoint)
    {
        var header = context.Request.Headers[Header];
        if (!HttpMethods.IsPost(context.Request.Method)
            || (header.Count == 0 && endpoint.Metadata.GetMetadata<IdempotencyRule>() is not { Required: true }))
            return null;
        var key = header.ToString();
        return header.Count == 0 ? ErrorText.Of("field.missing-here", "is required here")
            : key.Length is 0 or > MaxKeyLength || key.AsSpan().ContainsAnyExceptInRange(' ', '~')
                ? ErrorText.Of("field.printable", $"must be 1–{MaxKeyLength} printable ASCII characters")
            : null;
    }

    /// <summary>Marks the response as a repeated one.</summary>
    public static void MarkReplayed(HttpContext context) => context.Response.Headers[ReplayedHeader] = "true";

    private async Task RunOnceAsync(HttpContext context, IdempotentRequest request, IIdempotencyGrain grain)
    {
        var id = Guid.NewGuid();
        var run = await grain.BeginAsync(request.Fingerprint, id);
        while (run.Verdict == IdempotencyOutcome.Reused && request.TryNextFingerprint())
            run = await grain.BeginAsync(request.Fingerprint, id);
        switch (run.Verdict)
        {
            case IdempotencyOutcome.Replay:
                await ReplayAsync(context, request, run.Answer!);
                return;
            case IdempotencyOutcome.Reused:
                await new Problem(Error.Of(
                    ErrorCode.IdempotencyKeyReused, "error.key-reused",
                    "The Idempotency-Key was used for a different request. Use a new key.")).ExecuteAsync(context);
                return;
            case IdempotencyOutcome.InProgress:
                await new Problem(Error.Of(
                    ErrorCode.Conflict, "error.key-running",
                    "The same request is still in progress. Try again.").WithRetryAfter(TimeSpan.FromSeconds(2)))
                    .ExecuteAsync(context);
                return;
        }
        var (body, aborted) = (context.Response.Body, context.RequestAborted);
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        // Otherwise the result writer stops without an error when the client disconnects, and half of the response would be stored.
        context.RequestAborted = CancellationToken.None;
        var kept = false;
        try
        {
            await next(context);
            context.Response.Body = body;
            if (ShouldStore(context.Response.StatusCode) && answer.Length <= MaxStoredBytes)
            {
                await StoreAsync(context, request, grain, answer.ToArray());
                kept = true;
            }
        }
        finally
        {
            (context.Response.Body, context.RequestAborted) = (body, aborted);
            if (!kept)
                await AbandonAsync(context, request, grain);
        }
        answer.Position = 0;
        await answer.CopyToAsync(body, context.RequestAborted);
    }

    private async Task StoreAsync(HttpContext context, IdempotentRequest request, IIdempotencyGrain grain, byte[] body)
    {
        var headers = StoredHeaders
            .Where(h => context.Response.Headers.ContainsKey(h))
            .ToDictionary(h => h, h => context.Response.Headers[h].ToString());
        try
        {
            // The response is stored even after the request's time is over, because the caller may repeat the request.
            using var finish = CallBudget.Extend();
            await grain.CompleteAsync(request.Fingerprint, new StoredResponse(context.Response.StatusCode, headers, request.Seal(body)));
        }
        catch (Exception e)
        {
            // The request was executed. A repetition runs again, and the grains recognize it by its operation ids.
            LogNotStored(log, context.Request.Path, e.Message);
        }
    }

    /// <summary>Releases the run. If that fails, its lease expires; the request's own response or exception stays.</summary>
    private async Task AbandonAsync(HttpContext context, IdempotentRequest request, IIdempotencyGrain grain)
    {
        try
        {
            using (CallBudget.Extend())
                await grain.AbandonAsync(request.Fingerprint);
        }
        catch (Exception e)
        {
            LogNotStored(log, context.Request.Path, e.Message);
        }
    }

    private static async Task ReplayAsync(HttpContext context, IdempotentRequest request, StoredResponse answer)
    {
        byte[] body;
        try
        {
            body = request.Unseal(answer.SealedBody);
        }
        catch (AuthenticationTagMismatchException)
        {
            await new Problem(Error.Of(
                ErrorCode.Conflict, "error.answer-gone",
                "The request was carried out, but its stored response can no longer be decrypted. Check the result before you use a new "
                    + "Idempotency-Key."))
                .ExecuteAsync(context);
            return;
        }
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
            context.Response.Headers[name] = value;
        MarkReplayed(context);
        if (body.Length > 0)
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static bool ShouldStore(int status) => status is < 500 and not (400 or 401 or 403 or 413 or 415 or 429);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The response to a POST {Path} with an Idempotency-Key could not be stored: {Reason}")]
    private static partial void LogNotStored(ILogger log, string path, string reason);
}

/// <summary>Marks a route whose body or response contains a secret.</summary>
/// <param name="InBody">True when the body contains it, such as a password or token.</param>
internal sealed record SecrecyRule(bool InBody);

/// <summary>A request with an Idempotency-Key.</summary>
internal sealed class IdempotentRequest
{
    /// <summary>The most digits of a length that precedes a text.</summary>
    private const int MaxDigits = 10;

    private readonly ImmutableArray<string> fingerprints;
    private readonly ImmutableArray<byte[]> secrets;
    private readonly byte[] bodyDigest;
    private ImmutableArray<byte[]> sealingKeys;
    private int chosen;

    private IdempotentRequest(string key, string id, ImmutableArray<string> fingerprints, ImmutableArray<byte[]> secrets,
        byte[] bodyDigest) =>
        (Key, Id, this.fingerprints, this.secrets, this.bodyDigest) = (key, id, fingerprints, secrets, bodyDigest);

    /// <summary>The key as the client sent it.</summary>
    public string Key { get; }

    /// <summary>A digest of the caller, the route and the key.</summary>
    public string Id { get; }

    /// <summary>
    /// A digest of the request. If the body contains a secret, the digest is keyed, so that the database alone does not allow guessing the
    /// secret.
    /// </summary>
    public string Fingerprint => fingerprints[chosen];

    /// <summary>
    /// Switches to another fingerprint under which the same request may be stored: with another signing key, or without one by a front end
    /// of the previous version. False when there is no other.
    /// </summary>
    public bool TryNextFingerprint()
    {
        if (chosen + 1 < fingerprints.Length)
        {
            chosen++;
            return true;
        }
        chosen = 0;
        return false;
    }

    /// <summary>Reads the body and rewinds it. Of a body that is not buffered, only the length counts.</summary>
    /// <param name="context">The request.</param>
    /// <param name="key">Its Idempotency-Key.</param>
    /// <param name="secrecy">The route's declaration of secrets.</param>
    /// <param name="secrets">Secrets that all front ends share, the current one first; required with <paramref name="secrecy"/>.</param>
    public static async ValueTask<IdempotentRequest> ReadAsync(
        HttpContext context, string key, SecrecyRule? secrecy, ImmutableArray<byte[]> secrets)
    {
        var request = context.Request;
        if (context.GetEndpoint()?.Metadata.GetMetadata<StreamedBody>() is { } streamed)
        {
            if (streamed.Read is null)
                return Of(context, key, secrecy, secrets, SHA256.HashData(Encoding.UTF8.GetBytes($"length {request.ContentLength}")));
            await streamed.Read(context);
        }
        if (request.Body is MemoryStream arrived && arrived.TryGetBuffer(out var bytes))
            return Of(context, key, secrecy, secrets, SHA256.HashData(bytes));
        request.EnableBuffering();
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);
        request.Body.Position = 0;
        return Of(context, key, secrecy, secrets, SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length)));
    }

    private static IdempotentRequest Of(
        HttpContext context, string key, SecrecyRule? secrecy, ImmutableArray<byte[]> secrets, byte[] bodyDigest)
    {
        var request = context.Request;
        // Keys belong to a caller. A caller without a session and a cart is identified by address, so that its key "1" does not match
        // another caller's.
        var caller = context.Caller();
        // The kind is included, because a customer's cart has the customer's id but is not a guest's.
        var scope = caller.UserId is { } user ? $"user/{user}"
            : caller.CartId is { } cart ? $"cart/{cart}"
            : context.User.ApiKeyId() is { } apiKey ? $"api-key/{apiKey}"
            : $"ip/{context.Connection.RemoteIpAddress}";
        // A response that the token opened is not for others at the same address.
        if (caller.OrderToken is { } orderToken)
            scope += $"/order-token/{orderToken}";
        var where = $"{request.Method} {request.Path}{request.QueryString}";
        var content = Digest(where, "", bodyDigest);
        return new IdempotentRequest(
            key,
            Hex(Digest(scope, where, Encoding.UTF8.GetBytes(key))),
            secrecy is { InBody: true }
                ? [.. secrets.Select(s => $"hmac:{Hex(HMACSHA256.HashData(s, content))}"), Hex(content)]
                : [Hex(content)],
            secrets,
            bodyDigest);
    }

    /// <summary>
    /// The keys that encrypt responses, the current one first. If a grain stores the response, there is nothing to encrypt.
    /// </summary>
    private ImmutableArray<byte[]> SealingKeys
    {
        get
        {
            if (sealingKeys.IsDefault)
            {
                var plain = Digest("seal", Key, bodyDigest);
                sealingKeys = [.. secrets.Select(s => HMACSHA256.HashData(s, plain)), plain];
            }
            return sealingKeys;
        }
    }

    /// <summary>
    /// Encrypts a response (AES-256-GCM) with a key derived from the same request and, if it contains a secret, from a front end's signing
    /// key.
    /// </summary>
    public byte[] Seal(byte[] body)
    {
        Span<byte> sealedBody = new byte[HeaderBytes + body.Length];
        RandomNumberGenerator.Fill(sealedBody[..NonceBytes]);
        using var aes = new AesGcm(SealingKeys[0], TagBytes);
        aes.Encrypt(sealedBody[..NonceBytes], body, sealedBody[HeaderBytes..], sealedBody[NonceBytes..HeaderBytes]);
        return sealedBody.ToArray();
    }

    /// <summary>
    /// Decrypts the result of <see cref="Seal"/> for the same request, also with another signing key or from the previous version.
    /// </summary>
    /// <exception cref="AuthenticationTagMismatchException">It was encrypted with a signing key that no longer exists.</exception>
    public byte[] Unseal(byte[] sealedBody)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                return Unseal(sealedBody, SealingKeys[i]);
            }
            catch (AuthenticationTagMismatchException) when (i + 1 < SealingKeys.Length)
            {
                // Tries the next key.
            }
        }
    }

    private static byte[] Unseal(byte[] sealedBody, byte[] key)
    {
        var parts = sealedBody.AsSpan();
        var body = new byte[parts.Length - HeaderBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(parts[..NonceBytes], parts[HeaderBytes..], parts[NonceBytes..HeaderBytes], body);
        return body;
    }

    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeaderBytes = NonceBytes + TagBytes;

    /// <summary>Computes the digest of two texts, each preceded by its length and a colon, and of bytes.</summary>
    private static byte[] Digest(string a, string b, byte[] c)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(a.Length + b.Length) + 2 * (MaxDigits + 1) + c.Length);
        try
        {
            var length = Write(a, buffer);
            length += Write(b, buffer.AsSpan(length));
            c.CopyTo(buffer, length);
            return SHA256.HashData(buffer.AsSpan(0, length + c.Length));
        }
        finally
        {
            // Clears the buffer, so that its next user cannot see the key.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static int Write(string text, Span<byte> into)
    {
        text.Length.TryFormat(into, out var length, provider: CultureInfo.InvariantCulture);
        into[length++] = (byte)':';
        return length + Encoding.UTF8.GetBytes(text, into[length..]);
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}

/// <summary>Declarations of routes for Idempotency-Key, and access to the request.</summary>
internal static class IdempotencyExtensions
{
    /// <summary>Makes the route refuse requests without an Idempotency-Key.</summary>
    public static T RequireIdempotencyKey<T>(this T route, bool byGrain = false) where T : IEndpointConventionBuilder =>
        route.WithMetadata(new IdempotencyRule(true, byGrain));

    /// <summary>
    /// Declares that the route's body, or only its response, contains a secret (a password, a token, a key). The stored response is then
    /// useless without the front ends' signing keys.
    /// </summary>
    public static RouteHandlerBuilder HoldsSecret(this RouteHandlerBuilder route, bool inBody = true) =>
        route.WithMetadata(new SecrecyRule(inBody));

    /// <summary>Returns the request with its key, if it has one.</summary>
    public static IdempotentRequest? IdempotentRequest(this HttpContext context) => context.Features.Get<IdempotentRequest>();

    /// <summary>
    /// Returns the id by which this request's command happens once: derived from its key or, without one, a new id. Another body gives
    /// another id, because it must not count as a repetition when the first response could not be stored.
    /// </summary>
    public static Guid OperationId(this HttpContext context) =>
        context.IdempotentRequest() is { } request ? Deterministic.Id("operation", request.Id, request.Fingerprint) : Guid.NewGuid();
}

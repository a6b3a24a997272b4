using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using SoonShop.Events;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Posts events as CloudEvents 1.0 in JSON (structured mode). The header <c>SoonShop-Signature: t=&lt;Unix time&gt;,v1=&lt;hex&gt;</c> has
/// the HMAC-SHA256, under the endpoint's secret, of the time, a dot and the body. Endpoints in private networks are refused. The check uses
/// the resolved address of each connection, so that changing a name's address later does not bypass it. Redirects are not followed.
/// </summary>
internal sealed class WebhookSender(IOptions<NotificationsOptions> options, WebhookAttempts attempts, TimeProvider time)
    : IWebhookSender, IDisposable
{
    /// <summary>The most bytes that are read of an answer that is not 2xx, for the log.</summary>
    private const int MaxResponseBytes = 2048;

    /// <summary>The header with time and signature.</summary>
    public const string SignatureHeader = "SoonShop-Signature";

    private readonly WebhookOptions webhooks = options.Value.Webhooks;
    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> underWay = new();
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxConnectionsPerServer = options.Value.Webhooks.MaxConcurrent,
        MaxResponseHeadersLength = 16,
        ConnectCallback = (context, cancellation) =>
            ConnectAsync(context.DnsEndPoint, options.Value.Webhooks.AllowPrivateAddresses, cancellation),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    public ErrorText? ProblemWith(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            return ErrorText.Of("field.url", "must be an absolute http or https URL");
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
            return ErrorText.Of(
                "field.url-plain", "must contain neither a user nor a fragment; verify the signature of each webhook instead");
        return !webhooks.AllowPrivateAddresses
            && (uri.IsLoopback || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && !IsPublic(address)))
            ? ErrorText.Of("field.url-private", "must not be in a private network")
            : null;
    }

    public async Task PostAsync(Guid endpointId, string url, string secret, WebhookPayload e, int attempt, CancellationToken cancellation)
    {
        var reply = new Reply { BeganAt = time.GetTimestamp() };
        string? error = null;
        try
        {
            await PostAsync(endpointId, url, secret, e, reply, cancellation);
        }
        catch (Exception failure)
        {
            error = failure.Message;
            throw;
        }
        finally
        {
            attempts.Add(new WebhookAttempt(
                endpointId, e.Id, e.Type, time.GetUtcNow(), attempt, (int)time.GetElapsedTime(reply.BeganAt).TotalMilliseconds,
                reply.Status, error, reply.Body));
        }
    }

    private async Task PostAsync(Guid endpointId, string url, string secret, WebhookPayload e, Reply reply, CancellationToken cancellation)
    {
        if (ProblemWith(url) is { } problem)
            throw new HandlingException(ErrorClass.Permanent, $"The endpoint's URL {problem}.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(webhooks.TimeoutSeconds));
        // A hanging endpoint must not occupy all of the silo's attempts.
        var turns = underWay.GetOrAdd(endpointId, static (_, count) => new SemaphoreSlim(count), webhooks.MaxConcurrent);
        try
        {
            await turns.WaitAsync(limit.Token);
            try
            {
                reply.BeganAt = time.GetTimestamp();
                await PostAsync(url, secret, e, reply, limit.Token);
            }
            finally
            {
                turns.Release();
            }
        }
        catch (HttpRequestException failure) when (failure.InnerException is HandlingException refused)
        {
            throw new HandlingException(refused.Class, refused.Message, failure);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"The endpoint did not respond within {webhooks.TimeoutSeconds} s.");
        }
    }

    /// <summary>Computes the signature of a body at a time.</summary>
    public static string Sign(string secret, long unixTime, ReadOnlySpan<byte> body)
    {
        var stamp = unixTime.ToString(CultureInfo.InvariantCulture);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.ASCII.GetBytes($"{stamp}."));
        hmac.AppendData(body);
        return $"t={stamp},v1={Convert.ToHexStringLower(hmac.GetHashAndReset())}";
    }

    private async Task PostAsync(string url, string secret, WebhookPayload e, Reply reply, CancellationToken cancellation)
    {
        var body = Body(e);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json") { CharSet = "utf-8" };
        request.Headers.TryAddWithoutValidation(SignatureHeader, Sign(secret, time.GetUtcNow().ToUnixTimeSeconds(), body.Span));
        request.Headers.TryAddWithoutValidation("User-Agent", "SoonShop-Webhooks/1");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        reply.Status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
            return;
        reply.Body = await BeginningAsync(response.Content, cancellation);
        var message = $"The endpoint answered {(int)response.StatusCode} {response.ReasonPhrase}.";
        throw response.StatusCode == HttpStatusCode.Gone
            ? new HandlingException(ErrorClass.Permanent, message)
            : new HandlingException(ErrorClass.Transient, message);
    }

    /// <summary>Returns the beginning of a body as far as it can be read; null when it is empty.</summary>
    private static async Task<string?> BeginningAsync(HttpContent content, CancellationToken cancellation)
    {
        var buffer = new byte[MaxResponseBytes];
        var length = 0;
        try
        {
            await using var body = await content.ReadAsStreamAsync(cancellation);
            while (length < buffer.Length && await body.ReadAsync(buffer.AsMemory(length), cancellation) is > 0 and var read)
                length += read;
        }
        catch (Exception)
        {
            // The post has failed already, with its status as the reason. A body that is cut off or slow must not hide it.
        }
        return length == 0 ? null : Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static ReadOnlyMemory<byte> Body(WebhookPayload e)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("specversion", "1.0");
            json.WriteString("id", e.Id);
            json.WriteString("source", e.Source);
            json.WriteString("type", e.Type);
            json.WriteString("subject", e.Subject);
            json.WriteString("time", e.Time.UtcDateTime);
            // The sequence extension requires text that sorts lexicographically.
            json.WriteString("sequence", e.Sequence.ToString("D19", CultureInfo.InvariantCulture));
            if (e.CorrelationId is not null)
                json.WriteString("correlationid", e.CorrelationId);
            if (e.TraceParent is not null)
                json.WriteString("traceparent", e.TraceParent);
            json.WriteString("datacontenttype", "application/json");
            json.WritePropertyName("data");
            e.Data.WriteTo(json);
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint endpoint, bool allowPrivate, CancellationToken cancellation)
    {
        var addresses = await Dns.GetHostAddressesAsync(endpoint.Host, cancellation);
        IPAddress[] allowed = [.. addresses.Where(a => allowPrivate || IsPublic(a))];
        if (allowed.Length == 0)
            throw new HandlingException(ErrorClass.Permanent, $"{endpoint.Host} is in a private network, or has no address.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endpoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What is known of the answer, for the log.</summary>
    private sealed class Reply
    {
        /// <summary>When the post began, or its wait for others.</summary>
        public required long BeganAt { get; set; }

        /// <summary>The HTTP status; null without an answer.</summary>
        public int? Status { get; set; }

        /// <summary>The beginning of the body.</summary>
        public string? Body { get; set; }
    }

    /// <summary>Networks that are not the public Internet (the IANA special-purpose address registries), and multicast.</summary>
    private static readonly IPNetwork[] NotPublic =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        ]).Select(n => IPNetwork.Parse(n)),
    ];

    /// <summary>
    /// Of IPv6, only global unicast addresses are public, except ranges for documentation and ranges that embed IPv4 addresses.
    /// </summary>
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] NotGlobal =
    [
        IPNetwork.Parse("2001::/23"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("2002::/16"), IPNetwork.Parse("3fff::/20"),
    ];

    internal static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !NotPublic.Any(n => n.Contains(address))
            : GlobalUnicast.Contains(address) && !NotGlobal.Any(n => n.Contains(address));
    }

    public void Dispose()
    {
        http.Dispose();
        foreach (var turns in underWay.Values)
            turns.Dispose();
    }
}

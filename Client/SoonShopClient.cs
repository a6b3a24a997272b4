using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Polly.Timeout;
using SoonShop.Client.Answers;
using SoonShop.Client.Sending;

namespace SoonShop.Client;

/// <content>What all operations share. The build generates the operations from the OpenAPI document.</content>
public sealed partial class SoonShopClient : IDisposable
{
    /// <summary>ETags of answers, for as long as the answers are in use.</summary>
    private static readonly ConditionalWeakTable<object, string> ETags = [];

    private readonly HttpClient http;
    private readonly SoonShopClientOptions options;
    private readonly SoonShopCredentials credentials;
    private readonly bool ownsHttp;

    /// <summary>A client without dependency injection. Keep one for the life of the program.</summary>
    /// <param name="options">At least <see cref="SoonShopClientOptions.Address"/>.</param>
    /// <param name="transport">Sends the requests, and is disposed of with the client; by default by sockets.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Options are wrong; it names all of them.</exception>
    public SoonShopClient(SoonShopClientOptions options, HttpMessageHandler? transport = null)
        : this(NewHttp(options, transport), options, OfKey(options), ownsHttp: true)
    {
    }

    /// <summary>The client of <see cref="SoonShopServices.AddSoonShopClient"/>.</summary>
    internal SoonShopClient(HttpClient http, SoonShopClientOptions options)
        : this(http, options, OfKey(options), ownsHttp: false)
    {
        http.BaseAddress = options.Root;
        // The client has its own limits, which tell apart who gave up.
        http.Timeout = Timeout.InfiniteTimeSpan;
    }

    private SoonShopClient(HttpClient http, SoonShopClientOptions options, SoonShopCredentials credentials, bool ownsHttp) =>
        (this.http, this.options, this.credentials, this.ownsHttp) = (http, options, credentials, ownsHttp);

    /// <summary>A client for another caller, such as a customer, over the same connections. It need not be disposed of.</summary>
    /// <param name="credentials">Whose calls they are.</param>
    public SoonShopClient WithCredentials(SoonShopCredentials credentials) => new(http, options, credentials, ownsHttp: false);

    /// <summary>
    /// The version of a resource that an operation returned, for the parameter <c>ifMatch</c> of operations that change it. Null for
    /// objects without a version, and for those that did not come from an operation.
    /// </summary>
    public static string? ETagOf(object answer) => ETags.TryGetValue(answer, out var etag) ? etag : null;

    /// <summary>
    /// Changes some members of a product by a JSON merge patch (RFC 7396), in which <c>null</c> removes a member:
    /// <c>new JsonObject { ["compareAtPrice"] = null }</c>.
    /// </summary>
    /// <param name="sku">The stock keeping unit.</param>
    /// <param name="mergePatch">The members to change.</param>
    /// <param name="ifMatch">The version to change; by default any.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="SoonShopException">The shop refused the call, or did not answer.</exception>
    public Task<Product> UpdateProductAsync(
        string sku, JsonObject mergePatch, string? ifMatch = null, CancellationToken cancellationToken = default)
    {
        var call = new ApiCall("PATCH", "api/v1/products/{sku}").Path("sku", sku).Header("If-Match", ifMatch);
        return GetAsync<Product>(call.Body(mergePatch, "application/merge-patch+json"), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (ownsHttp)
            http.Dispose();
    }

    private async Task<T> GetAsync<T>(ApiCall call, CancellationToken cancellationToken)
        where T : class
    {
        using var response = await SendAsync(call, streamed: false, cancellationToken).ConfigureAwait(false);
        var answer = await ReadAsync<T>(response, cancellationToken).ConfigureAwait(false);
        if (response.Headers.ETag is { } etag)
            ETags.AddOrUpdate(answer, etag.ToString());
        return answer;
    }

    private async Task DoAsync(ApiCall call, CancellationToken cancellationToken) =>
        (await SendAsync(call, streamed: false, cancellationToken).ConfigureAwait(false)).Dispose();

    private async Task<Stream> DownloadAsync(ApiCall call, CancellationToken cancellationToken)
    {
        // The stream ends the response when it is disposed of.
        var response = await SendAsync(call, streamed: true, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
        where T : class
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize<T>(body, Json.Options) ?? throw new JsonException("The answer is null.");
        }
        catch (JsonException e)
        {
            throw SoonShopException.Unreadable(response, e);
        }
    }

    /// <summary>Sends a call with all its tries. Returns a success; everything else is an exception.</summary>
    private async Task<HttpResponseMessage> SendAsync(ApiCall call, bool streamed, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var request = call.ToRequest();
        request.Options.Set(CallOptions.Credentials, credentials);
        request.Options.Set(CallOptions.Streamed, streamed);
        using var total = new CancellationTokenSource(options.TotalTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, total.Token);
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException or TimeoutRejectedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw SoonShopException.NoAnswer(request, e);
        }
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await SoonShopException.ReadAsync(response, cancellationToken).ConfigureAwait(false);
    }

    private static HttpClient NewHttp(SoonShopClientOptions options, HttpMessageHandler? transport)
    {
        SoonShopClientOptionsValidator.ThrowIfInvalid(options);
        // Connections end now and then, so that a change of the shop's addresses is noticed. A redirect would take secrets to another host.
        transport ??= new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(2), AllowAutoRedirect = false };
        var answers = new AnswerHandler(options) { InnerHandler = transport };
        var retries = new RetryHandler(options) { InnerHandler = answers };
        var credentials = new CredentialsHandler(options) { InnerHandler = retries };
        var keys = new IdempotencyKeyHandler { InnerHandler = credentials };
        return new HttpClient(keys) { BaseAddress = options.Root, Timeout = Timeout.InfiniteTimeSpan };
    }

    private static SoonShopCredentials OfKey(SoonShopClientOptions options) =>
        options.ApiKey is { } key ? new ApiKeyCredentials(key) : SoonShopCredentials.None;
}

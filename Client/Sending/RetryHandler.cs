using System.Net;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace SoonShop.Client.Sending;

/// <summary>
/// Repeats calls that take effect once however often they are sent: GET, HEAD, PUT, DELETE, and POST with an Idempotency-Key. A PATCH is
/// not repeated. A PUT or DELETE with If-Match is repeated only when the shop did not carry it out: otherwise its own first try would have
/// changed the version that it names.
/// </summary>
internal sealed class RetryHandler : DelegatingHandler
{
    private static readonly ResiliencePropertyKey<HttpRequestMessage> Request = new("SoonShop.Request");
    private readonly SoonShopClientOptions options;
    private readonly ResiliencePipeline<HttpResponseMessage> pipeline;

    public RetryHandler(SoonShopClientOptions options)
    {
        this.options = options;
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = options.TimeProvider };
        if (options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.FirstRetryDelay,
                MaxDelay = options.MaxRetryDelay,
                ShouldHandle = args => new(ShouldRepeat(args.Context.Properties.GetValue(Request, null!), args.Outcome)),
                DelayGenerator = args => new(Wait(args.Outcome.Result)),
                OnRetry = args =>
                {
                    args.Outcome.Result?.Dispose();
                    return default;
                },
            });
        }
        pipeline = builder.AddTimeout(new TimeoutStrategyOptions { Timeout = options.TryTimeout }).Build();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(Request, request);
        try
        {
            return await pipeline.ExecuteAsync(
                static async (context, call) => await call.Handler.TryAsync(call.Request, context.CancellationToken).ConfigureAwait(false),
                context, (Handler: this, Request: request)).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private Task<HttpResponseMessage> TryAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        base.SendAsync(request, cancellationToken);

    private bool ShouldRepeat(HttpRequestMessage request, Outcome<HttpResponseMessage> outcome)
    {
        if (!TakesEffectOnce(request) || !request.CanBeSentAgain())
            return false;
        var uncertain = outcome.Exception is { } exception ? IsLoss(exception) : IsUncertain(outcome.Result!);
        return uncertain ? !NamesVersion(request) : outcome.Result is { } response && WasNotCarriedOut(response);
    }

    private static bool TakesEffectOnce(HttpRequestMessage request) =>
        request.Method == HttpMethod.Get || request.Method == HttpMethod.Head
        || request.Method == HttpMethod.Put || request.Method == HttpMethod.Delete
        || (request.Method == HttpMethod.Post && request.IdempotencyKey() is not null);

    private static bool NamesVersion(HttpRequestMessage request) =>
        request.Method != HttpMethod.Post && request.Headers.TryGetValues("If-Match", out var values) && values.First() != "*";

    /// <summary>True for a connection that was not made or was lost, and for a try without an answer in time.</summary>
    private static bool IsLoss(Exception exception) => exception is TimeoutRejectedException or IOException
        || exception is HttpRequestException { HttpRequestError: not HttpRequestError.ConfigurationLimitExceeded };

    /// <summary>True for answers that leave open whether the request was carried out. 500 is a defect of the shop, which stays.</summary>
    private bool IsUncertain(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
        && WaitsShortly(response);

    /// <summary>True for answers to requests that did not arrive, came too often, or wait for an earlier one with the same key.</summary>
    private bool WasNotCarriedOut(HttpResponseMessage response) => WaitsShortly(response) && (
        response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        || (response.StatusCode == HttpStatusCode.Conflict && response.Headers.RetryAfter is not null));

    private bool WaitsShortly(HttpResponseMessage response) =>
        RetryAfter.Of(response, options.TimeProvider) is not { } wait || wait <= options.MaxRetryAfter;

    /// <summary>
    /// What the shop asks for, and up to a fifth more, so that clients that were refused together do not return together. Null for the
    /// usual backoff.
    /// </summary>
    private TimeSpan? Wait(HttpResponseMessage? response) =>
        response is not null && RetryAfter.Of(response, options.TimeProvider) is { } wait
            ? wait * (1 + (Random.Shared.NextDouble() / 5))
            : null;
}

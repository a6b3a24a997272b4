using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>
/// Sends single requests to Stripe. It limits their number and time, retries where that is safe, and stops sending through a circuit
/// breaker while Stripe does not work. Every request that changes something must carry an idempotency key.
/// </summary>
internal sealed partial class StripeCalls : IDisposable
{
    /// <summary>The shortest time between two log entries about a rejected API key. Every checkout would cause one.</summary>
    private static readonly TimeSpan CredentialsLogInterval = TimeSpan.FromMinutes(1);

    private readonly HttpClient http;
    private readonly StripeClient client;
    private readonly ResiliencePipeline pipeline;
    private readonly TimeProvider time;
    private readonly ILogger<StripeCalls> log;
    private long openUntil;
    private long credentialsToldAt = long.MinValue;

    public StripeCalls(IOptions<StripeOptions> settings, TimeProvider time, ILogger<StripeCalls> log)
    {
        (this.time, this.log) = (time, log);
        var options = settings.Value;
        http = new HttpClient(Handler(options)) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 8 << 20 };
        client = new StripeClient(new StripeClientOptions
        {
            ApiKey = options.ApiKey,
            ApiBase = options.ApiBase.TrimEnd('/'),
            // Only the pipeline retries. Telemetry would write files and identify the machine.
            HttpClient = new SystemNetHttpClient(http, maxNetworkRetries: 0, enableTelemetry: false),
        });
        pipeline = Pipeline(options);
    }

    /// <summary>False while the circuit breaker is open or half-open.</summary>
    public bool IsAvailable => time.GetUtcNow().UtcTicks >= Interlocked.Read(ref openUntil);

    /// <summary>Sends one request to Stripe.</summary>
    /// <returns>Stripe's response, which may be a definite error.</returns>
    /// <exception cref="UnavailableException">There is no definite response now.</exception>
    public async Task<StripeResult<T>> SendAsync<T>(Func<V1Services, CancellationToken, Task<T>> request, CancellationToken cancellation)
        where T : class, IStripeEntity
    {
        try
        {
            var value = await pipeline.ExecuteAsync(
                static async (state, token) => await state.Request(state.Services, token), (Request: request, Services: client.V1),
                cancellation);
            return new StripeResult<T>(value, null, StripeErrors.IsReplayed(value.StripeResponse));
        }
        catch (StripeException e)
        {
            // The library's exception contains the whole response and must not leave this class.
            var fault = StripeErrors.Of(e);
            return fault.Kind switch
            {
                StripeFaultKind.Transient or StripeFaultKind.Busy => throw Unavailable($"{fault.Kind}", fault.ToString()),
                StripeFaultKind.Credentials or StripeFaultKind.Permission => throw Barred(fault),
                _ => new StripeResult<T>(null, fault, fault.Replayed),
            };
        }
        catch (Exception e) when (StripeErrors.IsTurnedAway(e))
        {
            throw new UnavailableException(ErrorText.Of(
                "error.payments-later", "Payments are unavailable at the moment. Nothing new is charged; try again later."));
        }
        catch (Exception e) when (StripeErrors.IsTransient(e))
        {
            throw Unavailable(e.GetType().Name, (e.InnerException ?? e).Message);
        }
    }

    /// <summary>Creates the exception for a request whose outcome is unknown.</summary>
    public static UnavailableException NoAnswer() =>
        new("The payment provider gives no definite answer now. It is asked again; nothing is charged twice.");

    public void Dispose() => http.Dispose();

    private UnavailableException Unavailable(string kind, string detail)
    {
        LogNoAnswer(log, kind, StripeSecrets.Redact(detail));
        return NoAnswer();
    }

    private UnavailableException Barred(StripeFault fault)
    {
        var (now, told) = (time.GetTimestamp(), Interlocked.Read(ref credentialsToldAt));
        if ((told == long.MinValue || time.GetElapsedTime(told, now) > CredentialsLogInterval)
            && Interlocked.CompareExchange(ref credentialsToldAt, now, told) == told)
            LogBarred(log, fault.ToString());
        return NoAnswer();
    }

    private ResiliencePipeline Pipeline(StripeOptions options) => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddTimeout(TimeSpan.FromSeconds(options.TimeoutSeconds))
        .AddConcurrencyLimiter(options.MaxConcurrent, options.MaxWaiting)
        .AddRetry(new RetryStrategyOptions
        {
            // Polly requires at least one.
            MaxRetryAttempts = Math.Max(options.Retries, 1),
            ShouldHandle = a =>
                ValueTask.FromResult(options.Retries > 0 && a.Outcome.Exception is { } e && StripeErrors.IsWorthRetrying(e)),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(options.RetryDelayMilliseconds),
            DelayGenerator = a => ValueTask.FromResult(StripeErrors.RetryAfter(a.Outcome.Exception)),
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = options.BreakerFailureRatio,
            MinimumThroughput = options.BreakerMinimumRequests,
            SamplingDuration = TimeSpan.FromSeconds(options.BreakerSamplingSeconds),
            BreakDuration = TimeSpan.FromSeconds(options.BreakerBreakSeconds),
            ShouldHandle = a => ValueTask.FromResult(a.Outcome.Exception is { } e && StripeErrors.CountsAgainstHealth(e)),
            OnOpened = a =>
            {
                CloseFor(a.BreakDuration);
                LogOpened(log, a.BreakDuration.TotalSeconds);
                return default;
            },
            OnHalfOpened = _ =>
            {
                // Half-open: one request probes Stripe, and new charges wait for its result.
                CloseFor(TimeSpan.FromSeconds(options.BreakerBreakSeconds));
                return default;
            },
            OnClosed = _ =>
            {
                Interlocked.Exchange(ref openUntil, 0);
                LogClosed(log);
                return default;
            },
        })
        .AddTimeout(TimeSpan.FromSeconds(Math.Min(options.TryTimeoutSeconds, options.TimeoutSeconds)))
        .Build();

    private void CloseFor(TimeSpan duration) => Interlocked.Exchange(ref openUntil, (time.GetUtcNow() + duration).UtcTicks);

    private static HttpMessageHandler Handler(StripeOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(options.TryTimeoutSeconds),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxConnectionsPerServer = options.MaxConcurrent,
        };
        return options.ApiVersion is { Length: > 0 } version ? new OtherVersion(version, handler) : handler;
    }

    /// <summary>Replaces the API version that the library always sends.</summary>
    private sealed class OtherVersion(string version, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        private const string Header = "Stripe-Version";

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Remove(Header);
            request.Headers.TryAddWithoutValidation(Header, version);
            return base.SendAsync(request, cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stripe gave no definite response ({Kind}): {Detail}. The request is retried.")]
    private static partial void LogNoAnswer(ILogger log, string kind, string? detail);

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "Stripe does not accept our API key for this: {Detail}. All payments fail until Payments__Stripe__ApiKey is a valid key "
            + "of the right account with write access to payment intents, refunds, customers and payment methods, and read access to "
            + "charges and disputes.")]
    private static partial void LogBarred(ILogger log, string detail);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Too many requests to Stripe failed. None is sent for {Seconds} s, then one is tried. Checkouts get 503 and continue "
            + "by themselves afterwards; see status.stripe.com.")]
    private static partial void LogOpened(ILogger log, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stripe works again.")]
    private static partial void LogClosed(ILogger log);
}

/// <summary>A definite response of Stripe: a value or an error.</summary>
/// <param name="Value">The returned object; null with <paramref name="Fault"/>.</param>
/// <param name="Fault">The error.</param>
/// <param name="Replayed">True when Stripe replayed its stored response to an earlier request with the key. It may be outdated.</param>
[DebuggerDisplay("{Fault}")]
internal readonly record struct StripeResult<T>(T? Value, StripeFault? Fault, bool Replayed) where T : class;

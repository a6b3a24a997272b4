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
/// Sends single requests to Stripe: bounded in number and time, repeated where that is safe, cut off by a breaker while Stripe does not
/// work. Every request that changes something must carry an idempotency key.
/// </summary>
internal sealed partial class StripeCalls : IDisposable
{
    /// <summary>How often at most it is told that a key is not accepted: every checkout meets it.</summary>
    private static readonly TimeSpan CredentialsLogInterval = TimeSpan.FromMinutes(1);

    private readonly HttpClient http;
    private readonly StripeClient client;
    private readonly ResiliencePipeline pipeline;
    private readonly TimeProvider time;
    private readonly ILogger<StripeCalls> log;
    private long openUntil;
    private long credentialsToldAt = long.MinValue;

    public StripeCalls(IOptions<PaymentsOptions> payments, TimeProvider time, ILogger<StripeCalls> log)
    {
        (this.time, this.log) = (time, log);
        var options = payments.Value.Stripe;
        http = new HttpClient(Handler(options)) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 8 << 20 };
        client = new StripeClient(new StripeClientOptions
        {
            ApiKey = options.ApiKey,
            ApiBase = options.ApiBase.TrimEnd('/'),
            // One place repeats: the pipeline. Telemetry would write files and identify the machine.
            HttpClient = new SystemNetHttpClient(http, maxNetworkRetries: 0, enableTelemetry: false),
        });
        pipeline = Pipeline(options);
    }

    /// <summary>False while the breaker is open, or tries whether it can be closed.</summary>
    public bool IsAvailable => time.GetUtcNow().UtcTicks >= Interlocked.Read(ref openUntil);

    /// <summary>Asks Stripe one thing.</summary>
    /// <returns>What it answered, also a definite error.</returns>
    /// <exception cref="UnavailableException">There is no definite answer now.</exception>
    public async Task<StripeResult<T>> SendAsync<T>(Func<V1Services, CancellationToken, Task<T>> request, CancellationToken cancellation)
        where T : class, IStripeEntity
    {
        try
        {
            var value = await pipeline.ExecuteAsync(
                static async (state, token) => await state.Request(state.Services, token), (Request: request, Services: client.V1), cancellation);
            return new StripeResult<T>(value, null, StripeErrors.IsReplayed(value.StripeResponse));
        }
        catch (StripeException e)
        {
            // Nothing of the library's own exception goes on: it holds the whole answer.
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
            throw new UnavailableException("Payments are out of order for the moment. Nothing new is charged; try again later.");
        }
        catch (Exception e) when (StripeErrors.IsTransient(e))
        {
            throw Unavailable(e.GetType().Name, (e.InnerException ?? e).Message);
        }
    }

    /// <summary>The message for whoever waits, when it cannot be known now what Stripe did.</summary>
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
            // Polly asks for one at least.
            MaxRetryAttempts = Math.Max(options.Retries, 1),
            ShouldHandle = a => ValueTask.FromResult(options.Retries > 0 && a.Outcome.Exception is { } e && StripeErrors.IsWorthRetrying(e)),
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
                // One request tries; new charges wait for what it finds.
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

    /// <summary>The library always sends the version that it is made for.</summary>
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stripe gave no definite answer ({Kind}): {Detail}. It is asked again.")]
    private static partial void LogNoAnswer(ILogger log, string kind, string? detail);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Stripe does not accept our API key for this: {Detail}. No payment gets through until Payments__Stripe__ApiKey is a valid key of the right account with write access to payment intents, refunds, customers and payment methods, and read access to charges and disputes.")]
    private static partial void LogBarred(ILogger log, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "Too many requests to Stripe failed: none is sent for {Seconds} s, then one tries again. Checkouts are answered 503 and go on by themselves afterwards; see status.stripe.com.")]
    private static partial void LogOpened(ILogger log, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stripe works again.")]
    private static partial void LogClosed(ILogger log);
}

/// <summary>A definite answer of Stripe's: a value, or an error.</summary>
/// <param name="Value">What it answered; null with <paramref name="Fault"/>.</param>
/// <param name="Fault">The error.</param>
/// <param name="Replayed">True when it is the kept answer to an earlier request under the key, and may be old news.</param>
[DebuggerDisplay("{Fault}")]
internal readonly record struct StripeResult<T>(T? Value, StripeFault? Fault, bool Replayed) where T : class;

using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Silo.Pricing;

/// <summary>
/// Calls a tax provider with a deadline, a limit of concurrent calls and a circuit breaker, and keeps its answers for a while. It never
/// throws: without a valid answer in time it returns null, and the shop's own rates count.
/// </summary>
internal sealed partial class GuardedTaxProvider : ITaxProvider, IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Taxes";

    /// <summary>The most answers in memory.</summary>
    private const int MaxCached = 10_000;

    /// <summary>The most concurrent calls, and the most that wait for one of them.</summary>
    private const int MaxConcurrent = 32, MaxWaiting = 128;

    /// <summary>How long the provider is not called after it has failed at least half of <see cref="MinCalls"/> calls.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    /// <summary>The time over which failures are counted.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>The fewest calls within <see cref="Window"/> after which the provider can count as failing.</summary>
    private const int MinCalls = 4;

    private readonly ITaxProvider provider;
    private readonly ILogger<GuardedTaxProvider> log;
    private readonly TimeProvider time;
    private readonly TimeSpan lifetime;
    private readonly ResiliencePipeline pipeline;
    private readonly MemoryCache answers = new(new MemoryCacheOptions { SizeLimit = MaxCached, CompactionPercentage = 0.1 });
    private readonly Histogram<double> asked;

    public GuardedTaxProvider(
        ITaxProvider provider, CheckoutOptions options, TimeProvider time, IMeterFactory meters, ILogger<GuardedTaxProvider> log)
    {
        (this.provider, this.log, this.time) = (provider, log, time);
        lifetime = TimeSpan.FromSeconds(options.TaxProviderCacheSeconds);
        asked = meters.Create(MeterName).CreateHistogram(
            "soonshop.taxes.provider.duration", "s", "Sales that the tax provider was asked for, by outcome",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5] });
        // A call that waits for its place does not count against the provider, but against the deadline.
        pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(TimeSpan.FromMilliseconds(options.TaxProviderDeadlineMilliseconds))
            .AddConcurrencyLimiter(MaxConcurrent, MaxWaiting)
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = 0.5,
                MinimumThroughput = MinCalls,
                SamplingDuration = Window,
                BreakDuration = Pause,
                ShouldHandle = a => ValueTask.FromResult(a.Outcome.Exception is not null),
                OnOpened = a =>
                {
                    LogOpened(log, provider.Name, a.BreakDuration.TotalSeconds);
                    return default;
                },
            })
            .Build();
    }

    /// <inheritdoc/>
    public string Name => provider.Name;

    /// <inheritdoc/>
    public async Task<SaleTaxes?> GetTaxesAsync(TaxableSale sale, CancellationToken cancellation)
    {
        if (answers.TryGetValue(sale, out SaleTaxes? known))
            return known;
        var started = time.GetTimestamp();
        var (taxes, outcome) = await AskAsync(sale, cancellation);
        asked.Record(time.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
        if (taxes is not null && lifetime > TimeSpan.Zero)
            answers.Set(sale, taxes, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = lifetime });
        return taxes;
    }

    /// <inheritdoc/>
    public void Dispose() => answers.Dispose();

    private async Task<(SaleTaxes? Taxes, string Outcome)> AskAsync(TaxableSale sale, CancellationToken cancellation)
    {
        try
        {
            var taxes = await pipeline.ExecuteAsync(
                // The deadline also holds for a provider that does not observe the token.
                async token => await Task.Run(() => provider.GetTaxesAsync(sale, token), token).WaitAsync(token), cancellation);
            if (taxes is null)
                return (null, "none");
            if (ProvidedTaxes.Problem(sale, taxes) is not { } problem)
                return (taxes, "taxes");
            LogInvalid(log, provider.Name, problem);
            return (null, "invalid");
        }
        catch (BrokenCircuitException)
        {
            return (null, "paused");
        }
        catch (Exception e)
        {
            LogFailed(log, provider.Name, e.Message);
            return (null, "failed");
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "The tax provider {Provider} does not answer; the shop's own tax rates are used: {Reason}")]
    private static partial void LogFailed(ILogger log, string provider, string reason);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "The answer of the tax provider {Provider} is not used; the shop's own tax rates are: {Reason}")]
    private static partial void LogInvalid(ILogger log, string provider, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The tax provider {Provider} fails and is not asked for {Seconds} s; the shop's own tax rates are used.")]
    private static partial void LogOpened(ILogger log, string provider, double seconds);
}

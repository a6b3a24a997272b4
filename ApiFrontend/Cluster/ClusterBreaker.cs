using Polly;
using Polly.CircuitBreaker;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Stops calls while the cluster as a whole does not respond. A response of a silo never counts as a failure, whether it is an error, a bug
/// or a report that something behind it is unavailable. Timeouts count only when they concern several grains, so that one slow grain does
/// not block the others. Only a probe (<see cref="ClusterProbe"/>) closes the breaker, so that no request is sacrificed.
/// </summary>
internal sealed partial class ClusterBreaker
{
    /// <summary>Timeouts of fewer grains than this are considered problems of those grains.</summary>
    private const int SlowGrains = 5;

    private static readonly ResiliencePropertyKey<GrainId> Target = new("target");
    private readonly CircuitBreakerManualControl control = new();
    private readonly CircuitBreakerStateProvider state = new();
    private readonly ResiliencePipeline<bool> pipeline;
    private readonly GatewayMetrics metrics;
    private readonly ILogger<ClusterBreaker> log;
    private readonly TimeSpan window;
    private readonly bool isEnabled;
    private readonly TimeProvider time;
    private readonly Lock slowGate = new();
    private readonly Dictionary<GrainId, long> slow = [];

    public ClusterBreaker(ClusterClientOptions options, GatewayMetrics metrics, TimeProvider time, ILogger<ClusterBreaker> log)
    {
        (this.metrics, this.time, this.log, isEnabled) = (metrics, time, log, options.BreakerEnabled);
        window = TimeSpan.FromSeconds(options.BreakerSamplingSeconds) + TimeSpan.FromSeconds(options.CallTimeoutSeconds);
        var builder = new ResiliencePipelineBuilder<bool> { TimeProvider = time };
        if (options.BreakerEnabled)
        {
            builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                FailureRatio = options.BreakerFailureRatio,
                MinimumThroughput = options.BreakerMinimumCalls,
                SamplingDuration = TimeSpan.FromSeconds(options.BreakerSamplingSeconds),
                // Effectively forever: only the probe closes the breaker.
                BreakDuration = TimeSpan.FromHours(24),
                ShouldHandle = args => ValueTask.FromResult(IsClusterFailure(args.Outcome.Exception, args.Context)),
                ManualControl = control,
                StateProvider = state,
                OnOpened = args =>
                {
                    LogOpened(log, args.Outcome.Exception?.Message);
                    return default;
                },
                OnClosed = _ =>
                {
                    LogClosed(log);
                    return default;
                },
            });
        }
        pipeline = builder.Build();
        metrics.Meter.CreateObservableGauge(
            "soonshop.gateway.breaker.open", () => IsOpen ? 1 : 0, description: "1 while calls to the cluster are stopped.");
    }

    /// <summary>True while calls are stopped.</summary>
    public bool IsOpen => state.CircuitState != CircuitState.Closed;

    /// <summary>Makes a call unless the breaker is open.</summary>
    /// <exception cref="UnavailableException">The breaker is open; the call was not made.</exception>
    public async Task CallAsync<TState>(GrainId target, Func<TState, Task> call, TState callState)
    {
        ThrowIfOpen();
        try
        {
            await call(callState);
        }
        catch (Exception e)
        {
            await ReportAsync(target, e);
            throw;
        }
        await ReportAsync(target, null);
    }

    /// <summary>
    /// Reports the outcome of a call to the pipeline. The call itself runs outside the pipeline, because each of its layers would wait for
    /// the response, too. While the breaker is open, the outcomes of earlier calls do not count.
    /// </summary>
    private ValueTask ReportAsync(GrainId target, Exception? failure)
    {
        if (!isEnabled)
            return ValueTask.CompletedTask;
        var context = ResilienceContextPool.Shared.Get();
        if (failure is not null)
            context.Properties.Set(Target, target);
        var reported = pipeline.ExecuteOutcomeAsync(
            static (_, e) => ValueTask.FromResult(e is null ? Outcome.FromResult(true) : Outcome.FromException<bool>(e)), context, failure);
        if (!reported.IsCompletedSuccessfully)
            return FinishAsync(reported, context);
        _ = reported.Result;
        ResilienceContextPool.Shared.Return(context);
        return ValueTask.CompletedTask;
    }

    /// <summary>Makes the call that opens the breaker wait until that is logged.</summary>
    private static async ValueTask FinishAsync(ValueTask<Polly.Outcome<bool>> reported, ResilienceContext context)
    {
        await reported;
        ResilienceContextPool.Shared.Return(context);
    }

    /// <summary>
    /// For calls whose outcome says nothing about the cluster, such as those that wait for changes. They respect the breaker but do not
    /// affect it.
    /// </summary>
    /// <exception cref="UnavailableException">The breaker is open.</exception>
    public void ThrowIfOpen()
    {
        if (IsOpen)
            throw Rejection();
    }

    private UnavailableException Rejection()
    {
        metrics.Rejected();
        return new UnavailableException(ErrorText.Of("error.out-of-reach", "The shop cannot be reached at the moment."));
    }

    /// <summary>Closes the breaker.</summary>
    public Task CloseAsync() => control.CloseAsync();

    private bool IsClusterFailure(Exception? e, ResilienceContext context) => e switch
    {
        OrleansMessageRejectionException or GatewayTooBusyException or Orleans.Runtime.Messaging.ConnectionFailedException
            or CallLostException => true,
        DeadlineException => false,
        TimeoutException => IsWidespread(context.Properties.GetValue(Target, default)),
        _ => false,
    };

    private bool IsWidespread(GrainId grain)
    {
        lock (slowGate)
        {
            var now = time.GetTimestamp();
            slow[grain] = now;
            if (slow.Count >= SlowGrains)
            {
                foreach (var (other, at) in slow)
                {
                    if (time.GetElapsedTime(at, now) > window)
                        slow.Remove(other);
                }
            }
            // Further grains need not be remembered.
            if (slow.Count > 10 * SlowGrains)
                slow.Remove(slow.MinBy(s => s.Value).Key);
            return slow.Count >= SlowGrains;
        }
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The cluster does not respond; requests are refused until it does. The last failure: {Reason}")]
    private static partial void LogOpened(ILogger log, string? reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster responds again.")]
    private static partial void LogClosed(ILogger log);
}

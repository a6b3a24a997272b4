using Polly;
using Polly.CircuitBreaker;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Stops calls while the cluster as a whole does not answer. What a silo answers, be it a refusal, a bug or that something behind it is
/// unavailable, never counts as a failure; time limits count once they are those of several grains, so that one that is slow keeps nobody
/// out. Only a probe (<see cref="ClusterProbe"/>) closes it: no request is risked for that.
/// </summary>
internal sealed partial class ClusterBreaker
{
    /// <summary>Time limits of fewer grains than this are those grains' own affair.</summary>
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
                // As good as for ever: the probe closes it.
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
        metrics.Meter.CreateObservableGauge("soonshop.gateway.breaker.open", () => IsOpen ? 1 : 0, description: "1 while calls to the cluster are stopped.");
    }

    /// <summary>True while calls are stopped.</summary>
    public bool IsOpen => state.CircuitState != CircuitState.Closed;

    /// <summary>Makes a call, or does not.</summary>
    /// <exception cref="UnavailableException">It was not made.</exception>
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
    /// Tells the pipeline how a call ended. The call is not made within the pipeline, each layer of which would wait for the answer too.
    /// While the breaker is open, the end of an earlier call does not count.
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

    /// <summary>The call that opens the breaker waits until that is logged.</summary>
    private static async ValueTask FinishAsync(ValueTask<Polly.Outcome<bool>> reported, ResilienceContext context)
    {
        await reported;
        ResilienceContextPool.Shared.Return(context);
    }

    /// <summary>For calls whose end says nothing of the cluster, such as those that wait for news: they respect the breaker, and do not move it.</summary>
    /// <exception cref="UnavailableException">Calls are stopped.</exception>
    public void ThrowIfOpen()
    {
        if (IsOpen)
            throw Rejection();
    }

    private UnavailableException Rejection()
    {
        metrics.Rejected();
        return new UnavailableException("The shop is out of reach for the moment.");
    }

    /// <summary>Lets calls through again.</summary>
    public Task CloseAsync() => control.CloseAsync();

    private bool IsClusterFailure(Exception? e, ResilienceContext context) => e switch
    {
        OrleansMessageRejectionException or GatewayTooBusyException or Orleans.Runtime.Messaging.ConnectionFailedException or CallLostException => true,
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
            // More need not be remembered.
            if (slow.Count > 10 * SlowGrains)
                slow.Remove(slow.MinBy(s => s.Value).Key);
            return slow.Count >= SlowGrains;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The cluster does not answer; requests are refused until it does. The last failure: {Reason}")]
    private static partial void LogOpened(ILogger log, string? reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster answers again.")]
    private static partial void LogClosed(ILogger log);
}

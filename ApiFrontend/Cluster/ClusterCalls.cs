namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Wraps every grain call. It sends the request's deadline and origin with the call, cancels queries, stops waiting for a silo that died,
/// repeats the call where that is safe, and applies the circuit breaker.
/// </summary>
internal sealed partial class ClusterCalls(
    ClusterBreaker breaker, GatewayWatch gateways, GatewayMetrics metrics, ClusterClientOptions options, TimeProvider time,
    IServiceProvider services, ILogger<ClusterCalls> log) : IOutgoingGrainCallFilter
{
    /// <summary>
    /// The pause before the first repetition. It doubles for each further one, up to <see cref="MaxPause"/>, plus up to as much at random.
    /// </summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(500);

    /// <summary>With less time left than this, a call is not repeated.</summary>
    private static readonly TimeSpan WorthTrying = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// A cancellation with no more time left than this counts as the time limit, whose clock started just before the budget's.
    /// </summary>
    private static readonly TimeSpan Nearly = TimeSpan.FromMilliseconds(100);

    /// <summary>The request of a call whose repetition passes through this filter again.</summary>
    private static readonly AsyncLocal<object?> Again = new();

    /// <summary>A reused dictionary for the values that are sent with a call.</summary>
    [ThreadStatic]
    private static Dictionary<string, object>? scratch;

    private readonly Guid sender = Guid.NewGuid();
    private readonly TimeSpan callTimeout = TimeSpan.FromSeconds(options.CallTimeoutSeconds);
    private readonly SemaphoreSlim repeating = new(options.MaxRepeatedCalls);

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        var traits = CallTraits.Of(context.InterfaceMethod);
        if (traits.IsDirect || ReferenceEquals(Again.Value, context.Request))
            return context.Invoke();
        var budget = CallBudget.Current;
        var call = new Call(this, context, traits, budget ?? new CallBudget(callTimeout, false, null, CancellationToken.None));
        if (traits.Token >= 0 && call.Budget.Cancellation.CanBeCanceled && !context.Request.GetCancellationToken().CanBeCanceled)
            context.Request.SetArgument(traits.Token, call.Budget.Cancellation);
        if (budget is null)
        {
            breaker.ThrowIfOpen();
            return AttemptAsync(call);
        }
        if (budget.Left <= TimeSpan.Zero)
            throw new UnavailableException(ErrorText.Of("error.time-over", "The request ran out of time before the shop was asked."));
        return CallAsync(call);
    }

    private async Task CallAsync(Call call)
    {
        try
        {
            await breaker.CallAsync(call.Context.TargetId, Call.Attempt, call);
        }
        catch (Exception e) when (IsLost(e) && IsRepeatable(call) && repeating.Wait(0))
        {
            try
            {
                await RepeatAsync(call, e);
            }
            finally
            {
                repeating.Release();
            }
        }
    }

    private async Task RepeatAsync(Call call, Exception reason)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < MaxPause ? pause * 2 : MaxPause)
        {
            await Task.Delay(pause * (1 + Random.Shared.NextDouble()), time, call.Budget.Cancellation);
            metrics.Repeated();
            LogAgain(log, call.Context.InterfaceName, call.Context.MethodName, reason.Message);
            try
            {
                await breaker.CallAsync(call.Context.TargetId, Call.Attempt, call);
                return;
            }
            catch (Exception e) when (IsLost(e) && IsRepeatable(call))
            {
                reason = e;
            }
        }
    }

    private async Task AttemptAsync(Call call)
    {
        var left = call.Budget.Left;
        if (left <= TimeSpan.Zero)
            throw TimeOver(call, "The request's time was over before the call.");
        var lost = gateways.Lost;
        Send(call.Budget.Origin, new CallDeadline(sender, (long)time.GetElapsedTime(0).TotalMilliseconds, (int)left.TotalMilliseconds));
        var attempt = call.WasLost ? CallAgain(call) : call.Context.Invoke();
        try
        {
            await attempt.WaitAsync(left, time, lost);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException)
        {
            if (!attempt.IsCompleted)
            {
                Abandon(call, attempt);
                if (e is TimeoutException)
                    throw TimeOver(call, e.Message, e);
                metrics.Lost();
                throw new CallLostException();
            }
            try
            {
                // The call ended at this moment, or this exception is its outcome.
                await attempt;
            }
            catch (OperationCanceledException cancelled) when (call.Budget.Left <= Nearly)
            {
                throw TimeOver(call, "The request's time was over during the call.", cancelled);
            }
        }
    }

    private static TimeoutException TimeOver(Call call, string message, Exception? reason = null) =>
        call.Budget.HasDeadline ? new DeadlineException(message, reason) : new TimeoutException(message, reason);

    /// <summary>Sends the call's origin and deadline with it. Values that the request's handler has set stay.</summary>
    private static void Send(CallOrigin? origin, CallDeadline deadline)
    {
        var values = scratch ??= new Dictionary<string, object>(CallOrigin.MaxEntries);
        values.Clear();
        origin?.AddTo(values);
        foreach (var (key, value) in RequestContext.Entries)
            values[key] = value;
        values[RequestKeys.DeadlineText] = deadline.ToText();
        // Sets all values at once, because setting a single key copies all of them. Import copies them, too, so the dictionary can be
        // reused.
        RequestContextExtensions.Import(values);
    }

    private static void Abandon(Call call, Task attempt)
    {
        call.WasLost = true;
        attempt.Ignore();
    }

    /// <summary>Repeats a call while its first context is still in use.</summary>
    private Task CallAgain(Call call)
    {
        Again.Value = call.Context.Request;
        return call.Traits.Again(services.GetRequiredService<IGrainReferenceRuntime>(), call.Context);
    }

    private static bool IsRepeatable(Call call) => (call.Budget.IsQuery || call.Traits.IsRepeatable) && call.Budget.Left > WorthTrying;

    /// <summary>
    /// True when the call did not reach its grain, or its response did not arrive. An error response of a silo is a response.
    /// </summary>
    private static bool IsLost(Exception e) =>
        e is OrleansMessageRejectionException or Orleans.Runtime.Messaging.ConnectionFailedException or CallLostException;

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Interface}.{Method} is repeated: {Reason}")]
    private static partial void LogAgain(ILogger log, string @interface, string method, string reason);

    private sealed class Call(ClusterCalls calls, IOutgoingGrainCallContext context, CallTraits traits, CallBudget budget)
    {
        public static readonly Func<Call, Task> Attempt = call => call.Calls.AttemptAsync(call);

        private ClusterCalls Calls => calls;

        public IOutgoingGrainCallContext Context => context;

        public CallTraits Traits => traits;

        public CallBudget Budget => budget;

        /// <summary>True once an attempt was abandoned.</summary>
        public bool WasLost { get; set; }
    }
}

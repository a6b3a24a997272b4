namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Around every call of a grain: the request's time limit, which travels with the call; its cancellation, for queries; an end to waiting for a
/// silo that died; a second try where that is safe; and the breaker.
/// </summary>
internal sealed partial class ClusterCalls(
    ClusterBreaker breaker, GatewayWatch gateways, GatewayMetrics metrics, ClusterSection options, TimeProvider time,
    IServiceProvider services, ILogger<ClusterCalls> log) : IOutgoingGrainCallFilter
{
    /// <summary>Before the second try, doubled for each further one, up to <see cref="MaxPause"/>; and as much again, by chance.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(500);

    /// <summary>With less time than this left nothing is tried again.</summary>
    private static readonly TimeSpan WorthTrying = TimeSpan.FromMilliseconds(250);

    /// <summary>A cancellation with no more time left than this is the time limit's: its clock began a moment before the budget's.</summary>
    private static readonly TimeSpan Nearly = TimeSpan.FromMilliseconds(100);

    /// <summary>The call whose second try passes through here once more.</summary>
    private static readonly AsyncLocal<object?> Again = new();

    private readonly Guid sender = Guid.NewGuid();
    private readonly TimeSpan callTimeout = TimeSpan.FromSeconds(options.CallTimeoutSeconds);
    private readonly SemaphoreSlim repeating = new(options.MaxRepeatedCalls);

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var traits = CallTraits.Of(context.InterfaceMethod);
        if (traits.IsDirect || ReferenceEquals(Again.Value, context.Request))
        {
            await context.Invoke();
            return;
        }
        var call = new Call(context, traits, CallBudget.Current ?? new CallBudget(callTimeout, false, CancellationToken.None));
        if (traits.Token >= 0 && call.Budget.Cancellation.CanBeCanceled && !context.Request.GetCancellationToken().CanBeCanceled)
            context.Request.SetArgument(traits.Token, call.Budget.Cancellation);
        if (CallBudget.Current is null)
        {
            breaker.ThrowIfOpen();
            await AttemptAsync(call);
            return;
        }
        if (call.Budget.Left <= TimeSpan.Zero)
            throw new UnavailableException("The request's time was over before the shop was asked.");
        try
        {
            await breaker.CallAsync(context.TargetId, AttemptAsync, call);
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
                await breaker.CallAsync(call.Context.TargetId, AttemptAsync, call);
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
            throw new TimeoutException("The request's time was over before the call.");
        var lost = gateways.Lost;
        RequestContext.Set(RequestKeys.DeadlineText, new CallDeadline(sender, (long)time.GetElapsedTime(0).TotalMilliseconds, (int)left.TotalMilliseconds).ToText());
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
                    throw;
                metrics.Lost();
                throw new CallLostException();
            }
            try
            {
                // It ended at this very moment, or this is how it ended.
                await attempt;
            }
            catch (OperationCanceledException cancelled) when (call.Budget.Left <= Nearly)
            {
                throw new TimeoutException("The request's time was over during the call.", cancelled);
            }
        }
    }

    private static void Abandon(Call call, Task attempt)
    {
        call.WasLost = true;
        attempt.Ignore();
    }

    /// <summary>The first call's context is still busy with it.</summary>
    private Task CallAgain(Call call)
    {
        Again.Value = call.Context.Request;
        return call.Traits.Again(services.GetRequiredService<IGrainReferenceRuntime>(), call.Context);
    }

    private static bool IsRepeatable(Call call) => (call.Budget.IsQuery || call.Traits.IsRepeatable) && call.Budget.Left > WorthTrying;

    /// <summary>The call did not reach its grain, or its answer did not come back. What a silo says is an answer.</summary>
    private static bool IsLost(Exception e) => e is OrleansMessageRejectionException or Orleans.Runtime.Messaging.ConnectionFailedException or CallLostException;

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Interface}.{Method} is asked again: {Reason}")]
    private static partial void LogAgain(ILogger log, string @interface, string method, string reason);

    private sealed class Call(IOutgoingGrainCallContext context, CallTraits traits, CallBudget budget)
    {
        public IOutgoingGrainCallContext Context => context;

        public CallTraits Traits => traits;

        public CallBudget Budget => budget;

        /// <summary>True once an attempt was left to itself.</summary>
        public bool WasLost { get; set; }
    }
}

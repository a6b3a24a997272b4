namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Adapts the limit of concurrent requests to their durations. The limit rises slowly while it is reached and requests are fast, and falls
/// quickly when the median duration exceeds the target (additive increase, multiplicative decrease, as in TCP). So it fits machines of any
/// size, and several front ends share the silos' capacity without communication.
/// It uses the median because a few slow requests say nothing about the load. After a decrease, only requests that began later count.
/// Otherwise a single pause of the machine would lower the limit repeatedly.
/// </summary>
internal sealed class AdmissionLimit(AdmissionOptions options, TimeProvider time)
{
    /// <summary>The number of requests per adjustment.</summary>
    private const int Samples = 50;

    /// <summary>The longest time between two adjustments, even with fewer requests.</summary>
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(1);

    private const double Decrease = 0.85;

    private readonly Lock gate = new();
    private readonly LinkedList<TaskCompletionSource<bool>> waiting = [];
    private readonly double[] samples = new double[Samples];
    private double limit = options.InitialLimit;
    private long judgedAt = time.GetTimestamp();
    private long loweredAt = time.GetTimestamp();
    private int count;
    private int inFlight;
    private bool wasReached;

    /// <summary>The current limit.</summary>
    public int Limit => (int)limit;

    /// <summary>The number of running requests.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>Admits a request, at once or after a wait; false refuses it. An admitted request must call <see cref="Leave"/>.</summary>
    /// <param name="always">True to admit the request in any case; it is counted.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public ValueTask<bool> EnterAsync(bool always, CancellationToken cancellation)
    {
        TaskCompletionSource<bool> place;
        lock (gate)
        {
            if (always || inFlight < Limit)
            {
                inFlight++;
                return ValueTask.FromResult(true);
            }
            wasReached = true;
            if (waiting.Count >= options.MaxWaiting || options.MaxWaitMilliseconds == 0)
                return ValueTask.FromResult(false);
            place = new(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.AddLast(place);
        }
        return new ValueTask<bool>(WaitAsync(place, cancellation));
    }

    /// <summary>Records the end of a request.</summary>
    /// <param name="took">The duration since its admission; null when it says nothing about the load.</param>
    public void Leave(TimeSpan? took)
    {
        lock (gate)
        {
            inFlight--;
            if (took is { } duration)
                Judge(duration.TotalMilliseconds);
            while (inFlight < Limit && waiting.First is { } next)
            {
                waiting.RemoveFirst();
                if (next.Value.TrySetResult(true))
                    inFlight++;
            }
        }
    }

    private async Task<bool> WaitAsync(TaskCompletionSource<bool> place, CancellationToken cancellation)
    {
        try
        {
            return await place.Task.WaitAsync(TimeSpan.FromMilliseconds(options.MaxWaitMilliseconds), time, cancellation);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (gate)
                waiting.Remove(place);
            // The request may have been admitted in the meantime; then it stays admitted.
            return !place.TrySetResult(false);
        }
    }

    private void Judge(double milliseconds)
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(loweredAt, now).TotalMilliseconds < milliseconds)
            return;
        samples[count++] = milliseconds;
        if (count < Samples && time.GetElapsedTime(judgedAt, now) < MaxInterval)
            return;
        var taken = samples.AsSpan(0, count);
        taken.Sort();
        if (taken[count / 2] > options.TargetMilliseconds)
            (limit, loweredAt) = (Math.Max(options.MinLimit, limit * Decrease), now);
        else if (wasReached)
            limit = Math.Min(options.MaxLimit, limit + Math.Max(1, Math.Sqrt(limit) / 2));
        (count, judgedAt, wasReached) = (0, now, inFlight >= Limit);
    }
}

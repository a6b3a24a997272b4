namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// How many requests may be under way, found by how long they take: a little more while there is demand and they are quick, a good deal
/// less when the median is above the target (additive increase, multiplicative decrease, as TCP's). So it fits machines of any size, and
/// several front ends share what the silos can do without talking to each other. The median, because a few slow requests say nothing
/// of the load. After a decrease only what began later is judged, or one pause of the machine would be paid for again and again.
/// </summary>
internal sealed class AdmissionLimit(AdmissionOptions options, TimeProvider time)
{
    /// <summary>So many requests make a judgement.</summary>
    private const int Samples = 50;

    /// <summary>But it waits for them no longer than this.</summary>
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

    /// <summary>As it is now.</summary>
    public int Limit => (int)limit;

    /// <summary>Requests that are under way.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>Lets a request in, at once or after a wait; false refuses it. Whoever is let in must <see cref="Leave"/>.</summary>
    /// <param name="always">True for what goes before everything else: it is let in, and counted.</param>
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

    /// <summary>A request has ended.</summary>
    /// <param name="took">What it took from its admission; null where that says nothing of the load.</param>
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
            // The place may have been given in the meantime; then it is taken.
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

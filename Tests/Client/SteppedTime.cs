namespace SoonShop.Tests.Client;

/// <summary>A clock on which waits between tries are over at once, and timeouts when a test says so.</summary>
/// <param name="timeouts">The durations that are timeouts.</param>
internal sealed class SteppedTime(params TimeSpan[] timeouts) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<TimeSpan> waits = [];
    private readonly List<Timer> timers = [];

    /// <summary>The waits so far, in order.</summary>
    public TimeSpan[] Waits
    {
        get
        {
            lock (gate)
                return [.. waits];
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        lock (gate)
            timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets all timeouts of a duration that run now be over. True when there was one.</summary>
    public bool Elapse(TimeSpan timeout)
    {
        Timer[] due;
        lock (gate)
            due = [.. timers.Where(t => t.Due == timeout)];
        foreach (var timer in due)
            timer.Fire();
        return due.Length > 0;
    }

    private void Begin(Timer timer)
    {
        if (timer.Due == Timeout.InfiniteTimeSpan || timeouts.Contains(timer.Due))
            return;
        lock (gate)
            waits.Add(timer.Due);
        ThreadPool.QueueUserWorkItem(_ => timer.Fire());
    }

    private sealed class Timer(SteppedTime time, Action callback) : ITimer
    {
        public TimeSpan Due { get; private set; } = Timeout.InfiniteTimeSpan;

        public void Fire()
        {
            if (Due == Timeout.InfiniteTimeSpan)
                return;
            Due = Timeout.InfiniteTimeSpan;
            callback();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime;
            time.Begin(this);
            return true;
        }

        public void Dispose() => Due = Timeout.InfiniteTimeSpan;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

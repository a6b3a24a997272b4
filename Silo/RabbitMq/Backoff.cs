namespace SoonShop.Silo.RabbitMq;

/// <summary>Pauses between attempts: they double up to a limit, and a random part keeps silos from coming back together.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeProvider time)
{
    private int failures;

    /// <summary>Starts anew after a success.</summary>
    public void Reset() => failures = 0;

    /// <summary>Waits after a failure.</summary>
    public Task PauseAsync(CancellationToken cancellation)
    {
        var full = Math.Min(longest.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(failures++, 16)));
        return Task.Delay(TimeSpan.FromMilliseconds(full * (0.5 + (Random.Shared.NextDouble() / 2))), time, cancellation);
    }
}

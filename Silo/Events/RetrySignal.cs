namespace SoonShop.Silo.Events;

/// <summary>Says in this process that a delivery may be due sooner than was known.</summary>
internal sealed class RetrySignal : IDisposable
{
    private readonly SemaphoreSlim pending = new(0, 1);

    public void Set()
    {
        try
        {
            pending.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody said so already.
        }
    }

    /// <summary>Waits for the signal, but no longer than this.</summary>
    public Task WaitAsync(TimeSpan limit, CancellationToken cancellation) => pending.WaitAsync(limit, cancellation);

    public void Dispose() => pending.Dispose();
}

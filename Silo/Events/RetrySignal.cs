namespace SoonShop.Silo.Events;

/// <summary>Signals within this process that a delivery may be due earlier than known.</summary>
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
            // The signal is already set.
        }
    }

    /// <summary>Waits for the signal, up to this limit.</summary>
    public Task WaitAsync(TimeSpan limit, CancellationToken cancellation) => pending.WaitAsync(limit, cancellation);

    public void Dispose() => pending.Dispose();
}

namespace SoonShop.ServiceDefaults;

/// <summary>Waiting for the next tick in a loop that ends with its process.</summary>
public static class PeriodicTimers
{
    /// <summary>True at the next tick; false, and not an exception, once the process stops or the timer is disposed.</summary>
    public static async Task<bool> TickAsync(this PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

namespace SoonShop.ServiceDefaults;

/// <summary>Waits for ticks in a loop that ends with its process.</summary>
public static class PeriodicTimers
{
    /// <summary>True at the next tick. False, without an exception, once the process stops or the timer is disposed.</summary>
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

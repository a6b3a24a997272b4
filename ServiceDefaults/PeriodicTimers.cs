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

    /// <summary>Runs a round at each tick until the process stops. A round that fails does not end the repetition.</summary>
    /// <param name="timer">When to run.</param>
    /// <param name="round">What to run.</param>
    /// <param name="failed">Is called with each exception, such as to log it. Exceptions during the stop are ignored.</param>
    /// <param name="stopping">Ends the repetition, without an exception.</param>
    /// <param name="atOnce">True for a first round before the first tick.</param>
    public static async Task RepeatAsync(
        this PeriodicTimer timer, Func<CancellationToken, Task> round, Action<Exception> failed, CancellationToken stopping,
        bool atOnce = false)
    {
        for (var runs = atOnce || await timer.TickAsync(stopping); runs; runs = await timer.TickAsync(stopping))
        {
            try
            {
                await round(stopping);
            }
            catch (Exception e)
            {
                if (stopping.IsCancellationRequested)
                    return;
                failed(e);
            }
        }
    }
}

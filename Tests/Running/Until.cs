namespace SoonShop.Tests.Running;

/// <summary>Waits for conditions.</summary>
internal static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until the condition holds; throws, saying for what, when the time is up.</summary>
    public static async Task TrueAsync(string what, TimeSpan limit, Func<Task<bool>> condition)
    {
        var end = DateTime.UtcNow + limit;
        while (!await condition())
        {
            if (DateTime.UtcNow > end)
                throw new TimeoutException($"After {limit.TotalSeconds} s still not: {what}");
            await Task.Delay(Pause);
        }
    }

    /// <summary>Waits for a task; throws, saying what did not end, when the time is up.</summary>
    public static async Task EndsAsync(this Task task, string what, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"After {limit.TotalSeconds} s still not ended: {what}");
        }
    }

    /// <inheritdoc cref="EndsAsync"/>
    public static async Task<T> EndsAsync<T>(this Task<T> task, string what, TimeSpan limit)
    {
        await EndsAsync((Task)task, what, limit);
        return await task;
    }

    /// <summary>Waits for a task as long as a busy machine may need; throws when that was in vain.</summary>
    public static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <inheritdoc cref="InTimeAsync{T}"/>
    public static Task InTimeAsync(this Task task) => task.WaitAsync(TimeSpan.FromSeconds(30));
}

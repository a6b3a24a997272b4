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

    /// <summary>Waits for a task as long as a busy machine may need; throws when that was in vain.</summary>
    public static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <inheritdoc cref="InTimeAsync{T}"/>
    public static Task InTimeAsync(this Task task) => task.WaitAsync(TimeSpan.FromSeconds(30));
}

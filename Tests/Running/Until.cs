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
}

using SoonShop.ApiFrontend.Cluster;
using SoonShop.Carts;

namespace SoonShop.ApiFrontend.Carts;

/// <summary>
/// Holds ids of carts that the cluster has issued and nobody uses yet, so that opening a cart costs no call. It requests more ids before
/// the last one is used, and only while carts are opened. Ids that stay unused for a while are discarded, because a silo that does not know
/// such carts may have joined.
/// </summary>
internal sealed partial class IssuedCartPool(
    Func<int, Task<IssuedCarts?>> ask, ClusterBreaker breaker, TimeProvider time, ILogger<IssuedCartPool> log)
{
    /// <summary>The number of ids per request. The pool holds at most twice as many.</summary>
    private const int Batch = 64;

    /// <summary>The pool requests more ids when fewer than this are left.</summary>
    private const int Few = Batch / 2;

    /// <summary>How often a caller waits for more ids while other callers take them.</summary>
    private const int MaxWaits = 3;

    /// <summary>How long unused ids are kept.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>The time limit of a request for ids. After that, the cart is opened by a call.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    /// <summary>The pause after a request without a result.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Queue<(Guid Id, Money Subtotal, long IssuedAt)> held = new(2 * Batch);
    private Task asking = Task.CompletedTask;
    private long? refusedAt;

    /// <summary>
    /// Returns an empty cart that nobody else uses. Null when the cluster issues no ids now, so that the cart must be opened by a call.
    /// </summary>
    /// <exception cref="UnavailableException">The cluster is unreachable, so the cart could not be used either.</exception>
    public async ValueTask<Cart?> TakeAsync(CancellationToken cancellation)
    {
        breaker.ThrowIfOpen();
        for (var waits = 0; waits < MaxWaits; waits++)
        {
            if (TryTake(out var wait) is { } cart)
                return cart;
            // The request may have ended since, and filled the pool.
            if (wait.IsCompleted)
                return TryTake(out _);
            await wait.WaitAsync(cancellation);
        }
        return TryTake(out _);
    }

    private Cart? TryTake(out Task more)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            while (held.TryPeek(out var oldest) && time.GetElapsedTime(oldest.IssuedAt, now) >= Lifetime)
                held.Dequeue();
            if (held.Count <= Few && asking.IsCompleted && !(refusedAt is { } at && time.GetElapsedTime(at, now) < Pause))
            {
                // The request must not inherit the time limit or the trace of the current HTTP request.
                using (ExecutionContext.SuppressFlow())
                    asking = Task.Run(AskAsync, CancellationToken.None);
            }
            more = asking;
            return held.TryDequeue(out var cart) ? new Cart(cart.Id, [], cart.Subtotal) : null;
        }
    }

    private async Task AskAsync()
    {
        IssuedCarts? issued = null;
        var reason = "a silo is too old";
        try
        {
            issued = await ask(Batch).WaitAsync(MaxWait, time);
        }
        catch (Exception e)
        {
            // Opening the cart by a call reports the error, if it persists.
            reason = e.Message;
        }
        bool isNews;
        lock (gate)
        {
            var now = time.GetTimestamp();
            isNews = issued is null != refusedAt is not null;
            refusedAt = issued is null ? now : null;
            foreach (var id in issued?.Ids ?? [])
                held.Enqueue((id, issued!.Subtotal, now));
        }
        if (isNews && issued is null)
            LogNone(log, reason);
        else if (isNews)
            LogAgain(log);
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "The cluster issues no cart ids now, so each cart is opened by a call: {Reason}")]
    private static partial void LogNone(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The cluster issues cart ids again.")]
    private static partial void LogAgain(ILogger log);
}

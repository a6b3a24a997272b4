using SoonShop.ApiFrontend.Cluster;
using SoonShop.Carts;

namespace SoonShop.ApiFrontend.Carts;

/// <summary>
/// Ids of carts that the cluster has issued and nobody holds yet, so that opening a cart costs no call. Asks for more before the last is gone, and
/// only when carts are opened. What was not needed for a while is thrown away: a silo may have come that does not know such carts.
/// </summary>
internal sealed partial class IssuedCartPool(Func<int, Task<IssuedCarts?>> ask, ClusterBreaker breaker, TimeProvider time, ILogger<IssuedCartPool> log)
{
    /// <summary>Ids that are asked for at once; twice as many are held at most.</summary>
    private const int Batch = 64;

    /// <summary>With fewer than this left, more are asked for.</summary>
    private const int Few = Batch / 2;

    /// <summary>How often one who finds none waits for more, while others take them.</summary>
    private const int MaxWaits = 3;

    /// <summary>How long ids are good for.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>Patience with the cluster; it is soon enough to open the cart in the other way.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    /// <summary>How long none are asked for after there were none to be had.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Queue<(Guid Id, Money Subtotal, long IssuedAt)> held = new(2 * Batch);
    private Task asking = Task.CompletedTask;
    private long? refusedAt;

    /// <summary>An empty cart that nobody else holds; null where the cluster issues none now, so that the cart has to be opened by a call.</summary>
    /// <exception cref="UnavailableException">The cluster is out of reach: nothing could be done with the cart.</exception>
    public async ValueTask<Cart?> TakeAsync(CancellationToken cancellation)
    {
        breaker.ThrowIfOpen();
        for (var waits = 0; waits < MaxWaits; waits++)
        {
            if (TryTake(out var wait) is { } cart)
                return cart;
            if (wait.IsCompleted)
                return null;
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
                // Neither the time limit nor the trace of the request that happens to be here.
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
            // Whatever it is, the other way of opening a cart meets it too, or does not.
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

    [LoggerMessage(Level = LogLevel.Information, Message = "The cluster issues no ids of carts now; each cart is opened by a call until it does: {Reason}")]
    private static partial void LogNone(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The cluster issues ids of carts again.")]
    private static partial void LogAgain(ILogger log);
}

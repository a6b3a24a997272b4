using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Orders;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Orders;

/// <summary>
/// Has orders look at themselves whose checkout was cut off: again and again, until they are through or wait for their payment. Every silo does; an
/// order that two look at does no more than with one. Checkouts that end by themselves are taken off the list, many at a time.
/// </summary>
internal sealed partial class CheckoutWatch(
    OpenCheckouts checkouts, IGrainFactory grains, IOptions<CheckoutOptions> options, ILogger<CheckoutWatch> log)
    : BackgroundService, ICheckoutWatch
{
    /// <summary>Ended checkouts that wait to be taken off; more are left to be looked at once.</summary>
    private const int MaxEnded = 100_000;

    private const int BatchSize = 1000;
    private const int OrdersAtATime = 16;
    private static readonly TimeSpan RemovalPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2.5);

    private readonly Channel<Guid> ended = Channel.CreateBounded<Guid>(
        new BoundedChannelOptions(MaxEnded) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private TimeSpan Due => TimeSpan.FromSeconds(options.Value.CheckoutDueSeconds);

    public void End(Guid orderId) => ended.Writer.TryWrite(orderId);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(RemoveAsync(stoppingToken), LookAsync(stoppingToken));

    private async Task RemoveAsync(CancellationToken cancellation)
    {
        var batch = new List<Guid>(BatchSize);
        while (await ended.Reader.WaitToReadAsync(cancellation))
        {
            while (batch.Count < BatchSize && ended.Reader.TryRead(out var orderId))
                batch.Add(orderId);
            try
            {
                await checkouts.RemoveAsync(batch, cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                LogFailure(log, e.Message);
            }
            batch.Clear();
            await Task.Delay(RemovalPause, cancellation);
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Due / 4 < LongestPause ? Due / 4 : LongestPause);
        while (await timer.TickAsync(cancellation))
        {
            try
            {
                while (await LookOnceAsync(cancellation) == BatchSize)
                {
                    // On to those behind them.
                }
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                LogFailure(log, e.Message);
            }
        }
    }

    /// <summary>Looks at what is due, at most a batch of it; answers how much that was.</summary>
    private async Task<int> LookOnceAsync(CancellationToken cancellation)
    {
        var due = await checkouts.TakeAsync(Due, BatchSize, cancellation);
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = OrdersAtATime, CancellationToken = cancellation }, async (checkout, _) =>
        {
            try
            {
                await grains.GetGrain<IOrderGrain>(checkout.OrderId).ResumeAsync(checkout.SeenAt);
                End(checkout.OrderId);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                // It stays on the list.
                LogNotResumed(log, checkout.OrderId, e.Message);
            }
        });
        return due.Length;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The checkout of order {OrderId} cannot be brought to its end now; it is tried again: {Reason}")]
    private static partial void LogNotResumed(ILogger log, Guid orderId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Open checkouts could not be seen to now; the next round tries again: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}

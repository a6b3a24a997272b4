using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Orders;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Orders;

/// <summary>
/// Resumes orders whose checkout was interrupted, repeatedly, until the checkout completes or waits for its payment. Every silo runs it,
/// and resuming an order twice has no further effect. Checkouts that complete are removed from the list in batches.
/// </summary>
internal sealed partial class CheckoutWatch(
    OpenCheckouts checkouts, IGrainFactory grains, IOptions<CheckoutOptions> options, ILogger<CheckoutWatch> log)
    : BackgroundService, ICheckoutWatch
{
    /// <summary>
    /// The most completed checkouts that wait for their removal. Further ones stay on the list and are resumed once more.
    /// </summary>
    private const int MaxEnded = 100_000;

    private const int BatchSize = 1000;
    private const int OrdersAtATime = 16;
    private static readonly TimeSpan RemovalPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2.5);

    private readonly Channel<Guid> ended = Channel.CreateBounded<Guid>(
        new BoundedChannelOptions(MaxEnded) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private TimeSpan Due => TimeSpan.FromSeconds(options.Value.CheckoutDueSeconds);

    public void End(Guid orderId) => ended.Writer.TryWrite(orderId);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(RemoveAsync(stoppingToken), LookAsync(stoppingToken));

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
        await timer.RepeatAsync(ResumeDueAsync, e => LogFailure(log, e.Message), cancellation);
    }

    private async Task ResumeDueAsync(CancellationToken cancellation)
    {
        while (await LookOnceAsync(cancellation) == BatchSize)
        {
            // Continues with the next batch.
        }
    }

    /// <summary>Resumes at most one batch of due checkouts. Returns how many were due.</summary>
    private async Task<int> LookOnceAsync(CancellationToken cancellation)
    {
        var due = await checkouts.TakeAsync(Due, BatchSize, cancellation);
        await Parallel.ForEachAsync(
            due, new ParallelOptions { MaxDegreeOfParallelism = OrdersAtATime, CancellationToken = cancellation }, async (checkout, _) =>
            {
                try
                {
                    await grains.Reference<IOrderGrain>(checkout.OrderId).ResumeAsync(checkout.SeenAt);
                    End(checkout.OrderId);
                }
                catch (Exception e) when (!cancellation.IsCancellationRequested)
                {
                    // The checkout stays on the list.
                    LogNotResumed(log, checkout.OrderId, e.Message);
                }
            });
        return due.Length;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The checkout of order {OrderId} could not be resumed and is retried: {Reason}")]
    private static partial void LogNotResumed(ILogger log, Guid orderId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Open checkouts could not be read or removed; the next round retries: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}

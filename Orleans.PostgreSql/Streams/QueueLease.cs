using Microsoft.Extensions.Logging;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// The ownership of one queue. It is a number, the epoch: claiming the queue raises it, which fences the previous owner.
/// </summary>
/// <param name="context">What the parts of the reader share.</param>
/// <param name="claimed">Called under the lock with each claim; the parts of the reader then start anew.</param>
internal sealed partial class QueueLease(ReaderContext context, Action<QueueClaim> claimed)
{
    private readonly ReaderServices services = context.Services;
    private long epoch, fencedAtMs;
    private volatile bool owner, fenced;

    /// <summary>The epoch of the last claim.</summary>
    public long Epoch => Volatile.Read(ref epoch);

    /// <summary>True while this process believes that it owns the queue.</summary>
    public bool IsOwner => owner && !fenced;

    public async Task ClaimAsync()
    {
        var claim = await services.Database.ClaimAsync(context.Queue, services.Owner, context.Stopping)
            ?? throw new InvalidOperationException(
                $"Queue {context.Queue} of stream provider {services.Provider} does not exist any more. "
                + "Restart this silo so that it uses the current number of queues.");
        lock (context.Gate)
        {
            epoch = claim.Epoch;
            claimed(claim);
            (owner, fenced) = (true, false);
        }
    }

    /// <summary>
    /// Claims the queue (again) when Orleans assigns it to this silo. During a membership change two silos may have it assigned: the
    /// one that lost it waits until the queue is free, or long enough to know that the other does not release it.
    /// </summary>
    /// <param name="pause">How long to wait when the queue cannot be claimed yet.</param>
    /// <returns>False when the queue cannot be claimed yet.</returns>
    public async Task<bool> ReclaimAsync(TimeSpan pause)
    {
        if (fenced && ReaderContext.NowMs() - fencedAtMs < context.Options.ReclaimAfter.TotalMilliseconds
            && !await services.Database.IsFreeAsync(context.Queue, context.Stopping))
        {
            await Task.Delay(pause, context.Stopping);
            return false;
        }
        await ClaimAsync();
        return true;
    }

    /// <summary>Ends the ownership: the database rejected the epoch, because another silo has claimed the queue.</summary>
    public void Fenced(long staleEpoch)
    {
        lock (context.Gate)
        {
            if (staleEpoch != epoch || fenced)
                return;
            fenced = true;
            fencedAtMs = ReaderContext.NowMs();
        }
        LogFenced(services.Log, services.Provider, context.Queue);
    }

    /// <summary>Gives the queue back, so that another silo can claim it at once.</summary>
    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        await services.Database.ReleaseAsync(context.Queue, epoch, cancellation);
        owner = false;
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Queue {Queue} of {Provider} was claimed by another silo. "
            + "This silo stops reading it unless the cluster assigns it again.")]
    private static partial void LogFenced(ILogger log, string provider, int queue);
}

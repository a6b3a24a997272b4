using System.Diagnostics;

namespace SoonShop.Silo.Streams;

/// <summary>Where a read of a queue begins, and what it is to leave out.</summary>
/// <param name="Queue">The queue's id.</param>
/// <param name="From">It begins beyond this position.</param>
/// <param name="Known">Positions that were read.</param>
/// <param name="Done">What an earlier owner was done with.</param>
internal sealed record QueueRead(int Queue, long From, long[] Known, PositionRange[] Done);

/// <summary>What a read of a queue found.</summary>
/// <param name="Rows">In order.</param>
/// <param name="Events">How many there were before some were left out, because of their bytes.</param>
/// <param name="MaxEvents">How many there could be.</param>
/// <param name="Snapshot">What the read could see.</param>
/// <param name="Epoch">The queue's; 0 when there is no such queue.</param>
internal sealed record QueueFinds(List<EventRow> Rows, long Events, int MaxEvents, DatabaseSnapshot Snapshot, long Epoch)
{
    /// <summary>False when there may be more behind the last one.</summary>
    public bool Complete => Rows.Count == Events && Events < MaxEvents;
}

/// <summary>
/// Reads the queues of this silo together: a commit has events for several, and commits come one after the other. Reads that
/// come while the last one is younger than an interval share one statement when that is over.
/// </summary>
/// <param name="read">Reads; answers in the order of what it is asked for.</param>
/// <param name="interval">From one statement to the next.</param>
internal sealed class QueueReads(Func<IReadOnlyList<QueueRead>, Task<QueueFinds[]>> read, TimeSpan interval)
{
    private readonly Lock gate = new();
    private List<Request> waiting = [];
    private long readAt;
    private bool hasRead, scheduled;

    /// <summary>Reads a queue.</summary>
    /// <param name="begin">Called when the statement is about to be sent: says where to begin. Null for no read at all.</param>
    /// <returns>What was found; null when there was no read.</returns>
    public Task<(QueueRead Read, QueueFinds Finds)?> ReadAsync(Func<QueueRead?> begin)
    {
        var request = new Request(begin);
        lock (gate)
        {
            waiting.Add(request);
            if (!scheduled)
            {
                scheduled = true;
                _ = Task.Run(RunAsync);
            }
        }
        return request.Task;
    }

    private async Task RunAsync()
    {
        var pause = hasRead ? interval - Stopwatch.GetElapsedTime(readAt) : TimeSpan.Zero;
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause);
        List<Request> requests;
        lock (gate)
        {
            (requests, waiting) = (waiting, []);
            (readAt, hasRead, scheduled) = (Stopwatch.GetTimestamp(), true, false);
        }
        await AnswerAsync(requests);
    }

    private async Task AnswerAsync(List<Request> requests)
    {
        var reads = new List<(Request Request, QueueRead Read)>(requests.Count);
        foreach (var request in requests)
        {
            if (request.Begin() is { } begun)
                reads.Add((request, begun));
            else
                request.TrySetResult(null);
        }
        if (reads.Count == 0)
            return;
        try
        {
            var finds = await read([.. reads.Select(r => r.Read)]);
            for (var i = 0; i < finds.Length; i++)
                reads[i].Request.TrySetResult((reads[i].Read, finds[i]));
        }
        catch (Exception e)
        {
            foreach (var (request, _) in reads)
                request.TrySetException(e);
        }
    }

    private sealed class Request(Func<QueueRead?> begin)
        : TaskCompletionSource<(QueueRead Read, QueueFinds Finds)?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Func<QueueRead?> Begin => begin;
    }
}

using System.Diagnostics;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>Where a read of a queue starts, and what it skips.</summary>
/// <param name="Queue">The queue's id.</param>
/// <param name="From">The read starts after this position.</param>
/// <param name="Known">Positions to skip: they were read.</param>
/// <param name="Done">Ranges to skip: an earlier owner has acknowledged them.</param>
internal sealed record QueueRead(int Queue, long From, long[] Known, PositionRange[] Done);

/// <summary>The result of reading a queue.</summary>
/// <param name="Rows">The events, in order.</param>
/// <param name="Events">The number of events found, before the byte limit dropped some.</param>
/// <param name="MaxEvents">The limit of the read.</param>
/// <param name="Snapshot">The snapshot of the read.</param>
/// <param name="Epoch">The queue's epoch; 0 when there is no such queue.</param>
internal sealed record QueueReadResult(List<EventRow> Rows, long Events, int MaxEvents, DatabaseSnapshot Snapshot, long Epoch)
{
    /// <summary>False when more events may follow the last one.</summary>
    public bool Complete => Rows.Count == Events && Events < MaxEvents;
}

/// <summary>
/// Reads the queues of this silo in one statement, because a commit may have events for several. Reads requested within an
/// interval of the last one share the next statement.
/// </summary>
/// <param name="read">Reads the queues and returns the results in the order of the requests.</param>
/// <param name="interval">The shortest time between two statements.</param>
internal sealed class QueueReads(Func<IReadOnlyList<QueueRead>, Task<QueueReadResult[]>> read, TimeSpan interval)
{
    private readonly Lock gate = new();
    private List<Request> waiting = [];
    private long readAt;
    private bool hasRead, scheduled;

    /// <summary>Reads a queue.</summary>
    /// <param name="begin">Called just before the statement is sent; returns where to start, or null to skip the read.</param>
    /// <returns>The result; null when the read was skipped.</returns>
    public Task<(QueueRead Read, QueueReadResult Finds)?> ReadAsync(Func<QueueRead?> begin)
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
        await CompleteAsync(requests);
    }

    private async Task CompleteAsync(List<Request> requests)
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
        : TaskCompletionSource<(QueueRead Read, QueueReadResult Finds)?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Func<QueueRead?> Begin => begin;
    }
}

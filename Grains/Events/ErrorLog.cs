using Microsoft.Extensions.Logging;

namespace SoonShop.Events;

/// <summary>
/// Writes failures into the record, as well as may be: a record that is out of reach delays no event and fails none, since
/// what must not be lost stands with the delivery.
/// </summary>
public sealed partial class ErrorLog(IErrorStore record, TimeProvider time, ILogger<ErrorLog> log)
{
    /// <summary>How long a record may take.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Length of <c>00-&lt;trace id&gt;-…</c> up to the trace id's end.</summary>
    private const int TraceStart = 3, TraceEnd = 35;

    /// <summary>Records failed attempts.</summary>
    /// <param name="e">The event.</param>
    /// <param name="handler">The handler's name.</param>
    /// <param name="handlerKey">The key of its grain.</param>
    /// <param name="failures">The attempts.</param>
    /// <param name="resolvedBy">What resolved them already; null while they are open.</param>
    public Task AddAsync(CloudEvent e, string handler, string handlerKey, IReadOnlyList<FailedAttempt> failures, string? resolvedBy = null)
    {
        var resolvedAt = resolvedBy is null ? (DateTimeOffset?)null : time.GetUtcNow();
        var errors = failures.Select(f => new EventError(
            Guid.CreateVersion7(f.At), f.At, e.Id, e.Type, handler, handlerKey, f.Attempt, f.Error.Class, f.Error.Type, f.Error.Message, f.Error.Stack,
            f.Error.Silo, TraceIdOf(e), f.TookMs, resolvedAt, resolvedBy)).ToArray();
        return TryAsync(cancellation => record.AddAsync(errors, cancellation));
    }

    /// <summary>Says that a handling that failed before has succeeded.</summary>
    public Task ResolveAsync(CloudEvent e, string handler, string handlerKey, string by) =>
        TryAsync(cancellation => record.ResolveAsync(e.Id, handler, handlerKey, by, cancellation));

    private static string? TraceIdOf(CloudEvent e) => e.TraceParent is { Length: >= TraceEnd } parent ? parent[TraceStart..TraceEnd] : e.CorrelationId;

    private async Task TryAsync(Func<CancellationToken, Task> write)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await write(limit.Token).WaitAsync(Limit);
        }
        catch (Exception e)
        {
            LogLoss(log, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A failure could not be recorded; its delivery is kept all the same. {Reason}")]
    private static partial void LogLoss(ILogger log, string reason);
}

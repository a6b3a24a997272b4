using Microsoft.Extensions.Logging;

namespace SoonShop.Events;

/// <summary>
/// Writes failures to the error store on a best-effort basis: an unreachable store neither delays events nor fails them. The delivery
/// itself stores everything that must not be lost.
/// </summary>
public sealed partial class ErrorLog(IErrorStore record, TimeProvider time, ILogger<ErrorLog> log)
{
    /// <summary>The position of the trace id in <c>00-&lt;trace id&gt;-…</c>.</summary>
    private const int TraceStart = 3, TraceEnd = 35;

    /// <summary>The time limit of a write. Tests that count failures set a longer one.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Records failed attempts.</summary>
    /// <param name="e">The event.</param>
    /// <param name="handler">The handler's name.</param>
    /// <param name="handlerKey">The key of its grain.</param>
    /// <param name="failures">The attempts.</param>
    /// <param name="resolvedBy">What has already resolved them; null while they are open.</param>
    public Task AddAsync(CloudEvent e, string handler, string handlerKey, IReadOnlyList<FailedAttempt> failures, string? resolvedBy = null)
    {
        var resolvedAt = resolvedBy is null ? (DateTimeOffset?)null : time.GetUtcNow();
        var errors = failures.Select(f => new EventError(
            Guid.CreateVersion7(f.At), f.At, e.Id, e.Type, handler, handlerKey, f.Attempt, f.Error.Class, f.Error.Type, f.Error.Message,
            f.Error.Stack, f.Error.Silo, TraceIdOf(e), f.TookMs, resolvedAt, resolvedBy)).ToArray();
        return TryAsync(cancellation => record.AddAsync(errors, cancellation));
    }

    /// <summary>Marks the earlier failures of an event as resolved, because its handler has succeeded.</summary>
    public Task ResolveAsync(CloudEvent e, string handler, string handlerKey, string by) =>
        TryAsync(cancellation => record.ResolveAsync(e.Id, handler, handlerKey, by, cancellation));

    private static string? TraceIdOf(CloudEvent e) =>
        e.TraceParent is { Length: >= TraceEnd } parent ? parent[TraceStart..TraceEnd] : e.CorrelationId;

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

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "A failure could not be written to the error store; its delivery is stored anyway. {Reason}")]
    private static partial void LogLoss(ILogger log, string reason);
}

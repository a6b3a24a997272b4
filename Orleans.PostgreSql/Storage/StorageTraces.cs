using System.Diagnostics;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Adds batches to traces, with the source <c>SoonShop.Storage</c>. A statement serves many requests at once and appears in the trace of
/// each.
/// </summary>
internal static class StorageTraces
{
    private static readonly ActivitySource Source = new("SoonShop.Storage");

    /// <summary>The trace of the caller's read or write; the default value when it is not recorded.</summary>
    public static ActivityContext Current => Activity.Current is { Recorded: true } activity ? activity.Context : default;

    /// <summary>Returns the start time of a batch.</summary>
    public static DateTimeOffset Begin() => Source.HasListeners() ? DateTimeOffset.UtcNow : default;

    /// <summary>Adds the batch to the traces of its operations. Every operation is settled.</summary>
    public static void End<TResult>(string name, IReadOnlyList<PendingOperation<TResult>> batch, DateTimeOffset began)
    {
        if (began == default)
            return;
        foreach (var operation in batch)
        {
            if (operation.Trace == default)
                continue;
            using var activity = Source.StartActivity(
                name, ActivityKind.Client, operation.Trace,
                [
                    new("db.system.name", "postgresql"), new("db.operation.batch.size", batch.Count),
                    new("soonshop.state", operation.Key.Name),
                ], startTime: began);
            if (!operation.Task.IsCompletedSuccessfully)
                activity?.SetStatus(ActivityStatusCode.Error);
        }
    }
}

using System.Diagnostics;

namespace SoonShop.Silo.Storage;

/// <summary>
/// The part that batches have in traces, as source <c>SoonShop.Storage</c>: a statement works for many requests at once, and shows up in the trace of each.
/// </summary>
internal static class StorageTraces
{
    private static readonly ActivitySource Source = new("SoonShop.Storage");

    /// <summary>The trace that a caller's read or write belongs to; none where it is not recorded.</summary>
    public static ActivityContext Current => Activity.Current is { Recorded: true } activity ? activity.Context : default;

    /// <summary>When a batch begins.</summary>
    public static DateTimeOffset Begin() => Source.HasListeners() ? DateTimeOffset.UtcNow : default;

    /// <summary>A batch has ended; every operation of it is settled.</summary>
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
                [new("db.system.name", "postgresql"), new("db.operation.batch.size", batch.Count), new("soonshop.state", operation.Key.Name)], startTime: began);
            if (!operation.Task.IsCompletedSuccessfully)
                activity?.SetStatus(ActivityStatusCode.Error);
        }
    }
}

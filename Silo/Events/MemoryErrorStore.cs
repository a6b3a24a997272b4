using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>Stores failed attempts in memory, for development. Each silo has only its own, and loses them when it stops.</summary>
internal sealed class MemoryErrorStore(TimeProvider time) : IErrorStore
{
    private const int Capacity = 10_000;

    private readonly Lock gate = new();
    private readonly SortedList<string, EventError> byPosition = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, string> positions = [];

    public Task AddAsync(IReadOnlyList<EventError> failures, CancellationToken cancellation)
    {
        lock (gate)
        {
            foreach (var failure in failures)
            {
                var position = ErrorPosition.Of(failure.At, failure.Id);
                if (!positions.TryAdd(failure.Id, position))
                    continue;
                byPosition.Add(position, failure);
                if (byPosition.Count > Capacity)
                    RemoveOldest();
            }
        }
        return Task.CompletedTask;
    }

    public Task ResolveAsync(string eventId, string handler, string handlerKey, string by, CancellationToken cancellation)
    {
        lock (gate)
        {
            for (var i = 0; i < byPosition.Count; i++)
            {
                var e = byPosition.GetValueAtIndex(i);
                if (e.ResolvedAt is null && e.EventId == eventId && e.Handler == handler && e.HandlerKey == handlerKey)
                    byPosition.SetValueAtIndex(i, Resolved(e, by));
            }
        }
        return Task.CompletedTask;
    }

    public Task<EventError?> ResolveAsync(Guid id, string by, CancellationToken cancellation)
    {
        lock (gate)
        {
            return Task.FromResult(positions.TryGetValue(id, out var position)
                ? byPosition[position] = byPosition[position] is { ResolvedAt: null } open ? Resolved(open, by) : byPosition[position]
                : null);
        }
    }

    public Task<Result<Page<EventError>>> ListAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation)
    {
        if (!ErrorPosition.TryRead(page.Cursor, filter, out var before))
            return Task.FromResult<Result<Page<EventError>>>(Cursor.Bad);
        var items = ImmutableArray.CreateBuilder<EventError>();
        lock (gate)
        {
            for (var i = byPosition.Count - 1; i >= 0; i--)
            {
                var (position, e) = (byPosition.GetKeyAtIndex(i), byPosition.GetValueAtIndex(i));
                if ((before is not null && string.CompareOrdinal(position, before) >= 0) || !ErrorPosition.Matches(filter, e))
                    continue;
                if (items.Count == page.Limit)
                    return Task.FromResult<Result<Page<EventError>>>(new Page<EventError>(
                        items.ToImmutable(), ErrorPosition.CursorOf(filter, ErrorPosition.Of(items[^1].At, items[^1].Id))));
                items.Add(e);
            }
        }
        return Task.FromResult<Result<Page<EventError>>>(new Page<EventError>(items.ToImmutable(), null));
    }

    public Task<long> TrimAsync(TimeSpan keepFor, long keepAtMost, CancellationToken cancellation)
    {
        var oldest = ErrorPosition.Of(time.GetUtcNow() - keepFor);
        var gone = 0L;
        lock (gate)
        {
            while (byPosition.Count > 0
                && (byPosition.Count > keepAtMost || string.CompareOrdinal(byPosition.GetKeyAtIndex(0), oldest) < 0))
            {
                RemoveOldest();
                gone++;
            }
        }
        return Task.FromResult(gone);
    }

    private void RemoveOldest()
    {
        positions.Remove(byPosition.GetValueAtIndex(0).Id);
        byPosition.RemoveAt(0);
    }

    private EventError Resolved(EventError e, string by) => e with { ResolvedAt = time.GetUtcNow(), ResolvedBy = by };
}

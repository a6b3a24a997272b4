using SoonShop.Auditing;
using SoonShop.Events;

namespace SoonShop.Aggregates;

/// <summary>Counts what a commit has published and moved.</summary>
public static class CommitMetrics
{
    /// <summary>Counts the events and ledger rows of a commit.</summary>
    public static void Count(
        EventMetrics? events, BusinessMetrics? business, IReadOnlyList<IShopEvent> published, IReadOnlyList<ILedgerRow> ledger)
    {
        foreach (var e in published)
        {
            // An audit entry has no handlers.
            if (e is AuditRecorded)
                continue;
            events?.Published(e);
            business?.Published(e);
        }
        foreach (var row in ledger)
        {
            if (row is LedgerRow movement)
                business?.Moved(movement);
        }
    }
}

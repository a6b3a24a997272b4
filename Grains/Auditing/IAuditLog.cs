namespace SoonShop.Auditing;

/// <summary>
/// The port to the audit log. Changes of a grain's state should be recorded by their commit (<c>AggregateGrain.Audit</c>), which loses no
/// entry. This port is for actions that change no state.
/// </summary>
public interface IAuditLog
{
    /// <summary>Adds an entry with the origin of the current call.</summary>
    Task AddAsync(AuditEvent auditEvent, CancellationToken cancellation);

    /// <summary>Lists entries, newest first, one page at a time. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    Task<Result<Page<AuditEntry>>> ListAsync(AuditFilter filter, PageRequest page, CancellationToken cancellation);
}

/// <summary>The port for failed attempts, which may be very frequent: they are counted and recorded per address and minute.</summary>
public interface IAuditAggregator
{
    /// <summary>Counts an attempt. Never blocks.</summary>
    void Record(string action, string subject, AuditOutcome outcome);
}

namespace SoonShop.Auditing;

/// <summary>
/// The port to the audit log. What changes a grain's state is better noted by the commit (<c>AggregateGrain.Audit</c>), which loses
/// nothing; this is for what changes none.
/// </summary>
public interface IAuditLog
{
    /// <summary>Adds an entry; its origin is that of the call under way.</summary>
    Task AddAsync(AuditEvent auditEvent, CancellationToken cancellation);

    /// <summary>One page, newest first. Refused: <c>validation-failed</c> for a cursor that is none of this list.</summary>
    Task<Result<Page<AuditEntry>>> ListAsync(AuditFilter filter, PageRequest page, CancellationToken cancellation);
}

/// <summary>The port for what is tried in vain, perhaps very often: it is counted, and noted by address and minute.</summary>
public interface IAuditAggregator
{
    /// <summary>Counts one. Never waits.</summary>
    void Record(string action, string subject, AuditOutcome outcome);
}

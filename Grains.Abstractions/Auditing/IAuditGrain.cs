namespace SoonShop.Auditing;

/// <summary>The audit log. Any activation will do. Who may read it is the gateway's to check.</summary>
[Alias("soonshop.audit")]
public interface IAuditGrain : IGrainWithIntegerKey
{
    /// <summary>One page, newest first. Refused: <c>validation-failed</c> for a cursor that is none of this list.</summary>
    [Alias("list")]
    Task<Result<Page<AuditEntry>>> ListAsync(AuditFilter filter, PageRequest page, CancellationToken cancellation = default);

    /// <summary>
    /// Notes something that a client tried in vain at the gateway. Repetitions from one address are counted together, by the minute;
    /// what was counted and not yet written is lost with the silo.
    /// </summary>
    [Alias("note-refused")]
    Task NoteRefusedAsync(string action, string subject, AuditOutcome outcome);
}

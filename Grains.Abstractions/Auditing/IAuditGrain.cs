namespace SoonShop.Auditing;

/// <summary>The audit log. Any key addresses it. The gateway checks who may read it.</summary>
[Alias("soonshop.audit")]
public interface IAuditGrain : IGrainWithIntegerKey
{
    /// <summary>Returns one page, newest first. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("list")]
    Task<Result<Page<AuditEntry>>> ListAsync(AuditFilter filter, PageRequest page, CancellationToken cancellation = default);

    /// <summary>
    /// Records an attempt that the gateway refused. Repetitions from one address are counted together per minute. Counts that are not yet
    /// written are lost with the silo.
    /// </summary>
    [Alias("note-refused")]
    Task NoteRefusedAsync(string action, string subject, AuditOutcome outcome);
}

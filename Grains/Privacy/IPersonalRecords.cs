namespace SoonShop.Privacy;

/// <summary>The port to data about a user outside the user's own grains.</summary>
public interface IPersonalRecords
{
    /// <summary>
    /// Returns the numbers of a customer's open orders, up to a limit. They block the erasure: an order without a buyer cannot be
    /// delivered.
    /// </summary>
    Task<ImmutableArray<string>> FindOpenOrdersAsync(Guid userId, int limit, CancellationToken cancellation);

    /// <summary>Returns orders of a customer whose buyer is not erased, up to a limit.</summary>
    Task<ImmutableArray<Guid>> FindOrdersAsync(Guid userId, int limit, CancellationToken cancellation);

    /// <summary>Returns draft orders for a customer who is not erased in them, up to a limit.</summary>
    Task<ImmutableArray<Guid>> FindDraftOrdersAsync(Guid userId, int limit, CancellationToken cancellation);

    /// <summary>Returns orders of all customers whose retention of an erased buyer has ended, up to a limit.</summary>
    Task<ImmutableArray<Guid>> FindRetainedAsync(DateTimeOffset now, int limit, CancellationToken cancellation);

    /// <summary>
    /// Erases personal data from every event about the user, and from its copies: retries, dead letters, failures. False while some of
    /// those events are still being processed, because their handlers may write more. The call must then be repeated.
    /// </summary>
    Task<bool> EraseEventsAsync(Guid userId, CancellationToken cancellation);

    /// <summary>Removes the row of a released claim, whose key is the address.</summary>
    Task RemoveEmailAsync(string normalizedEmail, CancellationToken cancellation);

    /// <summary>Removes stored mail to an address.</summary>
    Task RemoveMailAsync(string email, CancellationToken cancellation);

    /// <inheritdoc cref="IPersonalDataGrain.EventsAsync"/>
    Task<Result<Page<PersonalEvent>>> ListEventsAsync(Guid userId, PageRequest page, CancellationToken cancellation);

    /// <inheritdoc cref="IPersonalDataGrain.AuditAsync"/>
    Task<Result<Page<PersonalAuditEntry>>> ListAuditAsync(Guid userId, PageRequest page, CancellationToken cancellation);
}

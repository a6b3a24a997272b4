namespace SoonShop.Privacy;

/// <summary>The port to what is kept about a user outside the user's own grains.</summary>
public interface IPersonalRecords
{
    /// <summary>Orders of a customer that are not at their end, at most so many, by number: nobody can send a parcel to nobody.</summary>
    Task<ImmutableArray<string>> FindOpenOrdersAsync(Guid userId, int limit, CancellationToken cancellation);

    /// <summary>Orders of a customer whose buyer is not erased, at most so many.</summary>
    Task<ImmutableArray<Guid>> FindOrdersAsync(Guid userId, int limit, CancellationToken cancellation);

    /// <summary>Orders, of whomever, whose buyer was kept until now and need not be any longer, at most so many.</summary>
    Task<ImmutableArray<Guid>> FindRetainedAsync(DateTimeOffset now, int limit, CancellationToken cancellation);

    /// <summary>
    /// Erases what is personal in every event about the user, and in what was copied of them: retries, dead letters, failures. False while
    /// some of those events are still on their way to a handler, who may write more: then it is to be done again.
    /// </summary>
    Task<bool> EraseEventsAsync(Guid userId, CancellationToken cancellation);

    /// <summary>Removes what is left of a claim that was released: the row, whose key is the address.</summary>
    Task RemoveEmailAsync(string normalizedEmail, CancellationToken cancellation);

    /// <summary>Removes mail to an address, where mail is kept.</summary>
    Task RemoveMailAsync(string email, CancellationToken cancellation);

    /// <inheritdoc cref="IPersonalDataGrain.EventsAsync"/>
    Task<Result<Page<PersonalEvent>>> ListEventsAsync(Guid userId, PageRequest page, CancellationToken cancellation);

    /// <inheritdoc cref="IPersonalDataGrain.AuditAsync"/>
    Task<Result<Page<PersonalAuditEntry>>> ListAuditAsync(Guid userId, PageRequest page, CancellationToken cancellation);
}

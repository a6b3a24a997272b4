namespace SoonShop.Orders;

/// <summary>
/// An order that staff writes for a customer. Keyed by the draft's id, which is derived from the staff member and the Idempotency-Key.
/// </summary>
[Alias("soonshop.draft-order-grain")]
public interface IDraftOrderGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Creates the draft. Idempotent: a repeated call returns the draft as it is. Error: <c>validation-failed</c>, also for an unknown
    /// product or customer, and for an address where the shop does not sell.
    /// </summary>
    /// <param name="content">What it contains.</param>
    /// <param name="actor">Who creates it.</param>
    [Alias("create"), Repeatable]
    Task<Result<DraftOrder>> CreateAsync(DraftOrderContent content, string actor);

    /// <summary>Returns the draft with its current quote. Error: <c>not-found</c>.</summary>
    [Alias("get"), Repeatable]
    Task<Result<DraftOrder>> GetAsync();

    /// <summary>
    /// Replaces the content of an open draft, which is valid again from now on. Errors: <c>not-found</c>, <c>validation-failed</c>,
    /// <c>conflict</c> when it is not open, <c>precondition-failed</c> when the version is another one.
    /// </summary>
    [Alias("replace")]
    Task<Result<DraftOrder>> ReplaceAsync(DraftOrderContent content, int? expectedVersion);

    /// <summary>
    /// Cancels an open draft. Idempotent. Errors: <c>not-found</c>, <c>conflict</c> when it is sent, <c>precondition-failed</c>.
    /// </summary>
    [Alias("cancel"), Repeatable]
    Task<Result<Done>> CancelAsync(int? expectedVersion);

    /// <summary>
    /// Places the order at the prices of now, reserves stock and uses of promotions, and mails the customer a link that pays. An order
    /// without costs is confirmed at once. Idempotent: a sent draft is returned as it is. When the order cannot be placed, the draft stays
    /// open. Errors: <c>not-found</c>, <c>validation-failed</c>, <c>precondition-failed</c>, <c>out-of-stock</c> with the lines, and
    /// <c>conflict</c> when the draft is cancelled or no longer valid, or with the quote when it cannot be ordered.
    /// Throws <see cref="UnavailableException"/> when the order cannot be placed now; the draft is then sent later by itself.
    /// </summary>
    /// <param name="expectedVersion">The version to send; null for any.</param>
    /// <param name="actor">Who sends it.</param>
    [Alias("send"), Repeatable]
    Task<Result<DraftOrder>> SendAsync(int? expectedVersion, string actor);

    /// <summary>Completes an interrupted sending. Called by a scheduled event. Idempotent.</summary>
    [Alias("resume")]
    Task ResumeAsync();

    /// <summary>Cancels an open draft whose validity has ended. Does nothing for any other draft. Idempotent.</summary>
    [Alias("end")]
    Task EndAsync();

    /// <summary>
    /// Erases the customer, because the account is being erased, and cancels the draft if it is open. Idempotent. Throws
    /// <see cref="UnavailableException"/> while the draft is being sent.
    /// </summary>
    [Alias("erase-buyer")]
    Task EraseBuyerAsync();
}

/// <summary>Lists draft orders. Any key addresses it; different keys run in parallel.</summary>
[Alias("soonshop.draft-order-list")]
public interface IDraftOrderListGrain : IGrainWithIntegerKey
{
    /// <summary>Returns one page without quotes, newest first. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("list"), Repeatable]
    Task<Result<Page<DraftOrder>>> ListAsync(DraftOrderQuery query, CancellationToken cancellation = default);
}

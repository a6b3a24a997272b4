using SoonShop.Aggregates;
using SoonShop.Privacy;

namespace SoonShop.Orders;

/// <summary>
/// The rules of a draft order. Its transitions:
/// <code>
/// open ─┬─ sent
///       └─ cancelled: by staff, or when its validity has ended
/// </code>
/// </summary>
public sealed record DraftOrderState
{
    /// <summary>The id.</summary>
    public required Guid Id { get; init; }
    /// <summary>What staff has written.</summary>
    public required DraftOrderContent Content { get; init; }
    /// <summary>The customer's e-mail address, of an account as of the last change.</summary>
    public required string Email { get; init; }
    /// <summary>The total as of the last change; of a sent draft, that of its order.</summary>
    public required Money Total { get; init; }
    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>Who created it.</summary>
    public required string CreatedBy { get; init; }
    /// <summary>Until when it can be sent, and its order be paid.</summary>
    public required DateTimeOffset ValidUntil { get; init; }
    /// <summary>The status.</summary>
    public DraftOrderStatus Status { get; init; }
    /// <summary>The number of changes by staff, for <c>If-Match</c>.</summary>
    public int Revision { get; init; } = 1;
    /// <summary>Who is sending it; null when it is not being sent.</summary>
    public string? SendingBy { get; init; }
    /// <summary>How many of its orders were rejected.</summary>
    public int RejectedOrders { get; init; }
    /// <summary>The order; null until it is sent.</summary>
    public Guid? OrderId { get; init; }
    /// <summary>What the order costs; null until it is sent.</summary>
    public OrderQuote? Quote { get; init; }
    /// <summary>When it was sent or cancelled.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>True when the customer was erased.</summary>
    public bool BuyerErased { get; init; }

    /// <summary>How long after the sending has begun its timer is due.</summary>
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The order that sending it places. A rejected order stays as it is, and the next attempt has another id.</summary>
    public Guid NextOrderId => Orders.OrderId.ForDraft(Id, RejectedOrders);

    /// <summary>Returns what in a draft contradicts itself; null for nothing.</summary>
    public static Error? Check(DraftOrderContent content)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        var skus = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, line) in content.Lines.Index())
        {
            if (!skus.Add(line.Sku))
                errors[$"lines[{index}].sku"] = [ErrorText.Of("field.named-twice", "is named more than once")];
            if (line.UnitPrice is { } price && price.Currency != content.Currency)
                errors[$"lines[{index}].unitPrice.currency"] = [OtherCurrency(content.Currency)];
        }
        if (content.ShippingPrice is { } shipping && shipping.Currency != content.Currency)
            errors["shippingPrice.currency"] = [OtherCurrency(content.Currency)];
        return errors.Count == 0 ? null : Error.Invalid(errors);
    }

    /// <summary>Creates a draft.</summary>
    public static DraftOrderState Create(
        Guid id, DraftOrderContent content, PricedDraft priced, string actor, DraftOrdersOptions options, DateTimeOffset now) => new()
        {
            Id = id,
            Content = content,
            Email = priced.Email,
            Total = TotalOf(priced),
            CreatedAt = now,
            CreatedBy = actor,
            ValidUntil = ValidUntilOf(content, options, now),
        };

    /// <summary>Checks whether it can be changed and sent.</summary>
    public Error? CheckOpen(DateTimeOffset now) => Status switch
    {
        DraftOrderStatus.Sent => Error.Of(
            ErrorCode.Conflict, "error.draft-sent", "The draft was sent and is an order now. Change the order instead.") with
        { OrderId = OrderId },
        DraftOrderStatus.Cancelled => Error.Of(
            ErrorCode.Conflict, "error.draft-cancelled", "The draft was cancelled. Create a new one."),
        _ => now < ValidUntil ? null : Error.Of(
            ErrorCode.Conflict, "error.draft-expired", "The validity of the draft has ended. Create a new one."),
    };

    /// <summary>Replaces the content. From now on it is valid again.</summary>
    public Decision<DraftOrderState> Replace(
        DraftOrderContent content, PricedDraft priced, DraftOrdersOptions options, DateTimeOffset now) =>
        CheckOpen(now) is { } error ? error : Decision<DraftOrderState>.To(this with
        {
            Content = content,
            Email = priced.Email,
            Total = TotalOf(priced),
            ValidUntil = ValidUntilOf(content, options, now),
            Revision = Revision + 1,
        });

    /// <summary>Cancels it.</summary>
    public Decision<DraftOrderState> Cancel(DateTimeOffset now) => Status switch
    {
        DraftOrderStatus.Cancelled => Decision<DraftOrderState>.NoChange(this),
        DraftOrderStatus.Sent => CheckOpen(now)!,
        _ => Decision<DraftOrderState>.To(this with
        {
            Status = DraftOrderStatus.Cancelled,
            EndedAt = now,
            Revision = Revision + 1,
        }),
    };

    /// <summary>Cancels it if its validity has ended.</summary>
    public Decision<DraftOrderState> End(DateTimeOffset now) => Status == DraftOrderStatus.Open && now >= ValidUntil
        ? Cancel(ValidUntil)
        : Decision<DraftOrderState>.NoChange(this);

    /// <summary>Begins to send it. Until that has ended it cannot be changed.</summary>
    public Decision<DraftOrderState> BeginSend(string actor, DateTimeOffset now) =>
        SendingBy is not null || Status == DraftOrderStatus.Sent ? Decision<DraftOrderState>.NoChange(this)
        : CheckOpen(now) is { } error ? error
        : Decision<DraftOrderState>.To(this with { SendingBy = actor }, new DraftOrderSendDue(Id, now + SendTimeout));

    /// <summary>Records that its order is placed.</summary>
    public DraftOrderState EndSend(Order order, DateTimeOffset now) => this with
    {
        Status = DraftOrderStatus.Sent,
        SendingBy = null,
        OrderId = order.Id,
        Email = order.Email,
        Total = order.Total,
        Quote = new OrderQuote(order.Lines, order.Subtotal, order.Shipping, order.Tax, order.Total)
        {
            // Why somebody pays no tax may be personal, and stands in the order.
            Prices = order.Prices is { } prices ? prices with { TaxExemptionReason = null } : null,
        },
        EndedAt = now,
        Revision = Revision + 1,
    };

    /// <summary>Opens it again, because its order could not be placed.</summary>
    /// <param name="wasRejected">True when a rejected order exists.</param>
    public DraftOrderState AbandonSend(bool wasRejected) =>
        this with { SendingBy = null, RejectedOrders = RejectedOrders + (wasRejected ? 1 : 0) };

    /// <summary>Erases the customer.</summary>
    public Decision<DraftOrderState> EraseBuyer(DateTimeOffset now)
    {
        if (BuyerErased)
            return Decision<DraftOrderState>.NoChange(this);
        var ended = Status == DraftOrderStatus.Open ? Cancel(now).State : this;
        return Decision<DraftOrderState>.To(ended with
        {
            BuyerErased = true,
            Email = PersonalData.Erased,
            Content = Content with
            {
                CustomerId = null,
                Email = PersonalData.Erased,
                ShippingAddress = PersonalData.ErasedAddress(Content.ShippingAddress),
                Note = Content.Note is null ? null : PersonalData.Erased,
                Message = Content.Message is null ? null : PersonalData.Erased,
            },
        });
    }

    /// <summary>Returns the draft as staff sees it.</summary>
    /// <param name="now">The time: an open draft whose validity has ended is cancelled.</param>
    /// <param name="quote">The quote of an open draft; null when it is not known.</param>
    public DraftOrder ToView(DateTimeOffset now, OrderQuote? quote = null)
    {
        var hasEnded = Status == DraftOrderStatus.Open && SendingBy is null && now >= ValidUntil;
        var status = hasEnded ? DraftOrderStatus.Cancelled : Status;
        return new DraftOrder
        {
            Id = Id,
            Status = status,
            CustomerId = Content.CustomerId,
            Email = Email,
            Currency = Content.Currency,
            Lines = Content.Lines,
            ShippingAddress = Content.ShippingAddress,
            ShippingMethod = Content.ShippingMethod,
            ShippingPrice = Content.ShippingPrice,
            Codes = Content.Codes,
            Note = Content.Note,
            Message = Content.Message,
            Total = quote?.Total ?? Total,
            Quote = quote,
            CreatedAt = CreatedAt,
            CreatedBy = CreatedBy,
            ValidUntil = ValidUntil,
            OrderId = OrderId,
            SentAt = status == DraftOrderStatus.Sent ? EndedAt : null,
            CancelledAt = hasEnded ? ValidUntil : status == DraftOrderStatus.Cancelled ? EndedAt : null,
            Version = Revision,
        };
    }

    private static Money TotalOf(PricedDraft priced) => new(priced.Quote.Total, priced.Quote.Currency);

    private static DateTimeOffset ValidUntilOf(DraftOrderContent content, DraftOrdersOptions options, DateTimeOffset now) =>
        now + TimeSpan.FromDays(content.ValidDays ?? options.ValidDays);

    private static ErrorText OtherCurrency(string currency) =>
        ErrorText.Of("field.draft-currency", $"must be {currency}, the currency of the draft");
}

/// <summary>The fields by which SQL finds draft orders. Times are <see cref="SortableTime"/>.</summary>
/// <param name="Status">The status.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="CustomerId">The account; null for a guest, and once the customer is erased.</param>
/// <param name="ValidUntil">Until when an open draft is valid.</param>
/// <param name="EndedAt">When it was sent or cancelled; null for an open draft.</param>
public sealed record DraftOrderIndex(DraftOrderStatus Status, string CreatedAt, Guid? CustomerId, string ValidUntil, string? EndedAt)
{
    /// <summary>Returns the index of a draft.</summary>
    public static DraftOrderIndex Of(DraftOrderState draft) => new(
        draft.Status, SortableTime.Of(draft.CreatedAt), draft.Content.CustomerId, SortableTime.Of(draft.ValidUntil),
        draft.EndedAt is { } ended ? SortableTime.Of(ended) : null);
}

using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Auditing;

namespace SoonShop.Orders;

/// <remarks>
/// Sending writes that it has begun, places the order, and writes that the draft is sent. A scheduled event completes a sending that was
/// interrupted. The order's id follows from the draft's, so that each step can be repeated, and the order has the link mailed.
/// </remarks>
[CollectionAgeLimit(Minutes = 2), DeactivateWhenEmpty]
internal sealed class DraftOrderGrain(
    [PersistentState("draft-order")] IPersistentState<StateEnvelope<DraftOrderState>> storage, TimeProvider time, DraftQuotes quotes,
    ClusterFeatures features, IOptions<DraftOrdersOptions> options)
    : AggregateGrain<DraftOrderState>(storage, time), IDraftOrderGrain
{
    protected override string Aggregate => "draft-order";

    protected override string StreamKeyOf(DraftOrderState state) => GrainKey;

    protected override object? IndexOf(DraftOrderState state) => DraftOrderIndex.Of(state);

    private Guid Id => this.GetPrimaryKey();

    async Task<Result<DraftOrder>> IDraftOrderGrain.CreateAsync(DraftOrderContent content, string actor)
    {
        if (State is not null)
            return await ToViewAsync();
        var priced = await quotes.PriceAsync(content);
        if (priced.IsError)
            return priced.Error;
        var draft = DraftOrderState.Create(Id, content, priced.Value, actor, options.Value, Now);
        await CommitAsync(draft, [Note("create", null, draft)]);
        return ToView(priced.Value);
    }

    async Task<Result<DraftOrder>> IDraftOrderGrain.GetAsync() => State is null ? NoDraft : await ToViewAsync();

    async Task<Result<DraftOrder>> IDraftOrderGrain.ReplaceAsync(DraftOrderContent content, int? expectedVersion)
    {
        if (State is null)
            return NoDraft;
        await FinishSendingAsync();
        if (IsStale(expectedVersion))
            return Error.PreconditionFailed();
        if (State.CheckOpen(Now) is { } closed)
            return closed;
        var priced = await quotes.PriceAsync(content);
        if (priced.IsError)
            return priced.Error;
        var decision = State.Replace(content, priced.Value, options.Value, Now);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(decision, Note("update", State, decision.State));
        return ToView(priced.Value);
    }

    async Task<Result<Done>> IDraftOrderGrain.CancelAsync(int? expectedVersion)
    {
        if (State is null)
            return NoDraft;
        await FinishSendingAsync();
        // A repeated request has the version from before.
        if (State.Status == DraftOrderStatus.Open && IsStale(expectedVersion))
            return Error.PreconditionFailed();
        var decision = State.Cancel(Now);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(decision, Note("cancel", State, decision.State));
        return default(Done);
    }

    async Task<Result<DraftOrder>> IDraftOrderGrain.SendAsync(int? expectedVersion, string actor)
    {
        if (State is null)
            return NoDraft;
        // Of two requests at the same moment, the second one finds the draft sent, and gets the same response.
        if (State is { Status: DraftOrderStatus.Open, SendingBy: null } && IsStale(expectedVersion))
            return Error.PreconditionFailed();
        var decision = State.BeginSend(actor, Now);
        if (decision.Error is { } error)
            return error;
        // A silo of an older version would forget that the order has no cart.
        if (decision.Changed && !features.DraftOrdersAreKnown)
            throw new UnavailableException(ErrorText.Of(
                "error.draft-upgrade", "Draft orders cannot be sent while the shop is being upgraded. Try again later."));
        await CommitAsync(decision);
        CrashPoint.Pass("draft-order.begun");
        return await FinishSendingAsync() is { } refused ? refused : await ToViewAsync();
    }

    async Task IDraftOrderGrain.ResumeAsync() => await FinishSendingAsync();

    async Task IDraftOrderGrain.EndAsync()
    {
        if (State is null)
            return;
        await FinishSendingAsync();
        var decision = State.End(Now);
        await CommitAsync(decision, Note("expire", State, decision.State));
    }

    async Task IDraftOrderGrain.EraseBuyerAsync()
    {
        if (State is not { BuyerErased: false })
            return;
        await FinishSendingAsync();
        await CommitAsync(State.EraseBuyer(Now));
    }

    /// <summary>
    /// Places the order of a draft that is being sent. Returns why it cannot be placed; the draft is open then. Null when the draft is
    /// sent, or was not being sent.
    /// </summary>
    private async Task<Error?> FinishSendingAsync()
    {
        if (State is not { SendingBy: { } actor } draft)
            return null;
        var placed = await GrainFactory.Reference<IOrderGrain>(draft.NextOrderId)
            .PlaceDraftAsync(new PlaceDraftOrder(Id, draft.Content, draft.ValidUntil));
        CrashPoint.Pass("draft-order.placed");
        if (placed.IsError)
        {
            await CommitAsync(draft.AbandonSend(wasRejected: placed.Error.OrderId is not null), []);
            return placed.Error;
        }
        var sent = draft.EndSend(placed.Value, Now);
        await CommitAsync(sent, [Note("send", draft, sent, actor)]);
        CrashPoint.Pass("draft-order.sent");
        return null;
    }

    /// <summary>Returns the draft with what it costs now. An open draft that cannot be priced any more has no quote.</summary>
    private async Task<DraftOrder> ToViewAsync()
    {
        var draft = State!;
        if (draft.Status != DraftOrderStatus.Open || draft.CheckOpen(Now) is not null)
            return draft.ToView(Now, draft.Quote);
        var priced = await quotes.PriceAsync(draft.Content);
        return priced.IsError ? draft.ToView(Now) : ToView(priced.Value);
    }

    private DraftOrder ToView(PricedDraft priced) => State!.ToView(Now, priced.Totals.ToQuote(priced.Quote));

    private bool IsStale(int? expectedVersion) => expectedVersion is { } expected && expected != State!.Revision;

    private AuditRecorded Note(string change, DraftOrderState? before, DraftOrderState after, string? actor = null) =>
        Audit(new AuditEvent($"draft-orders.{change}", Id.ToString())
        {
            Actor = actor,
            Before = Facts(before),
            After = Facts(after),
        });

    /// <summary>Returns the fields for the audit log, without personal data.</summary>
    private static object? Facts(DraftOrderState? draft) => draft is null ? null : new
    {
        draft.Status,
        draft.Total,
        Lines = draft.Content.Lines.Length,
        draft.ValidUntil,
        draft.OrderId,
    };

    private static Error NoDraft { get; } = Error.NotFound("not-found.draft-order", "The draft order was not found.");
}

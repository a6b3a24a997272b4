using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Orders;

namespace SoonShop.Payments;

[DeactivateWhenEmpty, PaymentCredits]
internal sealed partial class PaymentGrain(
    [LazyState("payment")] IPersistentState<StateEnvelope<PaymentState>> storage,
    TimeProvider time,
    IPaymentProvider provider,
    ILogger<PaymentGrain> log)
    : AggregateGrain<PaymentState>(storage, time), IPaymentGrain
{
    /// <summary>Time limit of a call to the provider, shorter than that of the grain's caller.</summary>
    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(8);

    /// <summary>The payment of an order that costs nothing: the provider is not called.</summary>
    private static readonly ProviderPayment Free = new("free", ProviderPaymentStatus.Captured) { Captured = 0 };

    /// <summary>The payment while its first attempt runs, which is not stored here yet.</summary>
    private PaymentState? first;

    protected override string Aggregate => "payment";

    protected override string StreamKeyOf(PaymentState state) =>
        (state.Terms.CustomerId ?? state.Terms.CartId ?? state.OrderId).ToString("N");

    protected override object? IndexOf(PaymentState state) => new PaymentIndex(state.IsUnsettled);

    private protected override bool NeedsState(string method) => method != nameof(IPaymentGrain.ChargeAsync);

    async Task<Payment> IPaymentGrain.ChargeAsync(Charge command)
    {
        if (!command.IsFirst)
            await ReadAsync();
        try
        {
            return await ChargeAsync(command);
        }
        catch (StateExistsException)
        {
            return await ChargeAsync(command);
        }
    }

    private async Task<Payment> ChargeAsync(Charge command)
    {
        var payment = State ?? PaymentState.Open(this.GetPrimaryKey(), command.Terms);
        if (payment.WouldBegin(command.AttemptId))
        {
            // While the provider is unreachable no charge starts. The order waits instead.
            if (!provider.IsAvailable && !IsZeroAmount(payment))
            {
                // From now on the row tells whether the provider may have been asked, so that the order can end without it.
                if (State is null && command.StoredByOrderAt is not null)
                    await CommitNewAsync(command.IsFirst ? payment : payment.Begin(command, Now).State, []);
                throw new UnavailableException(ErrorText.Of(
                    "error.payments-out", "Payments are unavailable at the moment. Nothing was charged; your order is kept."));
            }
            await AbandonLastAsync(payment);
            payment = State ?? payment;
        }
        var begun = payment.Begin(command, Now);
        if (begun.Changed && State is null && command.StoredByOrderAt is not null)
        {
            first = begun.State;
            try
            {
                await ChargeFirstAsync(first);
            }
            finally
            {
                first = null;
            }
            return State!.ToView();
        }
        CrashPoint.Pass("payment.attempt.before-write");
        await CommitAsync(begun);
        CrashPoint.Pass("payment.attempt.written");
        if (State?.Last is { Status: AttemptStatus.Asked })
            await SettleLastAsync(State);
        LeaveMemoryWhenCaptured();
        return (State ?? payment).ToView();
    }

    /// <summary>
    /// Makes the first attempt, which the order has stored. If its outcome stays unknown, the attempt is stored here too, where everything
    /// looks that settles payments.
    /// </summary>
    /// <exception cref="StateExistsException">There is a payment of this order already; the attempt was settled beside it.</exception>
    private async Task ChargeFirstAsync(PaymentState asked)
    {
        ProviderPayment answer;
        try
        {
            answer = IsZeroAmount(asked) ? Free : await CallProviderAsync(c => provider.CreateAsync(asked.Last!.ToCommand(asked), c));
        }
        catch
        {
            await CommitNewAsync(asked, []);
            throw;
        }
        CrashPoint.Pass("payment.provider.answered");
        var outcome = asked.Record(answer, Now);
        try
        {
            await CommitNewAsync(outcome.State, outcome.Events);
        }
        catch (StateExistsException)
        {
            // Another activation has ended this payment, or a database was restored: the money pays this order or is given back.
            if (outcome.State.Last is { MayTake: true } or { Status: AttemptStatus.Captured } && answer.Reference is { } reference)
                await ((IPaymentReviewGrain)this).AdoptAsync(asked.ToTransaction(reference, answer), orderWaits: true);
            throw;
        }
        CrashPoint.Pass("payment.outcome.written");
        LeaveMemoryWhenCaptured();
    }

    /// <summary>Most payments get no further call once they are captured.</summary>
    private void LeaveMemoryWhenCaptured()
    {
        if (State is { Captured: not null })
            DeactivateOnIdle();
    }

    async Task<Payment?> IPaymentGrain.SettleAsync()
    {
        if (State is null)
            return null;
        await SettleLastAsync(State);
        await SettleCaptureAsync();
        await SettleRefundsAsync();
        await SettlePendingRefundsAsync();
        await SettleCreditRefundsAsync();
        await SettleUnmatchedAsync();
        return State.ToView();
    }

    async Task<Payment?> IPaymentGrain.ReviewAsync(string reference)
    {
        if (State is null)
            return null;
        // The reference may belong to an attempt whose response was never recorded.
        if (State.Last is { Status: AttemptStatus.Asked })
            await SettleLastAsync(State);
        if (State.Attempts.All(a => a.Reference != reference))
            return null;
        if (await CallProviderAsync(c => provider.RetrieveAsync(reference, c)) is { } answer)
            await CommitAsync(State.Record(answer, Now, reference));
        else
            LogUnknown(log, GrainKey, reference);
        return State.ToView();
    }

    async Task<Payment> IPaymentGrain.CancelAsync(CancelPayment command)
    {
        // In one write, so that the attempt is voided and never repeated.
        if (State is null)
            await CommitAsync(PaymentState.Open(this.GetPrimaryKey(), command.First.Terms).Begin(command.First, Now).State.Close());
        return await ((IPaymentGrain)this).CancelAsync(command.First.Terms, command.RefundCaptured, command.Reason);
    }

    async Task<Payment> IPaymentGrain.CancelAsync(PaymentTerms terms, bool refundCaptured, string reason)
    {
        await SettleCaptureAsync();
        var payment = State ?? PaymentState.Open(this.GetPrimaryKey(), terms);
        // Close first: from now on an open attempt is voided, and a payment that has ended charges nobody.
        await CommitAsync(payment.Close());
        CrashPoint.Pass("payment.closed");
        payment = State ?? payment;
        await AbandonLastAsync(payment);
        if (refundCaptured && State is { Captured: not null })
        {
            await SettleRefundsAsync();
            // When the refund fails, an operator must act: the event reaches the administrators.
            if (State.Refundable > 0)
                await RefundAsync(new RefundPayment("cancellation", null, reason));
        }
        return (State ?? payment).ToView();
    }

    async Task<Result<Payment>> IPaymentGrain.CaptureAsync(CapturePayment command)
    {
        if (State is null)
            return Error.Of(ErrorCode.Conflict, "error.nothing-authorized", "There is no authorized amount to capture.");
        var decision = State.BeginCapture(command, Now);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(
            decision, Audit(new AuditEvent("orders.capture", Subject)
            {
                After = new { captured = decision.State.Capture?.Amount, State.Terms.Amount.Currency },
            }));
        await SettleCaptureAsync();
        return State.Captured is not null
            ? State.ToView()
            : Error.Of(ErrorCode.Conflict, "error.authorization-ended", "The authorization has ended; nothing could be captured.");
    }

    async Task<Result<Payment>> IPaymentGrain.RefundAsync(RefundPayment command)
    {
        if (State is not { Captured: not null })
            return NothingCaptured;
        await SettleRefundsAsync();
        return await RefundAsync(command) is { } error ? error : State!.ToView();
    }

    Task IPaymentGrain.EraseAsync() => State is { } payment ? CommitAsync(payment.Erase()) : Task.CompletedTask;

    async Task<Result<Payment>> IPaymentGrain.GetAsync(Caller caller)
    {
        if ((State ?? first) is not { } payment)
            return Error.NotFound("not-found.payment", "The payment was not found.");
        // Only the order knows whether a guest's order has moved to an account, and whether a token opens it. It may be waiting for this
        // payment, and answers meanwhile, because both calls are always interleaved.
        var isBuyer = caller.Owns(payment.Terms.CustomerId, payment.Terms.CartId)
            || (payment.Terms.CustomerId is null && caller is { IsAdmin: false } and ({ UserId: not null } or { OrderToken: not null })
                && !(await GrainFactory.GetGrain<IOrderGrain>(this.GetPrimaryKey()).GetAsync(caller)).IsError);
        var view = (State ?? payment).ToView();
        // Only the buyer may see the client secret.
        return isBuyer ? view : caller.IsAdmin ? view with { ClientSecret = null } : Error.NotFound(
            "not-found.payment", "The payment was not found.");
    }

    /// <summary>
    /// Settles the last attempt if it is open. A repeated request with the same key charges nobody twice. An attempt of unknown
    /// outcome is voided when the payment is closed or the caller abandons it.
    /// </summary>
    private async Task SettleLastAsync(PaymentState payment, bool giveUp = false)
    {
        if (payment.Last is not { IsOpen: true } attempt)
            return;
        var answer = IsZeroAmount(payment) ? Free
            : attempt.Status == AttemptStatus.Asked && (giveUp || payment.Closed)
                ? await CallProviderAsync(c => provider.VoidAsync(attempt.ToCommand(payment), c))
            : attempt.Status == AttemptStatus.Asked ? await CallProviderAsync(c => provider.CreateAsync(attempt.ToCommand(payment), c))
            : await CallProviderAsync(c => provider.RetrieveAsync(attempt.Reference!, c));
        CrashPoint.Pass("payment.provider.answered");
        if (answer is not null)
            await CommitAsync(payment.Record(answer, Now));
        else
            LogUnknown(log, GrainKey, attempt.Reference!);
        CrashPoint.Pass("payment.outcome.written");
    }

    /// <summary>Ends the last attempt: afterwards it has captured money, or never will.</summary>
    /// <exception cref="UnavailableException">The provider is processing the payment and cannot cancel it.</exception>
    private async Task AbandonLastAsync(PaymentState payment)
    {
        if (payment.Last is { Status: AttemptStatus.Asked })
            await SettleLastAsync(payment, giveUp: true);
        if ((State ?? payment).Last is not { MayTake: true } attempt)
            return;
        var answer = await CallProviderAsync(c => provider.CancelAsync(attempt.Reference!, $"{attempt.Key}/cancel", c));
        CrashPoint.Pass("payment.provider.cancelled");
        await CommitAsync(State!.Record(answer, Now));
        if (answer.Status == ProviderPaymentStatus.Cancelled)
            await CommitAsync(State!.Release());
        if (State!.Last is { MayTake: true })
            throw new UnavailableException(ErrorText.Of(
                "error.payment-busy", "The payment is in progress and cannot be cancelled now. Try again later."));
    }

    /// <summary>Requests the capture that was stored and not confirmed.</summary>
    private async Task SettleCaptureAsync()
    {
        if (State is not { OpenCapture: { } capture } payment)
            return;
        var amount = payment.Terms.Amount with { Amount = capture.Amount };
        var answer = await CallProviderAsync(c => provider.CaptureAsync(payment.Last!.Reference!, amount, capture.Key, c));
        CrashPoint.Pass("payment.provider.captured");
        await CommitAsync(payment.Record(answer, Now));
    }

    private static ErrorText NoReason { get; } = ErrorText.Of("error.refund-no-reason", "the payment provider gave no reason");

    private async Task<Error?> RefundAsync(RefundPayment command)
    {
        var decision = State!.BeginRefund(command, Now);
        if (decision.Error is { } error)
            return error;
        CrashPoint.Pass("payment.refund.before-write");
        await CommitAsync(decision, Audit(new AuditEvent("orders.refund", Subject)
        {
            Before = new { State.Refunded },
            After = new { decision.State.Refunded },
            Details = new { command.RefundId, State.Terms.Amount.Currency },
        }));
        CrashPoint.Pass("payment.refund.written");
        await SettleRefundsAsync();
        // Staff is alerted of a part that failed, and can refund it by amount.
        return State!.RefundedBy(command.RefundId) > 0 ? null : RefusalOf(command.RefundId);
    }

    /// <summary>Returns why a refund has failed; null when it has not.</summary>
    private Error? RefusalOf(string refundId) =>
        State!.Refunds.FirstOrDefault(r => r.HasFailed && (r.Id == refundId || r.Id == PaymentState.CreditPartOf(refundId))) is { } failed
            ? Error.Of(
                ErrorCode.Conflict, "error.refund-failed",
                $"The refund failed: {(failed.FailureReason is { } reason ? ErrorText.Untranslated(reason) : NoReason)}.")
            : null;

    /// <summary>Requests each refund that was stored and not confirmed.</summary>
    private async Task SettleRefundsAsync()
    {
        foreach (var refund in State!.OpenRefunds.ToArray())
        {
            await CommitAsync(State.AbandonRefund(refund.Id));
            if (State.OpenRefunds.All(r => r.Id != refund.Id))
                continue;
            var answer = refund.IsFromCredit
                ? await RefundFromCreditAsync(refund)
                : await CallProviderAsync(c => provider.RefundAsync(State.ToCommand(refund), c));
            CrashPoint.Pass("payment.provider.refunded");
            await CommitAsync(State.RecordRefund(refund.Id, answer));
        }
    }

    /// <summary>Retrieves the pending refunds, which may still fail.</summary>
    private async Task SettlePendingRefundsAsync()
    {
        if (State!.Captured is { Reference: { } reference } && State.Refunds.Any(r => r is { IsOpen: false, Status: RefundStatus.Pending })
            && await CallProviderAsync(c => provider.RetrieveAsync(reference, c)) is { } answer)
            await CommitAsync(State.Record(answer, Now, reference));
    }

    /// <summary>The order, which has the payment's id.</summary>
    private string Subject => this.GetPrimaryKey().ToString();

    private static bool IsZeroAmount(PaymentState payment) => payment.Terms.Amount.Amount == 0;

    private async Task<T> CallProviderAsync<T>(Func<CancellationToken, Task<T>> call)
    {
        using var timeout = new CancellationTokenSource(ProviderTimeout, Time);
        try
        {
            return await call(timeout.Token);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            throw new UnavailableException(ErrorText.Of(
                "error.provider-later", "The payment provider did not answer in time. The shop asks it again later."), e);
        }
    }

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "The payment provider does not know {Reference}, the reference of payment {PaymentId}. "
            + "Check whether the provider's account was changed.")]
    private static partial void LogUnknown(ILogger log, string paymentId, string reference);
}

/// <summary>The indexed fields of a payment.</summary>
/// <param name="Unsettled">True while an outcome is unknown, or money is authorized and neither captured nor released.</param>
public sealed record PaymentIndex([property: JsonPropertyName("inBetween")] bool Unsettled);

using SoonShop.Aggregates;

namespace SoonShop.Payments;

internal sealed class PaymentGrain(
    [PersistentState("payment")] IPersistentState<Document<PaymentState>> storage, TimeProvider time, IPaymentProvider provider)
    : AggregateGrain<PaymentState>(storage, time), IPaymentGrain
{
    /// <summary>Patience with the provider, below that of the grain's caller.</summary>
    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(8);

    protected override string Aggregate => "payment";

    protected override string StreamKeyOf(PaymentState state) => (state.Terms.CustomerId ?? state.Terms.CartId ?? state.OrderId).ToString("N");

    async Task<Payment> IPaymentGrain.ChargeAsync(Charge command)
    {
        var payment = State ?? PaymentState.Open(this.GetPrimaryKey(), command.Terms);
        if (payment.Last is { IsOpen: true } open && open.Id != command.AttemptId)
        {
            await SettleLastAsync(payment);
            await GiveUpLastAsync(State!);
            payment = State!;
        }
        var begun = payment.Begin(command, Now);
        CrashPoint.Pass("payment.attempt.before-write");
        await CommitAsync(begun);
        CrashPoint.Pass("payment.attempt.written");
        if (State?.Last is { Status: AttemptStatus.Asked })
            await SettleLastAsync(State);
        return (State ?? payment).ToView();
    }

    async Task<Payment?> IPaymentGrain.SettleAsync()
    {
        if (State is not { } payment)
            return null;
        await SettleLastAsync(payment);
        await SettleRefundsAsync();
        return State!.ToView();
    }

    async Task<Payment> IPaymentGrain.CancelAsync(PaymentTerms terms, bool refundCaptured, string reason)
    {
        var payment = State ?? PaymentState.Open(this.GetPrimaryKey(), terms);
        await SettleLastAsync(payment);
        payment = State ?? payment;
        await GiveUpLastAsync(payment);
        payment = State ?? payment;
        if (payment.Captured is null || refundCaptured)
            await CommitAsync(payment.Close());
        if (refundCaptured)
        {
            await SettleRefundsAsync();
            if (State!.Refundable > 0 && await RefundAsync(new RefundPayment("cancellation", null, reason)) is { } refusal)
                throw new InvalidOperationException($"Payment {GrainKey} cannot be refunded: {refusal.Detail}");
        }
        return (State ?? payment).ToView();
    }

    async Task<Outcome<Payment>> IPaymentGrain.RefundAsync(RefundPayment command)
    {
        if (State is not { Captured: not null })
            return new Refusal(RefusalCode.Conflict, "Nothing was captured that could be refunded.");
        await SettleRefundsAsync();
        return await RefundAsync(command) is { } refusal ? refusal : State!.ToView();
    }

    Task<Outcome<Payment>> IPaymentGrain.GetAsync(Caller caller) => Task.FromResult<Outcome<Payment>>(
        State is { } payment && caller.MaySee(payment.Terms.CustomerId, payment.Terms.CartId) ? payment.ToView() : Refusal.NotFound("The payment"));

    /// <summary>Finds out how the last attempt stands, if that is open. Asking under the same key takes no money twice.</summary>
    private async Task SettleLastAsync(PaymentState payment)
    {
        if (payment.Last is not { IsOpen: true } attempt)
            return;
        using var timeout = new CancellationTokenSource(ProviderTimeout, Time);
        var answer = attempt.Status == AttemptStatus.Asked
            ? await provider.CreateAsync(
                new CreateProviderPayment(attempt.Key, payment.OrderId, payment.Terms.CustomerId, payment.Terms.Amount, attempt.Method), timeout.Token)
            : await provider.RetrieveAsync(attempt.Reference!, timeout.Token);
        CrashPoint.Pass("payment.provider.answered");
        await CommitAsync(payment.Record(answer, Now));
        CrashPoint.Pass("payment.outcome.written");
    }

    /// <summary>Cancels the last attempt if it awaits the customer; if the customer was quicker, it is captured now.</summary>
    private async Task GiveUpLastAsync(PaymentState payment)
    {
        if (payment.Last is not { Status: AttemptStatus.RequiresAction } attempt)
            return;
        using var timeout = new CancellationTokenSource(ProviderTimeout, Time);
        await CommitAsync(payment.Record(await provider.CancelAsync(attempt.Reference!, $"{attempt.Key}/cancel", timeout.Token), Now));
    }

    private async Task<Refusal?> RefundAsync(RefundPayment command)
    {
        var decision = State!.BeginRefund(command, Now);
        if (decision.Refusal is { } refusal)
            return refusal;
        await CommitAsync(decision);
        await SettleRefundsAsync();
        return null;
    }

    /// <summary>Asks the provider for every refund that was decided and not confirmed.</summary>
    private async Task SettleRefundsAsync()
    {
        foreach (var refund in State!.OpenRefunds.ToArray())
        {
            using var timeout = new CancellationTokenSource(ProviderTimeout, Time);
            var answer = await provider.RefundAsync(State.Captured!.Reference!, refund.Amount, refund.Key, timeout.Token);
            await CommitAsync(State.RecordRefund(refund.Id, answer));
        }
    }
}

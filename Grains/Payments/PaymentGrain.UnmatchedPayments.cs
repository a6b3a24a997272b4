using SoonShop.Aggregates;

namespace SoonShop.Payments;

internal sealed partial class PaymentGrain : IPaymentReviewGrain
{
    async Task<PaymentUpdateOutcome> IPaymentReviewGrain.ApplyAsync(PaymentUpdate update)
    {
        if (State?.Knows(update) == true)
            return PaymentUpdateOutcome.Known;
        if (await ((IPaymentGrain)this).ReviewAsync(update.Reference) is null)
            return PaymentUpdateOutcome.Stray;
        // An attempt that was cancelled and captured money all the same counts as an unmatched payment.
        return update.Status is ProviderPaymentStatus.Captured or ProviderPaymentStatus.Authorized
            && State!.Attempts.First(a => a.Reference == update.Reference).Status == AttemptStatus.Cancelled
                ? PaymentUpdateOutcome.Stray
                : PaymentUpdateOutcome.Reviewed;
    }

    async Task<UnmatchedPaymentResolution> IPaymentReviewGrain.AdoptAsync(ProviderTransaction transaction, bool orderWaits)
    {
        // For an unknown order, only the paid amount is known.
        var payment = State ?? PaymentState.Open(this.GetPrimaryKey(), new PaymentTerms(null, null, transaction.Amount));
        if (payment.Last is { Status: AttemptStatus.Asked })
        {
            await SettleLastAsync(payment);
            payment = State!;
        }
        if (State is not null)
        {
            await SettleUnmatchedAsync();
            payment = State;
        }
        var fate = payment.Resolve(transaction, orderWaits);
        if (fate == UnmatchedPaymentResolution.Adopted)
        {
            // No other attempt may capture the money too. If one has, this payment is refunded.
            await AbandonLastAsync(payment);
            payment = State ?? payment;
            fate = payment.Resolve(transaction, orderWaits);
        }
        switch (fate)
        {
            case UnmatchedPaymentResolution.Adopted:
                await CommitAsync(payment.Adopt(transaction, Now));
                CrashPoint.Pass("payment.stray.adopted");
                await SettleLastAsync(State!);
                break;
            case UnmatchedPaymentResolution.GivenBack:
                await CommitAsync(payment.BeginReturn(transaction, Now));
                CrashPoint.Pass("payment.stray.written");
                await SettleUnmatchedAsync();
                return State!.UnmatchedPayments.Last(s => s.Reference == transaction.Reference).Status == RefundStatus.Failed
                    ? UnmatchedPaymentResolution.Waits : fate;
        }
        return fate;
    }

    /// <summary>Requests the refunds of unmatched payments that are not confirmed, and retrieves the pending ones.</summary>
    private async Task SettleUnmatchedAsync()
    {
        foreach (var unmatched in State!.UnsettledPayments.ToArray())
        {
            if (unmatched.Amount == 0)
            {
                var answer = await CallProviderAsync(c => provider.CancelAsync(unmatched.Reference, unmatched.Key, c));
                await CommitAsync(State.RecordUnmatched(unmatched, answer));
            }
            else if (unmatched.Status is null)
            {
                var refund = await CallProviderAsync(c => provider.RefundAsync(State.ToCommand(unmatched), c));
                await CommitAsync(State.RecordUnmatched(unmatched, refund));
            }
            else if (await CallProviderAsync(c => provider.RetrieveAsync(unmatched.Reference, c)) is { Refunds.IsDefault: false } payment
                && payment.Refunds.FirstOrDefault(r => r.Reference == unmatched.RefundReference) is { } refund)
            {
                await CommitAsync(State.RecordUnmatched(unmatched, refund));
            }
        }
    }
}

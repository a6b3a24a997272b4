using SoonShop.Aggregates;

namespace SoonShop.Payments;

internal sealed partial class PaymentGrain : IPaymentReviewGrain
{
    async Task<NewsEffect> IPaymentReviewGrain.HearAsync(PaymentNews news)
    {
        if (State?.Knows(news) == true)
            return NewsEffect.Known;
        if (await ((IPaymentGrain)this).ReviewAsync(news.Reference) is null)
            return NewsEffect.Stray;
        // An attempt that was cancelled and captured money all the same counts as an unmatched payment.
        return news.Status is ProviderPaymentStatus.Captured or ProviderPaymentStatus.Authorized
            && State!.Attempts.First(a => a.Reference == news.Reference).Status == AttemptStatus.Cancelled ? NewsEffect.Stray : NewsEffect.Reviewed;
    }

    async Task<StrayFate> IPaymentReviewGrain.TakeInAsync(ProviderPaymentFacts facts, bool orderWaits)
    {
        // For an unknown order, only the paid amount is known.
        var payment = State ?? PaymentState.Open(this.GetPrimaryKey(), new PaymentTerms(null, null, facts.Amount));
        if (payment.Last is { Status: AttemptStatus.Asked })
        {
            await SettleLastAsync(payment);
            payment = State!;
        }
        if (State is not null)
        {
            await SettleStraysAsync();
            payment = State;
        }
        var fate = payment.FateOf(facts, orderWaits);
        if (fate == StrayFate.Adopted)
        {
            // No other attempt may capture the money too. If one has, this payment is refunded.
            await GiveUpLastAsync(payment);
            payment = State ?? payment;
            fate = payment.FateOf(facts, orderWaits);
        }
        switch (fate)
        {
            case StrayFate.Adopted:
                await CommitAsync(payment.Adopt(facts, Now));
                CrashPoint.Pass("payment.stray.adopted");
                await SettleLastAsync(State!);
                break;
            case StrayFate.GivenBack:
                await CommitAsync(payment.BeginGivingBack(facts, Now));
                CrashPoint.Pass("payment.stray.written");
                await SettleStraysAsync();
                return State!.Strays.Last(s => s.Reference == facts.Reference).Status == RefundStatus.Failed ? StrayFate.Waits : fate;
        }
        return fate;
    }

    /// <summary>Requests the refunds of unmatched payments that are not confirmed, and retrieves the pending ones.</summary>
    private async Task SettleStraysAsync()
    {
        foreach (var stray in State!.UnsettledStrays.ToArray())
        {
            if (stray.Amount == 0)
            {
                var answer = await AskAsync(c => provider.CancelAsync(stray.Reference, stray.Key, c));
                await CommitAsync(State.RecordStray(stray, answer));
            }
            else if (stray.Status is null)
            {
                var refund = await AskAsync(c => provider.RefundAsync(State.ToCommand(stray), c));
                await CommitAsync(State.RecordStray(stray, refund));
            }
            else if (await AskAsync(c => provider.RetrieveAsync(stray.Reference, c)) is { Refunds.IsDefault: false } payment
                && payment.Refunds.FirstOrDefault(r => r.Reference == stray.RefundReference) is { } refund)
            {
                await CommitAsync(State.RecordStray(stray, refund));
            }
        }
    }
}

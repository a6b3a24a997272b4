using SoonShop.Aggregates;
using SoonShop.Auditing;

namespace SoonShop.Payments;

/// <summary>Money of one order's payment that pays for another order.</summary>
internal sealed partial class PaymentGrain
{
    async Task<Result<Payment>> IPaymentGrain.HoldCreditAsync(HoldCredit command)
    {
        if (State is not { Captured: not null })
            return NothingCaptured;
        // Of a refund whose outcome is unknown, the money may be gone.
        await SettleRefundsAsync();
        var decision = State.HoldCredit(command);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(decision);
        CrashPoint.Pass("payment.credit.held");
        return State.ToView();
    }

    async Task<Payment?> IPaymentGrain.EndCreditAsync(string creditId, long used)
    {
        if (State is null)
            return null;
        var decision = State.EndCredit(creditId, used);
        await CommitAsync(decision, Audit(new AuditEvent("orders.exchange-credit", Subject)
        {
            Before = new { State.Refunded },
            After = new { decision.State.Refunded },
            Details = new { creditId, used, State.Terms.Amount.Currency },
        }));
        CrashPoint.Pass("payment.credit.ended");
        return State.ToView();
    }

    async Task<Result<long>> IPaymentGrain.RefundCreditAsync(RefundCredit command)
    {
        if (State is not { Captured: not null })
            return NothingCaptured;
        await SettleRefundsAsync();
        var decision = State.BeginRefund(command, Now);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(decision, Audit(new AuditEvent("orders.refund", Subject)
        {
            Details = new { RefundId = PaymentState.RefundIdOf(command), command.Amount, State.Terms.Amount.Currency },
        }));
        CrashPoint.Pass("payment.credit.refund.written");
        await SettleRefundsAsync();
        var refunded = State.RefundedBy(PaymentState.RefundIdOf(command));
        return refunded == 0 && RefusalOf(PaymentState.RefundIdOf(command)) is { } refused ? refused : refunded;
    }

    /// <summary>Has the payment of the earlier order refund a part of what it has paid for this order.</summary>
    private async Task<ProviderRefund> RefundFromCreditAsync(Refund refund)
    {
        var credit = State!.Terms.Credit!;
        var result = await GrainFactory.Reference<IPaymentGrain>(credit.FromOrderId)
            .RefundCreditAsync(new RefundCredit(credit.CreditId, refund.Key, refund.Amount, "exchange"));
        return result.IsError
            ? new ProviderRefund("", ProviderRefundStatus.Failed, refund.Amount, result.Error.Detail)
            : new ProviderRefund($"credit/{refund.Key}", ProviderRefundStatus.Succeeded, result.Value);
    }

    /// <summary>Asks the earlier order's payment for its refunds again: a bank may have returned one.</summary>
    private async Task SettleCreditRefundsAsync()
    {
        foreach (var refund in State!.Refunds.Where(r => r is { IsFromCredit: true, IsOpen: false, HasFailed: false }).ToArray())
        {
            var answer = await RefundFromCreditAsync(refund);
            if (answer.Status == ProviderRefundStatus.Failed || answer.Amount != refund.Amount)
                await CommitAsync(State.RecordRefund(refund.Id, answer));
        }
    }

    private static Error NothingCaptured { get; } = Error.Of(
        ErrorCode.Conflict, "error.nothing-captured", "There is no captured amount to refund.");
}

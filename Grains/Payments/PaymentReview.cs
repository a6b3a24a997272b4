using Microsoft.Extensions.Logging;
using SoonShop.Orders;

namespace SoonShop.Payments;

/// <summary>Updates a payment and its order from the provider, for webhooks and reconciliation.</summary>
public sealed partial class PaymentReview(
    IGrainFactory grains, IProviderTransactions transactions, UnmatchedPaymentPolicy unmatchedPayments, PaymentMetrics metrics,
    ILogger<PaymentReview> log)
{
    /// <summary>Applies a payment update.</summary>
    /// <param name="update">The update.</param>
    /// <param name="again">True to resume the order even if the payment is up to date.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<PaymentUpdateOutcome> ApplyAsync(PaymentUpdate update, bool again, CancellationToken cancellation)
    {
        var (orderId, transaction) = (update.OrderId, (ProviderTransaction?)null);
        if (orderId is null)
        {
            // Updates about disputes and refunds made outside the shop name no order.
            transaction = await transactions.FindAsync(update.Reference, cancellation);
            orderId = transaction?.OrderId;
        }
        var effect = orderId is { } known ? await Payment(known).ApplyAsync(update) : PaymentUpdateOutcome.Foreign;
        if (effect == PaymentUpdateOutcome.Stray)
            await AdoptAsync(orderId!.Value, transaction ?? await transactions.FindAsync(update.Reference, cancellation));
        else if (effect == PaymentUpdateOutcome.Reviewed || (effect == PaymentUpdateOutcome.Known && again))
            await Order(orderId!.Value).ResumeAsync();
        metrics.UpdateHandled(effect);
        return effect;
    }

    /// <summary>
    /// Retrieves a payment from the provider, applies it, and resumes the order. Refunds what should not have been captured.
    /// </summary>
    public async Task ReviewAsync(Guid orderId, ProviderTransaction transaction)
    {
        var known = await grains.GetGrain<IPaymentGrain>(orderId).ReviewAsync(transaction.Reference) is not null;
        if (known)
            await Order(orderId).ResumeAsync();
        if (!known || transaction.Kept > 0 || transaction.Status == ProviderPaymentStatus.Authorized)
            await AdoptAsync(orderId, transaction);
    }

    /// <summary>Settles an unsettled payment and resumes the order.</summary>
    public async Task SettleAsync(Guid orderId)
    {
        // The order first: an attempt that it has abandoned, or that is too late, is voided and not repeated.
        await Order(orderId).ResumeAsync();
        await grains.GetGrain<IPaymentGrain>(orderId).SettleAsync();
        await Order(orderId).ResumeAsync();
    }

    /// <summary>Refunds captured money, or releases authorized money, of an order that ended without it.</summary>
    public Task ReturnAsync(Guid orderId, PaymentTerms terms) =>
        grains.GetGrain<IPaymentGrain>(orderId).CancelAsync(terms, refundCaptured: true, "The order had ended before it was paid.");

    /// <summary>Resolves an unmatched payment of the order.</summary>
    public async Task<UnmatchedPaymentResolution> AdoptAsync(Guid orderId, ProviderTransaction? transaction)
    {
        if (transaction is null || transaction.IsOver)
            return UnmatchedPaymentResolution.Over;
        if (!unmatchedPayments.Settle)
        {
            LogLeft(log, transaction.Reference, orderId, transaction.Amount);
            return UnmatchedPaymentResolution.Waits;
        }
        // The order resumes first: its pending step may be about this payment.
        await Order(orderId).ResumeAsync();
        var order = await Order(orderId).GetAsync(Caller.Shop);
        var waits = order.Value is { Status: OrderStatus.Pending or OrderStatus.AwaitingPayment };
        var fate = await Payment(orderId).AdoptAsync(transaction, waits);
        if (fate == UnmatchedPaymentResolution.Adopted)
            await Order(orderId).ResumeAsync();
        if (fate is not (UnmatchedPaymentResolution.Known or UnmatchedPaymentResolution.Over))
            LogUnmatched(log, transaction.Reference, orderId, order.IsError ? "does not exist" : $"is {order.Value.Status}",
                transaction.Amount, fate);
        metrics.UnmatchedPaymentSettled(fate);
        return fate;
    }

    private IPaymentReviewGrain Payment(Guid orderId) => grains.GetGrain<IPaymentReviewGrain>(orderId);

    private IOrderGrain Order(Guid orderId) => grains.GetGrain<IOrderGrain>(orderId);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Unmatched payment {Reference} of {Amount} for order {OrderId} (which {Order}): {Fate}. "
            + "Check whether a database was restored or the provider's account is shared.")]
    private static partial void LogUnmatched(ILogger log, string reference, Guid orderId, string order, Money amount,
        UnmatchedPaymentResolution fate);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Unmatched payment {Reference} of {Amount} for order {OrderId}. Payments:Reconciliation:SettleStrays is off: "
            + "adopt or refund it yourself.")]
    private static partial void LogLeft(ILogger log, string reference, Guid orderId, Money amount);
}

/// <summary>Whether unmatched payments are adopted or refunded, or only reported.</summary>
public sealed record UnmatchedPaymentPolicy(bool Settle);

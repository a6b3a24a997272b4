using Microsoft.Extensions.Logging;
using SoonShop.Orders;

namespace SoonShop.Payments;

/// <summary>Updates a payment and its order from the provider, for webhooks and reconciliation.</summary>
public sealed partial class PaymentReview(IGrainFactory grains, IProviderBooks books, StrayPolicy strays, PaymentMetrics metrics, ILogger<PaymentReview> log)
{
    private static readonly Caller Shop = new(null, null, IsAdmin: true);

    /// <summary>Applies a payment update.</summary>
    /// <param name="news">The update.</param>
    /// <param name="again">True to resume the order even if the payment is up to date.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<NewsEffect> HearAsync(PaymentNews news, bool again, CancellationToken cancellation)
    {
        var (orderId, facts) = (news.OrderId, (ProviderPaymentFacts?)null);
        if (orderId is null)
        {
            // Updates about disputes and refunds made outside the shop name no order.
            facts = await books.FindAsync(news.Reference, cancellation);
            orderId = facts?.OrderId;
        }
        var effect = orderId is { } known ? await Payment(known).HearAsync(news) : NewsEffect.Foreign;
        if (effect == NewsEffect.Stray)
            await TakeInAsync(orderId!.Value, facts ?? await books.FindAsync(news.Reference, cancellation));
        else if (effect == NewsEffect.Reviewed || (effect == NewsEffect.Known && again))
            await Order(orderId!.Value).ResumeAsync();
        metrics.NewsHandled(effect);
        return effect;
    }

    /// <summary>Retrieves a payment from the provider, applies it, and resumes the order. Refunds what should not have been
    /// captured.</summary>
    public async Task ReviewAsync(Guid orderId, ProviderPaymentFacts facts)
    {
        var known = await grains.GetGrain<IPaymentGrain>(orderId).ReviewAsync(facts.Reference) is not null;
        if (known)
            await Order(orderId).ResumeAsync();
        if (!known || facts.Kept > 0 || facts.Status == ProviderPaymentStatus.Authorized)
            await TakeInAsync(orderId, facts);
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
    public Task GiveBackAsync(Guid orderId, PaymentTerms terms) =>
        grains.GetGrain<IPaymentGrain>(orderId).CancelAsync(terms, refundCaptured: true, "The order had ended before it was paid.");

    /// <summary>Resolves an unmatched payment of the order.</summary>
    public async Task<StrayFate> TakeInAsync(Guid orderId, ProviderPaymentFacts? facts)
    {
        if (facts is null || facts.IsOver)
            return StrayFate.Over;
        if (!strays.Settle)
        {
            LogLeft(log, facts.Reference, orderId, facts.Amount);
            return StrayFate.Waits;
        }
        // The order resumes first: its pending step may be about this payment.
        await Order(orderId).ResumeAsync();
        var order = await Order(orderId).GetAsync(Shop);
        var waits = order.Value is { Status: OrderStatus.Pending or OrderStatus.AwaitingPayment };
        var fate = await Payment(orderId).TakeInAsync(facts, waits);
        if (fate == StrayFate.Adopted)
            await Order(orderId).ResumeAsync();
        if (fate is not (StrayFate.Known or StrayFate.Over))
            LogStray(log, facts.Reference, orderId, order.IsRefused ? "is not there" : $"is {order.Value.Status}", facts.Amount, fate);
        metrics.StraySettled(fate);
        return fate;
    }

    private IPaymentReviewGrain Payment(Guid orderId) => grains.GetGrain<IPaymentReviewGrain>(orderId);

    private IOrderGrain Order(Guid orderId) => grains.GetGrain<IOrderGrain>(orderId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unmatched payment {Reference} of {Amount} for order {OrderId} (which {Order}): {Fate}. Check whether a database was restored or the provider's account is shared.")]
    private static partial void LogStray(ILogger log, string reference, Guid orderId, string order, Money amount, StrayFate fate);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unmatched payment {Reference} of {Amount} for order {OrderId}. Payments:Reconciliation:SettleStrays is off: adopt or refund it yourself.")]
    private static partial void LogLeft(ILogger log, string reference, Guid orderId, Money amount);
}

/// <summary>Whether unmatched payments are adopted or refunded, or only reported.</summary>
public sealed record StrayPolicy(bool Settle);

using Microsoft.Extensions.Logging;
using SoonShop.Orders;

namespace SoonShop.Payments;

/// <summary>Brings a payment and its order to what the provider says, whoever noticed that they may not be.</summary>
public sealed partial class PaymentReview(IGrainFactory grains, IProviderBooks books, StrayPolicy strays, PaymentMetrics metrics, ILogger<PaymentReview> log)
{
    private static readonly Caller Shop = new(null, null, IsAdmin: true);

    /// <summary>Goes by what the provider tells.</summary>
    /// <param name="news">What it tells.</param>
    /// <param name="again">True when the order is to look at itself even if the payment knows already.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<NewsEffect> HearAsync(PaymentNews news, bool again, CancellationToken cancellation)
    {
        var (orderId, facts) = (news.OrderId, (ProviderPaymentFacts?)null);
        if (orderId is null)
        {
            // Disputes, and refunds made with the provider's own tools, name no order.
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

    /// <summary>Asks the provider how a payment stands, takes its word, and brings the order on; gives back what should not have been taken.</summary>
    public async Task ReviewAsync(Guid orderId, ProviderPaymentFacts facts)
    {
        var known = await grains.GetGrain<IPaymentGrain>(orderId).ReviewAsync(facts.Reference) is not null;
        if (known)
            await Order(orderId).ResumeAsync();
        if (!known || facts.Kept > 0 || facts.Status == ProviderPaymentStatus.Authorized)
            await TakeInAsync(orderId, facts);
    }

    /// <summary>Finds out how what is in between stands, and brings the order on.</summary>
    public async Task SettleAsync(Guid orderId)
    {
        // The order first: what it has given up, or is too late for, is withdrawn and not asked for again.
        await Order(orderId).ResumeAsync();
        await grains.GetGrain<IPaymentGrain>(orderId).SettleAsync();
        await Order(orderId).ResumeAsync();
    }

    /// <summary>Gives back what was taken, or releases what is held, for an order that has ended without it.</summary>
    public Task GiveBackAsync(Guid orderId, PaymentTerms terms) =>
        grains.GetGrain<IPaymentGrain>(orderId).CancelAsync(terms, refundCaptured: true, "The order had ended before it was paid.");

    /// <summary>Sees to a payment of the order that the shop does not know.</summary>
    public async Task<StrayFate> TakeInAsync(Guid orderId, ProviderPaymentFacts? facts)
    {
        if (facts is null || facts.IsOver)
            return StrayFate.Over;
        if (!strays.Settle)
        {
            LogLeft(log, facts.Reference, orderId, facts.Amount);
            return StrayFate.Waits;
        }
        // The order first does what is left to do: it may be about to learn of this very payment.
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The provider has a payment {Reference} for order {OrderId} (which {Order}) that the shop did not know, of {Amount}: {Fate}. Was a database restored, or the provider's account shared?")]
    private static partial void LogStray(ILogger log, string reference, Guid orderId, string order, Money amount, StrayFate fate);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The provider has a payment {Reference} for order {OrderId}, of {Amount}, that the shop did not know; Payments:Reconciliation:SettleStrays leaves it to you.")]
    private static partial void LogLeft(ILogger log, string reference, Guid orderId, Money amount);
}

/// <summary>Whether payments at the provider that the shop does not know are adopted or given back, or only reported.</summary>
public sealed record StrayPolicy(bool Settle);

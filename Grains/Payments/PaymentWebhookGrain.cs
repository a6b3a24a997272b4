using Orleans.Concurrency;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Payments;

[StatelessWorker, Reentrant]
internal sealed class PaymentWebhookGrain(IEnumerable<IPaymentWebhooks> webhooks, IEventInbox inbox, PaymentMetrics metrics, TimeProvider time)
    : Grain, IPaymentWebhookGrain
{
    /// <summary>The source of the provider's updates.</summary>
    private const string Source = "/payment-provider";

    async Task<Outcome<Done>> IPaymentWebhookGrain.AcceptAsync(byte[] body, string signature)
    {
        if (webhooks.FirstOrDefault() is not { } port)
            return Refusal.NotFound("The webhook");
        var reading = port.Read(body, signature);
        if (reading.Refusal is { } refusal)
        {
            metrics.WebhookReceived("refused");
            return refusal;
        }
        if (reading.News is not { } news)
        {
            metrics.WebhookReceived("ignored");
            return default(Done);
        }
        var isNew = await inbox.AcceptAsync(new EventEnvelope(
            $"{Source}#{news.NewsId}", Source, 0, news.Type, news.Reference, PaymentNews.StreamNamespace, news.Reference, time.GetUtcNow(), null,
            RequestContext.Get(RequestKeys.CorrelationId) as string, news.NewsId, EventTraces.Parent, news));
        metrics.WebhookReceived(isNew ? "accepted" : "duplicate");
        return default(Done);
    }
}
